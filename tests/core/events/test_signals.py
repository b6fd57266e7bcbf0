"""Every change is announced once, after the outermost commit, and stands in the log once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from openedx_blockstore import api, signals
from openedx_blockstore.data import (
    BundleData,
    DraftData,
    DraftEventData,
    EventData,
    EventKind,
    EventTarget,
    FileChange,
    LinkChange,
    LinkEventData,
    LinkTarget,
)
from openedx_blockstore.exceptions import (
    BlockstoreError,
    BundleNotFound,
    BundleVersionNotFound,
    CollectionNotFound,
    DraftHasNoChangesToCommit,
    Invalid,
)
from tests.core.events.helpers import logged, noting_signals
from tests.core.helpers import make_lender, make_version

pytestmark = pytest.mark.django_db(transaction=True)


class Place:
    """What operations are done on: a bundle with two versions and a draft, and a lender."""

    def __init__(self) -> None:
        self.collection = api.create_collection("Collection").uuid
        self.other_collection = api.create_collection("Other").uuid
        self.bundle = api.create_bundle(self.collection, "slug", "Title", type="unit").uuid
        self.lender = make_lender(self.collection)
        api.import_version(self.bundle, {"a": "1"})
        api.import_version(self.bundle, {"a": "2"}, {"lib": self.lender})
        self.draft = api.get_or_create_bundle_draft(self.bundle, "work").uuid
        get_user_model().objects.create_user("ada")
        Group.objects.create(name="team")


@pytest.fixture
def place(transactional_db: None) -> Place:
    return Place()


def stage(place: Place) -> None:
    api.write_draft_file(place.draft, "b", "new")


def stage_link(place: Place) -> None:
    api.set_draft_link(place.draft, "lib", None, None)
    api.set_draft_link(place.draft, "more", place.lender.bundle_uuid, 1)


def delete(place: Place) -> None:
    api.delete_bundle(place.bundle)


Operation = Callable[[Place], Any]

#: What is done; what is done before, unwatched; the signals; the rows.
OPERATIONS: list[tuple[Operation, Operation | None, list[str], list[str]]] = [
    (
        lambda _place: api.create_collection("New"),
        None,
        ["collection_created"],
        ["collection.created"],
    ),
    (
        lambda p: api.update_collection(p.collection, title="New", owner="Ada"),
        None,
        ["collection_updated"],
        ["collection.updated"],
    ),
    (lambda p: api.update_collection(p.collection, title="Collection"), None, [], []),
    (
        lambda p: api.delete_collection(p.other_collection),
        None,
        ["collection_deleted"],
        ["collection.deleted"],
    ),
    (
        lambda p: api.set_role(p.collection, "author", user="ada"),
        None,
        ["roles_changed"],
        ["collection.roles_changed"],
    ),
    (
        lambda p: api.set_role(p.collection, "author", group="team"),
        lambda p: api.set_role(p.collection, "author", group="team"),
        [],
        [],
    ),
    (
        lambda p: api.create_bundle(p.collection, "new"),
        None,
        ["bundle_created"],
        ["bundle.created"],
    ),
    (
        lambda p: api.update_bundle(p.bundle, title="New"),
        None,
        ["bundle_updated"],
        ["bundle.updated"],
    ),
    (lambda p: api.update_bundle(p.bundle, title="Title"), None, [], []),
    (
        lambda p: api.update_bundle(p.bundle, collection_uuid=p.other_collection),
        None,
        ["bundle_updated"],
        ["bundle.updated"],
    ),
    (delete, None, ["bundle_deleted"], ["bundle.deleted"]),
    (
        lambda p: api.undelete_bundle(p.bundle),
        delete,
        ["bundle_undeleted"],
        ["bundle.undeleted"],
    ),
    (lambda p: api.undelete_bundle(p.bundle), None, [], []),
    (lambda p: api.get_or_create_bundle_draft(p.bundle, "more"), None, [], []),
    (stage, None, ["draft_changed"], []),
    (lambda p: api.write_draft_file(p.draft, "a", "2"), None, [], []),
    (
        lambda p: api.write_draft_file(p.draft, "b", None),
        stage,
        ["draft_changed"],
        [],
    ),
    (
        lambda p: api.write_draft_files(p.draft, {"b": "1", "c": "2", "d": "3"}),
        None,
        ["draft_changed"],
        [],
    ),
    (stage_link, None, ["draft_changed", "draft_changed"], []),
    (
        lambda p: api.commit_draft(p.draft),
        stage,
        ["version_created", "draft_committed"],
        ["version.created"],
    ),
    (
        lambda p: api.commit_draft(p.draft),
        stage_link,
        ["version_created", "link_deleted", "link_created", "draft_committed"],
        ["version.created"],
    ),
    (lambda p: api.update_draft(p.draft), stage, [], []),
    (lambda p: api.delete_draft(p.draft), stage, ["draft_deleted"], []),
    (
        lambda p: api.revert_bundle(p.bundle, 1),
        None,
        ["version_created", "link_deleted"],
        ["version.created"],
    ),
    (
        lambda p: api.import_version(p.bundle, {"a": "3"}, {"lib": p.lender}),
        None,
        ["version_created"],
        ["version.created"],
    ),
    (lambda p: api.import_version(p.bundle, {"a": "2"}, {"lib": p.lender}), None, [], []),
    (
        lambda p: api.describe_bundle_version(p.bundle, 1, "Better"),
        None,
        ["bundle_updated"],
        ["bundle.updated"],
    ),
    (
        lambda p: api.notify_annotation_changed(p.bundle, "tagging"),
        None,
        ["annotation_changed"],
        ["annotation.changed"],
    ),
]


@pytest.mark.parametrize(("operation", "before", "sent", "rows"), OPERATIONS)
def test_each_operation_is_announced_and_logged_once(
    place: Place, operation: Operation, before: Operation | None, sent: list[str], rows: list[str]
) -> None:
    if before is not None:
        before(place)
    count = len(logged())
    with noting_signals() as noted:
        operation(place)
    assert [name for name, _ in noted] == sent
    new = logged()[count:]
    assert [event.kind.value for event in new] == rows
    # What a signal says is what stands in the log.
    assert [payload for _, payload in noted if isinstance(payload, EventData)] == new


@pytest.mark.parametrize(("operation", "before", "sent", "rows"), OPERATIONS)
def test_inside_a_transaction_of_the_host_nothing_is_said_before_its_end(
    place: Place, operation: Operation, before: Operation | None, sent: list[str], rows: list[str]
) -> None:
    if before is not None:
        before(place)
    count = len(logged())
    with noting_signals() as noted:
        with transaction.atomic():
            with transaction.atomic():
                operation(place)
            assert noted == []
        assert [name for name, _ in noted] == sent
    assert len(logged()) == count + len(rows)


@pytest.mark.parametrize(("operation", "before", "sent", "rows"), OPERATIONS)
def test_what_is_rolled_back_was_never_said(
    place: Place, operation: Operation, before: Operation | None, sent: list[str], rows: list[str]
) -> None:
    if before is not None:
        before(place)
    count = len(logged())
    with noting_signals() as noted, transaction.atomic():
        operation(place)
        transaction.set_rollback(True)
    assert noted == []
    assert len(logged()) == count


def test_a_savepoint_that_is_rolled_back_takes_its_events_along(place: Place) -> None:
    with noting_signals() as noted, transaction.atomic():
        api.update_bundle(place.bundle, title="One")
        with transaction.atomic():
            api.update_bundle(place.bundle, title="Two")
            transaction.set_rollback(True)
        api.update_bundle(place.bundle, title="Three")
    assert [event.facts["changes"]["title"][1] for _, event in noted] == ["One", "Three"]


def test_a_version_says_what_changed(place: Place) -> None:
    stage_link(place)
    api.write_draft_files(place.draft, {"a": "new", "b": "b"})
    with noting_signals() as noted:
        version = api.commit_draft(place.draft, author="ada", change_description="Better")
    (_, event), (_, gone), (_, new), (_, draft) = noted
    changes = api.get_bundle_version_changes(place.bundle, 3)
    assert isinstance(event, EventData)
    assert event.kind == EventKind.VERSION_CREATED
    assert (event.collection_uuid, event.bundle_uuid) == (place.collection, place.bundle)
    assert (event.version, event.bundle_type, event.actor) == (3, "unit", "ada")
    assert event.at == version.created_at
    assert (event.files, event.links) == (changes.files, changes.links)
    assert [change.path for change in event.files] == ["a", "b"]
    assert event.facts == {
        "change_description": "Better",
        "change_kind": "content",
        "manifest_digest": version.manifest_digest,
        "origin_version": None,
    }
    assert isinstance(draft, DraftEventData)
    assert draft.paths == ("a", "b", "links/lib", "links/more")
    assert (draft.draft_uuid, draft.name, draft.version) == (place.draft, "work", 3)
    assert isinstance(gone, LinkEventData)
    assert (gone.alias, gone.target, gone.version) == ("lib", place.lender, 3)
    assert (new.alias, new.target, new.event_uuid) == ("more", place.lender, event.uuid)
    assert logged()[-1] == event


def test_a_link_that_leads_elsewhere_ends_and_begins(place: Place) -> None:
    newer = make_version(place.lender.bundle_uuid, {"more": "x"})
    with noting_signals() as noted:
        api.import_version(
            place.bundle, {"a": "2"}, {"lib": LinkTarget(newer.bundle_uuid, newer.version)}
        )
    assert [(name, getattr(event, "target", None)) for name, event in noted] == [
        ("version_created", None),
        ("link_deleted", place.lender),
        ("link_created", LinkTarget(newer.bundle_uuid, newer.version)),
    ]


def test_the_event_of_a_move_says_from_where(place: Place) -> None:
    api.update_bundle(place.bundle, collection_uuid=place.other_collection, actor="ada")
    event = logged()[-1]
    assert event.collection_uuid == place.other_collection
    assert event.actor == "ada"
    assert event.facts == {
        "changes": {"collection_uuid": [str(place.collection), str(place.other_collection)]}
    }
    api.import_version(place.bundle, {"a": "3"})
    assert logged()[-1].collection_uuid == place.other_collection


def test_the_event_of_a_role_names_who_has_it(place: Place) -> None:
    api.set_role(place.collection, "author", user="ada", actor="root")
    api.set_role(place.collection, None, user="ada")
    first, second = logged()[-2:]
    assert first.facts == {"user": "ada", "before": None, "after": "author"}
    assert first.actor == "root"
    assert second.facts == {"user": "ada", "before": "author", "after": None}


def test_a_commit_that_fails_announces_nothing(place: Place) -> None:
    count = len(logged())
    with noting_signals() as noted, pytest.raises(DraftHasNoChangesToCommit):
        api.commit_draft(place.draft)
    assert noted == []
    assert len(logged()) == count


def test_staged_changes_that_others_made_as_well_are_announced_as_gone(place: Place) -> None:
    stage(place)
    api.import_version(place.bundle, {"a": "2", "b": "new"}, {"lib": place.lender})
    with noting_signals() as noted, pytest.raises(DraftHasNoChangesToCommit):
        api.commit_draft(place.draft)
    assert [(name, event.paths) for name, event in noted] == [("draft_changed", ("b",))]


def test_a_draft_that_is_brought_forward_announces_what_moved(place: Place) -> None:
    api.write_draft_files(place.draft, {"b": "mine", "c": "mine"})
    api.import_version(place.bundle, {"a": "2", "b": "theirs"}, {"lib": place.lender})
    with noting_signals() as noted:
        api.update_draft(place.draft, on_conflict="theirs")
    assert [(name, event.paths) for name, event in noted] == [("draft_changed", ("b",))]


# Receivers ---------------------------------------------------------------------------------------


def test_a_receiver_that_raises_stops_nobody(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_kwargs: Any) -> None:
        raise RuntimeError("this receiver is broken")

    signals.version_created.connect(broken)
    with noting_signals() as noted:
        version = api.import_version(place.bundle, {"a": "3"})
    signals.version_created.disconnect(broken)
    assert version.created
    assert [name for name, _ in noted] == ["version_created", "link_deleted"]
    assert "this receiver is broken" in caplog.text


def test_a_receiver_without_a_name_that_raises_stops_no_author(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    class Receiver:
        """Django's way of logging what receivers raise fails on this one."""

        def __call__(self, **_kwargs: Any) -> None:
            raise RuntimeError("this receiver is broken")

    broken = Receiver()
    signals.version_created.connect(broken)
    with noting_signals() as noted:
        assert api.import_version(place.bundle, {"a": "3"}).created
    signals.version_created.disconnect(broken)
    assert ("link_deleted", 3) in [(name, event.version) for name, event in noted]
    assert "kept it from others" in caplog.text


def test_a_receiver_may_use_the_api(place: Place) -> None:
    def describe(event: EventData, **_kwargs: Any) -> None:
        if event.version == 3:
            api.import_version(place.bundle, {"a": "from the receiver"})

    signals.version_created.connect(describe)
    with noting_signals() as noted:
        api.import_version(place.bundle, {"a": "3"})
    signals.version_created.disconnect(describe)
    assert [event.version for name, event in noted if name == "version_created"] == [4, 3]


# Annotations -------------------------------------------------------------------------------------


def test_an_annotation_is_about_a_collection_a_bundle_or_a_version(place: Place) -> None:
    targets: list[tuple[Any, UUID | None, int | None]] = [
        (place.collection, None, None),
        (str(place.collection), None, None),
        (EventTarget("collection", place.collection), None, None),
        (place.bundle, place.bundle, None),
        (EventTarget("bundle", place.bundle), place.bundle, None),
        ((place.bundle, 1), place.bundle, 1),
        ((str(place.bundle), 2), place.bundle, 2),
        (EventTarget("bundle", place.bundle, 2), place.bundle, 2),
    ]
    for target, bundle, version in targets:
        event = api.notify_annotation_changed(target, "my-tags", actor="ada")
        assert event.collection_uuid == place.collection
        assert (event.bundle_uuid, event.version, event.actor) == (bundle, version, "ada")
        assert event.facts == {"namespace": "my-tags"}
        assert logged()[-1] == event


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (UUID(int=5), BundleNotFound),
        ("nonsense", BundleNotFound),
        (EventTarget("collection", UUID(int=5)), CollectionNotFound),
        ((UUID(int=5), 1), BundleNotFound),
        ((UUID(int=5),), Invalid),
        (EventTarget("library", UUID(int=5)), Invalid),  # type: ignore[arg-type]
        (EventTarget("collection", UUID(int=5), 1), Invalid),
    ],
)
def test_an_annotation_of_nothing_is_refused(
    place: Place, target: Any, error: type[BlockstoreError]
) -> None:
    count = len(logged())
    with pytest.raises(error):
        api.notify_annotation_changed(target, "tagging")
    assert len(logged()) == count


def test_annotations_of_what_is_deleted(place: Place) -> None:
    with pytest.raises(BundleVersionNotFound):
        api.notify_annotation_changed((place.bundle, 9), "tagging")
    api.delete_bundle(place.lender.bundle_uuid)
    with pytest.raises(BundleNotFound):
        api.notify_annotation_changed(place.lender.bundle_uuid, "tagging")
    # It is pinned, and so it can still be read.
    api.notify_annotation_changed((place.lender.bundle_uuid, 1), "tagging")


@pytest.mark.parametrize("namespace", ["", "-x", "a b", "ä", "x" * 101, "a\n", None, 5, "a\0"])
def test_a_namespace_is_a_short_plain_word(place: Place, namespace: Any) -> None:
    with pytest.raises(Invalid):
        api.notify_annotation_changed(place.bundle, namespace)


def test_what_drafts_and_bundles_are_not_touched_by(bundle: BundleData, draft: DraftData) -> None:
    with noting_signals() as noted:
        api.get_bundle(bundle.uuid)
        api.get_draft(draft.uuid)
    assert noted == []


def test_odd_texts_stand_in_the_log_as_they_were(place: Place) -> None:
    path = "ünï/ 🎉 \\u0000.txt".replace("\\", "")
    api.import_version(place.bundle, {path: "x"}, change_description="🎉 'quoted' \\ \x7f \n")
    event = logged()[-1]
    assert event.files[1] == FileChange(path, "added", None, event.files[1].after_digest)
    assert event.links == (LinkChange("lib", "removed", place.lender, None),)
    assert event.facts["change_description"] == "🎉 'quoted' \\ \x7f \n"
