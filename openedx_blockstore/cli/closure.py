"""Finds all that bundles depend on, each version once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from attrs import field, frozen

from openedx_blockstore.cli.errors import ClientError, NotFoundError
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.values import Bundle, Collection, Version, VersionKey


@frozen(eq=False)
class Closure:
    """Versions with all that they depend on.

    Attributes:
        roots: What was asked for.
        versions: Everything.
        bundles: What is said of the bundles, by UUID; not of those that were deleted.
        collections: By UUID.
        missing: What is gone, or not for this user, and who needs it.
    """

    roots: tuple[VersionKey, ...]
    versions: Mapping[VersionKey, Version]
    bundles: Mapping[str, Bundle]
    collections: Mapping[str, Collection]
    missing: Mapping[VersionKey, VersionKey] = field(factory=dict)


def find_closure(server: Server, roots: Iterable[VersionKey], *, deep: bool, jobs: int) -> Closure:
    """Return versions, and all that they depend on. Weak links are not followed.

    Raises:
        ClientError: One of the versions is not there; or the server fails.
    """
    wanted = list(dict.fromkeys(roots))
    versions: dict[VersionKey, Version] = {}
    needed_by: dict[VersionKey, VersionKey] = {}
    missing: dict[VersionKey, VersionKey] = {}
    with ThreadPoolExecutor(jobs) as pool:
        level = wanted
        while level:
            found = pool.map(lambda key: _find(server, key), level)
            for key, version in zip(level, found, strict=True):
                if isinstance(version, Version):
                    versions[key] = version
                elif key in needed_by:
                    missing[key] = needed_by[key]
                else:
                    raise version
            following: dict[VersionKey, VersionKey] = {}
            for key in level if deep else ():
                for link in versions[key].links.values() if key in versions else ():
                    if not link.weak and link.target not in versions:
                        following.setdefault(link.target, key)
            level = [key for key in following if key not in missing]
            needed_by |= following
    bundles = server.find_bundles(key.bundle_uuid for key in versions)
    uuids = {bundle.collection_uuid for bundle in bundles.values()}
    collections = {uuid: server.collection(uuid) for uuid in sorted(uuids)}
    return Closure(tuple(wanted), versions, bundles, collections, missing)


def _find(server: Server, key: VersionKey) -> Version | ClientError:
    try:
        return server.version(key)
    except NotFoundError as error:
        return error
