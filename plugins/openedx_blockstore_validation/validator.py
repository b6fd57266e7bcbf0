"""What an import calls."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from openedx_blockstore.data import Finding
from openedx_blockstore.plugin_api import BundleContents, ImportValidator
from openedx_blockstore_validation.checking import check_contents
from openedx_blockstore_validation.stored import store_findings

#: As it is registered.
NAME = "olx"


class OlxValidator(ImportValidator):
    """Checks bundles of all types, since each may hold OLX and assets."""

    def validate(
        self, contents: BundleContents, previous: BundleContents | None
    ) -> Iterable[Finding]:
        """Return what there is to say; see :func:`.api.validate_contents`."""
        return check_contents(contents, previous)

    def imported(self, bundle_uuid: UUID, version: int, findings: tuple[Finding, ...]) -> None:
        """Keep the findings with the version."""
        store_findings(bundle_uuid, version, findings)
