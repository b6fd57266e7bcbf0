"""The plugin passes the suites that everybody's plugins pass."""

from __future__ import annotations

from uuid import UUID

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, Finding, Severity
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore.plugin_conformance.annotations import AnnotationSourceConformance
from openedx_blockstore.plugin_conformance.import_validators import ImportValidatorConformance
from openedx_blockstore_validation.annotations import FindingsSource
from openedx_blockstore_validation.stored import store_findings
from openedx_blockstore_validation.validator import OlxValidator


class TestOlxValidator(ImportValidatorConformance):
    """Who looks at what is to be imported."""

    plugin = OlxValidator


class TestFindingsSource(AnnotationSourceConformance):
    """What imports have found in versions."""

    plugin = FindingsSource

    def annotate(self, bundle_uuid: UUID, version: int) -> None:
        """Let an import have found something."""
        found = Finding(Severity.WARNING, "dangling-asset", "definition.xml", 1, "Gone.", "")
        store_findings(bundle_uuid, version, (found,))

    def test_what_was_exported_can_be_imported(
        self, made: AnnotationSource, bundle: BundleData, collection: CollectionData
    ) -> None:
        """Unlike in the suite none of it is believed: who sends content does not judge it."""
        self.annotate(bundle.uuid, 2)
        files = made.export_files(bundle.uuid, 2)
        copy = api.create_bundle(collection.uuid, "copy", "Copy")
        api.import_version(copy.uuid, {"definition.xml": "<problem/>"})
        for _time in range(2):
            (told,) = made.import_files(copy.uuid, 1, files)
            assert (told.severity, told.code) == (Severity.INFO, "findings-not-imported")
        assert made.describe(copy.uuid, [1]) == {}
