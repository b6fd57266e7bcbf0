"""Parsing OLX that may come from a stranger: nothing is loaded, nothing grows, all is bounded.

A file is read by expat in one go, which tells every line, stops at a document type declaration
before anything in it counts, and never follows a reference. What comes out is a tree of our own, as
small as the limits allow; the file's bytes are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from attrs import define, field, frozen

from openedx_blockstore_validation.conf import ValidationSettings

#: Between a namespace and a name; neither can hold it.
_SEPARATOR = "}"

_XINCLUDE = f"http://www.w3.org/2001/XInclude{_SEPARATOR}"

#: Instructions to load a style sheet, which may be a program.
_STYLE_SHEETS = frozenset({"xml-stylesheet", "xsl-stylesheet"})

#: ``xml.parsers.expat.errors.XML_ERROR_UNDEFINED_ENTITY`` and its like for whole documents.
_UNDEFINED_ENTITY = expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]


@define(eq=False)
class Element:
    """An element, with what tells elements apart.

    Attributes:
        tag: Its name; one of a namespace begins with that and a brace.
        content: The texts and elements in it, in their order.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    content: list[str | Element] = field(factory=list)

    @property
    def children(self) -> Iterator[Element]:
        """The elements in it."""
        return (item for item in self.content if isinstance(item, Element))

    @property
    def is_empty(self) -> bool:
        """Neither an element nor a text other than white space is in it."""
        return not any(isinstance(item, Element) or item.strip() for item in self.content)

    def walk(self) -> Iterator[Element]:
        """Yield it and all elements below it, in their order."""
        pending: list[Element] = [self]
        while pending:
            element = pending.pop()
            yield element
            pending.extend(reversed(list(element.children)))

    def texts(self) -> Iterator[str]:
        """Yield all that it says: attributes but its name, and texts; in their order."""
        for element in self.walk():
            yield element.tag
            for name, value in sorted(element.attributes.items()):
                if name != "url_name":
                    yield name
                    yield value
            yield from (item for item in element.content if isinstance(item, str))


@frozen
class Fault:
    """What is wrong with a file of OLX.

    Attributes:
        code: Of the finding.
        text: What is wrong, to stand behind the file's name.
    """

    code: str
    text: str
    line: int | None = None


@frozen
class ParsedOlx:
    """A file of OLX.

    Attributes:
        root: None where it could not be parsed.
    """

    root: Element | None
    faults: tuple[Fault, ...] = ()


class _Stop(Exception):  # it never leaves this module
    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(text)


def parse(contents: bytes, limits: ValidationSettings) -> ParsedOlx:
    """Parse a file of OLX. Whatever the bytes are, nothing is raised.

    Args:
        contents: All of them: expat takes time that grows with the square of a long token's length
            if it gets that in pieces.
    """
    if len(contents) > limits.MAX_OLX_BYTES:
        text = f"It is larger than {limits.MAX_OLX_BYTES:,} bytes."
        return ParsedOlx(None, (Fault("olx-too-large", text),))
    builder = _Builder(limits)
    parser = builder.parser
    try:
        parser.Parse(contents, True)
    except _Stop as stop:
        return ParsedOlx(None, (Fault(stop.code, stop.text, parser.CurrentLineNumber),))
    except expat.ExpatError as error:
        return ParsedOlx(None, (_fault_of(error, contents),))
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        return ParsedOlx(None, (Fault("malformed-xml", f"It can not be decoded: {error}.", 1),))
    return ParsedOlx(builder.root, tuple(builder.faults))


def _fault_of(error: expat.ExpatError, contents: bytes) -> Fault:
    if not contents.strip():
        return Fault("malformed-xml", "It is empty.")
    line = max(error.lineno, 1)
    reason = expat.ErrorString(error.code) or "it can not be parsed"
    if error.code == _UNDEFINED_ENTITY:
        return Fault(
            "undefined-entity", f"XML has no such entity (column {error.offset + 1}).", line
        )
    return Fault(
        "malformed-xml", f"It is not well-formed: {reason} (column {error.offset + 1}).", line
    )


class _Builder:
    """Makes a tree of what expat tells."""

    def __init__(self, limits: ValidationSettings) -> None:
        self._limits = limits
        self._open: list[Element] = []
        self._count = 0
        self.root: Element | None = None
        self.faults: list[Fault] = []
        self.parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        self.parser.buffer_text = True
        handlers: dict[str, Callable[..., Any]] = {
            "StartElementHandler": self._start,
            "EndElementHandler": self._end,
            "CharacterDataHandler": self._text,
            "StartDoctypeDeclHandler": self._doctype,
            "EntityDeclHandler": self._doctype,
            "ProcessingInstructionHandler": self._instruction,
        }
        for name, handler in handlers.items():
            setattr(self.parser, name, handler)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._check_limits(tag, attributes)
        line = self.parser.CurrentLineNumber
        if tag.startswith(_XINCLUDE):
            self.faults.append(Fault("external-reference", "An XInclude element.", line))
        element = Element(tag, attributes, line)
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].content.append(text)

    def _doctype(self, *_arguments: object) -> None:
        raise _Stop("doctype", "A document type declaration.")

    def _instruction(self, target: str, _text: str) -> None:
        if target.lower() in _STYLE_SHEETS:
            line = self.parser.CurrentLineNumber
            self.faults.append(Fault("external-reference", f"An instruction <?{target} …?>.", line))

    def _check_limits(self, tag: str, attributes: dict[str, str]) -> None:
        limits = self._limits
        self._count += 1
        if self._count > limits.MAX_OLX_ELEMENTS:
            raise _Stop("olx-too-large", f"It has more than {limits.MAX_OLX_ELEMENTS:,} elements.")
        if len(self._open) >= limits.MAX_OLX_DEPTH:
            raise _Stop("olx-too-large", f"It is more than {limits.MAX_OLX_DEPTH} elements deep.")
        if len(attributes) > limits.MAX_OLX_ATTRIBUTES:
            raise _Stop(
                "olx-too-large", f"An element has more than {limits.MAX_OLX_ATTRIBUTES} attributes."
            )
        longest = max(map(len, (tag, *attributes, *attributes.values())))
        if longest > limits.MAX_OLX_ATTRIBUTE_LENGTH:
            raise _Stop(
                "olx-too-large",
                f"An attribute is longer than {limits.MAX_OLX_ATTRIBUTE_LENGTH:,} characters.",
            )
