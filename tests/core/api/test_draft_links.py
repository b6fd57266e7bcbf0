"""Links of drafts: setting, deleting, and what is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import (
    CollectionData,
    Dependency,
    DraftData,
    DraftLinkData,
)
from openedx_blockstore.exceptions import (
    InvalidLink,
    InvalidPath,
    LinkCycle,
)
from tests.core.helpers import make_lender, make_version

pytestmark = pytest.mark.django_db


def test_a_link_is_shown_with_all_that_it_brings(
    draft: DraftData, collection: CollectionData
) -> None:
    deep = make_lender(collection.uuid)
    lender = make_lender(collection.uuid, deep)
    api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    link = api.get_draft(draft.uuid).links["lib"]
    assert link == DraftLinkData(
        name="lib",
        direct=Dependency(lender.bundle_uuid, 1),
        indirect=[Dependency(deep.bundle_uuid, 1)],
        weak=False,
        modified=True,
    )
    version = api.get_bundle_version(lender.bundle_uuid)
    assert version is not None
    assert link.direct.snapshot_digest == version.manifest_digest
    assert api.get_bundle_links(draft.bundle_uuid, use_draft="work") == {"lib": link}
    assert api.get_bundle_links(draft.bundle_uuid) == {}
    made = api.commit_draft(draft.uuid)
    assert made.links["lib"].indirect == link.indirect
    assert not api.get_draft(draft.uuid).links["lib"].modified


def test_a_link_is_deleted_with_neither_bundle_nor_version(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(draft.bundle_uuid, links={"lib": lender})
    api.set_draft_link(draft.uuid, "lib", None, None)
    shown = api.get_draft(draft.uuid)
    assert (shown.links, shown.deleted_links) == ({}, ["lib"])
    api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    shown = api.get_draft(draft.uuid)
    assert (shown.links["lib"].modified, shown.deleted_links) == (False, [])


def test_a_weak_link_brings_nothing_and_is_another_link(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid, make_lender(collection.uuid))
    make_version(draft.bundle_uuid, links={"lib": lender})
    api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1, weak=True)
    link = api.get_draft(draft.uuid).links["lib"]
    assert (link.weak, link.indirect, link.modified) == (True, [], True)


@pytest.mark.parametrize("version", [0, -1, 2, 99, 2**31, 2**70, "1", 1.5, b"1"])
def test_a_link_to_a_version_that_is_not_there_is_refused(
    draft: DraftData, collection: CollectionData, version: Any
) -> None:
    lender = make_lender(collection.uuid)
    with pytest.raises(InvalidLink, match="has no version") as caught:
        api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, version)
    assert caught.value.alias == "lib"
    assert api.get_draft(draft.uuid).links == {}


@pytest.mark.parametrize("lender", [uuid.UUID(int=1), "no uuid", "", 5, "\0"])
def test_a_link_to_a_bundle_that_is_not_there_is_refused(draft: DraftData, lender: Any) -> None:
    with pytest.raises(InvalidLink, match="has no version 1"):
        api.set_draft_link(draft.uuid, "lib", lender, 1)


def test_half_a_target_is_refused(draft: DraftData, collection: CollectionData) -> None:
    lender = make_lender(collection.uuid)
    for bundle_uuid, version in ((lender.bundle_uuid, None), (None, 1)):
        with pytest.raises(InvalidLink, match="needs a bundle and a version"):
            api.set_draft_link(draft.uuid, "lib", bundle_uuid, version)


@pytest.mark.parametrize("alias", ["", "a/b", ".", "..", "a\\b", "\0", "x" * 181, None, 5])
def test_an_alias_that_is_not_one_path_segment_is_refused(draft: DraftData, alias: Any) -> None:
    with pytest.raises(InvalidPath):
        api.set_draft_link(draft.uuid, alias, None, None)


def test_both_spellings_of_an_accent_are_one_alias(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    api.set_draft_link(draft.uuid, "e\u0301", lender.bundle_uuid, 1)
    api.set_draft_link(draft.uuid, "\u00e9", lender.bundle_uuid, 1, weak=True)
    assert list(api.get_draft(draft.uuid).links) == ["\u00e9"]
    path = "links/e\u0301/file.txt"
    assert api.get_bundle_file_data(draft.bundle_uuid, path, use_draft="work").startswith(b"of")


def test_a_link_to_oneself_is_refused_with_the_chain(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    for version in (1, 2, 99):
        with pytest.raises(LinkCycle) as caught:
            api.set_draft_link(draft.uuid, "me", draft.bundle_uuid, version)
        assert caught.value.chain == (
            str(draft.bundle_uuid),
            f"{draft.bundle_uuid}@{version}",
        )


def test_two_versions_of_one_lender_may_stand_in_a_draft_while_both_are_upgraded(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(draft.bundle_uuid, links={"x": lender, "y": lender})
    make_version(lender.bundle_uuid, {"file.txt": "2"})
    api.set_draft_link(draft.uuid, "x", lender.bundle_uuid, 2)
    with pytest.raises(InvalidLink, match="can not use two"):
        api.commit_draft(draft.uuid)
    api.set_draft_link(draft.uuid, "y", lender.bundle_uuid, 2)
    assert [link.direct.version for link in api.commit_draft(draft.uuid).links.values()] == [2, 2]
