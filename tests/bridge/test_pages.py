"""Pages and handlers, as browsers ask for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.core import signing
from django.test import Client
from django.urls import reverse

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import handlers
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from tests.bridge.conftest import usage
from tests.bridge.olx import MULTIPLE_CHOICE

pytestmark = pytest.mark.django_db

FILES = {
    "sequence.xml": (
        '<sequential display_name="Night"><vertical url_name="v1" display_name="Dusk">'
        '<html url_name="h1">first</html></vertical>'
        '<vertical url_name="v2" display_name="Dawn"><html url_name="h2">second</html></vertical>'
        "</sequential>"
    ),
    "problem/food/definition.xml": MULTIPLE_CHOICE,
}


@pytest.fixture
def collection() -> UUID:
    """A collection that nobody but its people may read."""
    return api.create_collection("Owls").uuid


@pytest.fixture
def bundle(collection: UUID) -> UUID:
    """A sequence in it, with a problem."""
    made = api.create_bundle(collection, "night", "Night", type="sequence")
    api.import_version(made.uuid, FILES)
    return made.uuid


@pytest.fixture
def reader(collection: UUID, client: Client) -> Client:
    """The browser of somebody who may read the collection."""
    user = get_user_model().objects.create_user("athene")
    api.set_role(collection, "reader", user="athene")
    client.force_login(user)
    return client


def block_page(key: BlockstoreUsageKey) -> str:
    """Return the address of a block's page."""
    return reverse("openedx_blockstore_xblock:block", kwargs={"usage": str(key)})


def mount_page(bundle: UUID | str, context: str = "blockstore:global") -> str:
    """Return the address of what is mounted."""
    kwargs = {"context": context, "alias": str(bundle)}
    return reverse("openedx_blockstore_xblock:mount", kwargs=kwargs)


def handler_of(page: str, name: str) -> str:
    """Return the address of a handler from a page, as the block's script finds it."""
    found = re.search(rf'"{name}": "([^"]+)"', unescape(page))
    assert found is not None
    return found[1]


def test_a_bundle_leads_to_its_sequence_which_shows_a_unit_at_a_time(
    reader: Client, bundle: UUID
) -> None:
    """With the way to the others."""
    response = reader.get(mount_page(bundle), follow=True)
    page = response.content.decode()
    assert "Night</h1>" in page
    assert "Dusk</h2>" in page
    assert "first" in page
    assert "second" not in page
    assert 'href="?unit=2" rel="next"' in page
    second = reader.get(response.redirect_chain[-1][0] + "?unit=2").content.decode()
    assert "second" in second
    assert 'href="?unit=1" rel="prev"' in second


@pytest.mark.parametrize(("unit", "shown"), [("0", "first"), ("99", "second"), ("x", "first")])
def test_a_unit_that_there_is_not_is_the_nearest_one(
    reader: Client, bundle: UUID, unit: str, shown: str
) -> None:
    """Addresses that people have kept lead somewhere."""
    key = usage(bundle, "sequence.xml", block_type="sequential")
    assert shown in reader.get(f"{block_page(key)}?unit={unit}").content.decode()


def test_a_course_shows_its_outline(reader: Client, collection: UUID, bundle: UUID) -> None:
    """With a way to each sequence, and none where the course does not hold it."""
    course = api.create_bundle(collection, "owls", "Owls", type="course")
    navigation = (
        '{"title": "Owls", "chapters": [{"title": "One", "sequences": ['
        '{"id": "n", "title": "Night", "link": "night", "file": "sequence.xml"},'
        '{"id": "m", "title": "Missing", "link": null, "file": null}]}]}'
    )
    api.import_version(
        course.uuid,
        {"navigation.json": navigation},
        {"night": LinkTarget(bundle, 1)},
    )
    page = reader.get(mount_page(course.uuid)).content.decode()
    address = re.search(r'<a href="([^"]+)">Night</a>', page)
    assert address is not None
    assert "Missing" in page
    assert "first" in reader.get(address[1]).content.decode()


@pytest.mark.parametrize("content", ["[]", "{", '{"chapters": 1}', '{"chapters": [{}]}'])
def test_a_navigation_document_that_makes_no_sense_is_no_outline(
    reader: Client, collection: UUID, content: str
) -> None:
    """And no error: there is nothing to show."""
    course = api.create_bundle(collection, "odd", "Odd", type="course")
    draft = api.get_or_create_bundle_draft(course.uuid, "work").uuid
    api.write_draft_file(draft, "navigation.json", content)
    api.commit_draft(draft)
    assert reader.get(mount_page(course.uuid)).status_code == 404


def test_who_may_not_read_a_bundle_does_not_find_its_pages(client: Client, bundle: UUID) -> None:
    """Just as there were none; and whoever has not logged in yet may do so."""
    key = usage(bundle, "sequence.xml", block_type="sequential")
    nowhere = usage(UUID(int=1), "sequence.xml", block_type="sequential")
    for address in (mount_page(bundle), block_page(key), mount_page("x"), block_page(nowhere)):
        assert client.get(address).status_code == 302
    client.force_login(get_user_model().objects.create_user("strix"))
    for address in (mount_page(bundle), block_page(key), mount_page("x"), block_page(nowhere)):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("text", ["x", "blockstore:global", "course-v1:a+b+c", "%00", "a:b:c"])
def test_a_key_that_is_none_finds_nothing(reader: Client, text: str) -> None:
    """Whatever is in the address."""
    assert reader.get(mount_page(UUID(int=1), text)).status_code == 404
    kwargs = {"usage": text}
    address = reverse("openedx_blockstore_xblock:block", kwargs=kwargs)
    assert reader.get(address).status_code == 404


def test_a_problem_is_answered_through_its_handler_and_remembered(
    reader: Client, bundle: UUID
) -> None:
    """Without a session: the address says who is asking."""
    key = usage(bundle, "problem/food/definition.xml", block_type="problem")
    page = reader.get(block_page(key)).content.decode()
    address = handler_of(page, "xmodule_handler")
    answer = {f"input_{key.html_id()}_2_1": "choice_0"}
    response = Client().post(f"{address}problem_check", answer)
    assert response.json()["success"] == "correct"
    shown = Client().post(f"{address}problem_get").json()["html"]
    assert re.search(r'value="choice_0"[^>]* checked|checked[^>]* value="choice_0"', shown)


def test_an_address_of_a_handler_that_was_tampered_with_or_is_old_is_refused(
    reader: Client, bundle: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is one whose account is locked."""
    key = usage(bundle, "problem/food/definition.xml", block_type="problem")
    address = handler_of(reader.get(block_page(key)).content.decode(), "xmodule_handler")
    assert Client().post(f"{address}problem_get").status_code == 200
    changed = address.replace("/handlers/", "/handlers/x")
    assert Client().post(f"{changed}problem_get").json()["code"] == "handler_not_found"
    get_user_model().objects.update(is_active=False)
    assert Client().post(f"{address}problem_get").status_code == 404
    get_user_model().objects.update(is_active=True)
    monkeypatch.setattr(handlers, "SECONDS", -1)
    assert Client().post(f"{address}problem_get").status_code == 404


def test_mathjax_comes_from_where_the_site_says(
    reader: Client, bundle: UUID, settings: Any
) -> None:
    """And from nowhere if it says nothing."""
    page = block_page(usage(bundle, "problem/food/definition.xml", block_type="problem"))
    assert "mathjax" not in reader.get(page).content.decode().lower()
    url = "https://files.example.com/MathJax.js?config=TeX-MML-AM_HTMLorMML&locale=en"
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PLUGIN_SETTINGS": {"openedx_blockstore_xblock": {"MATHJAX_URL": url}},
    }
    shown = reader.get(page).content.decode()
    assert f'<script src="{escape(url)}"></script>' in shown


def test_a_handler_that_fails_says_so(reader: Client, bundle: UUID) -> None:
    """What it was sent made no sense to it."""
    key = usage(bundle, "problem/food/definition.xml", block_type="problem")
    address = handler_of(reader.get(block_page(key)).content.decode(), "xmodule_handler")
    response = Client().post(f"{address}problem_check", {"nonsense": "x"})
    assert response.status_code == 422
    assert response.json()["code"] == "block_failed"


@pytest.mark.parametrize("name", ["get_html", "runtime", "__class__", "none"])
def test_what_is_no_handler_can_not_be_called(reader: Client, bundle: UUID, name: str) -> None:
    """Even with an address for it, which nobody hands out."""
    key = usage(bundle, "problem/food/definition.xml", block_type="problem")
    user = get_user_model().objects.get(username="athene")
    grant = {"k": str(key), "h": name, "u": user.pk, "v": ""}
    text = signing.dumps(grant, salt="openedx_blockstore_xblock.handler", compress=True)
    address = reverse("openedx_blockstore_xblock:handler", kwargs={"grant": text, "suffix": ""})
    assert reader.post(address).status_code == 404


@pytest.mark.parametrize(
    ("block_type", "uri", "status"),
    [
        ("problem", "public/js/ProblemBlockDisplay.js", 200),
        ("problem", "capa_block.py", 404),
        ("problem", "public/../capa_block.py", 404),
        ("problem", "public/none.js", 404),
        ("none", "public/x.js", 404),
    ],
)
def test_public_files_of_packages_are_served_and_no_others(
    client: Client, block_type: str, uri: str, status: int
) -> None:
    """Scripts and styles, without a login."""
    address = reverse(
        "openedx_blockstore_xblock:resource", kwargs={"block_type": block_type, "uri": uri}
    )
    response = client.get(address)
    response.close()
    assert response.status_code == status


def test_a_page_is_safe_from_what_authors_have_called_their_blocks(
    reader: Client, collection: UUID, make_bundle: Callable[..., UUID]
) -> None:
    """Titles are texts."""
    made = api.create_bundle(collection, "x", "X", type="unit")
    title = "&lt;script&gt;alert(1)&lt;/script&gt;"
    api.import_version(made.uuid, {"unit.xml": f'<unit display_name="{title}"><html/></unit>'})
    page = reader.get(mount_page(made.uuid), follow=True).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
