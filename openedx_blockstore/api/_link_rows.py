"""What links cost a new version: their checks, its closure, and the rows that borrowers go by."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from openedx_blockstore.api._lookup import (
    find_targets,
    is_pinned,
    read_closure,
    read_manifest,
)
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._values import is_positive
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import Dependency, LinkTarget
from openedx_blockstore.exceptions import BundleVersionNotFound, InvalidLink
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion
from openedx_blockstore.store import Closure, Manifest, check_acyclic, check_links, close_over


@frozen(eq=False)
class ResolvedLinks:
    """The links of a version that is about to be made.

    Attributes:
        ended: The aliases that the version before had, and this one has not, or not to there.
        started: The links that are new here, with the lenders' versions.
        closure_digest: The digest of the stored closure; None where there is nothing in it.
    """

    ended: tuple[str, ...]
    started: dict[str, tuple[LinkTarget, BundleVersion]]
    closure_digest: str | None


def resolve_links(
    bundle: Bundle,
    latest: BundleVersion | None,
    old: Mapping[str, LinkTarget],
    new: Mapping[str, LinkTarget],
) -> ResolvedLinks:
    """Check the links of a version that is to follow the latest one, and store its closure.

    Where no link changed, nothing is read and nothing written.

    Raises:
        InvalidLink, LinkCycle, LimitExceeded: The links are not possible.
        StorageError: The storage failed.
    """
    if new == old:
        return ResolvedLinks((), {}, latest.closure_digest if latest is not None else None)
    changed = {alias: target for alias, target in new.items() if old.get(alias) != target}
    for alias, target in changed.items():
        if not is_positive(target.version):
            raise no_such_version(alias, target)
    lenders = find_targets(changed.values()) if changed else {}
    for alias, target in changed.items():
        check_target(bundle, alias, target, lenders.get(target))
    previous = read_closure(latest) if latest is not None else Closure()
    closure = close_over(
        new,
        known={alias: previous.brought_by(alias) for alias in new if alias not in changed},
        closure_of=lambda target: read_closure(lenders[target]),
    )
    # A version that is over a limit which was lowered since can still be made smaller.
    limit = max(get_settings().MAX_DEPENDENCIES, len(previous.nodes))
    check_links(bundle.uuid, new, closure, max_dependencies=limit)
    return ResolvedLinks(
        ended=tuple(alias for alias in old if new.get(alias) != old[alias]),
        started={alias: (target, lenders[target]) for alias, target in changed.items()},
        closure_digest=get_store().write_closure(bundle.uuid, closure) if closure.nodes else None,
    )


def check_target(
    bundle: Bundle, alias: str, target: LinkTarget, lender: BundleVersion | None
) -> None:
    """Refuse a link to a version that is not there, or depends on the borrower.

    Raises:
        InvalidLink, LinkCycle: The link is not possible.
    """
    if target.bundle_uuid != bundle.uuid:
        if lender is None:
            raise no_such_version(alias, target)
        # A borrower may go back to a version that it has used, but nobody else may begin to.
        if lender.bundle.deleted_at is not None and not is_pinned(lender, borrower=bundle):
            raise InvalidLink(alias, f"bundle {target.bundle_uuid} was deleted")
    closure = read_closure(lender) if lender is not None else Closure()
    rows = _DependencyRows(target, closure)
    check_acyclic(
        bundle.uuid,
        alias,
        target,
        closure,
        links_of=lambda step: rows.manifest_of(step).tree().links,
        closure_of=lambda step: read_closure(rows.row_of(step)),
    )


def no_such_version(alias: str, target: LinkTarget) -> InvalidLink:
    """Return the error for a link to a version that is not there."""
    return InvalidLink(alias, f"bundle {target.bundle_uuid} has no version {target.version}")


class _DependencyRows:
    """The rows of a version and of all its dependencies, found in one statement when needed."""

    def __init__(self, version: LinkTarget, closure: Closure) -> None:
        self._wanted = [Dependency(version.bundle_uuid, version.version), *closure.dependencies()]
        self._found: dict[Dependency, BundleVersion] = {}

    def row_of(self, version: Dependency) -> BundleVersion:
        if not self._found:
            targets = [LinkTarget(node.bundle_uuid, node.version) for node in self._wanted]
            self._found = {
                Dependency(target.bundle_uuid, target.version): row
                for target, row in find_targets(targets).items()
            }
        if version not in self._found:
            raise BundleVersionNotFound(version.bundle_uuid, version.version)
        return self._found[version]

    def manifest_of(self, version: Dependency) -> Manifest:
        return read_manifest(self.row_of(version))


def update_link_rows(version: BundleVersion, links: ResolvedLinks) -> None:
    """Let the rows of links say what a new version has; call in the transaction that makes it."""
    if links.ended:
        BundleLink.objects.filter(borrower_id=version.bundle_id, alias__in=links.ended).close_at(
            version.version_num - 1
        )
    BundleLink.objects.bulk_create(
        BundleLink(
            borrower_id=version.bundle_id,
            alias=alias,
            lender_id=lender.bundle_id,
            lender_version=target.version,
            weak=target.weak,
            first_version=version.version_num,
        )
        for alias, (target, lender) in links.started.items()
    )
