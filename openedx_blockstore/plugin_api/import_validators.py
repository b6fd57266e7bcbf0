"""The contract of plugins that look at files before they become a version."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from openedx_blockstore.data import Finding
from openedx_blockstore.plugin_api.contents import BundleContents


class ImportValidator(ABC):
    """Somebody who understands some type of content, and says what is wrong with it.

    Entry-point group ``openedx_blockstore.import_validators``.

    It is asked before an import makes a version. A finding of the severity ``error`` stops the
    whole import, and nothing is stored; the others are returned with the import's result, and
    handed to :meth:`imported` for keeping.
    """

    #: The types of bundles that it understands; None for all.
    bundle_types: ClassVar[frozenset[str] | None] = None

    @abstractmethod
    def validate(
        self, contents: BundleContents, previous: BundleContents | None
    ) -> Iterable[Finding]:
        """Look at what is about to become a version.

        It must not change anything, and must bear every kind of bytes: whatever it raises stops the
        import with an error that names the plugin.

        Args:
            contents: What is to be imported.
            previous: The bundle's latest version; None where it has none.
        """

    def imported(  # noqa: B027 - few keep their findings
        self, bundle_uuid: UUID, version: int, findings: tuple[Finding, ...]
    ) -> None:
        """Called when what was looked at has become a version, in the same transaction.

        Args:
            findings: What this validator said of it.
        """
