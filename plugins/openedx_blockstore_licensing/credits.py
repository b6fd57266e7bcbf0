"""Credit lines: title, author, source and licence, as Creative Commons recommends to name a work.

A line is made of pieces, each of which may be a link, so that the same line is text and HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from attrs import frozen

from openedx_blockstore_licensing.data import Credit, Derived
from openedx_blockstore_licensing.licenses import NOASSERTION, licenses_in


@frozen
class Piece:
    """Some words of a line, and where they lead; nowhere if that is empty."""

    text: str
    url: str = ""


Line = tuple[Piece, ...]


def credit_line(credit: Credit, *, license: str | None = None, here: str | None = None) -> Line:
    """Return the line that names a work.

    An unchanged copy is named as the original, under the licence that its author gave. Where
    somebody else says another one of the copy, that is told apart.

    Args:
        license: The licence to name; None for that of the work.
        here: What is said of the copy alone; None for nothing but the licence of the credit.
    """
    original = original_of(credit)
    given = original.license if license is None else license
    if here is None:
        here = credit.license if license is None else license
    pieces = [*_own(original, given), *_finished(original.derived_from)]
    if original.title != credit.title:
        pieces.append(Piece(f" Here called “{credit.title}”."))
    if _said(here) != _said(given):
        pieces += _under(_said(here))
    return tuple(pieces)


def _said(expression: str) -> str:
    return "" if expression == NOASSERTION else expression


def _under(expression: str) -> Iterator[Piece]:
    yield Piece(" Here under " if expression else " Here with ")
    yield from _license(expression)
    yield Piece(".")


def original_of(credit: Credit) -> Credit:
    """Return the work that something is an unchanged copy of, by way of however many; or itself."""
    while len(credit.derived_from) == 1 and not credit.derived_from[0].modified:
        credit = credit.derived_from[0].origin
    return credit


def to_text(line: Line) -> str:
    """Return a line as text, addresses in brackets."""
    return "".join(f"{piece.text} ({piece.url})" if piece.url else piece.text for piece in line)


def to_html(line: Line) -> str:
    """Return a line as HTML."""
    return "".join(
        f'<a href="{escape(piece.url)}">{escape(piece.text)}</a>'
        if piece.url
        else escape(piece.text)
        for piece in line
    )


def _own(credit: Credit, license_: str) -> Iterator[Piece]:
    yield from _named(credit)
    yield from _source(credit)
    yield Piece(", ")
    yield from _license(license_)


def _finished(derived: Iterable[Derived]) -> Iterator[Piece]:
    yield Piece(".")
    for number, each in enumerate(derived):
        yield Piece(" Based on " if number == 0 else " Also based on ")
        yield from _origin(each)
        yield Piece(".")


def _origin(derived: Derived) -> Iterator[Piece]:
    origin = original_of(derived.origin)
    yield from _own(origin, origin.license)
    if derived.modified:
        yield Piece(", modified")
    for further in origin.derived_from:
        yield Piece("; that in turn is based on ")
        yield from _origin(further)


def _named(credit: Credit) -> Iterator[Piece]:
    people = credit.author or credit.owner
    publisher = credit.publisher
    yield Piece(f"“{credit.title}” by ")
    if people:
        yield Piece(people)
    elif publisher is not None:
        yield Piece(publisher.name, publisher.home_page)
    else:
        yield Piece("an author who is not named")
    if people and publisher is not None and publisher.name != people:
        yield Piece(" (")
        yield Piece(publisher.name)
        yield Piece(")")


def _source(credit: Credit) -> Iterator[Piece]:
    yield Piece(", ")
    where = f"urn:uuid:{credit.bundle_uuid} version {credit.version}"
    yield Piece("source", credit.url) if credit.url else Piece(where)


def _license(expression: str) -> Iterator[Piece]:
    licenses = licenses_in(expression)
    if len(licenses) == 1 and licenses[0].key == expression:
        yield Piece(licenses[0].label, licenses[0].url)
    else:
        yield Piece(expression or "no licence stated")
