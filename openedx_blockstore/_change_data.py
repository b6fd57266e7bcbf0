"""Files and links that differ between two states of a bundle, as values.

The classes are part of :mod:`openedx_blockstore.data`, and should be imported from there.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore._service_data import as_uuid


@frozen
class LinkTarget:
    """Where a link is to lead: a version of a bundle.

    Attributes:
        weak: Use the target if it is there, but pass its dependencies on to nobody.
    """

    bundle_uuid: UUID = field(converter=as_uuid)
    version: int
    weak: bool = False

    def __str__(self) -> str:
        return f"{self.bundle_uuid}@{self.version}"


@frozen
class FileChange:
    """One path that differs between two states of a bundle.

    Attributes:
        kind: Whether the path is there only afterwards (``added``), in both but different
            (``modified``: other bytes, or another ``public``), or only before (``removed``).
        before_digest: The digest before, or None.
        after_digest: The digest afterwards, or None.
    """

    path: str
    kind: Literal["added", "modified", "removed"]
    before_digest: str | None = None
    after_digest: str | None = None


@frozen
class LinkChange:
    """One alias that differs between two states of a bundle; fields as in :class:`FileChange`."""

    alias: str
    kind: Literal["added", "modified", "removed"]
    before: LinkTarget | None = None
    after: LinkTarget | None = None
