"""The plugin passes the suites that everybody's plugins pass."""

from __future__ import annotations

from uuid import UUID

import pytest

from openedx_blockstore.plugin_conformance.annotations import AnnotationSourceConformance
from openedx_blockstore.plugin_conformance.event_consumers import EventConsumerConformance
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.annotations import TagAnnotations
from openedx_blockstore_tagging.announcing import Announcer
from tests.plugins.tagging.conftest import Taxonomies


class TestTagAnnotations(AnnotationSourceConformance):
    """Tags as something that is known of versions."""

    plugin = TagAnnotations

    @pytest.fixture(autouse=True)
    def _taxonomies(self, taxonomies: Taxonomies) -> None:
        """There is something to tag with."""

    def annotate(self, bundle_uuid: UUID, version: int) -> None:
        """Tag the bundle, a part of it, and its collection."""
        tagging.tag_bundle(bundle_uuid, "subjects", ["Optics", "Art"], version=version)
        tagging.tag_bundle(
            bundle_uuid, "keywords", ["Lens"], version=version, part="definition.xml"
        )


class TestAnnouncer(EventConsumerConformance):
    """Who tells of changed taxonomies."""

    plugin = Announcer
