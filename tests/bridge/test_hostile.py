"""OLX of somebody who means harm, or has made a mistake: an error that names the block.

The rest of the unit is there, whoever looks, and however.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

import pytest
from attrs import frozen
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from openedx_blockstore import api
from openedx_blockstore_xblock.placeholders import PlaceholderBlock
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import usage

pytestmark = pytest.mark.django_db

MakeBundle = Callable[..., UUID]
MakeRuntime = Callable[..., BlockstoreRuntime]

SECRET = "root:"


@frozen
class Hostile:
    """A file, and what its authors are told of it."""

    contents: bytes
    told: str
    block_type: str = "html"

    @property
    def definition(self) -> str:
        """What includes call it."""
        return f"{self.block_type}/bad"


def _declared(declaration: str, use: str = "&a;") -> bytes:
    return f"<!DOCTYPE html [{declaration}]><html>{use}</html>".encode()


_FILE = "SYSTEM 'file:///etc/passwd'"
_LAUGHS = "<!ENTITY l0 'ha'>" + "".join(
    f"<!ENTITY l{each} '{f'&l{each - 1};' * 10}'>" for each in range(1, 10)
)

HOSTILE = {
    "document type": Hostile(b"<!DOCTYPE html><html>x</html>", "document type"),
    "entity": Hostile(_declared("<!ENTITY a 'owl'>"), "document type"),
    "external entity": Hostile(
        _declared("<!ENTITY a SYSTEM 'file:///etc/passwd'>"), "document type"
    ),
    "external subset": Hostile(
        b"<!DOCTYPE html SYSTEM 'http://127.0.0.1:9/x.dtd'><html>x</html>", "document type"
    ),
    "parameter entity": Hostile(_declared(f"<!ENTITY % a {_FILE}> %a;", "x"), "can not be used"),
    "billion laughs": Hostile(_declared(_LAUGHS, "&l9;"), "can not be used"),
    "unknown entity": Hostile(b"<html>&nosuch;</html>", "not well-formed"),
    "10 MB attribute": Hostile(b'<html display_name="' + b"x" * 10**7 + b'"/>', "bytes"),
    "10 MB of blanks": Hostile(b"<html>" + b" " * 10**7 + b"</html>", "bytes"),
    "depth": Hostile(b"<html>" + b"<b>" * 200 + b"</b>" * 200 + b"</html>", "deep"),
    "great depth": Hostile(b"<html>" * 50_000 + b"</html>" * 50_000, "can not be used"),
    "many children": Hostile(
        b"<unit>" + b"".join(b'<html url_name="h%d"/>' % n for n in range(20_001)) + b"</unit>",
        "more than",
        "unit",
    ),
    "many includes": Hostile(
        b"<unit>" + b'<xblock-include definition="html/h"/>' * 20_001 + b"</unit>",
        "more than",
        "unit",
    ),
    "namespace": Hostile(b'<html xmlns="urn:x">x</html>', "namespace"),
    "prefix": Hostile(b'<x:html xmlns:x="urn:x">x</x:html>', "namespace"),
    "unbound prefix": Hostile(b"<x:html>x</x:html>", "can not be used"),
    "NUL": Hostile(b"<html>a\0b</html>", "not well-formed"),
    "control character": Hostile(b"<html>a\x08b</html>", "not well-formed"),
    "no UTF-8": Hostile(b"<html>\xff\xfe\xfa</html>", "not well-formed"),
    "half of a UTF-16": Hostile("<html>x</html>".encode("utf-16")[:-3], "not well-formed"),
    "lying encoding": Hostile(b'<?xml version="1.0" encoding="utf-16"?><html>x</html>', "not well"),
    "no such encoding": Hostile(b'<?xml version="1.0" encoding="owl"?><html>x</html>', "not well"),
    "another root": Hostile(b"<problem>x</problem>", "&#x27;problem&#x27;"),
    "unknown root": Hostile(b"<owl>x</owl>", "No installed package", "owl"),
    "two roots": Hostile(b"<html/><html/>", "not well-formed"),
    "no root": Hostile(b"<!-- nothing -->", "not well-formed"),
    "nothing": Hostile(b"", "not well-formed"),
    "zeros": Hostile(bytes(1000), "not well-formed"),
    "not XML": Hostile(b"\x89PNG\r\n\x1a\n" + bytes(100), "not well-formed"),
    "includes itself": Hostile(
        b'<unit><xblock-include definition="unit/bad"/></unit>', "contains itself", "unit"
    ),
    "includes what includes it": Hostile(
        b'<unit><xblock-include definition="unit.xml"/></unit>', "contains itself", "unit"
    ),
    "climbs out": Hostile(
        b'<unit><xblock-include definition="../../etc/passwd"/></unit>',
        "has the definition",
        "unit",
    ),
    "absolute": Hostile(
        b'<unit><xblock-include definition="/etc/passwd"/></unit>', "has the definition", "unit"
    ),
    "names nothing": Hostile(b"<unit><xblock-include/></unit>", "has the definition", "unit"),
}

#: What is told of a block is at its own path, or that of what includes it again.
PATHS = ("html/bad/definition.xml", "unit/bad/definition.xml", "owl/bad/definition.xml", "unit.xml")


def unit_with(make_bundle: MakeBundle, hostile: Hostile) -> UUID:
    """Make a unit with the file in it, and a block that is as it should be."""
    return make_bundle(
        {
            "unit.xml": f'<unit><xblock-include definition="{hostile.definition}"/>'
            '<html url_name="good"><p>A good owl</p></html></unit>',
            f"{hostile.definition}/definition.xml": hostile.contents,
        }
    )


def placeholders(block: Any) -> list[str]:
    """Return the reasons of the placeholders in a block."""
    if isinstance(block, PlaceholderBlock):
        return [block.reason]
    if not block.has_children:
        return []
    return [reason for child in block.get_children() for reason in placeholders(child)]


@pytest.mark.parametrize("what", HOSTILE)
def test_get_block_names_the_block_that_is_wrong(
    what: str, make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """And gives the others."""
    hostile = HOSTILE[what]
    uuid = unit_with(make_bundle, hostile)
    runtime = make_runtime(author_mode=True)
    unit = runtime.get_block(usage(uuid, "unit.xml"))
    reasons = placeholders(unit)
    assert reasons
    assert all(any(path in reason for path in PATHS) for reason in reasons), reasons
    content = runtime.render(unit, "student_view", {}).content
    assert "A good owl" in content
    assert hostile.told in content
    assert SECRET not in content


@pytest.mark.parametrize("what", HOSTILE)
def test_a_block_by_itself_says_what_is_wrong(
    what: str, make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """It is there, and can not be shown; it raises nothing."""
    uuid = unit_with(make_bundle, HOSTILE[what])
    runtime = make_runtime(author_mode=True)
    (child, _good) = runtime.get_block(usage(uuid, "unit.xml")).children
    again = make_runtime(author_mode=True)
    content = again.render(again.get_block(child), "student_view", {}).content
    assert "blockstore-placeholder" in content


@pytest.mark.parametrize("what", HOSTILE)
def test_pages_show_the_rest(what: str, make_bundle: MakeBundle, client: Client) -> None:
    """Authors read what is wrong, learners that something can not be shown."""
    hostile = HOSTILE[what]
    uuid = unit_with(make_bundle, hostile)
    collection = api.get_bundle(uuid).collection_uuid
    page = reverse("openedx_blockstore_xblock:block", kwargs={"usage": usage(uuid, "unit.xml")})
    assert collection is not None
    roles: tuple[tuple[Literal["author", "reader"], bool], ...] = (
        ("author", True),
        ("reader", False),
    )
    for role, is_told in roles:
        client.force_login(get_user_model().objects.create_user(role))
        api.set_role(collection, role, user=role)
        answer = client.get(page)
        assert answer.status_code == 200
        content = answer.content.decode()
        assert "A good owl" in content
        assert (hostile.told in content) is is_told
        assert ("can not be shown right now" in content) is not is_told
        assert SECRET not in content


def test_processing_instructions_and_comments_mean_nothing(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Wherever they stand; tools of authors leave them behind."""
    uuid = make_bundle(
        {
            "unit.xml": '<?xml version="1.0"?><?php system("id") ?><!-- a --><unit><?x y?>'
            '<html url_name="good"><p>A <?x y?><!-- b -->good owl</p></html><!-- c --></unit><?z?>'
        }
    )
    runtime = make_runtime(BlockUser(visitor="owl"))
    content = runtime.render(runtime.get_block(usage(uuid, "unit.xml")), "student_view", {}).content
    assert "good owl" in content
    assert "system" not in content


def test_a_circle_through_drafts_is_told(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Versions can not depend on themselves, but two drafts that borrow each other can."""
    text = (
        '<unit><html url_name="h"><p>owl of {}</p></html>'
        '<xblock-include definition="unit.xml" source="other"/></unit>'
    )
    first, second = (make_bundle({"unit.xml": "<unit/>"}) for _twice in range(2))
    for uuid, other in ((first, second), (second, first)):
        draft = api.get_or_create_bundle_draft(uuid, "circle").uuid
        api.write_draft_file(draft, "unit.xml", text.format(uuid))
        api.set_draft_link(draft, "other", other, 1)
    runtime = make_runtime(
        author_mode=True, preview=Preview(draft="circle"), visible_drafts=lambda uuids: uuids
    )
    content = runtime.render(
        runtime.get_block(usage(first, "unit.xml")), "student_view", {}
    ).content
    assert [content.count(f"owl of {uuid}") for uuid in (first, second)] == [1, 1]
    assert "it contains itself: unit.xml &gt; unit.xml &gt; unit.xml" in content
