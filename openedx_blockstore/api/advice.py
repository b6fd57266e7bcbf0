"""What plugins tell authors about what they have just done. It is advice, and stops nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction

from openedx_blockstore.api._lookup import find_bundle
from openedx_blockstore.api._values import check_mapping
from openedx_blockstore.api.versions import get_bundle_version
from openedx_blockstore.data import Finding, LinkTarget, Severity
from openedx_blockstore.exceptions import BlockstoreError, BundleVersionNotFound, Invalid
from openedx_blockstore.plugin_api import Adviser
from openedx_blockstore.plugin_manager import calling, usable_plugins

logger = logging.getLogger(__name__)


def get_advice(bundle_uuid: UUID | str, version_number: int | None = None) -> tuple[Finding, ...]:
    """Return what plugins advise about a version, such as that a licence forbids one of its links.

    Args:
        version_number: None for the latest one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version, or none at all.
    """
    version = get_bundle_version(bundle_uuid, version_number)
    if version is None:
        raise BundleVersionNotFound(bundle_uuid, version_number or 0)
    links = {
        alias: LinkTarget(link.direct.bundle_uuid, link.direct.version, link.weak)
        for alias, link in version.links.items()
    }
    return _ask(version.bundle_uuid, version.version, links)


def get_link_advice(
    bundle_uuid: UUID | str, links: Mapping[str, LinkTarget | None]
) -> tuple[Finding, ...]:
    """Return what plugins advise about links that a bundle has got in a draft, or may get.

    Args:
        links: By alias; those that are None are left out, as nobody advises on links that go.

    Raises:
        BundleNotFound: There is no such bundle.
        Invalid: These are no links.
    """
    check_mapping("links", links)
    for target in links.values():
        if not isinstance(target, LinkTarget | None):
            raise Invalid(f"The target of a link is a LinkTarget or None, not {target!r:.80}.")
    wanted = {alias: target for alias, target in links.items() if target is not None}
    uuid = find_bundle(bundle_uuid).uuid
    return _ask(uuid, None, wanted) if wanted else ()


def _ask(
    bundle_uuid: UUID, version: int | None, links: Mapping[str, LinkTarget]
) -> tuple[Finding, ...]:
    advice: list[Finding] = []
    for name, adviser in usable_plugins(Adviser).items():
        try:
            # A statement that fails must not spoil a transaction that others have begun.
            with calling(Adviser, name, bundle_uuid), transaction.atomic():
                found = [_checked(each) for each in adviser.advise(bundle_uuid, version, links)]
        except (BlockstoreError, DatabaseError):
            logger.warning("No advice from %r about bundle %s.", name, bundle_uuid, exc_info=True)
        else:
            advice += found
    return tuple(advice)


def _checked(finding: Any) -> Finding:
    if not isinstance(finding, Finding) or finding.severity is Severity.ERROR:
        raise TypeError(f"Advice must be a Finding that is no error, not {finding!r}.")
    return finding
