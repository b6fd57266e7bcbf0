"""What authors are told when they link, copy or publish: that a licence may not permit it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import Finding, LinkTarget, Severity
from openedx_blockstore.exceptions import BundleVersionNotFound
from openedx_blockstore.plugin_api import Adviser
from openedx_blockstore_licensing.attribution import (
    credits_of,
    find_own_originals,
    is_published,
)
from openedx_blockstore_licensing.compatibility import evaluate
from openedx_blockstore_licensing.data import CheckData, Use, Verdict
from openedx_blockstore_licensing.licenses import NOASSERTION
from openedx_blockstore_licensing.licensing import resolve_version
from openedx_blockstore_licensing.stored import (
    StoredVersion,
    has_same_owner,
    read_next_version,
    read_versions,
)

_SEVERITIES = {
    Verdict.NO: Severity.WARNING,
    Verdict.DISCOURAGED: Severity.WARNING,
    Verdict.UNKNOWN: Severity.INFO,
}
_MEND = {
    Verdict.NO: "Ask whoever holds the rights for permission, or do without it.",
    Verdict.UNKNOWN: "Find out, and say so.",
}


class LicenseAdviser(Adviser):
    """Says where licences do not permit a link, a copy, or a changed work under another licence."""

    def advise(
        self, bundle_uuid: UUID, version: int | None, links: Mapping[str, LinkTarget]
    ) -> Iterable[Finding]:
        """Look at the links, and at what the version was made of."""
        if version is None:
            own = read_next_version(bundle_uuid)
        else:
            own = read_versions([(bundle_uuid, version)]).get((bundle_uuid, version))
        if own is None:
            return
        yield from _about_links(own, links)
        if version is not None:
            yield from _about_originals(own)


def get_license_advice(bundle_uuid: UUID | str, version: int | None = None) -> tuple[Finding, ...]:
    """Return what there is to say of the licences of a version, its links and its originals.

    Args:
        version: None for the latest one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version, or none at all.
        StorageError: The storage failed.
    """
    uuid, number = resolve_version(bundle_uuid, version)
    found = blockstore.get_bundle_version(uuid, number)
    if found is None:
        raise BundleVersionNotFound(uuid, number)
    links = {
        alias: LinkTarget(link.direct.bundle_uuid, link.direct.version, link.weak)
        for alias, link in found.links.items()
    }
    return tuple(LicenseAdviser().advise(uuid, number, links))


def _about_links(own: StoredVersion, links: Mapping[str, LinkTarget]) -> Iterator[Finding]:
    lenders = read_versions((each.bundle_uuid, each.version) for each in links.values())
    into = _said(own.license.expression)
    for alias, target in sorted(links.items()):
        lender = lenders.get((target.bundle_uuid, target.version))
        if lender is None:
            continue
        same = has_same_owner(lender, own)
        given = _said(lender.license.expression)
        place = f"links/{alias}"
        # Where nobody speaks of licences, nothing is to be said of one that is missing.
        if given or into:
            yield from _say("link", given, into, place, "This link", same=same)
        for expression in sorted({*lender.license.paths.values()} - {lender.license.expression}):
            what = "Some files behind this link"
            yield from _say("link", _said(expression), into, place, what, same=same)


def _about_originals(own: StoredVersion) -> Iterator[Finding]:
    if not own.derivations:
        return
    named = credits_of({own.key: own})
    ours = find_own_originals({own.key: own}, named)
    into = _said(own.license.expression)
    for each in named[own.key].derived_from:
        origin = each.origin
        same = (own.key, origin.bundle_uuid) in ours
        given = _said(origin.license)
        what = f"This is a {'changed ' if each.modified else ''}copy of “{origin.title}”"
        if is_published(each, into):
            yield from _say("publish", given, into, "", what, same=same)
        else:
            yield from _say("copy", given, "", "", what, same=same)


def _say(use: Use, given: str, into: str, file: str, what: str, *, same: bool) -> Iterator[Finding]:
    answer = evaluate(use, given, into, same_owner=same)
    severity = _SEVERITIES.get(answer.verdict)
    if severity is not None:
        yield Finding(
            severity,
            answer.reasons[-1].code,
            file,
            None,
            f"{what}: {_reasons(answer)}",
            _MEND.get(answer.verdict, ""),
        )


def _reasons(answer: CheckData) -> str:
    return " ".join(reason.message for reason in answer.reasons)


def _said(expression: str) -> str:
    return "" if expression == NOASSERTION else expression
