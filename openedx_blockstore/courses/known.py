"""What a collection already holds of a course: its bundles, pins and earlier decisions."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from attrs import Factory, define

from openedx_blockstore import api
from openedx_blockstore.courses.documents import LAYOUT_FILE, OWN_ALIAS, read_layout, split_place
from openedx_blockstore.courses.identity import BlockKey, make_origin, safe_path
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.data import BundleData
from openedx_blockstore.exceptions import BundleFileNotFound, Invalid

_PAGE = 500


@define
class KnownCourse:
    """The runs of a course that are in a collection.

    Attributes:
        collection_uuid: None if there is none yet.
        previous: What their imports decided; this run's own import counts most.
        pins: Bundle → the versions that the runs use, this run's first.
    """

    collection_uuid: UUID | None
    previous: PreviousImport = Factory(PreviousImport)
    pins: dict[UUID, list[int]] = Factory(dict)


def find_course(
    kind: str, org: str, course: str, run: str, collection_uuid: UUID | None
) -> KnownCourse:
    """Find what is there of a course.

    Args:
        kind: ``course`` or ``library``.
        collection_uuid: Where to look; None for any collection that has the course.

    Raises:
        CollectionNotFound: There is no such collection.
    """
    own_origin = make_origin(org, course, BlockKey(kind, run))
    any_run = make_origin(org, course, BlockKey(kind, ""))
    runs = [
        bundle
        for bundle in _bundles_of_type(kind, collection_uuid)
        if bundle.origin is not None and bundle.origin.startswith(any_run)
    ]
    if collection_uuid is None and runs:
        runs.sort(key=lambda bundle: bundle.origin != own_origin)
        collection_uuid = runs[0].collection_uuid
        runs = [bundle for bundle in runs if bundle.collection_uuid == collection_uuid]
    runs.sort(key=lambda bundle: bundle.origin == own_origin)
    known = KnownCourse(collection_uuid)
    homes: dict[BlockKey, tuple[BlockKey, str]] = {}
    unnamed: dict[BlockKey, dict[str, str]] = {}
    for bundle in runs:
        previous = _read_previous(bundle)
        homes.update(previous.homes)
        unnamed.update({key: dict(names) for key, names in previous.unnamed.items()})
        for link in api.get_bundle_version_links(bundle.uuid, bundle.latest_version).values():
            known.pins.setdefault(link.direct.bundle_uuid, []).insert(0, link.direct.version)
    known.previous = PreviousImport(homes, unnamed)
    return known


def _bundles_of_type(kind: str, collection_uuid: UUID | None) -> Iterator[BundleData]:
    after: UUID | None = None
    while True:
        page = api.get_bundles(type=kind, collection_uuid=collection_uuid, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].uuid


def _read_previous(bundle: BundleData) -> PreviousImport:
    """Read the decisions of a run's last import; none where its layout can not be read."""
    if bundle.latest_version == 0:
        return PreviousImport()
    try:
        with api.open_bundle_file(
            bundle.uuid, LAYOUT_FILE, version_number=bundle.latest_version
        ) as file:
            layout = read_layout(file.read())
    except (BundleFileNotFound, Invalid):
        return PreviousImport()
    homes: dict[BlockKey, tuple[BlockKey, str]] = {}
    for key, place in layout.blocks.items():
        alias, path = split_place(place)
        is_possible = alias in layout.bundles and safe_path(path) == path
        if is_possible and alias != OWN_ALIAS:
            homes[key] = (layout.bundles[alias], path)
    return PreviousImport(homes, layout.unnamed)
