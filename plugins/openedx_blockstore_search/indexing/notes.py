"""Asks other plugins for what they say of versions: their tags and licences."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from openedx_blockstore import api
from openedx_blockstore.data import Dependency
from openedx_blockstore.exceptions import NotFound, PluginError, PluginFailed
from openedx_blockstore.models_api import Bundle
from openedx_blockstore_search.indexing.annotations import Notes, read_notes

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
    known: Mapping[Dependency, Mapping[str, Any]] = (
        _asked(lambda: api.get_many_annotations(dependencies), {}) if dependencies else {}
    )
    collections: dict[UUID, dict[str, Any]] = {
        uuid: _asked(partial(api.get_collection_annotations, uuid), {})
        for uuid in {bundle.collection.uuid for bundle, _number in wanted}
    }
    return {
        (bundle.uuid, number): read_notes(
            known.get(Dependency(bundle.uuid, number), {}), collections[bundle.collection.uuid]
        )
        for bundle, number in wanted
    }


def _asked(ask: Callable[[], T], default: T) -> T:
    """Return what plugins say; one that fails must not keep content from being found."""
    try:
        return ask()
    except NotFound:
        return default  # gone since; an event will say so
    except (PluginError, PluginFailed):
        logger.exception("Tags and licences can not be asked for; they are left out of the index")
        return default
