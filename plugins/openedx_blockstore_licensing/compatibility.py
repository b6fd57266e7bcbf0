"""What licences permit: pure functions over identifiers. Advice, and never a lawyer's.

Where the rules are from:

* Creative Commons' FAQ, "If I derive or adapt material offered under a Creative Commons license,
  which CC license(s) can I use?" with the adapter's licence chart, and "Can I combine
  material under different Creative Commons licenses in my work?", about collections;
* Creative Commons' list of compatible licences (the Free Art License 1.3 both ways, the GPL 3 one
  way, both for BY-SA 4.0 alone), and the sections on ShareAlike in the licences of each version;
* the GNU project's list of licences and its FAQ with the matrix of GPL versions.

What is in none of them is unknown, and said to be so.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import get_args

import license_expression as spdx

from openedx_blockstore.exceptions import Invalid
from openedx_blockstore_licensing._software import check_software
from openedx_blockstore_licensing.data import CheckData, Reason, Use, Verdict
from openedx_blockstore_licensing.licenses import (
    ALL_RIGHTS_RESERVED,
    NOASSERTION,
    CreativeCommons,
    get_license,
    parse,
    read,
    read_creative_commons,
)

FAQ = "https://creativecommons.org/faq/"
ADAPTERS = (
    f"{FAQ}#if-i-derive-or-adapt-material-offered-under-a-creative-commons-license-"
    "which-cc-licenses-can-i-use"
)
COLLECTIONS = f"{FAQ}#can-i-combine-material-under-different-creative-commons-licenses-in-my-work"
COMPATIBLE = (
    "https://creativecommons.org/share-your-work/licensing-considerations/compatible-licenses/"
)
GNU_CC = "https://www.gnu.org/licenses/license-list.html#ccby"

#: Anybody may do anything with what is under these.
PUBLIC_DOMAIN = frozenset({"CC0-1.0", "CC-PDM-1.0", "CC-PDDC", "Unlicense", "0BSD", "MIT-0"})

_ORDER = (Verdict.NO, Verdict.UNKNOWN, Verdict.DISCOURAGED, Verdict.CONDITIONS, Verdict.YES)
Answer = tuple[Verdict, tuple[Reason, ...]]


def check(use: Use, license: str, into: str = "", *, same_owner: bool = False) -> CheckData:
    """Tell whether a use of a work is permitted.

    Args:
        use: ``link`` to it, ``copy`` it unchanged (both make a collection of works, each of which
            keeps its licence), or ``publish`` it, or something made of it, under a licence.
        license: The licence of the work, as an expression; empty where nobody has said.
        into: The licence of what it becomes part of, or under which it is published; likewise.
        same_owner: The same people hold the rights in both.

    Raises:
        InvalidLicense: One of the two is no licence.
        Invalid: There is no such use.
    """
    if use not in get_args(Use):
        raise Invalid(f"use must be one of {', '.join(get_args(Use))}, not {use!r:.100}.")
    given, wanted = (str(parse(value)) if value else "" for value in (license, into))
    return evaluate(use, given, wanted, same_owner=same_owner)


def evaluate(use: Use, given: str, wanted: str, *, same_owner: bool) -> CheckData:
    """Do what :func:`check` does for expressions that were accepted before."""
    if same_owner:
        reason = Reason("same-owner", "Whoever holds the rights may do as they please.")
        return CheckData(use, given, wanted, Verdict.YES, (reason,))
    if not given or given == NOASSERTION:
        reason = Reason(
            "unlicensed",
            "Nobody has said under which licence it is. Without one, all rights are reserved: "
            "ask whoever holds them.",
        )
        return CheckData(use, given, wanted, Verdict.UNKNOWN, (reason,))
    verdict, reasons = _check_source(use, read(given), wanted)
    return CheckData(use, given, wanted, verdict, reasons)


# Expressions -------------------------------------------------------------------------------------


def _check_source(use: Use, license_: spdx.LicenseExpression, into: str) -> Answer:
    """Of licences joined by OR one may choose; those joined by AND hold all at once."""
    if isinstance(license_, spdx.boolean.OR):
        answers = [_check_source(use, part, into) for part in license_.args]
        return max(answers, key=_rank)
    if isinstance(license_, spdx.boolean.AND):
        return _worst(_check_source(use, part, into) for part in license_.args)
    return _check_target(use, str(license_), into)


def _check_target(use: Use, license_: str, into: str) -> Answer:
    if use != "publish":
        return _decide(use, license_, into)
    if not into or into == NOASSERTION:
        return _no_target(license_)
    target = read(into)
    if isinstance(target, spdx.boolean.AND):
        answers = [_check_target(use, license_, str(part)) for part in target.args]
        if len({verdict for verdict, _reasons in answers}) > 1:
            return _unknown(
                "several-licenses",
                f"{into}: it depends on which part of the result is under which of them.",
            )
        return _worst(answers)
    if isinstance(target, spdx.boolean.OR):
        # Whoever receives it may choose, so each of them has to be possible.
        return _worst(_check_target(use, license_, str(part)) for part in target.args)
    return _decide(use, license_, str(target))


def _decide(use: Use, license_: str, into: str) -> Answer:
    """Answer for one licence, by what kind it is of."""
    publishing = use == "publish"
    if license_ in PUBLIC_DOMAIN:
        return _public_domain()
    if license_ == ALL_RIGHTS_RESERVED:
        return _reserved()
    found = read_creative_commons(license_)
    if found is not None:
        about = _publish_creative_commons if publishing else _collect_creative_commons
        return about(license_, found, into)
    software = check_software("publish" if publishing else "copy", license_, into)
    if software is not None:
        return software
    if publishing and license_ == into:
        return _same(license_)
    return _not_in_rules(license_)


def _rank(answer: Answer) -> int:
    return _ORDER.index(answer[0])


def _worst(answers: Iterable[Answer]) -> Answer:
    found = list(answers)
    worst = min(found, key=_rank)[0]
    reasons = (reason for verdict, some in found if _matters(verdict, worst) for reason in some)
    return worst, tuple(dict.fromkeys(reasons))


def _matters(verdict: Verdict, worst: Verdict) -> bool:
    # Conditions of every part are to be met; beside a "no" they do not matter any more.
    return verdict == worst or (
        worst not in {Verdict.NO, Verdict.UNKNOWN} and verdict is Verdict.CONDITIONS
    )


def _no_target(license_: str) -> Answer:
    if license_ in PUBLIC_DOMAIN:
        return _public_domain()
    return _unknown("no-target", "Nobody has said under which licence it is to be published.")


# Collections: links and unchanged copies ---------------------------------------------------------


def _collect_creative_commons(license_: str, found: CreativeCommons, into: str) -> Answer:
    label = get_license(license_).label
    reasons = [_attribution(label)] if "BY" in found.elements else []
    if "ND" in found.elements:
        reasons.append(
            Reason(
                "unchanged", f"{label}: it must stay as it is; nothing made of it may be shared."
            )
        )
    if "SA" in found.elements:
        reasons.append(
            Reason(
                "share-alike",
                f"{label}: what is made of it must be under the same licence. A course around it "
                f"is not made of it.",
                COLLECTIONS,
            )
        )
    verdict = Verdict.CONDITIONS
    if "NC" in found.elements:
        reasons.append(
            Reason("non-commercial", f"{label}: only for non-commercial purposes.", COLLECTIONS)
        )
        if into and _permits_commerce(into):
            verdict = Verdict.DISCOURAGED
            reasons.append(
                Reason(
                    "non-commercial-part",
                    f"{into} permits commercial use of the whole, {label} does not permit it of "
                    f"this part: say so where people read it.",
                    COLLECTIONS,
                )
            )
    return verdict, tuple(reasons)


@functools.lru_cache(maxsize=512)
def _permits_commerce(expression: str) -> bool:
    """Whether all of an expression's licences are known to permit commercial use."""
    for symbol in read(expression).literals:
        found = read_creative_commons(str(symbol))
        commercial = found is not None and "NC" not in found.elements
        if not commercial and str(symbol) not in PUBLIC_DOMAIN:
            return False
    return True


# Publication under a licence ---------------------------------------------------------------------


def _publish_creative_commons(license_: str, found: CreativeCommons, into: str) -> Answer:
    label, wanted = get_license(license_).label, get_license(into).label
    if "ND" in found.elements:
        return Verdict.NO, (
            Reason("no-derivatives", f"{label}: nothing made of it may be shared.", ADAPTERS),
        )
    if license_ == into:
        return _same(license_)
    if "SA" in found.elements:
        return _share_alike(license_, found, into)
    if into in PUBLIC_DOMAIN:
        message = f"{label} reserves the credit of the author; {wanted} would give it away."
        return Verdict.NO, (Reason("keeps-rights", message, ADAPTERS),)
    return _publish_attribution(license_, found, into)


def _publish_attribution(license_: str, found: CreativeCommons, into: str) -> Answer:
    """BY and BY-NC leave the terms of what is new to whoever made that."""
    label, wanted = get_license(license_).label, get_license(into).label
    credit = _attribution(label)
    if into == ALL_RIGHTS_RESERVED:
        kept = Reason(
            "stays-licensed",
            f"Only what is new in it can be reserved; the original stays under {label}.",
        )
        return Verdict.CONDITIONS, (credit, kept, *_non_commercial(label, found))
    target = read_creative_commons(into)
    if target is not None:
        return _adapters_chart(label, found, wanted, target)
    if "NC" not in found.elements and found.version >= (4, 0) and _is_gpl(into):
        return Verdict.CONDITIONS, (credit, Reason("gnu-list", "As the GNU project says.", GNU_CC))
    return _not_in_rules(license_, into)


def _adapters_chart(
    label: str, found: CreativeCommons, wanted: str, target: CreativeCommons
) -> Answer:
    reasons = [_attribution(label), *_non_commercial(label, found)]
    verdict = Verdict.CONDITIONS
    if "NC" in found.elements and "NC" not in target.elements:
        verdict = Verdict.DISCOURAGED
        reasons.append(
            Reason(
                "loses-non-commercial",
                f"{wanted} permits commercial use, which {label} does not permit of the original: "
                f"say so where people read it.",
                ADAPTERS,
            )
        )
    if "ND" in target.elements:
        verdict = Verdict.DISCOURAGED
        reasons.append(
            Reason(
                "adds-no-derivatives",
                f"{wanted} forbids what {label} permits of the original.",
                ADAPTERS,
            )
        )
    return verdict, tuple(reasons)


def _share_alike(license_: str, found: CreativeCommons, into: str) -> Answer:
    label, wanted = get_license(license_).label, get_license(into).label
    target = read_creative_commons(into)
    if target is not None and target.elements == found.elements:
        return _same_elements(label, found, wanted, target)
    if found.elements == ("SA",):
        return _not_in_rules(license_, into)
    if found.key == "CC-BY-SA-4.0" and into in {"LAL-1.3", "GPL-3.0-only"}:
        compatible = Reason("compatible", f"Creative Commons lists {wanted}.", COMPATIBLE)
        return Verdict.CONDITIONS, (_attribution(label), compatible)
    if found.key == "CC-BY-SA-4.0" and into == "GPL-3.0-or-later":
        message = "Creative Commons lists version 3 of the GPL, and no later one."
        return _unknown("later-gpl", message, COMPATIBLE)
    message = f"{label}: what is made of it must be under the same licence, not under {wanted}."
    return Verdict.NO, (Reason("share-alike", message, ADAPTERS),)


def _same_elements(
    label: str, found: CreativeCommons, wanted: str, target: CreativeCommons
) -> Answer:
    """Versions from 2.0 on permit later ones, and those that were adapted to jurisdictions."""
    if found.version == (1, 0):
        message = f"{label}: under this very licence, and no other version."
        return Verdict.NO, (Reason("share-alike", message),)
    if target.version < found.version:
        message = f"{label}: under this version or a later one."
        return Verdict.NO, (Reason("share-alike", message, ADAPTERS),)
    later = Reason("later-version", f"{label} permits {wanted}.", ADAPTERS)
    credit = (_attribution(label),) if "BY" in found.elements else ()
    return Verdict.CONDITIONS, (*credit, *_non_commercial(label, found), later)


# Answers -----------------------------------------------------------------------------------------


def _same(license_: str) -> Answer:
    label = get_license(license_).label
    found = read_creative_commons(license_)
    if found is None:
        return Verdict.CONDITIONS, (Reason("same-license", f"It stays under {label}."),)
    return Verdict.CONDITIONS, (_attribution(label), *_non_commercial(label, found))


def _non_commercial(label: str, found: CreativeCommons) -> tuple[Reason, ...]:
    if "NC" not in found.elements:
        return ()
    return (Reason("non-commercial", f"{label}: only for non-commercial purposes."),)


def _attribution(label: str) -> Reason:
    return Reason(
        "attribution",
        f"{label}: name the author, the source and the licence, and say what was changed.",
    )


def _public_domain() -> Answer:
    return Verdict.YES, (Reason("public-domain", "Anybody may do anything with it."),)


def _reserved() -> Answer:
    return Verdict.NO, (
        Reason("reserved", "All rights are reserved: ask whoever holds them for permission."),
    )


def _not_in_rules(license_: str, into: str = "") -> Answer:
    what = f"{license_} and {into}" if into else license_
    return _unknown("not-in-rules", f"{what}: unknown to these rules, check by hand.")


def _unknown(code: str, message: str, source: str = "") -> Answer:
    return Verdict.UNKNOWN, (Reason(code, message, source),)


def _is_gpl(key: str) -> bool:
    return key.startswith(("GPL-2.0-", "GPL-3.0-"))
