"""Compares the index with the store, bundle by bundle, and mends what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from attrs import Factory, define

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_api.search_backends import (
    Remove,
    SearchBackend,
    Selection,
    StoredDocument,
)
from openedx_blockstore_search.indexing.documents import token
from openedx_blockstore_search.indexing.engines import find_targets
from openedx_blockstore_search.indexing.known import batches
from openedx_blockstore_search.indexing.syncing import sync_bundles
from openedx_blockstore_search.models import IndexedBundle, IndexState

#: Called with bundles done, bundles in all, and what was done.
Progress = Callable[[int, int, str], None]

_PAGE = 200
_SCAN = 10_000


@define
class Drift:
    """What differs between the index and the store.

    Attributes:
        bundles: How many were compared.
        documents: How many documents the index has.
        behind: Bundles of which versions are not indexed yet; that may be since it is not their
            turn yet.
        damaged: Bundles whose documents are not what they should be.
        strangers: Bundles in the index that are not in the store, or were deleted.
        mended: Everything that was found was mended.
    """

    bundles: int = 0
    documents: int = 0
    behind: list[UUID] = Factory(list)
    damaged: dict[UUID, str] = Factory(dict)
    strangers: list[UUID] = Factory(list)
    mended: bool = False

    @property
    def count(self) -> int:
        """How many bundles are not as they should be."""
        return len(self.behind) + len(self.damaged) + len(self.strangers)


def check(
    engine: SearchBackend,
    *,
    mend: bool = False,
    progress: Progress = lambda _done, _total, _what: None,
) -> Drift:
    """Compare the index with the store.

    Args:
        mend: Index anew what is not as it should be.

    Raises:
        SearchUnavailable: The engine does not answer.
    """
    targets = find_targets(engine)
    engine.refresh(targets.current)
    drift = Drift(documents=engine.count(targets.current))
    expected = 0
    total = Bundle.objects.filter(deleted_at=None).count()
    after: UUID | None = None
    while page := api.get_bundles(after=after, limit=_PAGE):
        after = page[-1].uuid
        expected += _compare(engine, targets.current, page, drift)
        drift.bundles += len(page)
        progress(drift.bundles, max(total, drift.bundles), page[-1].title)
    if drift.documents != expected:
        drift.strangers = _strangers(engine, targets.current)
    if mend and drift.count:
        _mend(engine, drift)
    IndexState.objects.filter(pk=targets.state_id).update(
        checked_at=datetime.now(UTC), drifted=0 if drift.mended else drift.count
    )
    return drift


def _compare(
    engine: SearchBackend, generation: str, page: Sequence[BundleData], drift: Drift
) -> int:
    rows = {
        row.bundle.uuid: row
        for row in IndexedBundle.objects.filter(
            bundle__uuid__in=[each.uuid for each in page]
        ).select_related("bundle__collection")
    }
    found = _documents(engine, generation, [each.uuid for each in page])
    count = 0
    for bundle in page:
        row = rows.get(bundle.uuid)
        documents = found.get(bundle.uuid, [])
        count += len(documents)
        if row is None or row.version != bundle.latest_version:
            drift.behind.append(bundle.uuid)
        elif (reason := _difference(row, documents)) is not None:
            drift.damaged[bundle.uuid] = reason
    return count


def _difference(row: IndexedBundle, documents: Sequence[StoredDocument]) -> str | None:
    """Return how documents differ from what they should be, if they do."""
    if len(documents) != row.documents:
        return f"{len(documents):,} documents instead of {row.documents:,}"
    checksum = 0
    for each in documents:
        checksum ^= token(each.id, each.first_version, each.last_version, each.digest)
    if f"{checksum:016x}" != row.checksum:
        return "other documents than there should be, or with other versions"
    collections = {each.collection_uuid for each in documents}
    if collections - {row.bundle.collection.uuid}:
        return "documents in another collection"
    if {each.bundle_type for each in documents} - {row.bundle.type}:
        return "documents of another type of bundle"
    return None


def _documents(
    engine: SearchBackend, generation: str, uuids: Sequence[UUID]
) -> dict[UUID, list[StoredDocument]]:
    found: dict[UUID, list[StoredDocument]] = defaultdict(list)
    for each in _scan(engine, generation, uuids):
        found[each.bundle_uuid].append(each)
    return found


def _scan(
    engine: SearchBackend, generation: str, uuids: Sequence[UUID] | None = None
) -> Iterator[StoredDocument]:
    after: tuple[UUID, str] | None = None
    while page := engine.scan(generation, bundles=uuids, after=after, limit=_SCAN):
        yield from page
        after = (page[-1].bundle_uuid, page[-1].id)


def _strangers(engine: SearchBackend, generation: str) -> list[UUID]:
    """Return the bundles in the index that are not in the store."""
    inside = sorted({each.bundle_uuid for each in _scan(engine, generation)})
    there = {
        uuid
        for some in batches(inside)
        for uuid in Bundle.objects.filter(uuid__in=some, deleted_at=None).values_list(
            "uuid", flat=True
        )
    }
    return [uuid for uuid in inside if uuid not in there]


def _mend(engine: SearchBackend, drift: Drift) -> None:
    sync_bundles(engine, drift.behind)
    sync_bundles(engine, drift.damaged, anew=True)
    targets = find_targets(engine)
    removals = [Remove(Selection(bundle_uuid=uuid)) for uuid in drift.strangers]
    for generation in targets.generations if removals else ():
        engine.write(generation, removals)
    engine.refresh(targets.current)
    drift.mended = True
