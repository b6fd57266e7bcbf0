"""What is done to documents before any engine gets them."""

from __future__ import annotations

import re

from openedx_blockstore.plugin_api.search_backends import SearchDocument
from openedx_blockstore_search.backends.words import MAX_TEXT, exact_words

#: Controls but for line ends and tabs, halves of characters, and what marks are made of.
_UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000\ue001]")
#: Characters of a value to filter by that count, and of a title to sort by.
MAX_VALUE = 1_000
MAX_SORT = 200


def clean(text: str) -> str:
    """Return a text without what engines do not bear, each such character being a space."""
    return _UNUSABLE.sub(" ", text)


def clean_text(text: str) -> str:
    """Return as much of a text as is indexed."""
    return clean(text[:MAX_TEXT])


def clean_value(value: str) -> str:
    """Return a value to filter by, as it is indexed."""
    return clean(value[:MAX_VALUE])


def sort_key(title: str) -> str:
    """Return what titles are sorted by: their words, case and accents apart."""
    return " ".join(exact_words(title[: 2 * MAX_SORT]))[:MAX_SORT]


def filter_values(document: SearchDocument) -> dict[str, tuple[str, ...]]:
    """Return the values of those fields that a document may have many of, by field."""
    values: dict[str, tuple[str, ...]] = {
        "tag": document.tags,
        "language": document.languages,
        "parent": tuple(parent.key for parent in document.parents),
        "reference": document.references,
    }
    for name, of_trait in document.traits.items():
        values[f"trait:{name}"] = of_trait
    return {
        clean_value(field): tuple(sorted({clean_value(value) for value in of_field}))
        for field, of_field in values.items()
        if of_field
    }
