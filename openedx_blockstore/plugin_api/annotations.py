"""The contract of plugins that know something about bundle versions, such as tags or licences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from openedx_blockstore.data import Dependency, Finding


class AnnotationSource(ABC):
    """Somebody who keeps data about content, which changes without making versions.

    Entry-point group ``openedx_blockstore.annotations``; the entry point's name is what the data
    are called in the API and in exports, where they are below ``.blockstore/plugins/{name}/``.

    A change of the data is announced by
    :func:`openedx_blockstore.api.notify_annotation_changed` with that name as its namespace.
    """

    @abstractmethod
    def describe(self, bundle_uuid: UUID, versions: Sequence[int]) -> Mapping[int, Any]:
        """Return what is known of versions of a bundle, as values that JSON has.

        Args:
            versions: Their numbers; they are there.

        Returns:
            What is known, by version; versions of which nothing is known are left out.
        """

    def describe_many(self, versions: Iterable[Dependency]) -> Mapping[Dependency, Any]:
        """Return what is known of versions of many bundles, as :meth:`describe`.

        Lists ask for it. Without one of its own, a plugin is asked bundle by bundle.
        """
        numbers: dict[UUID, list[int]] = {}
        for version in versions:
            numbers.setdefault(version.bundle_uuid, []).append(version.version)
        return {
            Dependency(bundle_uuid, number): known
            for bundle_uuid, wanted in numbers.items()
            for number, known in self.describe(bundle_uuid, wanted).items()
        }

    def describe_collection(self, collection_uuid: UUID) -> Any:
        """Return what is known of a collection as such, or None."""
        return None

    @abstractmethod
    def export_files(self, bundle_uuid: UUID, version: int) -> Mapping[str, bytes]:
        """Return what an export of a version is to hold, as contents of files by their paths.

        The same data must always give the same bytes. Everything that belongs to it must be in
        there, or be known everywhere: it will be read where this database is not at hand.
        """

    @abstractmethod
    def import_files(
        self, bundle_uuid: UUID, version: int, files: Mapping[str, bytes]
    ) -> Iterable[Finding]:
        """Take back what :meth:`export_files` gave, for a version that an import has made.

        It runs in the import's transaction. The files come from strangers: what can not be used is
        told in findings, and only a defect of the plugin raises.
        """

    def export_collection_files(self, collection_uuid: UUID) -> Mapping[str, bytes]:
        """Return what an archive that holds a collection is to hold about the collection itself."""
        return {}

    def import_collection_files(
        self, collection_uuid: UUID, files: Mapping[str, bytes]
    ) -> Iterable[Finding]:
        """Take back what :meth:`export_collection_files` gave; as :meth:`import_files`."""
        return ()
