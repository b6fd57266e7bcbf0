"""What the tables say of versions, for many at once and in a bounded number of statements."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Collection as Collection_
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from attrs import frozen
from django.db.models import Max, Q, QuerySet

from openedx_blockstore.models_api import Bundle, BundleVersion, Collection, VersionRange
from openedx_blockstore_licensing.data import VersionLicense
from openedx_blockstore_licensing.models import BundleLicense, CollectionLicense, Derivation

T = TypeVar("T")
RangeT = TypeVar("RangeT", bound=VersionRange)

#: A version: the UUID of its bundle, and its number.
Key = tuple[UUID, int]

_BATCH = 500


@frozen(eq=False)
class StoredVersion:
    """A version, and all that the tables say of it.

    Attributes:
        derivations: What it was made of; the oldest first.
        said_paths: The files, or patterns, whose licence somebody has said here.
        is_spoken_of: Something was said of its collection at some time, if not when it was made.
    """

    row: BundleVersion
    license: VersionLicense
    derivations: tuple[Derivation, ...] = ()
    said_paths: frozenset[str] = frozenset()
    is_spoken_of: bool = False

    @property
    def key(self) -> Key:
        """Which one it is."""
        return self.bundle.uuid, self.row.version_num

    @property
    def bundle(self) -> Bundle:
        """Its bundle."""
        return self.row.bundle

    @property
    def collection(self) -> Collection:
        """Its collection."""
        return self.row.bundle.collection


def has_same_owner(one: StoredVersion, other: StoredVersion) -> bool:
    """Tell whether the same people own both works, so that they may do as they please with them.

    What the first was made of is not theirs.
    """
    if one.derivations:
        return False
    mine, theirs = one.collection, other.collection
    return mine.pk == theirs.pk or bool(mine.owner and mine.owner == theirs.owner)


def batches(items: Sequence[T], size: int = _BATCH) -> Iterator[Sequence[T]]:
    """Yield all items, so many at a time: databases bound the values in a statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def read_versions(keys: Iterable[Key]) -> dict[Key, StoredVersion]:
    """Return what the tables say of versions; those that are not there are left out.

    Bundles that were deleted are among them. It takes four statements for each 500 versions.
    """
    wanted = sorted(set(keys))
    found: dict[Key, StoredVersion] = {}
    for some in batches(wanted):
        rows = {
            (row.bundle.uuid, row.version_num): row
            for row in BundleVersion.objects.filter(_named(some)).select_related(
                "bundle__collection"
            )
        }
        stored = {each.key: each for each in _read_about(rows.values())}
        found.update((key, stored[key]) for key in some if key in stored)
    return found


def read_next_version(bundle_uuid: UUID) -> StoredVersion | None:
    """Return what the tables would say of the next version of a bundle, if it were made now."""
    bundle = Bundle.objects.select_related("collection").filter(uuid=bundle_uuid).first()
    if bundle is None:
        return None
    rows = BundleVersion.objects.filter(bundle=bundle)
    latest = rows.aggregate(latest=Max("version_num"))["latest"] or 0
    row = BundleVersion(bundle=bundle, version_num=latest + 1, created=datetime.now(UTC))
    return next(_read_about([row]))


def _read_about(rows: Collection_[BundleVersion]) -> Iterator[StoredVersion]:
    histories = _read_histories({row.bundle.collection_id for row in rows})
    own = _read_own(BundleLicense.objects.order_by("pk"), rows)
    derived = _read_own(Derivation.objects.order_by("pk"), rows)
    for row in rows:
        history = histories[row.bundle.collection_id]
        said = [each for each in own[row.bundle_id] if _holds(each, row.version_num)]
        yield StoredVersion(
            row,
            _decide(said, history.at(row.created)),
            tuple(each for each in derived[row.bundle_id] if _holds(each, row.version_num)),
            frozenset(each.path for each in said if each.path and each.layer == "said"),
            bool(history.rows),
        )


def _named(keys: Iterable[Key]) -> Q:
    """Return a condition for some versions, whose numbers are few where the bundles are many."""
    uuids: dict[int, list[UUID]] = defaultdict(list)
    numbers: dict[UUID, list[int]] = defaultdict(list)
    for uuid, number in keys:
        uuids[number].append(uuid)
        numbers[uuid].append(number)
    if len(uuids) <= len(numbers):
        parts = [
            Q(version_num=number, bundle__uuid__in=some) for number, some in sorted(uuids.items())
        ]
    else:
        parts = [
            Q(bundle__uuid=uuid, version_num__in=some) for uuid, some in sorted(numbers.items())
        ]
    return reduce(or_, parts)


def _read_own(
    rows: QuerySet[RangeT], versions: Collection_[BundleVersion]
) -> Mapping[int, list[RangeT]]:
    """Return the rows of the bundles of some versions that may hold for them, by bundle."""
    keys = sorted({version.bundle_id for version in versions})
    found: dict[int, list[RangeT]] = defaultdict(list)
    if keys:
        lowest = min(version.version_num for version in versions)
        current = Q(last_version__isnull=True) | Q(last_version__gte=lowest)
        for row in rows.filter(current, bundle_id__in=keys):
            found[row.bundle_id].append(row)  # type: ignore[attr-defined]
    return found


def _holds(row: VersionRange, version: int) -> bool:
    last = row.last_version
    return row.first_version <= version and (last is None or last >= version)


def _read_histories(collection_ids: Iterable[int]) -> Mapping[int, History]:
    found: dict[int, list[CollectionLicense]] = {key: [] for key in collection_ids}
    for row in CollectionLicense.objects.filter(collection_id__in=sorted(found)):
        found[row.collection_id].append(row)
    return {key: History(rows) for key, rows in found.items()}


def read_history(collection: Collection) -> History:
    """Return the licences that a collection has had."""
    return History(CollectionLicense.objects.filter(collection=collection))


class History:
    """The licences that a collection has had."""

    def __init__(self, rows: Iterable[CollectionLicense]) -> None:
        self.rows = sorted(rows, key=lambda row: row.since)
        self._times = [row.since for row in self.rows]

    def at(self, time: datetime) -> CollectionLicense | None:
        """Return what was said when a version was made."""
        place = bisect.bisect_right(self._times, time)
        return self.rows[place - 1] if place else None


def _decide(own: Iterable[BundleLicense], collection: CollectionLicense | None) -> VersionLicense:
    """Return the licence of a version: who is nearer to the content decides.

    What somebody said of the bundle comes before what came along with it, then what was said of the
    collection, then what the OLX says of the course; a default that nobody has said is the last
    resort. Of single files the OLX says more than the collection does.
    """
    layers: dict[str, dict[str, BundleLicense]] = {"said": {}, "carried": {}, "olx": {}}
    for row in own:
        layers[row.layer][row.path] = row
    nearest = {**layers["olx"], **layers["carried"], **layers["said"]}
    paths = {path: row.expression for path, row in sorted(nearest.items()) if path}
    whole = layers["said"].get("") or layers["carried"].get("")
    if whole is None and (collection is None or collection.is_default or not collection.expression):
        whole = layers["olx"].get("")
    if whole is not None:
        return VersionLicense(whole.expression, whole.source, paths)  # type: ignore[arg-type]
    if collection is not None and collection.expression:
        return VersionLicense(collection.expression, "collection", paths)
    return VersionLicense(paths=paths)
