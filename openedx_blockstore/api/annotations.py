"""What plugins know of versions and collections: read here, and kept by the plugins themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from openedx_blockstore.api._lookup import find_collection, find_targets, require_version
from openedx_blockstore.api._values import check_values
from openedx_blockstore.data import Dependency, LinkTarget
from openedx_blockstore.exceptions import BundleVersionNotFound, Invalid
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore.plugin_manager import calling, plugins


def get_annotations(bundle_uuid: UUID | str, version_number: int | None = None) -> dict[str, Any]:
    """Return what plugins know of a version, by the names of the plugins; as values that JSON has.

    Args:
        version_number: None for the latest one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version, or none at all.
        PluginError, PluginFailed: A plugin can not be used, or failed.
    """
    version = require_version(bundle_uuid, version_number)
    key = Dependency(version.bundle.uuid, version.version_num)
    return describe_versions([key]).get(key, {})


def get_many_annotations(versions: Iterable[Dependency]) -> dict[Dependency, dict[str, Any]]:
    """Return what plugins know of several versions, of any bundles; as :func:`get_annotations`.

    Raises:
        BundleVersionNotFound: One of them is not there.
        Invalid: Something else than versions is given.
        PluginError, PluginFailed: A plugin can not be used, or failed.
    """
    check_values("versions", versions)
    wanted = list(versions)
    for version in wanted:
        if not isinstance(version, Dependency):
            raise Invalid(f"Name versions as Dependency, not {version!r}.")
    targets = [LinkTarget(version.bundle_uuid, version.version) for version in wanted]
    found = find_targets(targets)
    for version, target in zip(wanted, targets, strict=True):
        if target not in found:
            raise BundleVersionNotFound(version.bundle_uuid, version.version)
    described = describe_versions(wanted)
    return {version: described.get(version, {}) for version in wanted}


def get_collection_annotations(collection_uuid: UUID | str) -> dict[str, Any]:
    """Return what plugins know of a collection as such, by the names of the plugins.

    Raises:
        CollectionNotFound: There is no such collection.
        PluginError, PluginFailed: A plugin can not be used, or failed.
    """
    collection = find_collection(collection_uuid)
    found: dict[str, Any] = {}
    for name, source in plugins(AnnotationSource).items():
        with calling(AnnotationSource, name, collection.uuid):
            known = source.describe_collection(collection.uuid)
            if known is not None:
                found[name] = _plain(known)
    return found


def describe_versions(versions: list[Dependency]) -> Mapping[Dependency, dict[str, Any]]:
    """Return what plugins know of versions that are there, by version and name."""
    found: dict[Dependency, dict[str, Any]] = {}
    for name, source in plugins(AnnotationSource).items():
        with calling(AnnotationSource, name, f"{len(versions)} versions"):
            for version, known in source.describe_many(versions).items():
                found.setdefault(version, {})[name] = _plain(known)
    return found


def _plain(value: Any) -> Any:
    """Return a value, having made sure that JSON has it.

    Raises:
        TypeError, ValueError: JSON has not.
    """
    return json.loads(json.dumps(value, allow_nan=False))
