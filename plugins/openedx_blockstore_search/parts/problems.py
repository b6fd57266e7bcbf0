"""The ways in which a capa problem is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

_SUFFIX = "response"

#: What Studio's simple editor makes of lines; the first that fits.
_MARKDOWN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^\s*\[\[.{1,2000}?\]\]", re.MULTILINE | re.DOTALL), "option"),
    (re.compile(r"^\s*\([ x!@]{0,3}\)\s", re.MULTILINE), "multiplechoice"),
    (re.compile(r"^\s*\[[ x!@]{0,3}\]\s", re.MULTILINE), "choice"),
)
_ANSWER = re.compile(r"^\s*(?:not|or)?=\s*(\S.{0,500})$", re.MULTILINE)
_NUMBER = re.compile(r"^[\[(]?\s*[-+]?(?:\d|\.\d|pi\b|e\b|sqrt\b)")


def response_types(problem: etree._Element) -> tuple[str, ...]:
    """Return how a problem is answered, such as ``multiplechoice`` or ``numerical``, sorted.

    It is the name of the response's element without its end. A problem that has none, but is
    written in Studio's simple markdown, is judged by that.
    """
    found = set(_responses(problem))
    if not found:
        found = set(markdown_responses(problem.get("markdown") or ""))
    return tuple(sorted(found))


def _responses(problem: etree._Element) -> Iterator[str]:
    for element in problem.iter(etree.Element):
        tag = str(element.tag)
        if tag.endswith(_SUFFIX) and tag != _SUFFIX:
            yield tag.removesuffix(_SUFFIX)[:60]


def markdown_responses(markdown: str) -> Iterator[str]:
    """Yield how the questions are answered that a text in Studio's markdown asks."""
    text = markdown[:200_000]
    for pattern, response in _MARKDOWN:
        if pattern.search(text):
            yield response
    for answer in _ANSWER.findall(text):
        yield "numerical" if _NUMBER.match(answer) else "string"


def runs_python(problem: etree._Element) -> bool:
    """Tell whether a problem has a Python script, which may use the course's library of such."""
    return any("python" in (script.get("type") or "").lower() for script in problem.iter("script"))
