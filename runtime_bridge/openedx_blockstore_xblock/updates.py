"""Links of a bundle whose lenders have newer versions, and what these change."""

from __future__ import annotations

from attrs import frozen

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore.plugin_rest import User, visible_bundles
from openedx_blockstore_xblock.changes import Differences, differences

#: Links whose changes are shown; the others are named.
_MAX_COMPARED = 20


@frozen
class OutdatedLink:
    """A link that leads to another version than the lender's latest one.

    Attributes:
        title: The lender's; empty where whoever is asking may not see it.
        latest_version: The lender's newest version.
        changes: What it changes; None where that is not shown.
    """

    alias: str
    target: LinkTarget
    title: str
    latest_version: int
    changes: Differences | None = None


def outdated_links(user: User, contents: BundleContents) -> list[OutdatedLink]:
    """Return the links of a state of a bundle that newer versions have overtaken.

    Lenders that were deleted have no newer version to go to; they are left out.

    Raises:
        StorageError: The storage failed.
    """
    links = contents.links
    lenders = {
        bundle.uuid: bundle
        for bundle in api.get_bundles(uuids=sorted({each.bundle_uuid for each in links.values()}))
    }
    outdated = {
        alias: target
        for alias, target in links.items()
        if target.bundle_uuid in lenders
        and target.version < lenders[target.bundle_uuid].latest_version
    }
    visible = visible_bundles(user, [each.bundle_uuid for each in outdated.values()])
    shown = [alias for alias in outdated if outdated[alias].bundle_uuid in visible]
    newest = {
        alias: LinkTarget(target.bundle_uuid, lenders[target.bundle_uuid].latest_version)
        for alias, target in outdated.items()
    }
    compared = shown[:_MAX_COMPARED]
    found = api.get_many_contents(
        [target for alias in compared for target in (outdated[alias], newest[alias])]
    )
    return [
        OutdatedLink(
            alias,
            target,
            lenders[target.bundle_uuid].title if alias in shown else "",
            newest[alias].version,
            differences(found[target], found[newest[alias]])
            if alias in compared and target in found and newest[alias] in found
            else None,
        )
        for alias, target in outdated.items()
    ]
