"""The licence report of a version with all that it depends on.

Which licences there are, what does not fit together, and whom to credit. The same version gives the
same report, as long as nobody says something else of what is in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal
from uuid import UUID

from attrs import frozen

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.exceptions import BundleVersionNotFound
from openedx_blockstore.models_api import Bundle
from openedx_blockstore_licensing.attribution import (
    credits_of,
    find_own_originals,
    is_published,
)
from openedx_blockstore_licensing.compatibility import evaluate
from openedx_blockstore_licensing.credits import credit_line, original_of, to_html, to_text
from openedx_blockstore_licensing.data import (
    CheckData,
    Credit,
    LicenseReport,
    MissingItem,
    PublisherData,
    ReportGroup,
    ReportItem,
    Use,
    Verdict,
)
from openedx_blockstore_licensing.documents import sort_publishers
from openedx_blockstore_licensing.licenses import NOASSERTION, licenses_in, rank
from openedx_blockstore_licensing.licensing import resolve_version
from openedx_blockstore_licensing.publishers import find_publishers
from openedx_blockstore_licensing.stored import (
    Key,
    StoredVersion,
    batches,
    has_same_owner,
    read_versions,
)

#: Returns those of some bundles that whoever asks may see.
MaySee = Callable[[Iterable[UUID]], set[UUID]]

_SEVERITIES = {
    Verdict.NO: Severity.ERROR,
    Verdict.UNKNOWN: Severity.WARNING,
    Verdict.DISCOURAGED: Severity.WARNING,
}


def get_license_report(
    bundle_uuid: UUID | str, version: int | None = None, *, may_see: MaySee | None = None
) -> LicenseReport:
    """Return what there is to say of the licences of a version, and of all that it depends on.

    Weak links are named, and not followed. The number of statements does not grow with that of the
    dependencies, but for one in each 100 of them.

    Args:
        version: None for the latest one.
        may_see: Is given the UUIDs of the dependencies' bundles, and returns those that may be
            named; of the others, only how many there are is told. None for all.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version, or none at all.
        StorageError: The storage failed.
    """
    root = resolve_version(bundle_uuid, version)
    dependencies = blockstore.get_dependencies(*root)
    keys = [(each.bundle_uuid, each.version) for each in dependencies.dependencies]
    weak = [
        (link.direct.bundle_uuid, link.direct.version)
        for link in dependencies.links.values()
        if link.weak
    ]
    seen = _visible([*keys, *weak], may_see)
    shown = [key for key in keys if key[0] in seen]
    found = read_versions([root, *shown])
    if root not in found:
        raise BundleVersionNotFound(*root)
    titles = _titles({uuid for uuid, _version in (*shown, *weak) if uuid in seen})
    works = _works(found)
    return LicenseReport(
        bundle_uuid=root[0],
        version=root[1],
        title=found[root].bundle.title,
        expression=found[root].license.expression,
        groups=_groups(works),
        findings=tuple(_findings(works, root)),
        missing=tuple(_missing(shown, found, titles)),
        weak=tuple(
            MissingItem(*key, titles.get(key[0], ""), "missing")
            for key in sorted(set(weak))
            if key[0] in seen
        ),
        hidden=len(keys) - len(shown),
        publishers=_publishers(works),
    )


@frozen(eq=False)
class _Work:
    """A version in the report."""

    key: Key
    found: StoredVersion
    credit: Credit


def _works(found: Mapping[Key, StoredVersion]) -> list[_Work]:
    named = credits_of(found)
    return [_Work(key, found[key], named[key]) for key in found]


def _visible(keys: Iterable[Key], may_see: MaySee | None) -> set[UUID]:
    uuids = {uuid for uuid, _version in keys}
    return uuids if may_see is None else uuids & may_see(sorted(uuids))


def _titles(uuids: Iterable[UUID]) -> dict[UUID, str]:
    return {
        uuid: title
        for some in batches(sorted(uuids))
        for uuid, title in Bundle.objects.filter(uuid__in=some).values_list("uuid", "title")
    }


def _missing(
    keys: Iterable[Key], found: Mapping[Key, StoredVersion], titles: Mapping[UUID, str]
) -> Iterator[MissingItem]:
    for key in sorted(keys):
        reason: Literal["missing", "deleted"] | None = None
        if key not in found:
            reason = "missing"
        elif found[key].bundle.deleted_at is not None:
            reason = "deleted"
        if reason is not None:
            yield MissingItem(*key, titles.get(key[0], ""), reason)


# By licence --------------------------------------------------------------------------------------


def _groups(works: Iterable[_Work]) -> tuple[ReportGroup, ...]:
    items: dict[str, list[ReportItem]] = defaultdict(list)
    for work in works:
        paths: dict[str, list[str]] = defaultdict(list)
        for path, expression in work.found.license.paths.items():
            paths[expression].append(path)
        own = work.found.license.expression
        items["" if own == NOASSERTION else own].append(_item(work, (), own))
        for expression, some in paths.items():
            items["" if expression == NOASSERTION else expression].append(
                _item(work, tuple(sorted(some)), expression)
            )
    return tuple(
        ReportGroup(
            expression,
            licenses_in(expression),
            tuple(sorted(items[expression], key=_by_title)),
        )
        for expression in sorted(items, key=rank)
    )


def _item(work: _Work, paths: tuple[str, ...], expression: str) -> ReportItem:
    named = "" if expression == NOASSERTION else expression
    # An unchanged copy has the licences of the original, but for those that were said of it here.
    is_copy = original_of(work.credit) is not work.credit
    said_here = not paths or not work.found.said_paths.isdisjoint(paths)
    line = credit_line(work.credit, license=None if is_copy and said_here else named, here=named)
    return ReportItem(
        bundle_uuid=work.key[0],
        version=work.key[1],
        title=work.found.bundle.title,
        paths=paths,
        credit=to_text(line),
        credit_html=to_html(line),
        modified=any(each.modified for each in work.credit.derived_from),
    )


def _by_title(item: ReportItem) -> tuple[str, str, int, tuple[str, ...]]:
    return item.title.casefold(), str(item.bundle_uuid), item.version, item.paths


def _publishers(works: Iterable[_Work]) -> tuple[PublisherData, ...]:
    named: dict[str, PublisherData] = {}

    def look(credit: Credit) -> None:
        if credit.publisher is not None:
            named.setdefault(credit.publisher.iri, credit.publisher)
        for each in credit.derived_from:
            look(each.origin)

    for work in works:
        look(work.credit)
    return sort_publishers({**named, **find_publishers(named)})


# Conflicts ---------------------------------------------------------------------------------------


def _findings(works: Iterable[_Work], root: Key) -> Iterator[Finding]:
    known = {work.key: work for work in works}
    top = known[root]
    ours = find_own_originals(
        {key: work.found for key, work in known.items()},
        {key: work.credit for key, work in known.items()},
    )
    checks = _Checks()
    for work in sorted(known.values(), key=lambda work: (work.key != root, _by_name(work))):
        expression = work.found.license.expression
        if work.key != root:
            yield from checks.look(
                work,
                "link",
                expression,
                top.found.license.expression,
                same=has_same_owner(work.found, top.found),
            )
        elif not expression or expression == NOASSERTION:
            yield from checks.look(work, "link", "", "", same=False)
        for path, own in work.found.license.paths.items():
            whole = top.found.license.expression
            yield from checks.look(work, "link", own, whole, same=False, path=path)
        for derived in work.credit.derived_from:
            origin = derived.origin
            if is_published(derived, expression):
                same = (work.key, origin.bundle_uuid) in ours
                is_a = "a changed copy" if derived.modified else f"a copy of “{origin.title}”"
                yield from checks.look(
                    work, "publish", origin.license, expression, same=same, is_a=is_a
                )


class _Checks:
    """Checks of many works, of which most ask the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[Use, str, str, bool], CheckData] = {}

    def look(
        self,
        work: _Work,
        use: Use,
        license_: str,
        into: str,
        *,
        same: bool,
        path: str = "",
        is_a: str = "",
    ) -> Iterator[Finding]:
        """Yield what is to be said to a use of a work; nothing where all is well.

        Args:
            path: Of the file that it is about.
            is_a: What the work is, where that is the matter.
        """
        into = "" if into == NOASSERTION else into
        key = (use, license_, into, same)
        if key not in self._known:
            self._known[key] = evaluate(use, license_, into, same_owner=same)
        answer = self._known[key]
        severity = _SEVERITIES.get(answer.verdict)
        if severity is None:
            return
        reasons = " ".join(reason.message for reason in answer.reasons)
        what = f"“{work.found.bundle.title}”, version {work.key[1]}"
        if path:
            what = f"{path} of {what}"
        if is_a:
            what = f"{what}, is {is_a}"
        yield Finding(
            severity,
            answer.reasons[-1].code,
            f"{work.key[0]}@{work.key[1]}{f'/{path}' if path else ''}",
            None,
            f"{what}: {reasons}",
        )


def _by_name(work: _Work) -> tuple[str, str, int]:
    return work.found.bundle.title.casefold(), str(work.key[0]), work.key[1]
