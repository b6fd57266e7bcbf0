"""What differs between two states of a bundle, for people to read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Literal

from attrs import frozen

from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.plugin_api import BundleContents

#: Larger files are named, and their text is not shown.
_MAX_TEXT = 128 * 1024
_MAX_LINES = 2_000

#: Files whose texts are compared; what comes after them is named.
_MAX_FILES = 30

#: Lines of one file that are shown, and how much of a line.
_SHOWN_LINES = 400
_SHOWN_CHARACTERS = 2_000

Kind = Literal["added", "modified", "removed"]


@frozen
class DiffLine:
    """A line of a text that was compared.

    Attributes:
        kind: ``gap`` stands for equal lines that were left out.
    """

    kind: Literal["same", "added", "removed", "gap"]
    text: str = ""


@frozen
class ChangedFile:
    """A file that differs.

    Attributes:
        lines: How its text differs; empty where that can not be shown.
        note: Why there are no lines, or not all.
    """

    path: str
    kind: Kind
    lines: tuple[DiffLine, ...] = ()
    note: str = ""


@frozen
class ChangedLink:
    """A link that differs: where it led, and where it leads."""

    alias: str
    kind: Kind
    before: LinkTarget | None
    after: LinkTarget | None


@frozen
class Differences:
    """All that differs."""

    files: tuple[ChangedFile, ...] = ()
    links: tuple[ChangedLink, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files or self.links)


def differences(before: BundleContents, after: BundleContents) -> Differences:
    """Return what differs between two states of a bundle; bytes are read of small texts alone.

    Raises:
        StorageError: The storage failed.
    """
    paths = sorted({*before.files, *after.files})
    changed = [path for path in paths if before.files.get(path) != after.files.get(path)]
    return Differences(
        tuple(
            _changed_file(before, after, path, with_text=number < _MAX_FILES)
            for number, path in enumerate(changed)
        ),
        tuple(_changed_links(before.links, after.links)),
    )


def _changed_links(
    before: Mapping[str, LinkTarget], after: Mapping[str, LinkTarget]
) -> Iterator[ChangedLink]:
    for alias in sorted({*before, *after}):
        old, new = before.get(alias), after.get(alias)
        if old != new:
            yield ChangedLink(alias, _kind(there=old is not None, then=new is not None), old, new)


def _kind(*, there: bool, then: bool) -> Kind:
    if there and then:
        return "modified"
    return "removed" if there else "added"


def _changed_file(
    before: BundleContents, after: BundleContents, path: str, *, with_text: bool
) -> ChangedFile:
    old, new = before.files.get(path), after.files.get(path)
    kind = _kind(there=old is not None, then=new is not None)
    if old is not None and new is not None and old.digest == new.digest:
        note = "Anybody may read it now." if new.public else "Not everybody may read it any more."
        return ChangedFile(path, kind, note=note)
    if not with_text:
        return ChangedFile(path, kind, note="Too many files have changed to show them all.")
    texts = [_text(contents, path) for contents in (before, after)]
    if texts[0] is None or texts[1] is None:
        return ChangedFile(path, kind, note="It is no text, or a very long one.")
    lines = tuple(_lines(texts[0], texts[1]))
    if len(lines) > _SHOWN_LINES:
        return ChangedFile(path, kind, lines[:_SHOWN_LINES], "There are more lines than these.")
    return ChangedFile(path, kind, lines)


def _text(contents: BundleContents, path: str) -> list[str] | None:
    """Return the lines of a small text; none of a file that is not there, None of anything else."""
    file = contents.files.get(path)
    if file is None:
        return []
    if file.size > _MAX_TEXT:
        return None
    try:
        text = contents.read(path).decode()
    except (BundleFileNotFound, UnicodeDecodeError):
        return None
    lines = text.splitlines()
    return None if "\0" in text or len(lines) > _MAX_LINES else lines


def _lines(before: list[str], after: list[str]) -> Iterator[DiffLine]:
    for number, line in enumerate(difflib.unified_diff(before, after, lineterm="", n=2)):
        text = line[1 : _SHOWN_CHARACTERS + 1]
        if line.startswith("@@"):
            if number > 2:  # noqa: PLR2004 - above the first there is nothing to be left out
                yield DiffLine("gap")
        elif line.startswith("+") and number > 1:
            yield DiffLine("added", text)
        elif line.startswith("-") and number > 1:
            yield DiffLine("removed", text)
        elif number > 1:
            yield DiffLine("same", text)
