"""The page on which a block is edited, as browsers ask for it; and who may."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from openedx_blockstore import api
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.settings import studio
from tests.bridge.conftest import usage

pytestmark = pytest.mark.django_db

DRAFT = "studio_draft"
POLL = """<poll url_name="p" question="Who?" answers='[["R", {"label": "Owls", "img": ""}]]'/>"""
FILES = {
    "unit.xml": f'<unit display_name="U"><html url_name="h">one\ntwo</html>{POLL}</unit>',
    "crlf.xml": "<html>one\r\ntwo</html>",
    "broken.xml": "<unit><html url_name='h'>",
    "strange.xml": "<no-such-block/>",
    "html/f/definition.xml": '<html filename="text"/>',
    "html/f/text.html": "<p>Old<br>",
}


@pytest.fixture
def collection() -> UUID:
    """A collection that nobody but its people may read."""
    return api.create_collection("Owls").uuid


@pytest.fixture
def bundle(collection: UUID) -> UUID:
    """A bundle in it."""
    made = api.create_bundle(collection, "night", "Night")
    draft = api.get_or_create_bundle_draft(made.uuid, "work").uuid
    api.write_draft_files(draft, FILES)
    api.commit_draft(draft)
    return made.uuid


@pytest.fixture
def browser(collection: UUID) -> Callable[[str], Client]:
    """Make the browsers of people with a role."""

    def make(role: str) -> Client:
        client = Client()
        if role:
            user = get_user_model().objects.create_user(f"user-{role}")
            if role != "stranger":
                api.set_role(collection, role, user=user.get_username())
            client.force_login(user)
        return client

    return make


@pytest.fixture
def author(browser: Callable[[str], Client]) -> Client:
    """The browser of an author."""
    return browser("author")


def edit_page(key: BlockstoreUsageKey, draft: str = DRAFT) -> str:
    """Return the address of the page."""
    path = reverse("openedx_blockstore_xblock:edit", kwargs={"usage": str(key)})
    return f"{path}?draft={draft}"


def text_area(page: str, name: str) -> str:
    """Return what stands in a text area, as a browser reads it."""
    found = re.search(rf'<textarea id="{name}"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def base_of(page: str, editor: str) -> str:
    """Return what a form says that it was made from."""
    found = re.search(rf'name="editor" value="{editor}">\s*<input[^>]*value="(\w*)"', page)
    assert found is not None
    return found[1]


def handler(page: str, name: str) -> str:
    """Return the address of a handler."""
    found = re.search(r'data-handlers="([^"]*)"', page)
    assert found is not None
    return str(json.loads(unescape(found[1]))[name])


def olx(key: BlockstoreUsageKey) -> str:
    """Return a block as the draft has it."""
    return bridge.get_block_olx(key, draft=DRAFT).olx


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [("", 302), ("stranger", 404), ("reader", 403), ("author", 200), ("admin", 200)],
)
def test_only_authors_edit(
    role: str, status: int, bundle: UUID, browser: Callable[[str], Client]
) -> None:
    """Others are told as little as they may know, and nothing is written for them."""
    key = usage(bundle, "unit.xml")
    client = browser(role)
    assert client.get(edit_page(key)).status_code == status
    if status == 200:
        return
    answer = client.post(edit_page(key), {"editor": "olx", "text": "<unit/>"})
    assert answer.status_code == status
    assert DRAFT not in api.get_bundle(bundle).drafts


@pytest.mark.parametrize("name", ["nonsense", "blockstore:global", "%00"])
def test_what_is_no_block_is_not_found(name: str, author: Client) -> None:
    """Whatever stands in the address."""
    path = reverse("openedx_blockstore_xblock:edit", kwargs={"usage": "x"})
    assert author.get(path.replace("/x/", f"/{name}/")).status_code == 404


def test_blocks_bundles_and_drafts_that_are_not_there(bundle: UUID, author: Client) -> None:
    """They are not found, or said to be none; a draft need not be there yet."""
    assert author.get(edit_page(usage(bundle, "none.xml"))).status_code == 404
    assert author.get(edit_page(usage(UUID(int=1), "unit.xml"))).status_code == 404
    assert author.get(edit_page(usage(bundle, "unit.xml"), "new")).status_code == 200
    assert author.get(edit_page(usage(bundle, "unit.xml"), "x" * 200)).status_code == 400
    assert "new" not in api.get_bundle(bundle).drafts


def test_a_form_needs_its_token(bundle: UUID) -> None:
    """Another site can not save with an author's browser."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create_superuser("root"))
    answer = client.post(edit_page(usage(bundle, "unit.xml")), {"editor": "olx", "text": "<unit/>"})
    assert answer.status_code == 403


# Our own editors ----------------------------------------------------------------------------------


def test_olx_is_saved_into_the_draft(bundle: UUID, author: Client) -> None:
    """And the page says so, and leads to the preview."""
    key = usage(bundle, "unit.xml")
    page = author.get(edit_page(key)).content.decode()
    assert text_area(page, "edit-olx") == FILES["unit.xml"]
    new = FILES["unit.xml"].replace('"U"', '"Ü 🦉"')
    form = {"editor": "olx", "text": new.replace("\n", "\r\n"), "base": base_of(page, "olx")}
    answer = author.post(edit_page(key), form, follow=True)
    assert "Saved to the draft" in answer.content.decode()
    assert f"/blocks/{key}/?draft={DRAFT}" in answer.content.decode()
    assert olx(key) == new


def test_lines_end_as_they_did(bundle: UUID, author: Client) -> None:
    """A browser sends its own ends of lines, whichever the file has."""
    for path in ("unit.xml", "crlf.xml"):
        key = usage(bundle, path, block_type=FILES[path][1:5])
        page = author.get(edit_page(key)).content.decode()
        as_sent = text_area(page, "edit-olx").replace("\r\n", "\n").replace("\n", "\r\n")
        author.post(edit_page(key), {"editor": "olx", "text": as_sent})
        assert olx(key) == FILES[path]
        author.post(edit_page(key), {"editor": "olx", "text": as_sent.replace("one", "1")})
        assert olx(key) == FILES[path].replace("one", "1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<unit>\n<p></unit>", "unit.xml:2"),
        ("<html/>", "must stay a"),
        ("<unit><problem max_attempts='x'/></unit>", "refuses it"),
        ("", "well-formed"),
    ],
)
def test_olx_that_can_not_be_used_stays_in_the_form(
    text: str, message: str, bundle: UUID, author: Client
) -> None:
    """With what is wrong beside it."""
    key = usage(bundle, "unit.xml")
    answer = author.post(edit_page(key), {"editor": "olx", "text": text})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert message in unescape(page)
    assert text_area(page, "edit-olx") == text
    assert DRAFT not in api.get_bundle(bundle).drafts


@pytest.mark.parametrize("editor", ["olx", "html"])
def test_a_stale_form_shows_both_texts_and_can_be_saved_then(
    editor: str, bundle: UUID, author: Client
) -> None:
    """What is saved over was seen."""
    key = usage(bundle, "unit.xml", block_type="html", inner_id="html/h")
    page = author.get(edit_page(key)).content.decode()
    bridge.save_fields(key, {"data": "theirs"}, draft=DRAFT)
    text = "mine" if editor == "html" else '<html url_name="h">mine</html>'
    form = {"editor": editor, "text": text, "base": base_of(page, editor)}
    answer = author.post(edit_page(key), form)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "theirs" in text_area(page, "theirs")
    assert text_area(page, f"edit-{editor}") == text
    assert "theirs" in olx(key)
    author.post(edit_page(key), {**form, "base": base_of(page, editor)})
    assert "mine" in olx(key)


def test_html_in_a_file_of_its_own_is_edited_there(bundle: UUID, author: Client) -> None:
    """The OLX stays as it is."""
    key = usage(bundle, "html/f/definition.xml", block_type="html")
    page = author.get(edit_page(key)).content.decode()
    assert text_area(page, "edit-html") == "<p>Old<br>"
    author.post(edit_page(key), {"editor": "html", "text": "<p>New<br>", "title": ""})
    assert bridge.get_block_olx(key, draft=DRAFT).body == "<p>New<br>"
    assert olx(key) == FILES["html/f/definition.xml"]


def test_what_is_broken_or_strange_is_edited_as_olx(bundle: UUID, author: Client) -> None:
    """A file that can not be read, and a block of which there is no package."""
    for path, new in {"broken.xml": "<unit/>", "strange.xml": "<no-such-block a='1'/>"}.items():
        key = usage(bundle, path, block_type=FILES[path][1:].partition(">")[0].strip("/"))
        page = author.get(edit_page(key)).content.decode()
        assert text_area(page, "edit-olx") == FILES[path]
        author.post(edit_page(key), {"editor": "olx", "text": new})
        assert olx(key) == new
    inside = usage(bundle, "broken.xml", block_type="html", inner_id="html/h")
    assert author.get(edit_page(inside, "work")).status_code == 400


@pytest.mark.parametrize(
    ("element", "has_editor"),
    [
        ("<annotatable>text</annotatable>", True),
        ("<discussion/>", False),
        ("<drag-and-drop-v2/>", True),
        ("<html/>", False),
        ("<lti/>", True),
        ("<poll/>", True),
        ("<problem/>", False),
        ("<sequential/>", False),
        ("<survey/>", True),
        ("<unit/>", False),
        ("<video/>", False),
        ("<word_cloud/>", True),
    ],
)
def test_every_block_can_be_edited_and_looking_at_it_changes_nothing(
    element: str,
    has_editor: bool,
    make_bundle: Callable[..., UUID],
    admin_client: Client,
) -> None:
    """In its own editor where that runs outside of Studio, and as OLX always."""
    block_type = re.split(r"[/>]", element[1:])[0]
    key = usage(make_bundle({"b.xml": element}), "b.xml", block_type=block_type)
    answer = admin_client.get(edit_page(key))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert text_area(page, "edit-olx") == element
    assert ("xblock-v1-studio_view" in page) == has_editor
    assert DRAFT not in api.get_bundle(key.bundle_uuid).drafts


# Blocks' own editors ------------------------------------------------------------------------------

SUBMITTED = {
    "question": "New?",
    "display_name": "Poll",
    "feedback": "",
    "max_submissions": 1,
    "private_results": False,
    "answers": [{"key": "R", "label": "Owls", "img": "", "img_alt": ""}],
}


def submit(client: Client, address: str, **changed: Any) -> Any:
    """Send what the editor of a poll sends."""
    body = json.dumps({**SUBMITTED, **changed})
    return client.post(address, body, content_type="application/json")


def test_a_handler_of_the_page_saves_and_one_of_a_learners_page_does_not(
    bundle: UUID, author: Client
) -> None:
    """Not even for an author."""
    key = usage(bundle, "unit.xml", block_type="poll", inner_id="poll/p")
    block_page = reverse("openedx_blockstore_xblock:block", kwargs={"usage": str(key)})
    for address in (block_page, f"{block_page}?draft={DRAFT}"):
        page = author.get(address).content.decode()
        answer = submit(author, handler(page, "studio_submit"))
        assert answer.status_code in {400, 422}
        assert answer.json()["code"] == "read_only_block"
    assert DRAFT not in api.get_bundle(bundle).drafts
    page = author.get(edit_page(key)).content.decode()
    assert submit(author, handler(page, "studio_submit")).json()["success"]
    assert 'question="New?"' in olx(key)


def test_who_is_no_author_any_more_can_not_save(
    bundle: UUID, author: Client, collection: UUID
) -> None:
    """Though the page was loaded before, and its addresses are good for a day."""
    key = usage(bundle, "unit.xml", block_type="poll", inner_id="poll/p")
    address = handler(author.get(edit_page(key)).content.decode(), "studio_submit")
    api.set_role(collection, "reader", user="user-author")
    assert submit(author, address).status_code == 403
    assert DRAFT not in api.get_bundle(bundle).drafts


def test_a_stale_page_of_a_blocks_own_editor_is_told_of_both_texts(
    bundle: UUID, author: Client
) -> None:
    """What was saved first stays."""
    key = usage(bundle, "unit.xml", block_type="poll", inner_id="poll/p")
    address = handler(author.get(edit_page(key)).content.decode(), "studio_submit")
    assert submit(author, address, question="First?").json()["success"]
    answer = submit(author, address, question="Second?")
    assert answer.status_code == 409
    assert "Second?" in answer.json()["facts"]["mine"]
    assert "First?" in answer.json()["facts"]["theirs"]
    assert "First?" in olx(key)


@pytest.mark.parametrize("body", ["", "[]", "{", '{"answers": 1}', "null"])
def test_nonsense_is_no_server_error(body: str, bundle: UUID, author: Client) -> None:
    """Whatever a block makes of it."""
    key = usage(bundle, "unit.xml", block_type="poll", inner_id="poll/p")
    address = handler(author.get(edit_page(key)).content.decode(), "studio_submit")
    answer = author.post(address, body, content_type="application/json")
    assert answer.status_code < 500
    assert DRAFT not in api.get_bundle(bundle).drafts


# What a process reads -----------------------------------------------------------------------------


def plugin_settings(settings: Any, **ours: str) -> None:
    """Set settings of the bridge."""
    old = settings.OPENEDX_BLOCKSTORE
    of_plugins = {**old["PLUGIN_SETTINGS"], "openedx_blockstore_xblock": ours}
    settings.OPENEDX_BLOCKSTORE = {**old, "PLUGIN_SETTINGS": of_plugins}


def test_studio_reads_the_draft_and_lms_what_is_published(
    bundle: UUID, browser: Callable[[str], Client], settings: Any
) -> None:
    """Whoever may not edit reads what is published in both."""
    key = usage(bundle, "unit.xml", block_type="html", inner_id="html/h")
    bridge.save_fields(key, {"data": "only in the draft"}, draft="night-work")
    address = reverse("openedx_blockstore_xblock:block", kwargs={"usage": str(key)})
    author, reader = browser("author"), browser("reader")

    def shown(client: Client) -> bool:
        return "only in the draft" in client.get(address).content.decode()

    assert (shown(author), shown(reader)) == (False, False)
    plugin_settings(settings, READS="draft", DRAFT="night-work")
    assert (shown(author), shown(reader)) == (True, False)
    assert "draft “night-work”" in author.get(edit_page(key, "")).content.decode()


def test_studio_is_told_by_its_settings() -> None:
    """What an operator says stands."""

    class Host:
        OPENEDX_BLOCKSTORE: dict[str, Any] = {"MAX_FILES": 7}

    studio.plugin_settings(Host)
    ours = {"openedx_blockstore_xblock": {"READS": "draft"}}
    assert Host.OPENEDX_BLOCKSTORE == {"MAX_FILES": 7, "PLUGIN_SETTINGS": ours}
    Host.OPENEDX_BLOCKSTORE = {
        "PLUGIN_SETTINGS": {"other": {}, "openedx_blockstore_xblock": {"READS": "published"}}
    }
    before = dict(Host.OPENEDX_BLOCKSTORE)
    studio.plugin_settings(Host)
    assert before == Host.OPENEDX_BLOCKSTORE


def test_in_studio_a_readers_handlers_work_as_well(
    bundle: UUID, browser: Callable[[str], Client], settings: Any
) -> None:
    """What they see there is what is published, whatever is in the draft."""
    plugin_settings(settings, READS="draft")
    key = usage(bundle, "unit.xml", block_type="poll", inner_id="poll/p")
    bridge.save_fields(key, {"question": "In the draft?"}, draft=DRAFT)
    reader = browser("reader")
    address = reverse("openedx_blockstore_xblock:block", kwargs={"usage": str(key)})
    page = reader.get(address).content.decode()
    assert "In the draft?" not in page
    vote = reader.post(
        handler(page, "vote"), json.dumps({"choice": "R"}), content_type="application/json"
    )
    assert vote.json()["success"]
