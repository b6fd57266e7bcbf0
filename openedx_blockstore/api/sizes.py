"""How many bytes a version is, alone and with all that it depends on."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from openedx_blockstore.api._lookup import (
    find_targets,
    read_closure,
    read_manifest,
    require_version,
)
from openedx_blockstore.data import LinkTarget, SizeData
from openedx_blockstore.exceptions import BundleVersionNotFound


def get_size(
    bundle_uuid: UUID | str,
    version_number: int | None = None,
    *,
    with_dependencies: bool = True,
    among: Collection[UUID] | None = None,
) -> SizeData:
    """Return how much a version holds, before anybody downloads it.

    Each distinct content of a bundle counts once, however many paths and versions have it.

    Args:
        version_number: None for the latest one.
        with_dependencies: Count everything it depends on, too; weak links are not followed.
        among: Of what it depends on, count only versions of these bundles; None for all.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version, or something it depends on is gone.
        StorageError: The storage failed.
    """
    version = require_version(bundle_uuid, version_number)
    versions = [version]
    if with_dependencies:
        targets = [
            LinkTarget(node.bundle_uuid, node.version)
            for node in read_closure(version).dependencies()
            if among is None or node.bundle_uuid in among
        ]
        rows = find_targets(targets)
        for target in targets:
            if target not in rows:
                raise BundleVersionNotFound(target.bundle_uuid, target.version)
        versions += rows.values()
    sizes: dict[tuple[UUID, str], int] = {}
    files = 0
    for row in versions:
        for file in read_manifest(row).files.values():
            sizes[row.bundle.uuid, file.digest] = file.size
            files += 1
    return SizeData(sum(sizes.values()), files, len(versions))
