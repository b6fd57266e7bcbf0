"""What front ends are told of blocks, what blocks show, and what authors write."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from openedx_blockstore import api
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.handlers import read_handler_grant
from tests.bridge.conftest import usage
from tests.bridge.rest.conftest import BASE, World

pytestmark = pytest.mark.django_db


def mounted(world: World, files: dict[str, str]) -> UUID:
    """Mount a bundle of these files as `odd`; whatever is broken in them."""
    bundle = api.create_bundle(world.collection, "odd", "Odd", type="unit").uuid
    draft = api.get_or_create_bundle_draft(bundle, "work").uuid
    api.write_draft_files(draft, dict(files))
    api.commit_draft(draft)
    bridge.mount_bundle(world.context, "odd", bundle)
    return bundle


def fetch(url: str) -> bytes:
    """What a browser gets that is not logged in."""
    response: Any = Client().get(url)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_a_block_is_described_with_those_below_it(world: World) -> None:
    """As deep as one asks."""
    address = f"{BASE}blocks/{world.usage()}"
    unit = world.client("reader").get(address).json()
    assert (unit["title"], unit["icon"], unit["block_type"]) == ("At dawn", "problem", "unit")
    assert unit["definition_key"].startswith(f"blockstore-olx:{world.bundle}:v2:unit:unit.xml")
    assert (unit["descendants"], unit["is_complete"]) == ([], True)
    tree = world.client("reader").get(f"{address}?depth=1").json()
    html, problem = tree["descendants"]
    assert [html["usage_key"], problem["usage_key"]] == unit["children"]
    assert (html["title"], html["has_score"], html["max_score"]) == ("Intro", False, None)
    assert (problem["title"], problem["has_score"], problem["max_score"]) == ("Owls", True, 1.0)
    assert problem["views"][:1] == ["student_view"]
    assert "xmodule_handler" in problem["handlers"]
    assert tree["is_complete"]


@pytest.mark.parametrize("depth", ["-1", "6", "x", "", "1.0", "１"])
def test_a_depth_that_is_none_is_refused(world: World, depth: str) -> None:
    """Trees are bounded."""
    response = world.client("reader").get(f"{BASE}blocks/{world.usage()}?depth={depth}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_a_large_tree_is_cut(world: World) -> None:
    """And says so."""
    blocks = "".join(f'<html url_name="b{number}">x</html>' for number in range(501))
    bundle = mounted(world, {"unit.xml": f"<unit>{blocks}</unit>"})
    key = usage(bundle, "unit.xml", context=world.context, route=("odd",))
    tree = world.client("reader").get(f"{BASE}blocks/{key}?depth=1").json()
    assert (len(tree["descendants"]), tree["is_complete"]) == (500, False)


def test_authors_are_told_what_is_wrong_with_a_block_and_others_that_it_can_not_be_shown(
    world: World,
) -> None:
    """The rest is as it is."""
    bundle = mounted(
        world,
        {"unit.xml": '<unit><no-such url_name="x"/><html url_name="ok">fine</html></unit>'},
    )
    key = usage(bundle, "unit.xml", context=world.context, route=("odd",))
    problems = {}
    for caller in ("reader", "author"):
        tree = world.client(caller).get(f"{BASE}blocks/{key}?depth=1").json()
        broken, fine = tree["descendants"]
        assert (broken["is_available"], fine["is_available"]) == (False, True)
        problems[caller] = broken["problem"]
    assert problems["reader"] == ""
    assert "package" in problems["author"]


@pytest.mark.parametrize(
    "text", ["x", "blockstore:global", "block-v1:a+b+c+type@d+block@e", "%00", "a:b:c", "é"]
)
@pytest.mark.parametrize("rest", ["", "/olx", "/assets", "/handlers", "/view/student_view"])
def test_a_key_that_is_none_finds_nothing(world: World, text: str, rest: str) -> None:
    """Whatever is in the address; and who is not logged in may be so first."""
    assert world.client("staff").get(f"{BASE}blocks/{text}{rest}").status_code == 404
    assert world.client("anonymous").get(f"{BASE}blocks/{text}{rest}").status_code == 401


# Showing ------------------------------------------------------------------------------------------


def test_a_fragment_has_what_it_takes_to_show_a_block_elsewhere(world: World) -> None:
    """HTML with addresses that work there, scripts and styles."""
    address = f"{BASE}blocks/{world.usage()}/view/student_view"
    shown = world.client("reader").get(address).json()
    assert shown["title"] == "At dawn"
    assert "hoot" in shown["content"]
    assert "What do owls eat?" in shown["content"] or "problem_get" in shown["content"]
    image = shown["content"].split("<img src=")[1][1:].split("'")[0].split('"')[0]
    assert fetch(image) == b"not really"
    urls = [each["data"] for each in shown["resources"] if each["kind"] == "url"]
    assert urls
    for url in urls:
        assert url.startswith("http://testserver/")
        assert fetch(url)
    assert "http://testserver/api/xblock/handlers/" in shown["content"]


@pytest.mark.parametrize("view", ["no_view", "render", "__init__", "get_children", "x" * 300])
def test_what_is_no_view_is_not_shown(world: World, view: str) -> None:
    """Whatever attributes a block has."""
    response = world.client("author").get(f"{BASE}blocks/{world.usage()}/view/{view}")
    assert (response.status_code, response.json()["code"]) == (404, "view_not_found")


def test_a_block_that_fails_while_it_is_shown_leaves_the_rest_alone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Its authors are told why."""
    answers = '[["R", {}]]'  # the class reads it, and its view wants more
    bundle = mounted(
        world,
        {
            "unit.xml": f'<unit><poll url_name="p" question="?" answers=\'{answers}\'/>'
            '<html url_name="ok">fine</html></unit>'
        },
    )
    key = usage(bundle, "unit.xml", context=world.context, route=("odd",))
    for caller in ("reader", "author"):
        response = world.client(caller).get(f"{BASE}blocks/{key}/view/student_view")
        assert response.status_code == 200
        assert "fine" in response.json()["content"]
        assert "blockstore-placeholder" in response.json()["content"]
        assert ("KeyError" in response.json()["content"]) is (caller == "author")


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("", "At dawn"),
        ("?version=1", "At night"),
        ("?version=latest", "At dawn"),
        ("?draft=studio_draft", "Drafted"),
        ("?as_of=2199-01-01", "At dawn"),
    ],
)
def test_a_block_can_be_looked_at_in_other_states(world: World, query: str, title: str) -> None:
    """By those who may."""
    response = world.client("author").get(f"{BASE}blocks/{world.usage()}{query}")
    assert response.json()["title"] == title


def test_the_address_of_a_handler_is_for_one_user_block_and_handler(world: World) -> None:
    """As much stands in it, signed."""
    address = f"{BASE}blocks/{world.problem()}/handlers"
    url = world.client("reader").get(f"{address}/xmodule_handler?suffix=problem_get").json()["url"]
    grant = read_handler_grant(url.split("/handlers/")[1].split("/")[0])
    assert grant.usage_key == world.problem()
    assert (grant.handler, grant.user_id) == ("xmodule_handler", world.users["reader"].pk)
    assert url.endswith("/problem_get")
    assert Client().post(url).status_code == 200
    assert "xmodule_handler" in world.client("reader").get(address).json()["handlers"]
    for name in ("get_html", "__class__", "none"):
        response = world.client("reader").get(f"{address}/{name}")
        assert (response.status_code, response.json()["code"]) == (404, "handler_not_found")


def test_static_files_are_listed_by_the_names_that_blocks_call_them(world: World) -> None:
    """Those that the block refers to are told from the others."""
    key = world.usage(inner_id="html/intro", block_type="html")
    address = f"{BASE}blocks/{key}/assets"
    first = world.client("reader").get(f"{address}?limit=1").json()
    (owl,) = first["results"]
    assert (owl["name"], owl["path"], owl["size"], owl["is_used"]) == (
        "owl.png",
        "static/owl.png",
        10,
        True,
    )
    assert fetch(owl["url"]) == b"not really"
    (unused,) = world.client("reader").get(first["next"]).json()["results"]
    assert (unused["name"], unused["is_used"]) == ("unused.png", False)


# Authoring ----------------------------------------------------------------------------------------


def test_olx_is_read_changed_in_the_draft_and_published(world: World) -> None:
    """Nobody else sees anything of it until then."""
    author, address = world.client("author"), f"{BASE}blocks/{world.problem()}"
    before = author.get(f"{address}/olx?draft=mine")
    assert before["ETag"] == f'"{before.json()["digest"]}"'
    olx = before.json()["olx"].replace("What do owls eat?", "What do owls hunt?")
    changed = author.put(
        f"{address}/olx?draft=mine", {"olx": olx}, headers={"If-Match": before["ETag"]}
    )
    assert changed.json()["olx"] == olx
    assert author.get(f"{address}/olx?draft=mine").json() == changed.json()
    assert author.get(f"{address}/olx").json() == before.json()
    draft = api.get_or_create_bundle_draft(world.bundle, "mine").uuid
    api.commit_draft(draft)
    assert author.get(f"{address}/olx").json()["olx"] == olx


def test_two_who_change_a_block_at_once_are_told(world: World) -> None:
    """The second gets both texts, and nothing of the first's is lost."""
    author, address = world.client("author"), f"{BASE}blocks/{world.problem()}/olx"
    etag = author.get(f"{address}?draft=studio_draft")["ETag"]
    first, second = "<problem display_name='1'/>", "<problem display_name='2'/>"
    assert author.put(address, {"olx": first}, headers={"If-Match": etag}).status_code == 200
    response = author.put(address, {"olx": second}, headers={"If-Match": etag})
    assert (response.status_code, response.json()["code"]) == (409, "edit_conflict")
    assert response.json()["facts"]["theirs"] == first
    again = {"If-Match": f'"{response.json()["facts"]["digest"]}"'}
    assert author.put(address, {"olx": second}, headers=again).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"olx": "<problem>"}, "bad_olx"),
        ({"olx": "<html/>"}, "bad_olx"),
        ({"olx": '<!DOCTYPE x [<!ENTITY a "b">]><problem>&a;</problem>'}, "bad_olx"),
        ({"olx": ""}, "bad_olx"),
        ({"olx": 5}, "invalid"),
        ({}, "invalid"),
        ([], "invalid"),
    ],
)
def test_olx_that_can_not_be_is_refused(world: World, body: Any, code: str) -> None:
    """And nothing is written."""
    author, address = world.client("author"), f"{BASE}blocks/{world.problem()}/olx"
    before = author.get(f"{address}?draft=studio_draft").json()
    response = author.put(address, body)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert author.get(f"{address}?draft=studio_draft").json() == before
    for header in ("x", "9f86", '"9f86"'):
        refused = author.put(address, {"olx": "<problem/>"}, headers={"If-Match": header})
        assert refused.status_code == 400


def test_processes_like_studio_show_authors_the_draft_where_nothing_else_is_asked_for(
    world: World, settings: Any
) -> None:
    """And all others what is published."""
    ours = {"openedx_blockstore_xblock": {"READS": "draft"}}
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "PLUGIN_SETTINGS": ours}
    address = f"{BASE}blocks/{world.usage()}"
    assert world.client("author").get(address).json()["title"] == "Drafted"
    assert "Drafted" in world.client("author").get(f"{address}/olx").json()["olx"]
    published = world.client("author").get(f"{address}?version=mounted").json()
    assert published["title"] == "At dawn"
    assert world.client("reader").get(address).json()["title"] == "At dawn"


def test_fields_are_set_and_left_to_their_defaults(world: World) -> None:
    """In the draft."""
    author, address = world.client("author"), f"{BASE}blocks/{world.problem()}"
    body = {"values": {"display_name": "Hooters"}, "reset": ["max_attempts"]}
    olx = author.patch(f"{address}/fields", body).json()["olx"]
    assert 'display_name="Hooters"' in olx
    assert "max_attempts" not in olx
    assert author.get(f"{address}?draft=studio_draft").json()["title"] == "Hooters"
    refused: tuple[dict[str, Any], ...] = (
        {"values": {"none": 1}},
        {"values": []},
        {"reset": ["none"]},
        {"values": 1},
    )
    for wrong in refused:
        assert author.patch(f"{address}/fields", wrong).status_code == 400
