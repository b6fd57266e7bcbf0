"""The contract of plugins that change exports on their way out, and never what is stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from openedx_blockstore.plugin_api.contents import BundleContents


class ExportTransform(ABC):
    """Somebody who makes other files of those of a version.

    Entry-point group ``openedx_blockstore.export_transforms``. It is applied only where an export
    asks for it by the entry point's name, and the export then says in its ``info.json`` that it is
    derived, by what and from what.
    """

    @abstractmethod
    def transform(self, contents: BundleContents) -> Iterable[tuple[str, bytes | None]]:
        """Return the files that are to be different.

        Returns:
            Paths and their new bytes; None where the file is left out. What is not named stays.
        """
