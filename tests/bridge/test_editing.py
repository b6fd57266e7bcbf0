"""Authors change blocks in drafts: by OLX, by fields, and by what blocks themselves save."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from openedx_blockstore import api, signals
from openedx_blockstore.exceptions import BundleNotFound, Invalid
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.editing import EditSession
from openedx_blockstore_xblock.exceptions import (
    BadOlx,
    BlockNotFound,
    EditConflict,
    ReadOnlyBlock,
    UnwritableField,
)
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from tests.bridge.conftest import usage

pytestmark = pytest.mark.django_db

MakeBundle = Callable[..., UUID]
MakeRuntime = Callable[..., BlockstoreRuntime]

UNIT = """<unit display_name="At night">
  <!-- Owls first. -->
  <html url_name="a"   editor='raw'><![CDATA[<p>Hoot</p>]]></html>
  <poll url_name="b" question="Who?" answers='[["R", {"label": "Owls", "img": ""}]]'/>
  <xblock-include definition="html/c"/>
</unit>
"""
FILES = {
    "unit.xml": UNIT,
    "html/c/definition.xml": '<html filename="text" display_name="C"/>',
    "html/c/text.html": "<p>Old<br>",
}
DRAFT = "studio_draft"


@pytest.fixture
def bundle_uuid(make_bundle: MakeBundle) -> UUID:
    """A bundle with a unit."""
    return make_bundle(FILES)


@pytest.fixture
def unit(bundle_uuid: UUID) -> BlockstoreUsageKey:
    """The unit."""
    return usage(bundle_uuid, "unit.xml")


@pytest.fixture
def html(bundle_uuid: UUID) -> BlockstoreUsageKey:
    """A block that stands inside the unit's file."""
    return usage(bundle_uuid, "unit.xml", block_type="html", inner_id="html/a")


@pytest.fixture
def poll(bundle_uuid: UUID) -> BlockstoreUsageKey:
    """Another one."""
    return usage(bundle_uuid, "unit.xml", block_type="poll", inner_id="poll/b")


@pytest.fixture
def filed(bundle_uuid: UUID) -> BlockstoreUsageKey:
    """A block whose text is in a file of its own."""
    return usage(bundle_uuid, "html/c/definition.xml", block_type="html")


def in_draft(bundle_uuid: UUID, path: str = "unit.xml") -> str:
    """Return a file as the draft has it."""
    return api.get_bundle_file_data(bundle_uuid, path, use_draft=DRAFT).decode()


def staged(bundle_uuid: UUID) -> list[str]:
    """Return the files that the draft changes; no draft changes none."""
    uuid = api.get_bundle(bundle_uuid).drafts.get(DRAFT)
    if uuid is None:
        return []
    return sorted(path for path, file in api.get_draft(uuid).files.items() if file.modified)


# OLX ----------------------------------------------------------------------------------------------


def test_the_olx_of_a_block_is_its_element_and_that_of_a_root_its_file(
    unit: BlockstoreUsageKey, html: BlockstoreUsageKey, filed: BlockstoreUsageKey
) -> None:
    """As it is written, to the byte; what is in another file comes beside it."""
    assert bridge.get_block_olx(unit).olx == UNIT
    found = bridge.get_block_olx(html, draft=DRAFT)
    assert found.olx == """<html url_name="a"   editor='raw'><![CDATA[<p>Hoot</p>]]></html>"""
    assert (found.file, found.body) == ("unit.xml", None)
    assert bridge.get_block_olx(filed).body == "<p>Old<br>"


def test_olx_is_kept_as_it_is_given_and_what_is_around_it_too(html: BlockstoreUsageKey) -> None:
    """In the draft; what learners see stays."""
    olx = "<html\n url_name='a'>\n\tUhu 🦉 &amp; <b >co</b >\n</html>"
    written = bridge.set_block_olx(html, olx, draft=DRAFT)
    assert written == bridge.get_block_olx(html, draft=DRAFT)
    assert written.olx == olx
    old = bridge.get_block_olx(html).olx
    assert in_draft(html.bundle_uuid) == UNIT.replace(old, olx)
    assert bridge.get_block_olx(html, preview=Preview(draft=DRAFT)).olx == olx
    assert "Hoot" in old


def test_nothing_is_written_where_nothing_changes(
    unit: BlockstoreUsageKey, html: BlockstoreUsageKey, filed: BlockstoreUsageKey
) -> None:
    """Not even a draft is made."""
    for key in (unit, html, filed):
        bridge.set_block_olx(key, bridge.get_block_olx(key).olx, draft=DRAFT)
    bridge.save_fields(unit, {"display_name": "At night"}, draft=DRAFT)
    bridge.save_fields(html, {"editor": "raw", "data": "<p>Hoot</p>"}, draft=DRAFT)
    bridge.save_fields(filed, {"data": "<p>Old<br>"}, reset=["editor"], draft=DRAFT)
    assert DRAFT not in api.get_bundle(unit.bundle_uuid).drafts


BAD = {
    "malformed": ("<html url_name='a'>\n<p></html>", r"unit\.xml:2 .* well-formed"),
    "empty": ("", "well-formed"),
    "bomb": ("<!DOCTYPE x [<!ENTITY a 'a'>]><html url_name='a'>&a;</html>", "document type"),
    "entity": ("<html url_name='a'>\n\n&nbsp;</html>", r"unit\.xml:3 "),
    "other type": ("<problem url_name='a'/>", "must stay a 'html'"),
    "other name": ("<html url_name='z'/>", "url_name must stay 'a'"),
    "two": ("<html url_name='a'/><html url_name='a'/>", "well-formed"),
    "half": ("<html url_name='a'>\ud800</html>", "half a character"),
}


@pytest.mark.parametrize("name", BAD)
def test_olx_that_can_not_be_used_is_refused(name: str, html: BlockstoreUsageKey) -> None:
    """The error names the file, the line and what is wrong, and nothing changes."""
    olx, message = BAD[name]
    with pytest.raises(BadOlx, match=message):
        bridge.set_block_olx(html, olx, draft=DRAFT)
    assert staged(html.bundle_uuid) == []


def test_olx_that_a_class_refuses_is_refused(unit: BlockstoreUsageKey) -> None:
    """Also that of a child; and two children of one name."""
    for child, message in {
        '<problem max_attempts="many"/>': "'problem' refuses it",
        '<html url_name="a"/><html url_name="a"/>': "two blocks in it are 'html/a'",
        '<xblock-include definition="../x"/>': "it must be like type/id",
    }.items():
        with pytest.raises(BadOlx, match=message):
            bridge.set_block_olx(unit, f"<unit>{child}</unit>", draft=DRAFT)


def test_what_is_no_text_is_refused(html: BlockstoreUsageKey) -> None:
    """And so are fields that are none."""
    wrong: Any = b"<html/>"
    with pytest.raises(Invalid):
        bridge.set_block_olx(html, wrong, draft=DRAFT)
    wrong = [("data", "x")]
    with pytest.raises(Invalid):
        bridge.save_fields(html, wrong, draft=DRAFT)
    with pytest.raises(Invalid):
        bridge.save_fields(html, {"data": "x"}, reset=["data"], draft=DRAFT)
    with pytest.raises(Invalid):
        bridge.save_fields(html, {"data": "x"}, draft="")


def test_what_is_not_there_is_not_found(html: BlockstoreUsageKey) -> None:
    """Neither the bundle, nor the file, nor the block."""
    path = html.path
    with pytest.raises(BundleNotFound):
        bridge.get_block_olx(usage(UUID(int=1), path), draft=DRAFT)
    with pytest.raises(BlockNotFound):
        bridge.set_block_olx(usage(html.bundle_uuid, "x.xml"), "<unit/>", draft=DRAFT)
    with pytest.raises(BlockNotFound):
        bridge.get_block_olx(usage(html.bundle_uuid, path, inner_id="html/x"), draft=DRAFT)


def test_a_file_that_is_broken_can_be_mended(make_bundle: MakeBundle) -> None:
    """Its text is shown as it is; a block inside it can not be."""
    key = usage(make_bundle({"unit.xml": "<unit><html url_name='a'>"}), "unit.xml")
    found = bridge.get_block_olx(key, draft=DRAFT)
    assert found.olx == "<unit><html url_name='a'>"
    with pytest.raises(BadOlx):
        bridge.save_fields(key, {"display_name": "x"}, draft=DRAFT)
    with pytest.raises(BadOlx):
        bridge.get_block_olx(usage(key.bundle_uuid, "unit.xml", inner_id="html/a"), draft=DRAFT)
    with pytest.raises(BadOlx, match="must stay a 'unit'"):
        bridge.set_block_olx(key, "<html/>", draft=DRAFT)
    bridge.set_block_olx(key, "<unit/>", draft=DRAFT, base=found.digest)
    assert in_draft(key.bundle_uuid) == "<unit/>"


def test_text_with_a_declaration_of_another_encoding_is_in_utf_8(
    unit: BlockstoreUsageKey,
) -> None:
    """Which is what texts are stored in."""
    olx = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<unit display_name="Käuze"/>'
    written = bridge.set_block_olx(unit, olx, draft=DRAFT)
    assert written.olx == olx.replace("ISO-8859-1", "UTF-8")
    assert bridge.set_block_olx(unit, olx, draft=DRAFT) == written


def test_children_are_removed_added_and_reordered_by_the_olx_of_their_parent(
    unit: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """The old bridge could do neither."""

    def children() -> list[str]:
        runtime = make_runtime(editing=EditSession(DRAFT))
        return [key.inner_id or key.path for key in runtime.get_block(unit).children]

    a, b = '<html url_name="a">1</html>', '<poll url_name="b" question="?"/>'
    bridge.set_block_olx(unit, f"<unit>{a}{b}</unit>", draft=DRAFT)
    assert children() == ["html/a", "poll/b"]
    bridge.set_block_olx(unit, f"<unit>{b}<problem/>{a}</unit>", draft=DRAFT)
    assert children() == ["poll/b", "problem/~1", "html/a"]
    bridge.set_block_olx(unit, f"<unit>{a}</unit>", draft=DRAFT)
    assert children() == ["html/a"]


def test_children_are_not_changed_by_their_names(
    unit: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """The error says so, and nothing changes; nor is there a server error."""
    block = make_runtime(editing=EditSession(DRAFT)).get_block(unit)
    block.children = block.children[:1]
    with pytest.raises(ReadOnlyBlock, match="children"):
        block.save()
    assert DRAFT not in api.get_bundle(unit.bundle_uuid).drafts


def test_a_learners_field_is_none_that_authors_set(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """To set one in an authors' runtime writes nothing into the bundle."""
    key = usage(make_bundle({"p.xml": "<problem><p/></problem>"}), "p.xml", block_type="problem")
    block = make_runtime(editing=EditSession(DRAFT)).get_block(key)
    block.attempts = 3
    block.save()
    assert DRAFT not in api.get_bundle(key.bundle_uuid).drafts


# Fields -------------------------------------------------------------------------------------------


def test_fields_are_set_and_left_to_their_defaults(
    unit: BlockstoreUsageKey, html: BlockstoreUsageKey, poll: BlockstoreUsageKey
) -> None:
    """Without a change of anything else in the file."""
    bridge.save_fields(html, {"data": "<i>Uhu</i>"}, reset=["editor"], draft=DRAFT)
    expected = UNIT.replace("<p>Hoot</p>", "<i>Uhu</i>").replace("   editor='raw'", "")
    assert in_draft(unit.bundle_uuid) == expected
    bridge.save_fields(unit, {"display_name": "By day"}, draft=DRAFT)
    expected = expected.replace("At night", "By day")
    assert in_draft(unit.bundle_uuid) == expected
    bridge.save_fields(poll, {"max_submissions": "7"}, draft=DRAFT)
    assert in_draft(unit.bundle_uuid) == expected.replace("]'/>", ']\' max_submissions="7"/>')


def test_text_in_a_file_of_its_own_is_written_with_the_olx_in_one_change(
    filed: BlockstoreUsageKey, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """One change of the draft, however many files: there is no state in between."""
    api.get_or_create_bundle_draft(filed.bundle_uuid, DRAFT)
    changes = []

    def note(**event: Any) -> None:
        changes.append(event)

    signals.draft_changed.connect(note)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            fields = {"data": "<p>New&nbsp;", "display_name": "New"}
            bridge.save_fields(filed, fields, draft=DRAFT)
    finally:
        signals.draft_changed.disconnect(note)
    assert len(changes) == 1
    assert staged(filed.bundle_uuid) == ["html/c/definition.xml", "html/c/text.html"]
    assert in_draft(filed.bundle_uuid, "html/c/text.html") == "<p>New&nbsp;"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"no_such": 1}, "no such field"),
        ({"attempts": 1}, "belongs to learners"),
        ({"max_attempts": "many"}, "max_attempts"),
        ({"data": "<problem>"}, "data"),
    ],
)
def test_fields_that_can_not_be_are_refused(
    fields: dict[str, Any], message: str, make_bundle: MakeBundle
) -> None:
    """With the name of the field."""
    key = usage(make_bundle({"p.xml": "<problem/>"}), "p.xml", block_type="problem")
    with pytest.raises(UnwritableField, match=message):
        bridge.save_fields(key, fields, draft=DRAFT)
    assert staged(key.bundle_uuid) == []


# Saving -------------------------------------------------------------------------------------------


def test_a_block_saves_itself_into_the_draft(
    poll: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """Only what it has changed; and then it is unchanged."""
    runtime = make_runtime(editing=EditSession(DRAFT))
    block = runtime.get_block(poll)
    block.question = "Who hoots?"
    block.answers.append(["O", {"label": "Ravens", "img": ""}])
    block.save()
    again = make_runtime(editing=EditSession(DRAFT)).get_block(poll)
    assert (again.question, len(again.answers)) == ("Who hoots?", 2)
    assert make_runtime().get_block(poll).question == "Who?"
    before = in_draft(poll.bundle_uuid)
    api.delete_draft(api.get_bundle(poll.bundle_uuid).drafts[DRAFT])
    block.save()
    assert staged(poll.bundle_uuid) == []
    assert "<!-- Owls first. -->" in before


def test_saving_equal_values_writes_nothing(
    poll: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """Nor does a change that is taken back before it is saved."""
    block = make_runtime(editing=EditSession(DRAFT)).get_block(poll)
    block.question = "Who?"
    block.answers = [["R", {"label": "Owls", "img": ""}]]
    block.save()
    block.question = "Who else?"
    block.question = "Who?"
    block.save()
    assert DRAFT not in api.get_bundle(poll.bundle_uuid).drafts


def test_a_block_may_be_saved_more_than_once_in_a_request(
    poll: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """What it saved itself is no change of somebody else's."""
    base = bridge.get_block_olx(poll, draft=DRAFT).digest
    block = make_runtime(editing=EditSession(DRAFT, {poll: base})).get_block(poll)
    for question in ("One?", "Two?"):
        block.question = question
        block.save()
    assert 'question="Two?"' in in_draft(poll.bundle_uuid)


def test_a_block_that_is_loaded_again_in_a_request_is_as_it_was_saved(
    poll: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """And what is saved next does not take the first save back."""
    runtime = make_runtime(editing=EditSession(DRAFT))
    block = runtime.get_block(poll)
    block.question = "One?"
    block.save()
    again = runtime.get_block(poll)
    assert again.question == "One?"
    again.feedback = "Yes"
    again.save()
    olx = bridge.get_block_olx(poll, draft=DRAFT).olx
    assert 'question="One?"' in olx
    assert 'feedback="Yes"' in olx


@pytest.mark.parametrize("preview", [None, Preview(), Preview(draft=DRAFT)])
def test_nobody_else_can_change_what_authors_have_written(
    preview: Preview | None, poll: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """Neither learners nor whoever looks at a draft."""
    block = make_runtime(preview=preview).get_block(poll)
    block.question = "Mine?"
    with pytest.raises(ReadOnlyBlock, match="question"):
        block.save()
    assert DRAFT not in api.get_bundle(poll.bundle_uuid).drafts


def test_a_stale_save_is_a_conflict_and_loses_nothing(
    poll: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """Both texts are in the error; with the new base it can be saved over the other."""
    base = bridge.get_block_olx(poll, draft=DRAFT).digest
    bridge.save_fields(poll, {"question": "Theirs?"}, draft=DRAFT, base=base)
    block = make_runtime(editing=EditSession(DRAFT, {poll: base})).get_block(poll)
    block.question = "Mine?"
    with pytest.raises(EditConflict) as caught:
        block.save()
    error = caught.value
    assert 'question="Mine?"' in error.mine
    assert 'question="Theirs?"' in error.theirs
    assert 'question="Theirs?"' in in_draft(poll.bundle_uuid)
    with pytest.raises(EditConflict):
        bridge.set_block_olx(poll, error.mine, draft=DRAFT, base=base)
    bridge.set_block_olx(poll, error.mine, draft=DRAFT, base=error.digest)
    assert 'question="Mine?"' in in_draft(poll.bundle_uuid)


def test_a_block_that_others_have_changed_while_it_was_loaded_is_a_conflict(
    poll: BlockstoreUsageKey, make_runtime: MakeRuntime
) -> None:
    """Also where nobody has said what the base is: it is what was loaded."""
    block = make_runtime(editing=EditSession(DRAFT)).get_block(poll)
    bridge.save_fields(poll, {"question": "Theirs?"}, draft=DRAFT)
    block.question = "Mine?"
    with pytest.raises(EditConflict):
        block.save()


def test_changes_of_other_blocks_of_the_file_are_no_conflict(
    html: BlockstoreUsageKey, poll: BlockstoreUsageKey
) -> None:
    """Both are kept."""
    base = bridge.get_block_olx(poll, draft=DRAFT).digest
    bridge.save_fields(html, {"data": "Theirs"}, draft=DRAFT)
    bridge.save_fields(poll, {"question": "Mine?"}, draft=DRAFT, base=base)
    assert "Theirs" in in_draft(html.bundle_uuid)
    assert "Mine?" in in_draft(html.bundle_uuid)


def test_the_text_in_a_file_of_its_own_belongs_to_the_base(filed: BlockstoreUsageKey) -> None:
    """Though the OLX has not changed."""
    base = bridge.get_block_olx(filed, draft=DRAFT).digest
    bridge.save_fields(filed, {"data": "Theirs"}, draft=DRAFT)
    with pytest.raises(EditConflict) as caught:
        bridge.save_fields(filed, {"data": "Mine"}, draft=DRAFT, base=base)
    assert (caught.value.mine, caught.value.theirs) == ("Mine", "Theirs")


@pytest.mark.django_db(transaction=True)
def test_authors_who_change_different_blocks_of_a_file_at_once_lose_nothing(
    make_bundle: MakeBundle,
) -> None:
    """However many of them there are."""
    names = [f"n{number}" for number in range(4)]
    blocks = "".join(f'<html url_name="{name}"/>' for name in names)
    bundle_uuid = make_bundle({"unit.xml": f"<unit>{blocks}</unit>"})
    errors: list[Exception] = []

    def change(name: str) -> None:
        key = usage(bundle_uuid, "unit.xml", block_type="html", inner_id=f"html/{name}")
        try:
            bridge.save_fields(key, {"data": f"By {name}"}, draft=DRAFT)
        except Exception as error:  # noqa: BLE001 - asserted on below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=change, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(f"By {name}" in in_draft(bundle_uuid) for name in names)


def test_what_a_context_sets_is_not_written(
    make_bundle: MakeBundle, make_context: Callable[..., Any], make_runtime: MakeRuntime
) -> None:
    """A deadline of one course is not the bundle's."""
    bundle_uuid = make_bundle({"p.xml": "<problem max_attempts='3'><p/></problem>"})
    context = make_context("a", bundle_uuid)
    key = usage(bundle_uuid, "p.xml", block_type="problem", context=context)
    bridge.set_usage_settings(key, {"max_attempts": 1})
    block = make_runtime(editing=EditSession(DRAFT)).get_block(key)
    assert block.max_attempts == 1
    block.display_name = "Mice"
    block.save()
    olx = in_draft(bundle_uuid, "p.xml")
    assert olx == "<problem max_attempts='3' display_name=\"Mice\"><p/></problem>"
