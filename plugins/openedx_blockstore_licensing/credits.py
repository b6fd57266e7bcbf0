"""Credit lines: title, author, source and licence, as Creative Commons recommends to name a work.

A line is made of pieces, each of which may be a link, so that the same line is text and HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from attrs import frozen

from openedx_blockstore_licensing.data import Credit, Derived
from openedx_blockstore_licensing.licenses import licenses_in


@frozen
class Piece:
    """Some words of a line, and where they lead; nowhere if that is empty."""

    text: str
    url: str = ""


Line = tuple[Piece, ...]


def credit_line(credit: Credit, *, license: str | None = None) -> Line:
    """Return the line that names a work.

    Args:
        license: The licence to name; None for that of the work.
    """
    derived = credit.derived_from
    if len(derived) == 1 and not derived[0].modified:
        return tuple(_copied(credit, derived[0], license))
    return tuple(_finished(_own(credit, license), derived))


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


def _copied(credit: Credit, derived: Derived, license_: str | None) -> Iterator[Piece]:
    """An unchanged copy is the original, wherever it is now."""
    origin = derived.origin
    own = _own(origin, license_ if license_ is not None else credit.license)
    yield from _finished(own, origin.derived_from)
    if credit.title != origin.title:
        yield Piece(f" Here called “{credit.title}”.")


def _own(credit: Credit, license_: str | None) -> Iterator[Piece]:
    yield from _named(credit)
    yield from _source(credit)
    yield Piece(", ")
    yield from _license(credit.license if license_ is None else license_)


def _finished(own: Iterable[Piece], derived: Iterable[Derived]) -> Iterator[Piece]:
    yield from own
    yield Piece(".")
    for number, each in enumerate(derived):
        yield Piece(" Based on " if number == 0 else " Also based on ")
        yield from _origin(each)
        yield Piece(".")


def _origin(derived: Derived) -> Iterator[Piece]:
    origin = derived.origin
    yield from _named(origin)
    yield from _source(origin)
    yield Piece(", ")
    yield from _license(origin.license)
    if derived.modified:
        yield Piece(", modified")
    for further in origin.derived_from:
        yield Piece("; that in turn is based on " if further.modified else "; that is a copy of ")
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
