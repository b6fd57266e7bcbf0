"""Annotations and transforms for the tests; what is known is kept in this module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.plugin_api import AnnotationSource, BundleContents, ExportTransform

ANNOTATIONS = "openedx_blockstore.annotations"
TRANSFORMS = "openedx_blockstore.export_transforms"

#: What is known of versions, and of collections.
NOTES: dict[tuple[UUID, int | None], str] = {}

#: How often ``describe`` was called.
ASKED: list[Sequence[int]] = []


class Notes(AnnotationSource):
    """A text for each version and collection."""

    def describe(self, bundle_uuid: UUID, versions: Sequence[int]) -> Mapping[int, Any]:
        """Return the texts."""
        ASKED.append(versions)
        return {n: NOTES[bundle_uuid, n] for n in versions if (bundle_uuid, n) in NOTES}

    def describe_collection(self, collection_uuid: UUID) -> Any:
        """Return its text."""
        return NOTES.get((collection_uuid, None))

    def export_files(self, bundle_uuid: UUID, version: int) -> Mapping[str, bytes]:
        """Write the text."""
        note = NOTES.get((bundle_uuid, version))
        return {} if note is None else {"b/note.txt": note.encode(), "a.txt": b"always"}

    def import_files(
        self, bundle_uuid: UUID, version: int, files: Mapping[str, bytes]
    ) -> Iterator[Finding]:
        """Read the text."""
        try:
            NOTES[bundle_uuid, version] = files["b/note.txt"].decode()
        except (KeyError, UnicodeDecodeError):
            yield Finding(Severity.WARNING, "no-note", "b/note.txt", None, "This is no note.")

    def export_collection_files(self, collection_uuid: UUID) -> Mapping[str, bytes]:
        """Write the collection's text."""
        note = NOTES.get((collection_uuid, None))
        return {} if note is None else {"about.txt": note.encode()}

    def import_collection_files(
        self, collection_uuid: UUID, files: Mapping[str, bytes]
    ) -> list[Finding]:
        """Read the collection's text."""
        NOTES[collection_uuid, None] = files["about.txt"].decode()
        return [Finding(Severity.INFO, "taken", "about.txt", None, "It was taken over.")]


class BrokenNotes(Notes):
    """Fails whatever it is asked."""

    def describe(self, bundle_uuid: UUID, versions: Sequence[int]) -> Mapping[int, Any]:
        """Return what JSON has not."""
        return {number: object() for number in versions}

    def export_files(self, bundle_uuid: UUID, version: int) -> Mapping[str, bytes]:
        """Lead out of the archive."""
        return {"../../evil": b""}

    def import_files(
        self, bundle_uuid: UUID, version: int, files: Mapping[str, bytes]
    ) -> Iterator[Finding]:
        """Fail."""
        raise RuntimeError("no place to keep it")


class Upper(ExportTransform):
    """Writes texts in capital letters, and leaves secrets out."""

    def transform(self, contents: BundleContents) -> Iterator[tuple[str, bytes | None]]:
        """Change every text."""
        for path in contents.files:
            if path.endswith(".secret"):
                yield path, None
            elif path.endswith(".txt"):
                yield path, contents.read(path).upper()


class Signed(ExportTransform):
    """Adds a file, and a line to each text that the transform before has left."""

    def transform(self, contents: BundleContents) -> Iterator[tuple[str, bytes | None]]:
        """Add to everything."""
        yield "signature", b",".join(path.encode() for path in contents.files)
        for path in contents.files:
            yield path, contents.read(path) + b"!"


class Escaping(ExportTransform):
    """Is broken."""

    def transform(self, contents: BundleContents) -> Iterator[tuple[str, bytes | None]]:
        """Lead out of the archive."""
        yield "../evil", b""
