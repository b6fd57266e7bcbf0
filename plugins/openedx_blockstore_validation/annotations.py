"""Findings as something that is known of versions: in the API, and in exports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore_validation.codes import CODES
from openedx_blockstore_validation.stored import count, load_findings, plain

FINDINGS_FILE = "findings.json"

_META = {"format": "openedx-blockstore/validation-findings", "version": 1}


class FindingsSource(AnnotationSource):
    """What was found when a version was imported."""

    def describe(self, bundle_uuid: UUID, versions: Sequence[int]) -> Mapping[int, Any]:
        """Return the findings of versions, and how many there are of each severity."""
        return {
            version: {"counts": count(findings), "findings": plain(findings)}
            for version, findings in load_findings(bundle_uuid, versions).items()
        }

    def export_files(self, bundle_uuid: UUID, version: int) -> Mapping[str, bytes]:
        """Return the findings as a document, if there are any."""
        findings = load_findings(bundle_uuid, [version]).get(version)
        if not findings:
            return {}
        document = {"_meta": _META, "findings": plain(findings)}
        return {FINDINGS_FILE: f"{json.dumps(document, indent=2)}\n".encode()}

    def import_files(
        self, bundle_uuid: UUID, version: int, files: Mapping[str, bytes]
    ) -> Iterable[Finding]:
        """Believe nothing: the content itself was checked, and its findings are kept already."""
        code = CODES["findings-not-imported"]
        return [
            Finding(
                Severity.INFO,
                code.name,
                path,
                None,
                "Findings are not taken from an archive: what it holds was checked here.",
                code.mend,
            )
            for path in sorted(files)
        ]
