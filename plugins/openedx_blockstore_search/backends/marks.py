"""Where in a text there is what was looked for, and the pieces of it that are worth showing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from openedx_blockstore.plugin_api.search_backends import Mark, Snippet
from openedx_blockstore_search.backends.languages import has_stemmer
from openedx_blockstore_search.backends.words import Sought, fold, is_unspaced, read_words, stem_of

#: Characters of a piece, and how many pieces.
SNIPPET_SIZE = 160
MAX_SNIPPETS = 3
#: Characters before the first mark of a piece.
_LEAD = 40


@frozen
class _Found:
    start: int
    end: int
    which: int


def find_marks(text: str, sought: Sequence[Sought], language: str) -> tuple[Mark, ...]:
    """Return where a text has what is looked for, in order and without overlaps.

    Args:
        language: The one in which the text's words were stemmed; may be empty.
    """
    return _joined(_find(text, sought, language))


def make_snippets(text: str, sought: Sequence[Sought], language: str) -> tuple[Snippet, ...]:
    """Return the pieces of a text that have the most of what is looked for, in their order.

    Where it has nothing of it, its beginning.
    """
    if not text.strip():
        return ()
    found = _find(text, sought, language)
    windows = _windows(text, found)
    windows.sort(key=lambda window: -len({each.which for each in window[2]}))
    chosen = sorted(windows[:MAX_SNIPPETS], key=lambda window: window[0])
    return tuple(
        _snippet(text, start, end, inside)
        for start, end, inside in chosen or [(0, _word_end(text, 0, SNIPPET_SIZE), [])]
    )


def _find(text: str, sought: Sequence[Sought], language: str) -> list[_Found]:
    if not sought:
        return []
    words = list(read_words(text))
    forms = [[fold(word.text) for word in words]]
    wanted = [[tuple(fold(word) for word in each.words) for each in sought]]
    if has_stemmer(language):
        forms.append([stem_of(language, word.text) for word in words])
        wanted.append([tuple(stem_of(language, word) for word in each.words) for each in sought])
    found = []
    for form, of_form in zip(forms, wanted, strict=True):
        for which, (each, needle) in enumerate(zip(sought, of_form, strict=True)):
            # Beginnings of stems are no beginnings of words.
            prefix = each.prefix and form is forms[0]
            for at in _positions(form, needle, prefix=prefix):
                last = words[at + len(needle) - 1]
                end = last.start + 1 if prefix and is_unspaced(last.text) else last.end
                found.append(_Found(words[at].start, end, which))
    return sorted(found, key=lambda each: (each.start, each.end))


def _positions(words: Sequence[str], needle: tuple[str, ...], *, prefix: bool) -> Iterable[int]:
    *head, last = needle
    for at in range(len(words) - len(head)):
        word = words[at + len(head)]
        if (word.startswith(last) if prefix else word == last) and words[
            at : at + len(head)
        ] == head:
            yield at


def _windows(text: str, found: Sequence[_Found]) -> list[tuple[int, int, list[_Found]]]:
    """Pieces from the first mark on, each beginning with the first mark behind the one before."""
    windows: list[tuple[int, int, list[_Found]]] = []
    for each in found:
        if windows and each.end <= windows[-1][1]:
            windows[-1][2].append(each)
            continue
        behind = windows[-1][1] if windows else 0
        if each.start < behind:
            continue
        start = _word_start(text, max(behind, each.start - _LEAD), each.start)
        end = max(each.end, _word_end(text, start, start + SNIPPET_SIZE))
        windows.append((start, end, [each]))
    return windows


def _word_start(text: str, at: int, limit: int) -> int:
    """The first beginning of a word from here on, before the limit."""
    if at == 0 or text[at - 1].isspace():
        return at
    space = text.find(" ", at, limit)
    return at if space < 0 else space + 1


def _word_end(text: str, start: int, at: int) -> int:
    """The last end of a word before here."""
    if at >= len(text):
        return len(text)
    space = text.rfind(" ", start + 1, at + 1)
    return at if space < start + SNIPPET_SIZE // 2 else space


def _snippet(text: str, start: int, end: int, inside: Iterable[_Found]) -> Snippet:
    marks = tuple((mark[0] - start, mark[1] - start) for mark in _joined(inside))
    return Snippet(text[start:end], marks)


def _joined(found: Iterable[_Found]) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    for each in found:
        if marks and each.start < marks[-1][1]:
            marks[-1] = (marks[-1][0], max(marks[-1][1], each.end))
        else:
            marks.append((each.start, each.end))
    return tuple(marks)
