"""The values that the search plugin's API returns."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from openedx_blockstore.plugin_api.search_backends import (
    FacetValue,
    Mark,
    Parent,
    SearchDocument,
    SearchHit,
    SearchResults,
    Snippet,
)


@frozen
class FileUse:
    """One place that refers to a file.

    Attributes:
        bundle_uuid: The bundle with the place in it.
        path: The file with the place in it.
        part_key: The part; empty where it is the file as such.
        part_type: The part's type, such as ``problem``.
        part_title: What people call the part.
        name: What it says, as a relative name.
        alias: The link through which it does; None for a place in the file's own bundle.
    """

    bundle_uuid: UUID
    path: str
    name: str
    part_key: str = ""
    part_type: str = ""
    part_title: str = ""
    alias: str | None = None


@frozen
class FileUsage:
    """Some of the places that refer to a file.

    Attributes:
        version: The bundle's latest version, which this is about.
        uses: Those in the bundle first, then those in its borrowers.
        uncertain: Files of the bundle that could not be read in full, and may refer to more.
        next_cursor: For the next page; None where this is the last one.
    """

    bundle_uuid: UUID
    version: int
    path: str
    uses: tuple[FileUse, ...]
    uncertain: tuple[str, ...] = ()
    next_cursor: str | None = None


@frozen
class UnusedFiles:
    """Some of the files to which nothing refers, as far as can be known.

    Attributes:
        version: The bundle's latest version, which this is about.
        paths: The files, sorted.
        uncertain: Files of the bundle that could not be read in full: any of the others may be
            named in them.
        uncertain_borrowers: Borrowers of which the same is to be said, or that have not been read
            yet as they are now.
        next_cursor: For the next page; None where this is the last one.
    """

    bundle_uuid: UUID
    version: int
    paths: tuple[str, ...]
    uncertain: tuple[str, ...] = ()
    uncertain_borrowers: tuple[UUID, ...] = ()
    next_cursor: str | None = None


__all__ = [
    "FacetValue",
    "FileUsage",
    "FileUse",
    "Mark",
    "Parent",
    "SearchDocument",
    "SearchHit",
    "SearchResults",
    "Snippet",
    "UnusedFiles",
]
