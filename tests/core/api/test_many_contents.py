"""The contents of many versions at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget
from openedx_blockstore.exceptions import BundleNotFound, Invalid
from tests.counting import counting

pytestmark = pytest.mark.django_db


def test_contents_are_found_by_target_with_one_statement(
    collection: CollectionData, bundle: BundleData
) -> None:
    """Those that do not exist are left out."""
    bundles = [
        bundle.uuid,
        *(api.create_bundle(collection.uuid, f"b{n}", f"B{n}").uuid for n in range(20)),
    ]
    for number, each in enumerate(bundles):
        api.import_version(each, {"a.txt": f"contents {number}"})
    targets = [LinkTarget(each, 1) for each in bundles]
    with counting() as cost:
        found = api.get_many_contents([*targets, LinkTarget(bundle.uuid, 2)])
    assert cost.statements == 1
    assert [found[target].read("a.txt") for target in targets] == [
        f"contents {number}".encode() for number in range(len(bundles))
    ]
    assert set(found) == set(targets)


def test_nothing_is_found_for_nothing() -> None:
    """Without asking anybody."""
    assert api.get_many_contents([]) == {}


def test_drafts_of_many_bundles_are_found_with_two_statements(
    collection: CollectionData, bundle: BundleData
) -> None:
    """Those that change nothing, or have another name, or another bundle, are left out."""
    bundles = [
        bundle.uuid,
        *(api.create_bundle(collection.uuid, f"b{n}", f"B{n}").uuid for n in range(20)),
    ]
    for number, each in enumerate(bundles):
        api.import_version(each, {"a.txt": f"contents {number}", "b.txt": "stays"})
        draft = api.get_or_create_bundle_draft(each, "work").uuid
        api.write_draft_file(draft, "a.txt", f"drafted {number}")
    quiet = api.create_bundle(collection.uuid, "quiet", "Quiet").uuid
    api.get_or_create_bundle_draft(quiet, "work")
    api.write_draft_file(api.get_or_create_bundle_draft(quiet, "play").uuid, "a.txt", "x")
    with counting() as cost:
        found = api.get_changed_draft_contents([*bundles, quiet, UUID(int=1)], "work")
    assert cost.statements == 2
    assert set(found) == set(bundles)
    for number, each in enumerate(bundles):
        assert found[each].read("a.txt") == f"drafted {number}".encode()
        assert found[each].read("b.txt") == b"stays"
        assert found[each].version is None
        assert found[each].draft_uuid == api.get_or_create_bundle_draft(each, "work").uuid


def test_the_contents_of_a_draft_say_which_it_is(bundle: BundleData) -> None:
    """A version is no draft."""
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work").uuid
    api.write_draft_file(draft, "a.txt", "owl")
    assert api.get_bundle_contents(bundle.uuid, use_draft="work").draft_uuid == draft
    assert api.get_bundle_contents(bundle.uuid, use_draft="none").draft_uuid is None


@pytest.mark.parametrize("name", ["", "none", "a\0b"])
def test_a_draft_that_nobody_has_is_not_found(bundle: BundleData, name: str) -> None:
    """Whatever it is called."""
    assert api.get_changed_draft_contents([bundle.uuid], name) == {}
    assert api.get_changed_draft_contents([], "work") == {}


@pytest.mark.parametrize("bundles", ["abc", 1, ["abc"]])
def test_what_is_no_bundle_is_refused(bundles: Any) -> None:
    """With an error of ours."""
    with pytest.raises(Invalid):
        api.get_changed_draft_contents(bundles, "work")


def test_contents_as_of_a_moment_are_those_of_the_latest_version_then(bundle: BundleData) -> None:
    """Before there was any, there are none."""
    moments = [datetime.now(UTC)]
    for text in ("first", "second"):
        api.import_version(bundle.uuid, {"a.txt": text})
        moments.append(datetime.now(UTC))
    found = [api.get_bundle_contents(bundle.uuid, as_of=moment) for moment in moments]
    assert [each.version for each in found] == [None, 1, 2]
    assert dict(found[0].files) == {}
    assert found[1].read("a.txt") == b"first"
    with pytest.raises(BundleNotFound):
        api.get_bundle_contents(UUID(int=1), as_of=moments[0])


@pytest.mark.parametrize(
    "arguments",
    [
        {"as_of": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is what is refused
        {"as_of": "2026-01-01"},
        {"as_of": datetime(2026, 1, 1, tzinfo=UTC), "version_number": 1},
        {"as_of": datetime(2026, 1, 1, tzinfo=UTC), "use_draft": "work"},
        {"version_number": 1, "use_draft": "work"},
    ],
)
def test_contents_of_two_things_at_once_are_refused(
    bundle: BundleData, arguments: dict[str, Any]
) -> None:
    """And so is a moment that is none."""
    with pytest.raises(Invalid):
        api.get_bundle_contents(bundle.uuid, **arguments)
