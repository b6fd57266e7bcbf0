"""Tags as Blockstore's core asks for them: for its API, for exports and imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from openedx_blockstore.data import Dependency, Finding, Severity
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore.plugin_tools import changing_bundle, changing_collection
from openedx_blockstore_tagging import archive, exporting, reading, writing
from openedx_blockstore_tagging.announcing import announce_bundle, announce_collection
from openedx_blockstore_tagging.archive import TAGS, Archived, TagsByTaxonomy
from openedx_blockstore_tagging.data import AppliedTag, BundleTags
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
            version: _plain_tags(tags)
            for (_uuid, version), tags in found.items()
            if version is not None
        }

    def describe_many(self, versions: Iterable[Dependency]) -> Mapping[Dependency, Any]:
        """Return the tags of versions of many bundles, in one statement for each 200."""
        found = reading.tags_of_versions((each.bundle_uuid, each.version) for each in versions)
        return {
            Dependency(bundle_uuid, version): _plain_tags(tags)
            for (bundle_uuid, version), tags in found.items()
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
        """Tag a version that an import has made or found; those after the latest, too."""
        taking = _Taking(files)
        wanted = taking.wanted()
        with taking.refusals(), changing_bundle(bundle_uuid) as bundle:
            onwards = version >= reading.latest_version(bundle)
            if wanted and writing.set_version_tags(
                bundle, wanted, version=version, onwards=onwards
            ):
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


class _Taking:
    """Takes back what an export says of one thing.

    Attributes:
        findings: What whoever imports should know.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.findings: list[Finding] = []
        try:
            self._archived = archive.read(files)
        except archive.Unreadable as error:
            self._archived = Archived()
            told = f"The tags of the export can not be read: {error}."
            self._left_out("unreadable-tags", told, file=error.file)

    def wanted(self) -> dict[Slot, list[Choice]]:
        """Return the tags that are to be set; what can not be is found fault with."""
        matchers: dict[str, Matcher | None] = {}
        wanted: dict[Slot, list[Choice]] = {}
        for part, tags in (("", self._archived.tags), *sorted(self._archived.parts.items())):
            try:
                key = check_part(part)
            except InvalidPart as error:
                self._left_out("invalid-part", str(error))
                continue
            wanted.update(self._slots(key, tags, matchers))
        for matcher in matchers.values():
            self.findings.extend(matcher.findings if matcher is not None else ())
        return wanted

    def _slots(
        self, part: str, tags: TagsByTaxonomy, matchers: dict[str, Matcher | None]
    ) -> dict[Slot, list[Choice]]:
        slots: dict[Slot, list[Choice]] = {}
        for name in sorted(tags):
            if name not in matchers:
                matchers[name] = self._matcher(name)
            matcher = matchers[name]
            if matcher is None:
                continue
            choices = matcher.choices(tags[name])
            try:
                if matcher.taxonomy is not None:
                    check_count(matcher.taxonomy, len(choices))
            except (SingleTagTaxonomy, TooManyTags) as error:
                self._left_out(error.code.replace("_", "-"), str(error))
                continue
            slots[Slot(part, matcher.taxonomy, name)] = choices
        return slots

    def _matcher(self, name: str) -> Matcher | None:
        try:
            return Matcher(name, self._archived.taxonomies.get(name), self._archived.used(name))
        except Unusable as error:
            self._left_out("unusable-taxonomy", str(error))
            return None

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Find fault with what is refused as a whole, once it is undone."""
        try:
            yield
        except (TooManyTags, IntegrityError) as error:
            told = error if isinstance(error, TooManyTags) else TagConflict()
            self._left_out(told.code.replace("_", "-"), str(told))

    def _left_out(self, code: str, message: str, *, file: str = TAGS) -> None:
        self.findings.append(Finding(Severity.ERROR, code, file, None, message))


def _plain_tags(tags: BundleTags) -> dict[str, Any]:
    return {
        "tags": [_plain(tag) for tag in tags.tags],
        "parts": {part: [_plain(tag) for tag in some] for part, some in tags.parts.items()},
    }


def _plain(tag: AppliedTag) -> dict[str, Any]:
    return {"taxonomy": tag.taxonomy, "value": tag.value, "lineage": list(tag.lineage)}
