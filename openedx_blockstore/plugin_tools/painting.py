"""Spans of versions as values: what becomes of those that are there when one is set over them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from attrs import frozen

T = TypeVar("T")


@frozen
class Span(Generic[T]):
    """Something that holds from a first version to a last one, both included, or open at the end.

    Attributes:
        last: None while it holds for the latest version.
    """

    first: int
    last: int | None
    value: T


def paint(spans: Iterable[Span[T]], first: int, last: int | None, value: T | None) -> list[Span[T]]:
    """Return spans in which a value holds for some versions, whatever held for them before.

    Neighbours with equal values become one.

    Args:
        spans: In any order; they do not overlap.
        first: The first version.
        last: The last version; None for all later ones.
        value: None for nothing.
    """
    painted: list[Span[T]] = [] if value is None else [Span(first, last, value)]
    for span in spans:
        if span.first < first:
            before = first - 1 if span.last is None else min(span.last, first - 1)
            painted.append(Span(span.first, before, span.value))
        if last is not None and (span.last is None or span.last > last):
            painted.append(Span(max(span.first, last + 1), span.last, span.value))
    return _merged(painted)


def _merged(spans: Iterable[Span[T]]) -> list[Span[T]]:
    merged: list[Span[T]] = []
    for span in sorted(spans, key=lambda each: each.first):
        before = merged[-1] if merged else None
        if (
            before is not None
            and before.last is not None
            and before.last + 1 == span.first
            and before.value == span.value
        ):
            merged[-1] = Span(before.first, span.last, span.value)
        else:
            merged.append(span)
    return merged
