"""Asks other plugins for what they say of versions: their tags and licences."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from attrs import frozen
from django.db.models import Max

from openedx_blockstore import api
from openedx_blockstore.data import Dependency
from openedx_blockstore.exceptions import NotFound, PluginError, PluginFailed
from openedx_blockstore.models_api import Bundle, BundleVersion
from openedx_blockstore_search.indexing.annotations import NO_NOTES, Notes, read_notes
from openedx_blockstore_search.indexing.known import batches

logger = logging.getLogger(__name__)

T = TypeVar("T")


def notes_of(versions: Iterable[tuple[Bundle, int]]) -> dict[tuple[UUID, int], Notes]:
    """Return the tags and licences of versions of bundles, in a few statements for all of them.

    Args:
        versions: Each with the bundle, whose collection is loaded; of version 0, which is none, it
            is what is said of the collection.

    Returns:
        The notes by the bundle's UUID and the version.
    """
    wanted = list(versions)
    dependencies = [Dependency(bundle.uuid, number) for bundle, number in wanted if number]
    known = _annotations(list(dict.fromkeys(dependencies)))
    collections: dict[UUID, dict[str, Any]] = {
        uuid: _collection_annotations(uuid)
        for uuid in {bundle.collection.uuid for bundle, _number in wanted}
    }
    return {
        (bundle.uuid, number): read_notes(
            known.get(Dependency(bundle.uuid, number), {}), collections[bundle.collection.uuid]
        )
        for bundle, number in wanted
    }


def _collection_annotations(uuid: UUID) -> dict[str, Any]:
    try:
        return _asked(partial(api.get_collection_annotations, uuid), {})
    except NotFound:
        return {}


def _annotations(versions: Sequence[Dependency]) -> Mapping[Dependency, Mapping[str, Any]]:
    if not versions:
        return {}
    try:
        return _asked(partial(api.get_many_annotations, versions), {})
    except NotFound:
        # Some are gone, which an event will say; what is there counts.
        return {version: found for version in versions if (found := _annotations_of(version))}


def _annotations_of(version: Dependency) -> Mapping[str, Any]:
    try:
        return _asked(partial(api.get_annotations, version.bundle_uuid, version.version), {})
    except NotFound:
        return {}


def _asked(ask: Callable[[], T], default: T) -> T:
    """Return what plugins say; one that fails must not keep content from being found."""
    try:
        return ask()
    except (PluginError, PluginFailed):
        logger.exception("Tags and licences can not be asked for; they are left out of the index")
        return default


@frozen
class LatestNotes:
    """The tags and licences of the latest version.

    Attributes:
        before: Those of the version that is indexed.
    """

    now: Notes = NO_NOTES
    before: Notes = NO_NOTES


def latest_notes(bundles: Sequence[Bundle], indexed: Mapping[int, int]) -> dict[UUID, LatestNotes]:
    """Return the tags and licences of some bundles.

    Args:
        indexed: The versions that are indexed, by the bundles' keys.
    """
    latest: dict[int, int] = {}
    for some in batches([bundle.pk for bundle in bundles]):
        found = BundleVersion.objects.filter(bundle_id__in=some).values("bundle_id")
        latest |= dict(found.annotate(latest=Max("version_num")).values_list("bundle_id", "latest"))
    pairs: dict[UUID, tuple[tuple[Bundle, int], tuple[Bundle, int]]] = {}
    for bundle in bundles:
        number = latest.get(bundle.pk, 0)
        before = indexed.get(bundle.pk) or number
        pairs[bundle.uuid] = ((bundle, number), (bundle, before))
    notes = notes_of(each for pair in pairs.values() for each in pair if each[0].deleted_at is None)
    return {
        uuid: LatestNotes(*(notes.get((bundle.uuid, number), NO_NOTES) for bundle, number in pair))
        for uuid, pair in pairs.items()
    }
