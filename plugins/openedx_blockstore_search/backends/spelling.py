"""Which words are so similar that one may be meant by another, and texts with them instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, product

from rapidfuzz.distance import OSA

from openedx_blockstore.plugin_api.search_backends import Term
from openedx_blockstore_search.backends.texts import clean
from openedx_blockstore_search.backends.words import fold, is_unspaced, read_words

#: Suggestions, and similar words for each word.
MAX_SUGGESTIONS = 3
#: From this length on two letters may be wrong.
_LONG = 6
_SHORTEST = 3


def spelled_word(term: Term) -> str | None:
    """Return the word that a term may have spelt wrong; None where it is none of that kind."""
    words = list(read_words(term.text))
    if len(words) != 1 or term.prefix or term.excluded:
        return None
    word = words[0].text
    if len(word) < _SHORTEST or word.isdigit() or is_unspaced(word):
        return None
    return fold(word)


def reach(word: str) -> int:
    """How many letters may be wrong, swapped, lacking or too many."""
    return 1 if len(word) < _LONG else 2


def similar_words(word: str, candidates: Iterable[str]) -> list[str]:
    """Return those that are similar, the most similar first."""
    bound = reach(word)
    found = []
    for candidate in candidates:
        distance = OSA.distance(word, candidate, score_cutoff=bound)
        if 0 < distance <= bound:
            # People rarely err in the first letter.
            found.append((distance, candidate[0] != word[0], candidate))
    return [candidate for _, _, candidate in sorted(found)]


def suggest(text: str, instead: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return texts with other words in the place of wrong ones.

    Args:
        instead: By wrong words, folded, others, the best first; none where nothing is like it.
    """
    if not instead or not all(instead.values()):
        return ()
    text = clean(text)
    wrong = sorted(instead)
    found = []
    # The best of each first, then with the second best of the last one, and so on.
    for chosen in islice(product(*(instead[word] for word in wrong)), MAX_SUGGESTIONS):
        replaced = dict(zip(wrong, chosen, strict=True))
        found.append(_replace(text, replaced))
    return tuple(dict.fromkeys(found))


def _replace(text: str, replaced: Mapping[str, str]) -> str:
    pieces, behind = [], 0
    for word in read_words(text):
        if fold(word.text) in replaced:
            pieces += [text[behind : word.start], replaced[fold(word.text)]]
            behind = word.end
    return "".join([*pieces, text[behind:]])


def written_form(word: str, texts: Iterable[str]) -> str | None:
    """Return how a folded word is written in some texts; None where they do not have it."""
    for text in texts:
        for found in read_words(text):
            if fold(found.text) == word:
                return found.text.lower()
    return None
