"""Exports that plugins change on their way out: other files, and another identity.

A derived tree must never pass for what its author made. So it gets a UUID of its own, made of the
bundle's and the names of the transforms: imported again and again it is the same bundle, and never
the original one. Its info says what it was made from.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import BinaryIO
from uuid import UUID

import attrs

from openedx_blockstore.api._sources import version_contents
from openedx_blockstore.api._values import check_values
from openedx_blockstore.archives import DerivedInfo, FileInfo, TreeInfo
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import BundleFileNotFound, Invalid
from openedx_blockstore.models import BundleVersion
from openedx_blockstore.plugin_api import BundleContents, ContentFile, ExportTransform
from openedx_blockstore.plugin_manager import calling, plugin
from openedx_blockstore.store import case_clashes, digest_of, normalize_path

# What a bundle takes.
_MAX_ORIGIN = 500

#: Transforms by name, in the order in which they are applied.
Transforms = Mapping[str, ExportTransform]


def find_transforms(names: Sequence[str]) -> Transforms:
    """Return the transforms that an export asks for.

    Raises:
        Invalid: The names are no list of texts, or one is there twice.
        PluginNotFound: No plugin has one of the names.
        PluginError: A plugin can not be used.
    """
    check_values("transforms", names)
    found: dict[str, ExportTransform] = {}
    for name in names:
        if not isinstance(name, str):
            raise Invalid(f"transforms must be names of plugins, not {name!r}.")
        if name in found:
            raise Invalid(f"transforms names {name!r} twice.")
        found[name] = plugin(ExportTransform, name)
    return found


def derived_uuid(bundle_uuid: UUID, transforms: Transforms) -> UUID:
    """Return the UUID of what some transforms make of a bundle."""
    return uuid.uuid5(bundle_uuid, "derived:" + ",".join(transforms))


@contextlib.contextmanager
def transformed(version: BundleVersion, transforms: Transforms) -> Iterator[BundleContents]:
    """Give what transforms make of a version; what they have changed lies in a temporary folder.

    Raises:
        PluginFailed: A transform failed, or gave what no version may hold.
        StorageError: The storage failed.
    """
    contents = version_contents(version)
    with TemporaryDirectory(prefix="blockstore-export-") as folder:
        for number, (name, transform) in enumerate(transforms.items()):
            place = Path(folder) / str(number)
            place.mkdir()
            with calling(ExportTransform, name, contents.title):
                contents = _apply(transform, contents, place)
        yield contents


def _apply(transform: ExportTransform, below: BundleContents, folder: Path) -> BundleContents:
    files = dict(below.files)
    places: dict[str, Path] = {}
    limit = get_settings().MAX_PATH_LENGTH
    for path, data in transform.transform(below):
        if normalize_path(path, max_length=limit) != path:
            raise ValueError(f"it gave the path {path!r}, which is not in Unicode NFC")
        if data is None:
            files.pop(path, None)
            places.pop(path, None)
            continue
        if not isinstance(data, bytes):
            raise TypeError(f"it gave {type(data).__name__} as the contents of {path!r}")
        place = places.setdefault(path, folder / str(len(places)))
        place.write_bytes(data)
        public = files[path].public if path in files else False
        files[path] = ContentFile(path, len(data), digest_of(data), public)
    if clashes := case_clashes(files):
        first, second = clashes[0]
        raise ValueError(f"it gave {second!r}, which can not stand beside {first!r}")
    return _Derived(below, files, places)


class _Derived(BundleContents):
    """Contents with some files changed."""

    def __init__(
        self,
        below: BundleContents,
        files: Mapping[str, ContentFile],
        places: Mapping[str, Path],
    ) -> None:
        self._below = below
        self._files = MappingProxyType(dict(sorted(files.items())))
        self._places = places
        self.bundle_uuid = below.bundle_uuid
        self.bundle_type = below.bundle_type
        self.title = below.title
        self.version = below.version

    @property
    def files(self) -> Mapping[str, ContentFile]:
        """All files by path, sorted."""
        return self._files

    @property
    def links(self) -> Mapping[str, LinkTarget]:
        """All links by alias, sorted."""
        return self._below.links

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file; see :meth:`BundleContents.open`."""
        if path in self._places:
            with self._places[path].open("rb") as changed:
                yield changed
            return
        if path in self._below.files and path not in self._files:
            raise BundleFileNotFound(self.bundle_uuid or self.title, path)
        # Links lead to what is not derived.
        with self._below.open(path) as file:
            yield file


def derived_info(
    info: TreeInfo, contents: BundleContents, transforms: Transforms, exported: set[UUID]
) -> TreeInfo:
    """Return what is said of a derived tree.

    Args:
        info: What is said of the version that it was made from.
        exported: The bundles that are in the archive, all of them derived.
    """
    origin = f"derived:{'+'.join(transforms)}:{info.uuid}"

    def name(bundle_uuid: UUID) -> UUID:
        return derived_uuid(bundle_uuid, transforms) if bundle_uuid in exported else bundle_uuid

    return attrs.evolve(
        info,
        uuid=derived_uuid(info.uuid, transforms),
        origin=origin if len(origin) <= _MAX_ORIGIN else None,
        manifest_digest="",
        links={
            alias: attrs.evolve(target, bundle_uuid=name(target.bundle_uuid))
            for alias, target in info.links.items()
        },
        dependencies=tuple(
            attrs.evolve(dependency, bundle_uuid=name(dependency.bundle_uuid))
            for dependency in info.dependencies
        ),
        derived=DerivedInfo(tuple(transforms), info.uuid, info.version, info.manifest_digest),
        files={
            path: FileInfo(file.digest, file.size, file.public)
            for path, file in contents.files.items()
        },
    )
