"""Addresses of files are raw to editors, and resolved for browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from xblock.core import XBlock
from xblock.field_data import DictFieldData
from xblock.fields import ScopeIds
from xblock.test.tools import TestRuntime

from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.block_classes import find_class, forget_classes
from openedx_blockstore_xblock.editing import EditSession
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from tests.bridge.conftest import usage
from tests.bridge.picture_block import PictureBlock

pytestmark = pytest.mark.django_db

MakeBundle = Callable[..., UUID]
MakeRuntime = Callable[..., BlockstoreRuntime]

PATH = "picture/a/definition.xml"
FILES = {
    "picture/a/static/beside.png": "beside",
    "static/root.png": "root",
    "static/my cat.png": "cat",
    "secret.png": "secret",
    "static/both.png": "root",
    "picture/a/static/both.png": "beside",
}
LENT = {"static/lent.png": "lent", "answers.xml": "<problem/>"}


@pytest.fixture(autouse=True)
def picture_class() -> Iterator[None]:
    """The package is installed, and found once."""
    forget_classes()
    XBlock.register_temp_plugin(PictureBlock, "picture")(find_class)("picture")
    yield
    forget_classes()


@pytest.fixture
def make_picture(make_bundle: MakeBundle) -> Callable[[str], BlockstoreUsageKey]:
    """Make blocks of which an author has written an address."""
    lender = make_bundle(LENT)

    def make(written: str) -> BlockstoreUsageKey:
        files = {**FILES, PATH: f'<picture picture="{written}"/>'}
        bundle_uuid = make_bundle(files, {"art": LinkTarget(lender, 1)})
        return usage(bundle_uuid, PATH, block_type="picture")

    return make


def shown(runtime: BlockstoreRuntime, key: BlockstoreUsageKey) -> str:
    """Return the address that a browser is given."""
    content = runtime.render(runtime.get_block(key), "student_view").content
    return unescape(content.split("<img src=")[1].split(">")[0])


@pytest.mark.parametrize(
    ("written", "contents"),
    [
        ("/static/beside.png", b"beside"),
        ("/static/root.png", b"root"),
        ("/static/both.png", b"beside"),
        ("/static/my%20cat.png", b"cat"),
        ("/static/lent.png", b"lent"),
        ("./beside.png", b"beside"),
        ("./static/beside.png", b"beside"),
        ("static/root.png", b"root"),
        ("root.png", b"root"),
        ("links/art/lent.png", b"lent"),
        ("links/art/static/lent.png", b"lent"),
    ],
)
def test_a_file_of_a_bundle_can_be_fetched_by_a_browser(
    written: str,
    contents: bytes,
    make_picture: Callable[[str], BlockstoreUsageKey],
    make_runtime: MakeRuntime,
    client: Client,
) -> None:
    """However its author has written it; the block itself reads what is written."""
    key = make_picture(written)
    runtime = make_runtime()
    assert runtime.get_block(key).picture == written
    address = shown(runtime, key)
    assert address != written
    response: Any = client.get(address)
    assert b"".join(response.streaming_content) == contents


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://example.com/a.png?b#c", "https://example.com/a.png?b#c"),
        ("//example.com/a.png", "//example.com/a.png"),
        ("/courses/", "/courses/"),
        ("#top", "#top"),
        ("", ""),
        ("/static/none.png", ""),
        ("./secret.png", ""),
        ("links/art/answers.xml", ""),
        ("links/none/lent.png", ""),
        ("links/art", ""),
        ("links/", ""),
        ("../../secret.png", ""),
        ("./../static/root.png", ""),
        ("JavaScript:alert(1)", ""),
    ],
)
def test_what_is_no_file_of_a_bundle_is_kept_or_left_out(
    written: str,
    expected: str,
    make_picture: Callable[[str], BlockstoreUsageKey],
    make_runtime: MakeRuntime,
) -> None:
    """Nothing leads to what browsers may not have."""
    assert shown(make_runtime(), make_picture(written)) == expected


def test_a_query_stays(
    make_picture: Callable[[str], BlockstoreUsageKey], make_runtime: MakeRuntime
) -> None:
    """It is for whoever reads the file."""
    address = shown(make_runtime(), make_picture("/static/root.png?size=2#x"))
    assert address.endswith("/static/root.png?size=2#x")


def test_an_editor_sees_and_saves_what_is_written(
    make_picture: Callable[[str], BlockstoreUsageKey], make_runtime: MakeRuntime
) -> None:
    """No address that expires gets into a bundle."""
    key = make_picture("./beside.png")
    runtime = make_runtime(editing=EditSession("studio_draft"))
    block = runtime.get_block(key)
    assert "value=./beside.png" in runtime.render(block, "studio_view").content
    block.picture = "links/art/lent.png"
    block.save()
    assert bridge.get_block_olx(key, draft="studio_draft").olx == (
        '<picture picture="links/art/lent.png"/>'
    )
    assert "lent.png" in shown(make_runtime(editing=EditSession("studio_draft")), key)


def test_in_other_runtimes_it_is_what_is_written() -> None:
    """A block with such a field can be used everywhere."""
    data = DictFieldData({"picture": "/static/a.png"})
    runtime = TestRuntime(services={"field-data": data})
    block = runtime.construct_xblock_from_class(PictureBlock, ScopeIds(None, "picture", "d", "u"))
    assert PictureBlock.picture.url(block) == "/static/a.png"


def test_references_in_what_a_block_shows_are_resolved_too(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, client: Client
) -> None:
    """Beside the block, and through links."""
    lender = make_bundle(LENT)
    html = """<html><img src="./beside.png"/><img src='links/art/lent.png'/>"links/x" ./y</html>"""
    key = usage(
        make_bundle({**FILES, PATH: html}, {"art": LinkTarget(lender, 1)}), PATH, block_type="html"
    )
    runtime = make_runtime()
    content = runtime.render(runtime.get_block(key), "student_view").content
    addresses = [part[1:].split(part[0])[0] for part in content.split("src=")[1:]]
    bodies = [b"".join(client.get(each).streaming_content) for each in addresses]  # type: ignore[attr-defined]
    assert bodies == [b"beside", b"lent"]
    assert '"links/x" ./y' in content
