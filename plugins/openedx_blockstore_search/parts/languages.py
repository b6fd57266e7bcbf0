"""Languages, as BCP 47 tags."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_IN_MARKUP = re.compile(
    r"""<[a-z][^<>]{0,300}?\s(?:xml:)?lang\s*=\s*["']([^"']{1,40})["']""", re.IGNORECASE
)

_REGION, _SCRIPT = 2, 4


def as_language(text: object) -> str | None:
    """Return a language's tag as everybody writes it (``zh_cn`` is ``zh-CN``), or None."""
    if not isinstance(text, str) or not _TAG.fullmatch(text.strip()):
        return None
    first, *others = re.split("[-_]", text.strip())
    cased = [
        part.upper() if len(part) == _REGION else part.title() if len(part) == _SCRIPT else part
        for part in others
    ]
    return "-".join([first.lower(), *cased])


def as_languages(texts: Iterable[object]) -> tuple[str, ...]:
    """Return the tags among some texts, each once, in their order."""
    return tuple(dict.fromkeys(tag for text in texts if (tag := as_language(text)) is not None))


def language_of(element: etree._Element) -> str | None:
    """Return the language that an element says it is in."""
    return as_language(element.get(_XML_LANG) or element.get("lang"))


def languages_in_markup(text: str) -> tuple[str, ...]:
    """Return the languages that elements of a page say they are in."""
    return as_languages(_IN_MARKUP.findall(text[:1_000_000]))
