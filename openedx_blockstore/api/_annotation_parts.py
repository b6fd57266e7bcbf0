"""The parts of plugins in archives: written by exports, and taken back by imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import attrs

from openedx_blockstore.api._validation import checked_findings
from openedx_blockstore.archives import PLUGINS_FOLDER, Parts
from openedx_blockstore.data import Finding
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore.plugin_manager import calling, plugins
from openedx_blockstore.store import normalize_path

#: As much as an import takes of one file.
_MAX_BYTES = 16 * 2**20


def part_names() -> frozenset[str]:
    """Return the names of the plugins that have parts in archives."""
    return frozenset(plugins(AnnotationSource))


def export_version_parts(bundle_uuid: UUID, version: int) -> Iterable[tuple[str, bytes]]:
    """Yield the files of all plugins about a version, in the order of their paths."""
    for name, source in plugins(AnnotationSource).items():
        with calling(AnnotationSource, name, f"version {version} of bundle {bundle_uuid}"):
            files = _checked(source.export_files(bundle_uuid, version))
        yield from _placed(name, files)


def export_collection_parts(collection_uuid: UUID) -> Iterable[tuple[str, bytes]]:
    """Yield the files of all plugins about a collection, in the order of their paths."""
    for name, source in plugins(AnnotationSource).items():
        with calling(AnnotationSource, name, f"collection {collection_uuid}"):
            files = _checked(source.export_collection_files(collection_uuid))
        yield from _placed(name, files)


def _placed(name: str, files: Mapping[str, bytes]) -> Iterable[tuple[str, bytes]]:
    return ((f"{PLUGINS_FOLDER}{name}/{path}", files[path]) for path in sorted(files))


def _checked(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the files of a plugin, having made sure that an import will take them.

    Raises:
        InvalidPath, LimitExceeded, TypeError, ValueError: It will not.
    """
    for path, contents in files.items():
        if normalize_path(path) != path:
            raise ValueError(f"it gave the path {path!r}, which is not in Unicode NFC")
        if not isinstance(contents, bytes):
            raise TypeError(f"it gave {type(contents).__name__} as the contents of {path!r}")
        if len(contents) > _MAX_BYTES:
            raise ValueError(f"it gave {len(contents):,} bytes for {path!r}; {_MAX_BYTES:,} fit")
    return files


def import_version_parts(bundle_uuid: UUID, version: int, parts: Parts) -> tuple[Finding, ...]:
    """Hand the files about a version back to the plugins; in the import's transaction.

    Raises:
        PluginFailed: One of them failed.
    """
    findings: list[Finding] = []
    for name, source in plugins(AnnotationSource).items():
        if (files := parts.get(name)) is not None:
            with calling(AnnotationSource, name, f"version {version} of bundle {bundle_uuid}"):
                found = checked_findings(source.import_files(bundle_uuid, version, files))
            findings.extend(_in_archive(name, found))
    return tuple(findings)


def import_collection_parts(collection_uuid: UUID, parts: Parts) -> tuple[Finding, ...]:
    """Hand the files about a collection back to the plugins; in the import's transaction.

    Raises:
        PluginFailed: One of them failed.
    """
    findings: list[Finding] = []
    for name, source in plugins(AnnotationSource).items():
        if (files := parts.get(name)) is not None:
            with calling(AnnotationSource, name, f"collection {collection_uuid}"):
                found = checked_findings(source.import_collection_files(collection_uuid, files))
            findings.extend(_in_archive(name, found))
    return tuple(findings)


def _in_archive(name: str, findings: Iterable[Finding]) -> Iterable[Finding]:
    """Return findings with the paths that their files have in the archive's tree."""
    for finding in findings:
        yield attrs.evolve(finding, file=f"{PLUGINS_FOLDER}{name}/{finding.file}".rstrip("/"))
