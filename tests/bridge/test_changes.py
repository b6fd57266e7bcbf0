"""What differs between two states of a bundle, as people read it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import FileContents, LinkTarget
from openedx_blockstore_xblock.changes import Differences, differences

pytestmark = pytest.mark.django_db


def compare(before: Mapping[str, FileContents], after: Mapping[str, FileContents]) -> Differences:
    """Return what differs between two versions that hold these files."""
    bundle = api.create_bundle(api.create_collection("Owls").uuid, "owls", "Owls").uuid
    for files in (before, after):
        api.import_version(bundle, {"same.txt": "same", **files})
    return differences(api.get_bundle_contents(bundle, 1), api.get_bundle_contents(bundle, 2))


def lines(found: Differences) -> list[tuple[str, str]]:
    """Return the lines of the only file that differs."""
    (file,) = found.files
    return [(line.kind, line.text) for line in file.lines]


def test_lines_are_told_apart() -> None:
    """With a little of what is around them."""
    found = compare({"a.txt": "one\ntwo\nthree"}, {"a.txt": "one\n2\nthree"})
    assert lines(found) == [
        ("same", "one"),
        ("removed", "two"),
        ("added", "2"),
        ("same", "three"),
    ]


def test_what_is_equal_in_between_is_left_out() -> None:
    """And a line says so."""
    before = [f"line {number}" for number in range(40)]
    after = ["first", *before[1:-1], "last"]
    found = lines(compare({"a.txt": "\n".join(before)}, {"a.txt": "\n".join(after)}))
    assert [kind for kind, _text in found].count("gap") == 1
    assert found[0] == ("removed", "line 0")
    assert found[-1] == ("added", "last")


def test_lines_that_look_like_a_difference_themselves_are_lines() -> None:
    """Whatever they begin with."""
    found = compare({"a.txt": "-- x\n++ y\n@@ z"}, {"a.txt": "-- x\n++ new\n@@ z"})
    assert lines(found) == [
        ("same", "-- x"),
        ("removed", "++ y"),
        ("added", "++ new"),
        ("same", "@@ z"),
    ]


def test_files_that_came_and_went_are_named() -> None:
    """With their text."""
    found = compare({"old.txt": "old"}, {"new.txt": "new"})
    assert [(file.path, file.kind) for file in found.files] == [
        ("new.txt", "added"),
        ("old.txt", "removed"),
    ]
    assert [(line.kind, line.text) for file in found.files for line in file.lines] == [
        ("added", "new"),
        ("removed", "old"),
    ]


@pytest.mark.parametrize(
    "contents",
    [b"\xff\xfe", b"a\0b", "x" * 200_000, "x\n" * 3_000],
    ids=lambda each: str(len(each)),
)
def test_what_is_no_text_or_a_long_one_is_only_named(contents: str | bytes) -> None:
    """It says why."""
    (file,) = compare({"a.bin": "before"}, {"a.bin": contents}).files
    assert file.lines == ()
    assert file.note == "It is no text, or a very long one."


def test_of_many_lines_the_first_are_shown() -> None:
    """And of many files."""
    found = compare({}, {f"{n:03}.txt": "\n".join(map(str, range(n * 20))) for n in range(40)})
    assert len(found.files) == 40
    assert [len(file.lines) for file in found.files][-1] == 0
    assert max(len(file.lines) for file in found.files) == 400
    assert found.files[25].note == "There are more lines than these."
    assert found.files[39].note == "Too many files have changed to show them all."


def test_a_file_that_only_became_public_says_so() -> None:
    """Its text is the same."""
    bundle = api.create_bundle(api.create_collection("Owls").uuid, "owls", "Owls").uuid
    api.import_version(bundle, {"a.txt": "owl"})
    api.import_version(bundle, {"a.txt": "owl"}, public=["a.txt"])
    one, two = (api.get_bundle_contents(bundle, number) for number in (1, 2))
    assert [file.note for file in differences(one, two).files] == ["Anybody may read it now."]
    assert [file.note for file in differences(two, one).files] == [
        "Not everybody may read it any more."
    ]


def test_links_that_changed_are_named() -> None:
    """Those that stayed are not; nothing is nothing."""
    collection = api.create_collection("Owls").uuid
    lender, bundle = (api.create_bundle(collection, name, name).uuid for name in "ab")
    for content in ("first", "second"):
        api.import_version(lender, {"a.txt": content})
    one, two = LinkTarget(lender, 1), LinkTarget(lender, 2)
    api.import_version(bundle, {}, {"went": one})
    api.import_version(bundle, {}, {"came": two})
    before, after = (api.get_bundle_contents(bundle, number) for number in (1, 2))
    found = differences(before, after)
    assert [(link.alias, link.kind, link.before, link.after) for link in found.links] == [
        ("came", "added", None, two),
        ("went", "removed", one, None),
    ]
    assert found
    assert not differences(before, before)
