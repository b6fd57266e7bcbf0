"""How much an archive may hold, and the counter that watches it.

Archives come from strangers: what their headers claim is believed only where it makes them refused
sooner. What counts are the bytes that really came out of the decompressor.
"""

from __future__ import annotations

from attrs import frozen

from openedx_blockstore.conf import get_settings
from openedx_blockstore.exceptions import LimitExceeded

#: Up to here the ratio does not matter: what unpacks to so little harms nobody, and a tree of
#: small texts may well shrink to nearly nothing.
RATIO_FREE_BYTES = 32 * 2**20


@frozen
class ArchiveLimits:
    """The limits on one archive; see :class:`openedx_blockstore.conf.BlockstoreSettings`.

    Attributes:
        entries: Files, folders and links in it.
        unpacked_bytes: Bytes of all of it, unpacked.
        ratio: How many times larger it may become by unpacking.
        path_length: Characters in the path of a file within its tree.
    """

    entries: int
    unpacked_bytes: int
    ratio: int
    path_length: int


def configured_limits() -> ArchiveLimits:
    """Return the limits as the settings give them."""
    settings = get_settings()
    return ArchiveLimits(
        entries=settings.MAX_ARCHIVE_ENTRIES,
        unpacked_bytes=settings.MAX_ARCHIVE_BYTES,
        ratio=settings.MAX_ARCHIVE_RATIO,
        path_length=settings.MAX_PATH_LENGTH,
    )


class Budget:
    """Counts what comes out of one archive in one pass, and stops it at the limits.

    Args:
        archive_bytes: The size of the archive itself, packed.
    """

    def __init__(self, limits: ArchiveLimits, *, archive_bytes: int) -> None:
        self._limits = limits
        self._archive_bytes = archive_bytes
        self._entries = 0
        self._unpacked = 0

    def take_entry(self) -> None:
        """Count one more entry.

        Raises:
            LimitExceeded: It is one too many.
        """
        self.check_entries(self._entries + 1)
        self._entries += 1

    def check_entries(self, count: int) -> None:
        """Refuse a number of entries, counted or claimed.

        Raises:
            LimitExceeded: They are too many.
        """
        if count > self._limits.entries:
            raise LimitExceeded(
                "Entries in the archive",
                actual=count,
                limit=self._limits.entries,
                setting="MAX_ARCHIVE_ENTRIES",
            )

    def take_bytes(self, count: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            LimitExceeded: They are too many, or too many for an archive of this size.
        """
        self._unpacked += count
        self.check_claim(0)

    def check_claim(self, count: int) -> None:
        """Refuse an entry that claims to hold more than is left.

        Raises:
            LimitExceeded: It does.
        """
        unpacked = self._unpacked + count
        if unpacked > self._limits.unpacked_bytes:
            raise LimitExceeded(
                "Bytes in the archive, unpacked",
                actual=unpacked,
                limit=self._limits.unpacked_bytes,
                setting="MAX_ARCHIVE_BYTES",
            )
        if unpacked > max(RATIO_FREE_BYTES, self._limits.ratio * self._archive_bytes):
            raise LimitExceeded(
                "How many times larger the archive becomes by unpacking",
                actual=unpacked // max(1, self._archive_bytes),
                limit=self._limits.ratio,
                setting="MAX_ARCHIVE_RATIO",
            )
