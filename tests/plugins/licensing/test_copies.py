"""Copies: whose work they are stays known, and a changed one is not the author's alone."""

from __future__ import annotations

import tracemalloc
from typing import BinaryIO, cast
from uuid import uuid4

import pytest

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget
from openedx_blockstore.exceptions import (
    BundleNotFound,
    BundleVersionNotFound,
    CollectionNotFound,
    InvalidLink,
    LimitExceeded,
)
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.models import Derivation
from tests.core.helpers import contents_of, make_version
from tests.core.test_streaming import Endless
from tests.plugins.licensing.conftest import MakeBundle
from tests.plugins.licensing.telling import told


def line_of(bundle: BundleData, version: int | None = None) -> str:
    """Return the line that names a version."""
    return api.to_text(api.credit_line(api.get_credit(bundle.uuid, version)))


@pytest.fixture
def harvard(db: None) -> None:
    """The publisher of Ann's collection is known."""
    api.set_publisher(PublisherData("https://harvard.example/", "Harvard"))


@pytest.fixture
def original(collection: CollectionData, bundle: BundleData, harvard: None) -> BundleData:
    """Ann's work, under CC BY-SA."""
    api.set_bundle_license(bundle.uuid, "CC-BY-SA-4.0", first_version=1)
    return bundle


def test_a_copy_has_the_files_and_links_of_the_version(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    lender = make_bundle(collection.uuid, "Lender")
    bundle = blockstore.create_bundle(
        collection.uuid, "slug", "Title", "Said of it", type="problem"
    )
    make_version(
        bundle.uuid,
        {"a.xml": "<problem>a</problem>", "static/b.txt": "b"},
        {"l": LinkTarget(lender.uuid, 1)},
    )
    draft = blockstore.get_or_create_bundle_draft(bundle.uuid, "d")
    blockstore.write_draft_file(draft.uuid, "open.txt", "open", public=True)
    blockstore.commit_draft(draft.uuid)
    make_version(bundle.uuid, {"a.xml": None})
    copy = api.copy_bundle(bundle.uuid, 2, other.uuid, actor="bob")
    assert (copy.title, copy.slug, copy.description, copy.type) == (
        "Title",
        "slug",
        "Said of it",
        "problem",
    )
    assert copy.collection_uuid == other.uuid
    assert contents_of(copy.uuid) == {
        "a.xml": b"<problem>a</problem>",
        "static/b.txt": b"b",
        "open.txt": b"open",
    }
    version = blockstore.get_bundle_version(copy.uuid)
    assert version is not None
    assert version.version == 1
    assert version.author == "bob"
    assert version.files["open.txt"].public
    assert not version.files["a.xml"].public
    assert version.links["l"].direct.bundle_uuid == lender.uuid


def test_an_unchanged_copy_is_the_original(other: CollectionData, original: BundleData) -> None:
    copy = api.copy_bundle(original.uuid, None, other.uuid)
    assert line_of(copy) == (
        f"“Newton” by Ann (Harvard), urn:uuid:{original.uuid} version 1, "
        f"CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)."
    )
    credit = api.get_credit(copy.uuid)
    assert not credit.derived_from[0].modified
    assert credit.derived_from[0].origin.author == "Ann"


def test_a_licence_that_is_said_of_a_copy_is_not_said_to_be_the_authors(
    other: CollectionData, original: BundleData
) -> None:
    copy = api.copy_bundle(original.uuid, None, other.uuid)
    api.set_bundle_license(copy.uuid, "CC0-1.0", first_version=1)
    again = api.copy_bundle(copy.uuid, None, other.uuid, title="Again")
    given = (
        f"“Newton” by Ann (Harvard), urn:uuid:{original.uuid} version 1, "
        f"CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)."
    )
    here = " Here under CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/)."
    assert line_of(copy) == f"{given}{here}"
    assert line_of(again) == f"{given} Here called “Again”.{here}"
    api.set_bundle_license(copy.uuid, "NOASSERTION", first_version=1)
    assert line_of(copy) == f"{given} Here with no licence stated."


def test_a_changed_copy_is_based_on_the_original(
    other: CollectionData, original: BundleData
) -> None:
    copy = api.copy_bundle(original.uuid, None, other.uuid, title="Newton, simpler")
    assert line_of(copy).endswith(" Here called “Newton, simpler”.")
    make_version(copy.uuid, {"a.xml": "<problem>simpler</problem>"})
    assert line_of(copy) == (
        f"“Newton, simpler” by Bob, urn:uuid:{copy.uuid} version 2, "
        f"CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/). "
        f"Based on “Newton” by Ann (Harvard), urn:uuid:{original.uuid} version 1, "
        f"CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/), modified."
    )
    assert "modified" not in line_of(copy, 1)


def test_one_that_was_changed_back_is_the_original_again(
    other: CollectionData, original: BundleData
) -> None:
    copy = api.copy_bundle(original.uuid, None, other.uuid)
    make_version(copy.uuid, {"a.xml": "<problem>other</problem>"})
    blockstore.revert_bundle(copy.uuid, 1)
    modified = [api.get_credit(copy.uuid, number).derived_from[0].modified for number in (1, 2, 3)]
    assert modified == [False, True, False]


def test_a_changed_link_is_a_change(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    lender = make_bundle(collection.uuid, "Lender", versions=2)
    bundle = make_bundle(collection.uuid)
    make_version(bundle.uuid, links={"l": LinkTarget(lender.uuid, 1)})
    copy = api.copy_bundle(bundle.uuid, None, other.uuid)
    make_version(copy.uuid, links={"l": LinkTarget(lender.uuid, 2)})
    assert api.get_credit(copy.uuid, 2).derived_from[0].modified


def test_a_copy_of_a_copy_names_all_of_them(
    collection: CollectionData, other: CollectionData, original: BundleData
) -> None:
    third = blockstore.create_collection("Third", author="Cleo")
    copy = api.copy_bundle(original.uuid, None, other.uuid, title="Second")
    make_version(copy.uuid, {"a.xml": "<problem>changed by Bob</problem>"})
    again = api.copy_bundle(copy.uuid, None, third.uuid, title="Third one")
    unchanged = line_of(again)
    assert unchanged.startswith("“Second” by Bob")
    assert "Based on “Newton” by Ann (Harvard)" in unchanged
    make_version(again.uuid, {"a.xml": "<problem>changed by Cleo</problem>"})
    changed = line_of(again)
    assert changed.startswith("“Third one” by Cleo")
    assert "Based on “Second” by Bob" in changed
    assert "modified; that in turn is based on “Newton” by Ann (Harvard)" in changed
    assert changed.count("modified") == 2


def test_an_unchanged_copy_of_an_unchanged_copy_is_the_original_too(
    other: CollectionData, original: BundleData
) -> None:
    third = blockstore.create_collection("Third", author="Cleo")
    copy = api.copy_bundle(original.uuid, None, other.uuid)
    again = api.copy_bundle(copy.uuid, None, third.uuid)
    line = line_of(again)
    assert line.startswith("“Newton” by Ann (Harvard)")
    assert "Bob" not in line
    assert "Cleo" not in line


def test_several_originals_are_all_named(
    collection: CollectionData,
    other: CollectionData,
    original: BundleData,
    make_bundle: MakeBundle,
) -> None:
    second = make_bundle(collection.uuid, "Kepler")
    copy = api.copy_bundle(original.uuid, None, other.uuid)
    make_version(copy.uuid, {"kepler.xml": "taken from Kepler"})
    with told() as events:
        api.record_derivation(copy.uuid, second.uuid, 1, first_version=2)
        api.record_derivation(copy.uuid, second.uuid, 1, first_version=2)
    assert len(events) == 1
    line = line_of(copy)
    assert "Based on “Newton” by Ann" in line
    assert "Also based on “Kepler” by Ann" in line
    assert "Kepler" not in line_of(copy, 1)
    assert len(api.get_derivations(copy.uuid)) == 2


def test_attribution_survives_the_original(
    collection: CollectionData, other: CollectionData, original: BundleData
) -> None:
    copy = api.copy_bundle(original.uuid, None, other.uuid)
    before = line_of(copy)
    blockstore.update_collection(collection.uuid, author="Somebody else", publisher="")
    blockstore.delete_bundle(original.uuid)
    api.delete_publisher("https://harvard.example/")
    assert line_of(copy) == before


def test_a_copy_is_under_the_licences_of_the_original(
    collection: CollectionData, other: CollectionData, original: BundleData
) -> None:
    api.set_collection_license(other.uuid, "CC-BY-4.0", since=api.ALWAYS)
    api.set_bundle_license(original.uuid, "MIT", first_version=1, path="*.js")
    copy = api.copy_bundle(original.uuid, None, other.uuid)
    license_ = api.get_version_license(copy.uuid)
    assert license_.expression == "CC-BY-SA-4.0"
    assert license_.paths == {"*.js": "MIT"}
    assert license_.source == "copy"
    make_version(copy.uuid, {"a.xml": "<problem>changed</problem>"})
    assert api.get_version_license(copy.uuid).expression == "CC-BY-SA-4.0"


def test_a_copy_of_what_is_under_no_licence_gets_none_by_it(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(other.uuid, "CC-BY-4.0", since=api.ALWAYS)
    copy = api.copy_bundle(make_bundle(collection.uuid).uuid, None, other.uuid)
    assert api.get_version_license(copy.uuid).expression == "NOASSERTION"


def test_a_large_file_is_copied_in_little_memory(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(collection.uuid)
    size = 64 * 2**20
    make_version(bundle.uuid, {"large.bin": cast(BinaryIO, Endless(size, b"large"))})
    tracemalloc.start()
    try:
        copy = api.copy_bundle(bundle.uuid, None, other.uuid)
        _current, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert blockstore.get_bundle_files_dict(copy.uuid)["large.bin"].size == size
    assert peak < 16 * 2**20


def test_a_copy_is_told_of_once(other: CollectionData, original: BundleData) -> None:
    with told() as events:
        copy = api.copy_bundle(original.uuid, None, other.uuid)
    assert [event.uuid for event in events] == [copy.uuid]


def test_what_can_not_be_copied_leaves_nothing(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(collection.uuid)
    empty = blockstore.create_bundle(collection.uuid, "empty", "Empty")
    lender = make_bundle(collection.uuid, "Lender")
    borrower = make_bundle(collection.uuid, "Borrower")
    make_version(borrower.uuid, links={"l": LinkTarget(lender.uuid, 1)})
    blockstore.delete_bundle(lender.uuid)
    with pytest.raises(BundleVersionNotFound):
        api.copy_bundle(bundle.uuid, 2, other.uuid)
    with pytest.raises(BundleVersionNotFound):
        api.copy_bundle(bundle.uuid, 0, other.uuid)
    with pytest.raises(BundleVersionNotFound):
        api.copy_bundle(empty.uuid, None, other.uuid)
    with pytest.raises(CollectionNotFound):
        api.copy_bundle(bundle.uuid, 1, uuid4())
    with pytest.raises(LimitExceeded):
        api.copy_bundle(bundle.uuid, 1, other.uuid, title="x" * 181)
    with pytest.raises(InvalidLink, match="deleted"):
        api.copy_bundle(borrower.uuid, None, other.uuid)
    with pytest.raises(BundleNotFound):
        api.copy_bundle(lender.uuid, None, other.uuid)
    assert blockstore.get_bundles(collection_uuid=other.uuid) == []


def test_odd_words_stay_words(other: CollectionData, db: None, make_bundle: MakeBundle) -> None:
    collection = blockstore.create_collection("C", author="<script>Ann</script> & Ünïcödé 🦉")
    bundle = make_bundle(collection.uuid, "“Quotes” <b>bold</b>")
    copy = api.copy_bundle(bundle.uuid, None, other.uuid)
    line = api.credit_line(api.get_credit(copy.uuid))
    assert "<script>Ann</script> & Ünïcödé 🦉" in api.to_text(line)
    html = api.to_html(line)
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&amp; Ünïcödé 🦉" in html


def test_a_long_chain_has_an_end(other: CollectionData, original: BundleData) -> None:
    bundle = original
    for number in range(40):
        bundle = api.copy_bundle(bundle.uuid, None, other.uuid)
        make_version(bundle.uuid, {"a.xml": f"<problem>changed {number}</problem>"})
    line = line_of(bundle)
    assert line.count("modified") == 31
    assert Derivation.objects.count() == 40
