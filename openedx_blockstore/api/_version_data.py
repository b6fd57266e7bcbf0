"""Turns versions into values of the public API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from openedx_blockstore.api._lookup import find_digests, read_closure
from openedx_blockstore.api._urls import version_file_urls
from openedx_blockstore.data import (
    BundleFileData,
    BundleLinkData,
    BundleVersionData,
    Dependency,
    LinkTarget,
)
from openedx_blockstore.models import BundleVersion
from openedx_blockstore.store import Manifest, TreeFile


def version_files(
    version: BundleVersion, files: Mapping[str, TreeFile]
) -> dict[str, BundleFileData]:
    """Return the values for files of a version, sorted by path."""
    url = version_file_urls(version.bundle.uuid, version.version_num)
    return {
        path: BundleFileData(path, file.size, url(path), file.digest, file.public)
        for path, file in sorted(files.items())
    }


def version_links(
    version: BundleVersion, links: Mapping[str, LinkTarget]
) -> dict[str, BundleLinkData]:
    """Return the values for links of a version, sorted by alias; at most one statement.

    Raises:
        StorageError: The version's link closure can not be read.
    """
    if not links:
        return {}
    closure = read_closure(version)
    brought = {alias: closure.brought_by(alias) for alias in links}
    dependency = _dependencies(links.values(), closure.dependencies())
    return {
        alias: BundleLinkData(
            name=alias,
            direct=dependency[str(target)],
            indirect=_indirect(target, brought[alias], dependency),
            weak=target.weak,
        )
        for alias, target in sorted(links.items())
    }


def _dependencies(
    targets: Iterable[LinkTarget], closure: Iterable[Dependency]
) -> dict[str, Dependency]:
    """Return dependencies with their digests, by ``uuid@version``."""
    wanted = {LinkTarget(d.bundle_uuid, d.version) for d in closure}
    wanted |= {LinkTarget(target.bundle_uuid, target.version) for target in targets}
    digests = find_digests(wanted)
    return {
        str(target): Dependency(
            target.bundle_uuid,
            target.version,
            digests.get((target.bundle_uuid, target.version), ""),
        )
        for target in wanted
    }


def _indirect(
    target: LinkTarget, brought: Iterable[str], dependency: Mapping[str, Dependency]
) -> list[Dependency]:
    return [dependency[node] for node in sorted(brought) if node != str(target)]


def version_data(version: BundleVersion, manifest: Manifest) -> BundleVersionData:
    """Return the value for a version's row, whose bundle is loaded."""
    tree = manifest.tree()
    return BundleVersionData(
        bundle_uuid=version.bundle.uuid,
        version=version.version_num,
        change_description=version.change_description,
        created_at=version.created,
        files=version_files(version, tree.files),
        links=version_links(version, tree.links),
        manifest_digest=version.manifest_digest,
        change_kind=version.change_kind,  # type: ignore[arg-type]
        author=version.author,
        origin_version=version.origin_version,
    )
