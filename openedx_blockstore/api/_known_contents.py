"""Which contents the bundles of a collection have already, so that nobody needs to send them.

A digest proves nothing to a stranger: it is looked up only in versions of bundles of the collection
that is imported into, which its authors may read anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from attrs import frozen
from django.db.models import Q

from openedx_blockstore.api._import_lookup import blockstore_origin
from openedx_blockstore.api._lookup import find_collection, parse_uuid, read_manifest
from openedx_blockstore.api._values import check_mapping, check_values
from openedx_blockstore.models import Bundle, BundleVersion, Collection

# Databases bound the number of values in one statement.
_BATCH = 250
# What is older was most likely replaced for good; sending it again costs less than looking.
_VERSIONS = 50


@frozen
class KnownContent:
    """Where a content is.

    Attributes:
        size: In bytes.
    """

    bundle_uuid: UUID
    size: int


def find_known_contents(
    collection_uuid: UUID | str, wanted: Mapping[UUID | str, Iterable[str]]
) -> set[str]:
    """Return those digests whose contents an import into a collection needs not bring along.

    See ``known_contents`` of :func:`openedx_blockstore.api.import_archive`.

    Args:
        wanted: Digests, by the UUIDs that bundles have where they are exported.

    Raises:
        CollectionNotFound: There is no such collection.
        StorageError: The storage failed.
    """
    check_mapping("digests by bundle", wanted)
    for digests in wanted.values():
        check_values("digests of a bundle", digests)
    parsed = {uuid: set(digests) for key, digests in wanted.items() if (uuid := parse_uuid(key))}
    return set(locate_contents(find_collection(collection_uuid), parsed))


def locate_contents(
    collection: Collection, wanted: Mapping[UUID, set[str]]
) -> dict[str, KnownContent]:
    """Return where contents are, by digest: in versions of the bundles that list them.

    Args:
        wanted: Digests, by the UUIDs that bundles have where they are exported.

    Raises:
        StorageError: The storage failed.
    """
    found: dict[str, KnownContent] = {}
    for bundle, digests in _bundles(collection, wanted):
        left = digests - found.keys()
        versions = BundleVersion.objects.filter(bundle=bundle).order_by("-version_num")
        for version in versions[:_VERSIONS] if left else ():
            version.bundle = bundle
            for file in read_manifest(version).files.values():
                if file.digest in left:
                    left.discard(file.digest)
                    found[file.digest] = KnownContent(bundle.uuid, file.size)
            if not left:
                break
    return found


def _bundles(
    collection: Collection, wanted: Mapping[UUID, set[str]]
) -> Iterable[tuple[Bundle, set[str]]]:
    """Yield the bundles here that those of the archive are, or were imported as."""
    by_key: dict[str, set[str]] = defaultdict(set)
    for uuid, digests in wanted.items():
        by_key[str(uuid)] |= digests
        by_key[blockstore_origin(uuid)] |= digests
    uuids = sorted(wanted)
    for start in range(0, len(uuids), _BATCH):
        some = uuids[start : start + _BATCH]
        named = Q(uuid__in=some) | Q(origin__in=[blockstore_origin(uuid) for uuid in some])
        for row in Bundle.objects.filter(named, collection=collection, deleted_at=None):
            yield row, by_key[str(row.uuid)] | by_key[str(row.origin)]
