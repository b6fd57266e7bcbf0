"""How a text becomes words, for the engine that leaves this to us.

A word is a run of letters, digits and the marks upon them; whatever stands between is skipped. Of
scripts that put no spaces between words, each pair of neighbouring characters is a word, and the
last character of a run, so that single characters are found as beginnings. A pictograph is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from attrs import frozen

from openedx_blockstore_search.backends.languages import stem

#: Characters of a text that are indexed; what is behind them is not found.
MAX_TEXT = 500_000
#: Characters of a word that count.
MAX_WORD = 100

#: Han, Kana, Hangul, and the scripts of Thai, Lao, Burmese and Khmer.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_PICTOGRAPHS = "\u2600-\u27bf\U0001f1e6-\U0001f3fa\U0001f400-\U0001faff"


def _ranges_of_marks() -> str:
    """All combining marks, as ranges of a character class. No script beyond needs them."""
    marks = [code for code in range(0x300, 0x1F000) if unicodedata.category(chr(code))[0] == "M"]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


#: What may stand in a word without being seen: soft hyphens, and marks of direction.
UNSEEN_CODES = (
    *(0x00AD, 0xFEFF),
    *range(0x200D, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2065),
)
_UNSEEN_CLASS = f"[{''.join(map(chr, UNSEEN_CODES))}]"
_UNSEEN = re.compile(_UNSEEN_CLASS)

_OF_WORDS = rf"[\w{_ranges_of_marks()}]+"
_RUN = re.compile(rf"{_OF_WORDS}(?:{_UNSEEN_CLASS}+{_OF_WORDS})*|[{_PICTOGRAPHS}]")
_SCRIPTS = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")

#: Marks that are often left out: accents of Latin and Greek, vowel signs of Arabic and Hebrew, and
#: the stroke that only stretches an Arabic word.
_LEFT_OUT = re.compile("[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]")
#: Letters that are often written for each other.
_SAME = str.maketrans({"ى": "ي", "ة": "ه", "ё": "е", "ı": "i", "ø": "o", "ł": "l", "đ": "d"})
_CYRILLIC = re.compile("[\u0400-\u04ff]")


@frozen
class Word:
    """A word, and where it stands in its text."""

    text: str
    start: int
    end: int


def read_words(text: str) -> Iterator[Word]:
    """Return the words of a text, as they are written."""
    # Names of files and variables are many words.
    for run in _RUN.finditer(text.replace("_", " ")):
        written = run[0]
        if written.isascii():
            yield Word(written, run.start(), run.end())
        else:
            yield from _split_scripts(written, run.start())


def _split_scripts(written: str, start: int) -> Iterator[Word]:
    for run in _SCRIPTS.finditer(written):
        first, end = start + run.start(), start + run.end()
        if not _IS_UNSPACED.match(run[0]):
            yield Word(run[0], first, end)
            continue
        for at in range(first, end):
            yield Word(run[0][at - first : at - first + 2], at, min(at + 2, end))


def is_unspaced(word: str) -> bool:
    """Whether a word is of a script without spaces."""
    return _IS_UNSPACED.match(word) is not None


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """Return what a word has in common with other ways of writing it: case and accents apart."""
    if word.isascii():
        return word.lower()[:MAX_WORD]
    folded = unicodedata.normalize("NFKC", word).casefold().translate(_SAME)
    if not _CYRILLIC.search(folded):  # there, what looks like an accent makes another letter
        folded = _LEFT_OUT.sub("", unicodedata.normalize("NFKD", folded))
    folded = "".join(each for each in folded.translate(_SAME) if _is_of_words(each))
    return unicodedata.normalize("NFC", folded)[:MAX_WORD] or word


def _is_of_words(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] in "MS"


@lru_cache(maxsize=200_000)
def stem_of(language: str, word: str) -> str:
    """Return the stem of a word of a language that has a stemmer, folded and marked with it."""
    lower = word.replace("I", "ı").replace("İ", "i") if language == "tr" else word
    lower = unicodedata.normalize("NFC", _UNSEEN.sub("", lower.lower()))
    return f"{language}_{fold(stem(language, lower))}"


def written_words(text: str) -> list[str]:
    """Return the words of a text without their places: that of every document has to be fast."""
    found: list[str] = []
    for run in _RUN.findall(text.replace("_", " ")):
        if run.isascii():
            found.append(run)
        else:
            found.extend(word.text for word in _split_scripts(run, 0))
    return found


def exact_words(text: str) -> list[str]:
    """Return the folded words of a text."""
    return [fold(word) for word in written_words(text)]


@frozen
class Sought:
    """What a text must have for a term to be found in it: words that follow one another.

    Attributes:
        words: As they are written.
        prefix: The last one may go on.
    """

    words: tuple[str, ...]
    prefix: bool = False


def read_sought(text: str, *, prefix: bool = False) -> Sought | None:
    """Return what a term's text asks for; None where there is no word in it."""
    found = list(read_words(text))
    words = [word for at, word in enumerate(found) if not _is_rest(found, at)]
    if not words:
        return None
    last = words[-1].text
    return Sought(
        tuple(word.text for word in words), prefix or (len(last) == 1 and is_unspaced(last))
    )


def _is_rest(words: list[Word], at: int) -> bool:
    """Whether a word is the last character of a longer run, which is found with that already."""
    word = words[at]
    return at > 0 and words[at - 1].end == word.end and is_unspaced(word.text)
