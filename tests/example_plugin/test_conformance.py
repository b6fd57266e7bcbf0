"""What Blockstore asks of every plugin: three lines for each contract."""

from __future__ import annotations

from uuid import UUID

from blockstore_notes.annotations import Notes
from blockstore_notes.api import set_note
from blockstore_notes.bundle_types import PreviewedProblem
from blockstore_notes.consumers import VersionCounter
from blockstore_notes.transforms import WithoutComments
from blockstore_notes.validators import ForbiddenWords
from openedx_blockstore.plugin_conformance.annotations import AnnotationSourceConformance
from openedx_blockstore.plugin_conformance.bundle_types import BundleTypeConformance
from openedx_blockstore.plugin_conformance.event_consumers import EventConsumerConformance
from openedx_blockstore.plugin_conformance.export_transforms import ExportTransformConformance
from openedx_blockstore.plugin_conformance.import_validators import ImportValidatorConformance


class TestNotes(AnnotationSourceConformance):
    """What is known of versions."""

    plugin = Notes

    def annotate(self, bundle_uuid: UUID, version: int) -> None:
        """Let there be a note."""
        set_note(bundle_uuid, "A note", first_version=version, last_version=version)


class TestPreviewedProblem(BundleTypeConformance):
    """The type of bundles."""

    plugin = PreviewedProblem


class TestVersionCounter(EventConsumerConformance):
    """The consumer of events."""

    plugin = VersionCounter


class TestWithoutComments(ExportTransformConformance):
    """The transform of exports."""

    plugin = WithoutComments


class TestForbiddenWords(ImportValidatorConformance):
    """The validator."""

    plugin = ForbiddenWords
