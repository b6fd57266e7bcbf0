"""The plugin does what every plugin must do."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore.plugin_conformance.advisers import AdviserConformance
from openedx_blockstore.plugin_conformance.annotations import AnnotationSourceConformance
from openedx_blockstore.plugin_conformance.event_consumers import EventConsumerConformance
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.advice import LicenseAdviser
from openedx_blockstore_licensing.annotations import LicensingAnnotations
from openedx_blockstore_licensing.consumers import LicensingConsumer
from tests.core.helpers import contents_of


class TestAnnotations(AnnotationSourceConformance):
    """What is known of versions."""

    plugin = LicensingAnnotations

    def annotate(self, bundle_uuid: UUID, version: int) -> None:
        """Give a version a licence."""
        api.set_bundle_license(
            bundle_uuid, "CC-BY-4.0", first_version=version, last_version=version
        )

    def test_what_was_exported_can_be_imported(
        self, made: AnnotationSource, bundle: BundleData, collection: CollectionData
    ) -> None:
        """As in the suite, but with the files of the version: others are a changed work."""
        self.annotate(bundle.uuid, 3)
        files: Mapping[str, bytes] = dict(made.export_files(bundle.uuid, 3))
        other = blockstore.create_collection("Elsewhere")
        copy = blockstore.create_bundle(other.uuid, "copy", "Copy")
        contents: Mapping[str, bytes] = contents_of(bundle.uuid)
        blockstore.import_version(copy.uuid, contents, origin_version=3)
        for _time in range(2):
            assert list(made.import_files(copy.uuid, 1, files)) == []
        assert 1 in made.describe(copy.uuid, [1])
        assert dict(made.export_files(copy.uuid, 1)) == files


class TestAdviser(AdviserConformance):
    """What authors are told."""

    plugin = LicenseAdviser

    def provoke(self, bundle_uuid: UUID, lender_uuid: UUID) -> None:
        """Reserve all rights."""
        api.set_bundle_license(lender_uuid, api.ALL_RIGHTS_RESERVED, first_version=1)


class TestConsumer(EventConsumerConformance):
    """What is done about events."""

    plugin = LicensingConsumer
