"""The plugin's own Python API: for trusted code, like Blockstore's."""

from __future__ import annotations

from uuid import UUID

from blockstore_notes.models import Note, SeenVersion
from openedx_blockstore import api
from openedx_blockstore.plugin_tools import annotations_covering, set_annotation

#: What its annotations are called.
NAMESPACE = "notes"


def set_note(
    bundle_uuid: UUID, text: str, *, first_version: int, last_version: int | None = None
) -> None:
    """Say something about a span of versions, in the place of what was said before."""
    changed = set_annotation(
        Note,
        bundle_uuid,
        {},
        {"text": text},
        first_version=first_version,
        last_version=last_version,
    )
    if changed:
        api.notify_annotation_changed(bundle_uuid, NAMESPACE)


def get_note(bundle_uuid: UUID, version: int) -> str | None:
    """Return what was said about a version."""
    notes = annotations_covering(Note, [(bundle_uuid, version)]).get((bundle_uuid, version), [])
    return notes[0].text if notes else None


def count_versions(bundle_uuid: UUID) -> int:
    """Return how many versions of a bundle were made since the plugin is there."""
    return SeenVersion.objects.filter(bundle_uuid=bundle_uuid).count()
