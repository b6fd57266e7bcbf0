"""Which licences there are, and what an expression of several means.

Licences have their SPDX identifiers, and expressions are parsed by the library
``license-expression``, which brings the SPDX list. Those of Creative Commons come first everywhere.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Iterator

import license_expression as spdx
from attrs import frozen

from openedx_blockstore_licensing.conf import get_settings
from openedx_blockstore_licensing.data import LicenseData, LicenseGroup
from openedx_blockstore_licensing.exceptions import InvalidLicense

#: All rights reserved; the SPDX list has no identifier for it.
ALL_RIGHTS_RESERVED = "LicenseRef-All-Rights-Reserved"
#: SPDX's word for "nobody has said", where something else would be concluded otherwise.
NOASSERTION = "NOASSERTION"
#: Characters of an expression.
MAX_LENGTH = 500

_CC = re.compile(
    r"^(?:LicenseRef-)?CC-(?P<elements>(?:BY(?:-NC)?(?:-SA|-ND)?)|SA)-(?P<version>\d\.\d)"
    r"(?:-(?P<port>[A-Z]{2,4}))?$",
    re.IGNORECASE,
)
_CC_ELEMENTS = {
    "BY": "Attribution",
    "NC": "NonCommercial",
    "SA": "ShareAlike",
    "ND": "NoDerivatives",
}
# Those which an author should see first, in Creative Commons' own order of openness.
_CC_FIRST = (
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-NC-ND-4.0",
    "CC0-1.0",
    "CC-PDM-1.0",
)
#: What the licences of others may be called.
_FOREIGN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.+:-]*$")
_PORTED_VERSIONS = frozenset({"1.0", "2.0", "2.1", "2.5", "3.0"})

_NAMED = {
    ALL_RIGHTS_RESERVED: ("All rights reserved", "All rights reserved", ""),
    NOASSERTION: ("Licence not known", "licence not known", ""),
    "CC0-1.0": (
        "Creative Commons Zero 1.0 Universal (public domain)",
        "CC0 1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    "CC-PDM-1.0": (
        "Creative Commons Public Domain Mark 1.0",
        "Public Domain Mark 1.0",
        "https://creativecommons.org/publicdomain/mark/1.0/",
    ),
    "CC-PDDC": (
        "Creative Commons Public Domain Dedication and Certification",
        "CC PDDC",
        "https://creativecommons.org/licenses/publicdomain/",
    ),
    "MIT": ("MIT License", "MIT", ""),
    "Apache-2.0": ("Apache License 2.0", "Apache-2.0", ""),
    "BSD-2-Clause": ("BSD 2-Clause “Simplified” License", "BSD-2-Clause", ""),
    "BSD-3-Clause": ("BSD 3-Clause “New” or “Revised” License", "BSD-3-Clause", ""),
    "ISC": ("ISC License", "ISC", ""),
    "MPL-2.0": ("Mozilla Public License 2.0", "MPL-2.0", ""),
    "GPL-2.0-only": ("GNU General Public License v2.0 only", "GPL-2.0-only", ""),
    "GPL-2.0-or-later": ("GNU General Public License v2.0 or later", "GPL-2.0-or-later", ""),
    "GPL-3.0-only": ("GNU General Public License v3.0 only", "GPL-3.0-only", ""),
    "GPL-3.0-or-later": ("GNU General Public License v3.0 or later", "GPL-3.0-or-later", ""),
    "AGPL-3.0-only": ("GNU Affero General Public License v3.0 only", "AGPL-3.0-only", ""),
    "AGPL-3.0-or-later": (
        "GNU Affero General Public License v3.0 or later",
        "AGPL-3.0-or-later",
        "",
    ),
    "LGPL-2.1-or-later": (
        "GNU Lesser General Public License v2.1 or later",
        "LGPL-2.1-or-later",
        "",
    ),
    "LGPL-3.0-or-later": (
        "GNU Lesser General Public License v3.0 or later",
        "LGPL-3.0-or-later",
        "",
    ),
    "GFDL-1.3-or-later": (
        "GNU Free Documentation License v1.3 or later",
        "GFDL-1.3-or-later",
        "",
    ),
    "LAL-1.3": (
        "Free Art License 1.3",
        "Free Art License 1.3",
        "https://artlibre.org/licence/lal/en/",
    ),
}
_DEEDS = {
    ALL_RIGHTS_RESERVED: "Nobody may copy or change it without permission of its owner.",
    "CC0-1.0": "Given to the public domain as far as the law allows: anybody may do anything.",
    "CC-PDM-1.0": "Known to be free of copyright: anybody may do anything.",
    "CC-PDDC": "Given to the public domain: anybody may do anything.",
}


@frozen
class CreativeCommons:
    """What the identifier of one of Creative Commons' licences says.

    Attributes:
        elements: ``BY``, ``NC``, ``SA`` and ``ND``.
        version: Such as ``(4, 0)``.
        port: The jurisdiction that it was adapted to, or an empty string.
    """

    elements: tuple[str, ...]
    version: tuple[int, int]
    port: str

    @property
    def key(self) -> str:
        """The identifier without the jurisdiction."""
        return f"CC-{'-'.join(self.elements)}-{self.version[0]}.{self.version[1]}"


def read_creative_commons(key: str) -> CreativeCommons | None:
    """Return what an identifier says; None where it is not one of Creative Commons' licences."""
    match = _CC.match(key)
    if match is None:
        return None
    major, minor = match["version"].split(".")
    return CreativeCommons(
        tuple(match["elements"].upper().split("-")),
        (int(major), int(minor)),
        (match["port"] or "").upper(),
    )


# Expressions -------------------------------------------------------------------------------------


def normalize(expression: object) -> str:
    """Return an expression in its one spelling.

    Raises:
        InvalidLicense: It is none, or names a licence that is not known.
    """
    return str(parse(expression))


def parse(expression: object) -> spdx.LicenseExpression:
    """Return an expression as the library has it, with identifiers in their one spelling.

    Raises:
        InvalidLicense: It is none, or names a licence that is not known.
    """
    return _parse(_checked(expression), _known_keys(), known_only=True)


def read(expression: object) -> spdx.LicenseExpression:
    """Return an expression that was accepted before, or elsewhere; otherwise as :func:`parse`.

    It may name licences that are not known here (any more), such as another installation's own.

    Raises:
        InvalidLicense: It is none.
    """
    return _parse(_checked(expression), _known_keys(), known_only=False)


def _checked(expression: object) -> str:
    if not isinstance(expression, str):
        raise InvalidLicense(expression, f"it must be text, not {type(expression).__name__}")
    if len(expression) > MAX_LENGTH:
        raise InvalidLicense(
            expression, f"it has {len(expression):,} characters, and at most {MAX_LENGTH} fit"
        )
    if not expression.strip():
        raise InvalidLicense(expression, "it is empty")
    return expression


@functools.lru_cache(maxsize=1024)
def _parse(text: str, known: _Known, *, known_only: bool) -> spdx.LicenseExpression:
    try:
        parsed = known.licensing.parse(text, strict=True)
    except spdx.ExpressionError as error:
        raise _refused(text, error, known) from error
    if parsed is None:
        raise InvalidLicense(text, "it is empty")
    respelled = {}
    for symbol in _symbols(parsed):
        key = known.find(symbol.key)
        if key is None and (known_only or not _FOREIGN.match(symbol.key)):
            raise _unknown(text, symbol.key, known)
        if key not in {None, symbol.key}:
            # A spelling that the library takes for a name of its own.
            respelled[spdx.LicenseSymbol(symbol.key)] = spdx.LicenseSymbol(key)
    if respelled:
        parsed = parsed.subs(respelled)
    if NOASSERTION in {symbol.key for symbol in _symbols(parsed)} and str(parsed) != NOASSERTION:
        raise InvalidLicense(text, f"{NOASSERTION} stands by itself, or not at all")
    return parsed


def _refused(text: str, error: Exception, known: _Known) -> InvalidLicense:
    position = getattr(error, "position", None)
    if position is not None and position < 0:
        position = None
    word = getattr(error, "token_string", "") or ""
    if text.count("(") != text.count(")"):
        return InvalidLicense(text, "its brackets do not match", position=position)
    if position is None and (odd := re.search(r"[^\w\s.:()+-]", text)) is not None:
        return InvalidLicense(
            text,
            f"{odd.group()!r} does not belong there; join licences by AND and OR",
            position=odd.start(),
        )
    reason = re.split(r" for token:|: '|, e\.g\.", str(error))[0].rstrip(".")
    return InvalidLicense(
        text,
        reason[:1].lower() + reason[1:] if not reason[:2].isupper() else reason,
        position=position,
        suggestions=known.near(word) if word and known.find(word) is None else (),
    )


def _unknown(text: str, word: str, known: _Known) -> InvalidLicense:
    position = text.casefold().find(word.casefold())
    return InvalidLicense(
        text,
        f"nobody knows the licence {word[:80]!r}",
        position=position if position >= 0 else None,
        suggestions=known.near(word),
    )


def _symbols(parsed: spdx.LicenseExpression) -> Iterator[spdx.LicenseSymbol]:
    for literal in sorted(parsed.literals, key=str):
        if isinstance(literal, spdx.LicenseWithExceptionSymbol):
            yield literal.license_symbol
            yield literal.exception_symbol
        else:
            yield literal


def licenses_in(expression: str) -> tuple[LicenseData, ...]:
    """Return the licences in an expression, as they stand in it; none in an empty one."""
    if not expression:
        return ()
    parsed = read(expression)
    return tuple(get_license(str(symbol)) for symbol in sorted(parsed.literals, key=_rank_symbol))


def _rank_symbol(symbol: object) -> tuple[int, str]:
    return rank(str(symbol))


# Licences ----------------------------------------------------------------------------------------


def get_licenses(search: str = "") -> list[LicenseData]:
    """Return all licences, those of Creative Commons first.

    Args:
        search: Only those whose identifier or name holds each of these words.
    """
    words = search.casefold().split()
    licenses = [get_license(key) for key in _known_keys().listed]
    return [
        license_
        for license_ in licenses
        if all(word in f"{license_.key} {license_.name}".casefold() for word in words)
    ]


def get_license(key: str) -> LicenseData:
    """Return what is known of a licence, by its identifier and that of its exception, if any."""
    extra = get_settings().EXTRA_LICENSES.get(key)
    if extra is not None:
        return LicenseData(key, extra.name, extra.name, extra.url, extra.deed, LicenseGroup.EXTRA)
    if all(_known_keys().find(part) is None for part in key.split(" WITH ")):
        return LicenseData(key, key, key, "", "", LicenseGroup.EXTRA)
    return _standard_license(key)


@functools.lru_cache(maxsize=8192)
def _standard_license(key: str) -> LicenseData:
    group = LicenseGroup.SPDX
    if key in {ALL_RIGHTS_RESERVED, NOASSERTION}:
        group = LicenseGroup.RESERVED
    elif (found := read_creative_commons(key)) is not None:
        return _creative_commons(key, found)
    elif key.startswith("CC"):
        group = LicenseGroup.CREATIVE_COMMONS
    name, label, url = _NAMED.get(key, (key, key, ""))
    if not url and group is LicenseGroup.SPDX:
        url = f"https://spdx.org/licenses/{key.partition(' ')[0]}.html"
    return LicenseData(key, name, label, url, _DEEDS.get(key, ""), group)


def _creative_commons(key: str, license_: CreativeCommons) -> LicenseData:
    version = ".".join(map(str, license_.version))
    elements = "-".join(license_.elements)
    path = f"{elements.lower()}/{version}/"
    where = "International" if license_.version >= (4, 0) else ""
    if license_.port:
        path += f"{license_.port.lower()}/"
        where = license_.port
    name = "-".join(_CC_ELEMENTS[element] for element in license_.elements)
    return LicenseData(
        key=key,
        name=f"Creative Commons {name} {version} {where}".rstrip(),
        label=f"CC {elements} {version} {license_.port}".rstrip(),
        url=f"https://creativecommons.org/licenses/{path}",
        deed=_deed(license_.elements),
        group=LicenseGroup.CREATIVE_COMMONS,
    )


def _deed(elements: Iterable[str]) -> str:
    has = frozenset(elements)
    change = "share it unchanged" if "ND" in has else "share and change it"
    purpose = "for non-commercial purposes" if "NC" in has else "for any purpose"
    terms = []
    if "BY" in has:
        terms.append("the author is credited")
    if "SA" in has:
        terms.append("what is made of it is under the same licence")
    return f"Anybody may {change} {purpose}, as long as {' and '.join(terms)}."


def rank(expression: str) -> tuple[int, str]:
    """Return what to sort expressions by: those of Creative Commons first, nothing said last."""
    if not expression:
        return 9, ""
    if expression in _CC_FIRST:
        return 0, f"{_CC_FIRST.index(expression)}"
    order = {
        LicenseGroup.CREATIVE_COMMONS: 1,
        LicenseGroup.SPDX: 3,
        LicenseGroup.EXTRA: 4,
        LicenseGroup.RESERVED: 5,
    }
    return order[get_license(expression).group], expression


# The list ----------------------------------------------------------------------------------------


class _Known:
    """All identifiers, in one spelling each."""

    def __init__(self, extra: tuple[str, ...]) -> None:
        own = (ALL_RIGHTS_RESERVED, NOASSERTION, *extra)
        index = [
            entry
            for entry in spdx.get_license_index()
            if not (entry.get("spdx_license_key") or "LicenseRef-").startswith("LicenseRef-")
        ]
        index += [{"spdx_license_key": key, "other_spdx_license_keys": []} for key in own]
        self.licensing = spdx.build_spdx_licensing(index)
        symbols = self.licensing.known_symbols
        self._keys = {key.casefold(): key for key in symbols}
        licenses = [key for key, symbol in symbols.items() if not symbol.is_exception]
        self.listed = self._sorted(licenses, extra)

    @staticmethod
    def _sorted(keys: list[str], extra: tuple[str, ...]) -> list[str]:
        older = sorted(
            (key for key in keys if key.startswith("CC") and key not in _CC_FIRST and _is_cc(key)),
            key=_newest_first,
        )
        first = [*_CC_FIRST, *older, ALL_RIGHTS_RESERVED, *extra]
        taken = {*first, NOASSERTION}
        return [*first, *sorted((key for key in keys if key not in taken), key=str.casefold)]

    def find(self, word: str) -> str | None:
        """Return the identifier that a word means; None for none."""
        found: str | None = self._keys.get(word.casefold())
        if found is not None:
            return found
        license_ = read_creative_commons(word)
        if license_ is None or not license_.port:
            return None
        version = f"{license_.version[0]}.{license_.version[1]}"
        unported = self._keys.get(license_.key.casefold())
        if version not in _PORTED_VERSIONS or (unported is None and version != "2.1"):
            return None
        # Adapted to some jurisdiction, and not on the SPDX list.
        return f"LicenseRef-{license_.key}-{license_.port}"

    def near(self, word: str) -> tuple[str, ...]:
        """Return the identifiers that look most like a word."""
        plain = re.sub(r"[\s_]+", "-", word.strip().casefold())[:80]
        plain = re.sub(r"^cc-?(by|sa|0)", r"cc-\1", plain).replace("cc-0", "cc0")
        near = difflib.get_close_matches(plain, list(self._keys), n=3, cutoff=0.6)
        return tuple(self._keys[key] for key in near)

    def __hash__(self) -> int:
        return id(self)


def _is_cc(key: str) -> bool:
    return read_creative_commons(key) is not None or key.startswith(("CC0-", "CC-PD"))


def _newest_first(key: str) -> tuple[int, int, bool, str]:
    license_ = read_creative_commons(key)
    if license_ is None:
        return 0, 0, True, key
    return -license_.version[0], -license_.version[1], bool(license_.port), key


def _known_keys() -> _Known:
    return _load(tuple(sorted(get_settings().EXTRA_LICENSES)))


@functools.lru_cache(maxsize=4)
def _load(extra: tuple[str, ...]) -> _Known:
    return _Known(extra)
