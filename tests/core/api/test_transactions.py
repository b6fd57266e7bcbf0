"""Blockstore inside the transactions of its host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, DraftData, LinkTarget
from openedx_blockstore.exceptions import (
    BundleExists,
    BundleNotFound,
    CollectionNotFound,
    DraftConflict,
    DraftNotFound,
    InUse,
    InvalidLink,
)
from openedx_blockstore.models import (
    Bundle,
    BundleLink,
    BundleVersion,
    Collection,
    Draft,
    StagedChange,
)
from tests.core.helpers import contents_of, make_lender, make_version

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = (Bundle, BundleLink, BundleVersion, Collection, Draft, StagedChange)


@contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction, or a part of one, of which the host wants nothing to stay."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows() -> list[list[Any]]:
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


def everything(bundle: BundleData, draft: DraftData, lender: LinkTarget) -> None:
    """Every kind of write, one after the other."""
    api.write_draft_files(draft.uuid, {"a": "new", "b": "new"})
    api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    api.commit_draft(draft.uuid, paths=["a", "links/lib"])
    api.update_draft(draft.uuid)
    api.commit_draft(draft.uuid)
    api.revert_bundle(bundle.uuid, 1)
    api.import_version(bundle.uuid, {"imported": b"x"})
    collection = api.create_collection("x")
    api.update_bundle(bundle.uuid, title="x", collection_uuid=collection.uuid)
    api.get_or_create_bundle_draft(bundle.uuid, "another")
    api.delete_draft(draft.uuid)
    api.delete_bundle(lender.bundle_uuid)
    api.undelete_bundle(lender.bundle_uuid)
    api.delete_collection(api.create_collection("y").uuid)


def test_what_a_host_rolls_back_leaves_nothing(
    bundle: BundleData, draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(bundle.uuid, {"a": "old"})
    before = rows()
    with rolled_back():
        everything(bundle, draft, lender)
    assert rows() == before
    assert contents_of(bundle.uuid) == {"a": b"old"}
    everything(bundle, draft, lender)
    assert contents_of(bundle.uuid) == {"imported": b"x"}


def test_what_a_host_commits_is_there(
    bundle: BundleData, draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(bundle.uuid, {"a": "old"})
    with transaction.atomic():
        everything(bundle, draft, lender)
    assert contents_of(bundle.uuid) == {"imported": b"x"}
    assert api.get_bundle(bundle.uuid).latest_version == 5
    with pytest.raises(DraftNotFound):
        api.get_draft(draft.uuid)


def test_an_error_of_blockstore_leaves_the_transaction_of_a_host_usable(
    bundle: BundleData, draft: DraftData, collection: CollectionData
) -> None:
    made = api.create_bundle(collection.uuid, "s", origin="taken")
    api.create_bundle(collection.uuid, "s", uuid=made.uuid.__class__(int=77))

    failures: list[tuple[type[Exception], Callable[[], object]]] = [
        (BundleExists, lambda: api.create_bundle(collection.uuid, "s", origin="taken")),
        (BundleExists, lambda: api.create_bundle(collection.uuid, "s", uuid=made.uuid)),
        (BundleNotFound, lambda: api.get_bundle("none")),
        (CollectionNotFound, lambda: api.delete_collection("none")),
        (InUse, lambda: api.delete_collection(collection.uuid)),
        (DraftConflict, lambda: api.write_draft_file(draft.uuid, "a", "x", if_match="0")),
        (InvalidLink, lambda: api.set_draft_link(draft.uuid, "x", made.uuid, 1)),
        (DraftNotFound, lambda: api.delete_draft("none")),
    ]
    with transaction.atomic():
        for error, call in failures:
            with pytest.raises(error):
                call()
        api.write_draft_file(draft.uuid, "a", "fine")
        api.commit_draft(draft.uuid)
    assert contents_of(bundle.uuid) == {"a": b"fine"}


def test_a_savepoint_of_a_host_can_be_rolled_back_alone(
    bundle: BundleData, draft: DraftData
) -> None:
    with transaction.atomic():
        api.write_draft_file(draft.uuid, "a", "kept")
        with rolled_back():
            api.write_draft_file(draft.uuid, "b", "lost")
            api.commit_draft(draft.uuid)
        assert list(api.get_draft(draft.uuid).files) == ["a"]
        api.commit_draft(draft.uuid)
    assert contents_of(bundle.uuid) == {"a": b"kept"}


def test_a_version_that_was_rolled_back_can_be_made_again(draft: DraftData) -> None:
    """Its manifest is stored already, under the same name."""
    api.write_draft_file(draft.uuid, "a", "x")
    for _ in range(2):
        with rolled_back():
            assert api.commit_draft(draft.uuid).version == 1
    assert api.commit_draft(draft.uuid).version == 1


def test_on_sqlite_a_write_begins_immediately_and_the_connection_is_left_as_it_was(
    draft: DraftData,
) -> None:
    """Elsewhere, and inside a host's transaction, nothing is done to how it begins."""
    statements: list[str] = []

    def record(execute: Callable[..., object], sql: str, *arguments: object) -> object:
        statements.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(record):
        api.write_draft_file(draft.uuid, "a", "x")
    assert ("BEGIN IMMEDIATE" in statements) is (connection.vendor == "sqlite")
    statements.clear()
    with connection.execute_wrapper(record), transaction.atomic():
        api.write_draft_file(draft.uuid, "a", "y")
    assert "BEGIN IMMEDIATE" not in statements
