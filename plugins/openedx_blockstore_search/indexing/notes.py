"""Asks other plugins for what they say of a version: its tags and licences."""

from __future__ import annotations

from openedx_blockstore import api
from openedx_blockstore.models_api import Bundle
from openedx_blockstore_search.indexing.annotations import NO_NOTES, Notes, read_notes


def notes_of(bundle: Bundle, version: int) -> Notes:
    """Return the tags and licences of a version of a bundle; of none, those of its collection."""
    ask = getattr(api, "get_annotations", None)
    if ask is None:
        return NO_NOTES
    return read_notes(ask(bundle.uuid, version))
