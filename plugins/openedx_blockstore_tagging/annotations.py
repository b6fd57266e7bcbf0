"""Tags as Blockstore's core asks for them: for its API, for exports and imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore.plugin_tools import changing_bundle, changing_collection
from openedx_blockstore_tagging import archive, exporting, reading, writing
from openedx_blockstore_tagging.announcing import announce_bundle, announce_collection
from openedx_blockstore_tagging.archive import TAGS, Archived, TagsByTaxonomy
from openedx_blockstore_tagging.data import AppliedTag
from openedx_blockstore_tagging.exceptions import (
    InvalidPart,
    SingleTagTaxonomy,
    TagConflict,
    TooManyTags,
)
from openedx_blockstore_tagging.matching import Matcher, Unusable
from openedx_blockstore_tagging.taxonomies import Choice, check_count
from openedx_blockstore_tagging.values import check_part
from openedx_blockstore_tagging.writing import Slot


class TagAnnotations(AnnotationSource):
    """The tags of bundles, of their parts, and of collections."""

    def describe(self, bundle_uuid: UUID, versions: Sequence[int]) -> Mapping[int, Any]:
        """Return the tags of versions of a bundle and of its parts."""
        found = reading.tags_of_versions((bundle_uuid, version) for version in versions)
        return {
            version: {
                "tags": [_plain(tag) for tag in tags.tags],
                "parts": {part: [_plain(tag) for tag in some] for part, some in tags.parts.items()},
            }
            for (_uuid, version), tags in found.items()
            if version is not None
        }

    def describe_collection(self, collection_uuid: UUID) -> Any:
        """Return the tags of a collection, or None."""
        tags = reading.tags_of_collections([collection_uuid]).get(collection_uuid)
        return {"tags": [_plain(tag) for tag in tags]} if tags else None

    def export_files(self, bundle_uuid: UUID, version: int) -> Mapping[str, bytes]:
        """Return the tags of a version, with what their taxonomies need elsewhere."""
        archived = exporting.archived_version(bundle_uuid, version)
        return archive.write(archived) if archived is not None else {}

    def import_files(
        self, bundle_uuid: UUID, version: int, files: Mapping[str, bytes]
    ) -> Iterable[Finding]:
        """Tag a version that an import has made, and those after it."""
        taking = _Taking(files)
        wanted = taking.wanted()
        with taking.refusals(), changing_bundle(bundle_uuid) as bundle:
            if wanted and writing.set_latest_tags(bundle, wanted, version=version):
                announce_bundle(bundle_uuid)
        return taking.findings

    def export_collection_files(self, collection_uuid: UUID) -> Mapping[str, bytes]:
        """Return the tags of a collection, with what their taxonomies need elsewhere."""
        archived = exporting.archived_collection(collection_uuid)
        return archive.write(archived) if archived is not None else {}

    def import_collection_files(
        self, collection_uuid: UUID, files: Mapping[str, bytes]
    ) -> Iterable[Finding]:
        """Tag a collection."""
        taking = _Taking(files)
        wanted = {slot: tags for slot, tags in taking.wanted().items() if not slot.part}
        with taking.refusals(), changing_collection(collection_uuid) as collection:
            if wanted and writing.set_collection_tags(collection, wanted):
                announce_collection(collection_uuid)
        return taking.findings


def _plain(tag: AppliedTag) -> dict[str, Any]:
    return {"taxonomy": tag.taxonomy, "value": tag.value, "lineage": list(tag.lineage)}
