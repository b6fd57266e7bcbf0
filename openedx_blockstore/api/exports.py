"""Exports: bundle versions as archives, alone or with all that they depend on.

How an archive looks is the business of :mod:`openedx_blockstore.archives`.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

from attrs import evolve
from django.db.models import OuterRef, Subquery

from openedx_blockstore.api._annotation_parts import (
    export_collection_parts,
    export_version_parts,
)
from openedx_blockstore.api._derived import (
    Transforms,
    derived_info,
    derived_uuid,
    find_transforms,
    transformed,
)
from openedx_blockstore.api._lookup import (
    batches,
    find_collection,
    find_targets,
    parse_uuid,
    read_closure,
    read_manifest,
    require_version,
)
from openedx_blockstore.api._sources import version_contents
from openedx_blockstore.archives import (
    ARCHIVE_FORMATS,
    CONTENTS_PATH,
    DEFAULT_FORMAT,
    INFO_PATH,
    ArchiveContents,
    ArchiveFormat,
    ArchiveWriter,
    CollectionInfo,
    FileInfo,
    TreeInfo,
    dump_contents,
    dump_info,
    format_of_name,
    lenders_first,
    write_archive,
)
from openedx_blockstore.data import ArchiveExportData, Dependency, LinkTarget
from openedx_blockstore.exceptions import BundleNotFound, BundleVersionNotFound, Invalid
from openedx_blockstore.models import Bundle, BundleVersion, Collection
from openedx_blockstore.store import Manifest

#: Where an export goes: a path, or a binary file that can be written.
ExportTarget = str | os.PathLike[str] | BinaryIO

#: Is told, while an export runs, how many more bytes of contents are in the archive.
Progress = Callable[[int], None]


def export_bundle(
    bundle_uuid: UUID | str,
    version_number: int | None = None,
    *,
    to: ExportTarget,
    format: ArchiveFormat | None = None,
    with_dependencies: bool = False,
    transforms: Sequence[str] = (),
    progress: Progress | None = None,
) -> ArchiveExportData:
    """Write a version of a bundle as an archive.

    The same version always gives the same bytes, as long as nobody changes what is said of its
    bundle (such as the title).

    Args:
        version_number: None for the latest one.
        to: The path of the archive, which appears when it is complete; or a binary file, which
            need not be able to seek and stays open.
        format: By default what the path ends with; ``tar.gz`` if it ends with neither.
        with_dependencies: Write everything that it depends on, too, other versions of one bundle
            included; weak links are not followed. Each content is in the archive once.
        transforms: The names of plugins that change what is exported, in this order. The archive
            then says that it is derived, and is never imported as the same bundle.
        progress: Called with the number of bytes that were added, often.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version, or something it depends on is gone.
        Invalid: There is no such format.
        PluginNotFound: There is no such transform.
        PluginError, PluginFailed: A plugin can not be used, or failed.
        StorageError: The storage failed, or holds something damaged.
        OSError: The archive can not be written.
    """
    chosen = find_transforms(transforms)
    root = require_version(bundle_uuid, version_number)
    key = _key(root)
    with _output(to, format) as writer:
        export = _Export(writer, progress, chosen)
        if not with_dependencies:
            _load_collections([root])
            export.add_single_tree(root)
            return export.result([key])
        rows = _with_dependencies([root])
        export.add_trees(rows, ArchiveContents("bundle", (key,), tuple(rows)))
        return export.result(rows)


def export_collection(
    collection_uuid: UUID | str,
    bundles: Iterable[UUID | str] | None = None,
    *,
    to: ExportTarget,
    format: ArchiveFormat | None = None,
    transforms: Sequence[str] = (),
    progress: Progress | None = None,
) -> ArchiveExportData:
    """Write the latest versions of a collection's bundles, with all that they depend on.

    Bundles that have no version yet are left out. What lies in other collections is written where
    it is needed.

    Args:
        bundles: Only these bundles; None for all.
        to, format, transforms, progress: As in :func:`export_bundle`.

    Raises:
        CollectionNotFound: There is no such collection.
        BundleNotFound: It has no such bundle.
        BundleVersionNotFound: Something that a bundle depends on is gone.
        Invalid: There is no such format.
        PluginNotFound: There is no such transform.
        PluginError, PluginFailed: A plugin can not be used, or failed.
        StorageError: The storage failed, or holds something damaged.
        OSError: The archive can not be written.
    """
    chosen = find_transforms(transforms)
    collection = find_collection(collection_uuid)
    roots = _latest_versions(collection, bundles)
    rows = _with_dependencies(roots)
    contents = ArchiveContents(
        "collection",
        tuple(_key(root) for root in roots),
        tuple(rows),
        CollectionInfo(collection.uuid, collection.title, collection.description),
    )
    with _output(to, format) as writer:
        export = _Export(writer, progress, chosen)
        export.add_trees(rows, contents)
        return export.result(rows)


# Which versions ----------------------------------------------------------------------------------


def _key(version: BundleVersion) -> Dependency:
    return Dependency(version.bundle.uuid, version.version_num)


def _latest_versions(
    collection: Collection, bundles: Iterable[UUID | str] | None
) -> list[BundleVersion]:
    """Return the latest version of each bundle that has one, in the order of their UUIDs."""
    rows = Bundle.objects.filter(collection=collection, deleted_at=None)
    if bundles is None:
        keys = list(rows.values_list("pk", flat=True))
    else:
        wanted = {parse_uuid(bundle): bundle for bundle in bundles}
        found: dict[UUID, int] = {}
        for some in batches([parsed for parsed in wanted if parsed is not None]):
            found |= rows.filter(uuid__in=some).values_list("uuid", "pk")
        for parsed, given in wanted.items():
            if parsed not in found:
                raise BundleNotFound(given)
        keys = list(found.values())
    latest: list[BundleVersion] = []
    for some_keys in batches(sorted(keys)):
        of_bundle = BundleVersion.objects.filter(bundle_id=OuterRef("pk")).order_by("-version_num")
        newest = Bundle.objects.filter(pk__in=some_keys).values(
            latest=Subquery(of_bundle.values("pk")[:1])
        )
        latest.extend(BundleVersion.objects.filter(pk__in=newest).select_related("bundle"))
    return sorted(latest, key=lambda version: str(version.bundle.uuid))


def _with_dependencies(roots: Sequence[BundleVersion]) -> dict[Dependency, BundleVersion]:
    """Return versions and all that they depend on, lenders first.

    Raises:
        BundleVersionNotFound: One is gone.
        StorageError: The storage failed.
    """
    rows = {_key(root): root for root in roots}
    missing: set[Dependency] = set()
    for root in roots:
        missing.update(read_closure(root).dependencies())
    missing -= rows.keys()
    for some in batches(sorted(missing, key=str)):
        targets = find_targets(LinkTarget(d.bundle_uuid, d.version) for d in some)
        rows |= {_key(row): row for row in targets.values()}
    for dependency in sorted(missing, key=str):
        if dependency not in rows:
            raise BundleVersionNotFound(dependency.bundle_uuid, dependency.version)
    _load_collections(rows.values())
    order = lenders_first({key: _strong_links(row) for key, row in rows.items()})
    return {key: rows[key] for key in order}


def _strong_links(version: BundleVersion) -> list[Dependency]:
    return [
        Dependency(link.target.bundle_uuid, link.target.version)
        for link in read_manifest(version).links.values()
        if not link.target.weak
    ]


def _load_collections(versions: Iterable[BundleVersion]) -> None:
    """Load the collections of all bundles, of which there are few, in one statement."""
    bundles = [version.bundle for version in versions]
    collections: dict[int, Collection] = {}
    for some in batches(sorted({bundle.collection_id for bundle in bundles})):
        collections |= Collection.objects.in_bulk(some)
    for bundle in bundles:
        bundle.collection = collections[bundle.collection_id]


# What is written ---------------------------------------------------------------------------------


class _Export:
    """An archive that is being filled."""

    def __init__(
        self, writer: ArchiveWriter, progress: Progress | None, transforms: Transforms
    ) -> None:
        self._writer = writer
        self._progress = progress
        self._transforms = transforms
        self._exported: set[UUID] = set()
        self._written: set[bytes] = set()
        self._files = 0
        self._bytes = 0

    def add_single_tree(self, version: BundleVersion) -> None:
        """Write an archive of one tree."""
        self._exported = {version.bundle.uuid}
        self._add_tree(version, folder="", once=False)

    def add_trees(self, rows: dict[Dependency, BundleVersion], contents: ArchiveContents) -> None:
        """Write an archive of many trees."""
        self._exported = {key.bundle_uuid for key in rows}
        renamed = evolve(
            contents,
            roots=tuple(self._name(root) for root in contents.roots),
            trees=tuple(self._name(tree) for tree in contents.trees),
        )
        self._writer.add_bytes(CONTENTS_PATH, dump_contents(renamed))
        if contents.collection is not None:
            for path, data in export_collection_parts(contents.collection.uuid):
                self._writer.add_bytes(path, data)
        for key, row in rows.items():
            name = self._name(key)
            self._add_tree(row, folder=f"{name.bundle_uuid}/{name.version}/", once=True)

    def _name(self, key: Dependency) -> Dependency:
        if not self._transforms:
            return key
        return Dependency(derived_uuid(key.bundle_uuid, self._transforms), key.version)

    def _add_tree(self, version: BundleVersion, *, folder: str, once: bool) -> None:
        """Write one tree: what is said of it, its files, and what plugins know of it.

        Args:
            folder: Stands before every path.
            once: Leave out contents that the archive has already.
        """
        info = _info(version, read_manifest(version))
        with contextlib.ExitStack() as stack:
            contents = version_contents(version)
            if self._transforms:
                contents = stack.enter_context(transformed(version, self._transforms))
                info = derived_info(info, contents, self._transforms, self._exported)
            self._writer.add_bytes(folder + INFO_PATH, dump_info(info))
            for path, file in contents.files.items():
                digest = bytes.fromhex(file.digest)
                if once and digest in self._written:
                    continue
                self._written.add(digest)
                with contents.open(path) as source:
                    self._add_file(folder + path, source, file.size)
        for path, data in export_version_parts(version.bundle.uuid, version.version_num):
            self._writer.add_bytes(folder + path, data)

    def result(self, versions: Iterable[Dependency]) -> ArchiveExportData:
        """Return what was written."""
        return ArchiveExportData(tuple(versions), self._files, self._bytes)

    def _add_file(self, path: str, source: BinaryIO, size: int) -> None:
        if self._progress is not None:
            source = cast(BinaryIO, _Watched(source, self._progress))
        self._writer.add(path, source, size=size)
        self._files += 1
        self._bytes += size


class _Watched:
    """A file that tells how much of it was read."""

    def __init__(self, source: BinaryIO, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._progress(len(data))
        return data


def _info(version: BundleVersion, manifest: Manifest) -> TreeInfo:
    bundle = version.bundle
    return TreeInfo(
        uuid=bundle.uuid,
        version=version.version_num,
        title=bundle.title,
        slug=bundle.slug,
        description=bundle.description,
        type=bundle.type,
        origin=bundle.origin,
        collection=CollectionInfo(bundle.collection.uuid, bundle.collection.title),
        manifest_digest=version.manifest_digest,
        change_description=version.change_description,
        change_kind=version.change_kind,  # type: ignore[arg-type]
        author=version.author,
        created_at=version.created,
        links={alias: link.target for alias, link in manifest.links.items()},
        dependencies=tuple(read_closure(version).dependencies()),
        files={
            path: FileInfo(file.digest, file.size, file.public)
            for path, file in manifest.files.items()
        },
    )


# Where it goes -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _output(to: ExportTarget, format: ArchiveFormat | None) -> Iterator[ArchiveWriter]:
    path = Path(os.fspath(to)) if isinstance(to, (str, os.PathLike)) else None
    chosen = format or (format_of_name(path.name) if path is not None else None) or DEFAULT_FORMAT
    if chosen not in ARCHIVE_FORMATS:
        raise Invalid(f"format must be one of {', '.join(ARCHIVE_FORMATS)}, not {chosen!r}.")
    with contextlib.ExitStack() as stack:
        if path is not None:
            file = stack.enter_context(_complete_or_absent(path))
        else:
            file = cast(BinaryIO, to)
        with write_archive(file, format=chosen) as writer:
            yield writer
        file.flush()


@contextlib.contextmanager
def _complete_or_absent(path: Path) -> Iterator[BinaryIO]:
    """Open a file that gets its name when it is complete; if the block fails, nothing is left."""
    if path.exists() and not path.is_file():
        # A pipe, a terminal or another device: there is nothing to rename.
        with path.open("wb") as device:
            yield device
        return
    unfinished = path.with_name(f".{path.name[:100]}.{uuid.uuid4().hex}.part")
    try:
        with unfinished.open("xb") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
