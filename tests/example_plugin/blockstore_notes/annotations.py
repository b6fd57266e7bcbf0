"""What the plugin knows of versions: told by Blockstore's API, and kept in exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from blockstore_notes.api import set_note
from blockstore_notes.models import Note
from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore.plugin_tools import annotations_covering

_FILE = "note.txt"


class Notes(AnnotationSource):
    """Tells and keeps the note about a version."""

    def describe(self, bundle_uuid: UUID, versions: Sequence[int]) -> Mapping[int, Any]:
        """Return the notes about versions."""
        found = annotations_covering(Note, [(bundle_uuid, version) for version in versions])
        return {version: notes[0].text for (_uuid, version), notes in found.items()}

    def export_files(self, bundle_uuid: UUID, version: int) -> Mapping[str, bytes]:
        """Return the note about a version as a file of an export."""
        note = self.describe(bundle_uuid, [version]).get(version)
        return {_FILE: note.encode()} if note is not None else {}

    def import_files(
        self, bundle_uuid: UUID, version: int, files: Mapping[str, bytes]
    ) -> Iterator[Finding]:
        """Take a note back. The file comes from a stranger: it may hold anything."""
        for path in files:
            if path != _FILE:
                yield _told(path, "This is no file of a note.")
        if _FILE not in files:
            return
        try:
            text = files[_FILE].decode()
        except UnicodeDecodeError:
            yield _told(_FILE, "The note is no text.")
            return
        if "\0" in text:
            yield _told(_FILE, "The note holds a NUL character, which no database takes.")
            return
        set_note(bundle_uuid, text, first_version=version, last_version=version)


def _told(path: str, message: str) -> Finding:
    return Finding(Severity.WARNING, "no-note", path, None, message, "It was left out.")
