"""What the licences of software permit, as far as the GNU project's lists say it.

Part of :mod:`.compatibility`.
"""

from __future__ import annotations

from typing import Literal

from openedx_blockstore_licensing.data import Reason, Verdict

GNU_LIST = "https://www.gnu.org/licenses/license-list.html"
GNU_MATRIX = "https://www.gnu.org/licenses/gpl-faq.html#AllCompatibility"
COMPATIBLE = (
    "https://creativecommons.org/share-your-work/licensing-considerations/compatible-licenses/"
)

#: They ask for their notice, and permit everything else.
PERMISSIVE = frozenset({"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "X11", "Zlib"})

_GPL_2 = ("GPL-2.0-only", "GPL-2.0-or-later")
_GPL_3 = ("GPL-3.0-only", "GPL-3.0-or-later")
_AGPL = ("AGPL-3.0-only", "AGPL-3.0-or-later")
_LGPL_3 = ("LGPL-3.0-only", "LGPL-3.0-or-later")

#: What may be published under which other licences, by its own. The rows are those of the GNU
#: project's matrix for code that is copied into something else.
COPYLEFT: dict[str, frozenset[str]] = {
    "GPL-2.0-only": frozenset(),
    "GPL-2.0-or-later": frozenset({"GPL-2.0-only", *_GPL_3, *_AGPL}),
    "GPL-3.0-only": frozenset(_AGPL),
    "GPL-3.0-or-later": frozenset({"GPL-3.0-only", *_AGPL}),
    "AGPL-3.0-only": frozenset(),
    "AGPL-3.0-or-later": frozenset({"AGPL-3.0-only"}),
    "LGPL-2.1-only": frozenset({*_GPL_2, *_GPL_3, *_AGPL}),
    "LGPL-2.1-or-later": frozenset({"LGPL-2.1-only", *_LGPL_3, *_GPL_2, *_GPL_3, *_AGPL}),
    "LGPL-3.0-only": frozenset({"GPL-3.0-only", *_AGPL}),
    "LGPL-3.0-or-later": frozenset({"LGPL-3.0-only", *_GPL_3, *_AGPL}),
    "GFDL-1.2-only": frozenset(),
    "GFDL-1.2-or-later": frozenset({"GFDL-1.2-only", "GFDL-1.3-only", "GFDL-1.3-or-later"}),
    "GFDL-1.3-only": frozenset(),
    "GFDL-1.3-or-later": frozenset({"GFDL-1.3-only"}),
    "LAL-1.3": frozenset({"CC-BY-SA-4.0"}),
}
_PUBLIC_DOMAIN = frozenset({"CC0-1.0", "CC-PDM-1.0", "CC-PDDC", "Unlicense", "0BSD", "MIT-0"})

Answer = tuple[Verdict, tuple[Reason, ...]]


def check_software(use: Literal["copy", "publish"], license_: str, into: str) -> Answer | None:
    """Return what a licence of software permits; None where it is not among those known here."""
    if license_ in PERMISSIVE or license_ == "Apache-2.0":
        return _permissive(use, license_, into)
    if license_ == "MPL-2.0":
        return _mozilla(use, license_, into)
    if license_ in COPYLEFT:
        return _copyleft(use, license_, into)
    return None


def _permissive(use: str, license_: str, into: str) -> Answer:
    notice = Reason("notice", f"{license_}: keep its text and the names of its authors with it.")
    if use == "copy" or into == license_:
        return Verdict.CONDITIONS, (notice,)
    if into in _PUBLIC_DOMAIN:
        message = f"{license_} asks for its notice; {into} would give that away."
        return Verdict.NO, (Reason("keeps-rights", message),)
    if license_ == "Apache-2.0":
        source = f"{GNU_LIST}#apache2"
        if into in {"GPL-2.0-only", "LGPL-2.1-only"}:
            message = f"Apache-2.0 has conditions on patents that {into} does not permit."
            return Verdict.NO, (Reason("patents", message, source),)
        if into in {"GPL-2.0-or-later", "LGPL-2.1-or-later"}:
            message = f"Of {into}, only version 3 permits the conditions of Apache-2.0 on patents."
            return Verdict.DISCOURAGED, (notice, Reason("patents", message, source))
    return Verdict.CONDITIONS, (notice,)


def _mozilla(use: str, license_: str, into: str) -> Answer:
    files = Reason("per-file", "MPL-2.0: each file of it stays under it, with its source at hand.")
    if use == "copy" or into == license_:
        return Verdict.CONDITIONS, (files,)
    if into in {*_GPL_2, *_GPL_3, *_AGPL, "LGPL-2.1-or-later", *_LGPL_3}:
        message = f"MPL-2.0 names {into} as secondary, unless a notice excludes that."
        return Verdict.CONDITIONS, (files, Reason("secondary", message, f"{GNU_LIST}#MPL-2.0"))
    return Verdict.UNKNOWN, (
        Reason("not-in-rules", f"{license_} and {into}: unknown to these rules, check by hand."),
    )


def _copyleft(use: str, license_: str, into: str) -> Answer:
    if use == "copy":
        message = f"{license_}: pass its text on, and the source of what was compiled."
        side = "Beside other works it touches nobody else's licence."
        return Verdict.CONDITIONS, (
            Reason("copyleft", message),
            Reason("aggregate", side, "https://www.gnu.org/licenses/gpl-faq.html#MereAggregation"),
        )
    keep = Reason("copyleft", f"{license_}: with its text, and with the source at hand.")
    if into == license_:
        return Verdict.CONDITIONS, (keep,)
    source = COMPATIBLE if license_ == "LAL-1.3" else GNU_MATRIX
    if into in COPYLEFT[license_]:
        allowed = Reason("compatible", f"{license_} permits {into}.", source)
        if into in _AGPL and not license_.startswith("AGPL"):
            message = (
                f"Only combined with a work under {into}: what comes from {license_} keeps version "
                f"3 of the GPL (its section 13)."
            )
            return Verdict.CONDITIONS, (keep, Reason("combination", message, source))
        return Verdict.CONDITIONS, (keep, allowed)
    message = f"{license_}: what is made of it must be under it, not under {into}."
    return Verdict.NO, (Reason("copyleft", message, source),)
