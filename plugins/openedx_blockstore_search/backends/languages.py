"""The languages whose words are stemmed, and how each engine calls its stemmer.

Languages that are written without spaces need no stemmer: they are found by pairs of characters,
whatever language somebody says a text is in.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Protocol

from attrs import frozen


@frozen
class Language:
    """A language that both engines know.

    Attributes:
        snowball: The algorithm's name in the library ``snowballstemmer``.
        lucene: The name of the stemmer in Elasticsearch and OpenSearch.
    """

    snowball: str
    lucene: str


def _same(name: str) -> Language:
    return Language(name, name)


#: By primary subtag.
LANGUAGES: dict[str, Language] = {
    "ar": _same("arabic"),
    "ca": _same("catalan"),
    "cs": _same("czech"),
    "da": _same("danish"),
    "de": _same("german"),
    "el": _same("greek"),
    "en": Language("english", "porter2"),
    "es": _same("spanish"),
    "eu": _same("basque"),
    "fi": _same("finnish"),
    "fr": _same("french"),
    "ga": _same("irish"),
    "hi": _same("hindi"),
    "hu": _same("hungarian"),
    "hy": _same("armenian"),
    "id": _same("indonesian"),
    "it": _same("italian"),
    "lt": _same("lithuanian"),
    "nl": _same("dutch"),
    "no": _same("norwegian"),
    "pt": _same("portuguese"),
    "ro": _same("romanian"),
    "ru": _same("russian"),
    "sv": _same("swedish"),
    "tr": _same("turkish"),
}

#: Tags that mean one of these.
_OTHER_TAGS = {"nb": "no", "nn": "no", "mo": "ro", "in": "id"}


def stemmed_language(tags: Sequence[str]) -> str:
    """Return the first language that has a stemmer; empty where none has."""
    for tag in tags:
        primary = tag.replace("_", "-").split("-", 1)[0].lower()
        primary = _OTHER_TAGS.get(primary, primary)
        if primary in LANGUAGES:
            return primary
    return ""


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str:  # noqa: N802 - the library's name
        """Return the stem of a word in lower case."""


class _Stemmers(threading.local):
    """The stemmers of one thread: each keeps the word that it works on."""

    def __init__(self) -> None:
        self.by_language: dict[str, _Stemmer] = {}


_stemmers = _Stemmers()


@cache
def has_stemmer(language: str) -> bool:
    """Whether the installed library stems this language; older ones know fewer."""
    import snowballstemmer  # noqa: PLC0415 - the other engine does without

    return language in LANGUAGES and LANGUAGES[language].snowball in snowballstemmer.algorithms()


@lru_cache(maxsize=200_000)
def stem(language: str, word: str) -> str:
    """Return the stem of a word in lower case, in a language that has a stemmer."""
    stemmer = _stemmers.by_language.get(language)
    if stemmer is None:
        import snowballstemmer  # noqa: PLC0415

        stemmer = snowballstemmer.stemmer(LANGUAGES[language].snowball)
        _stemmers.by_language[language] = stemmer
    return stemmer.stemWord(word)
