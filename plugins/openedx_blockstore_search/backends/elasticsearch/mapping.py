"""How an index is laid out: its fields, and how texts become words.

A text is indexed twice: as it is written (case and accents apart) in ``all_title`` and
``all_text``, and with its language's stems in a field of that language. It is stored once.
"""

from __future__ import annotations

from typing import Any

from openedx_blockstore_search.backends.languages import LANGUAGES
from openedx_blockstore_search.backends.words import UNSEEN_CODES

#: Goes up with every change of the mapping or of the analysis.
VERSION = 1

#: Says of an index that it is one of ours.
MARK = "openedx_blockstore_search"

#: Where the text of a document goes whose language has no stemmer.
OTHER = "other"

#: Between a trait's name and its value.
SEPARATOR = "\u001f"

#: Fields that are filtered and counted by, as queries call them.
KEYWORDS = (
    "id",
    "kind",
    "bundle",
    "collection",
    "bundle_type",
    "block_type",
    "licence",
    "path",
    "tag",
    "language",
    "parent",
    "reference",
    "trait",
    "stemmed",
    "sort_title",
)

#: What stands between words here, and within them for the tokenizer; and a letter that is written
#: in two ways.
_MAPPINGS = [
    *(f"{each} => \\u0020" for each in ("_", ".", ",", ";", ":", "'", "’", "‘", "·", "\\u200c")),
    *(f"\\u{code:04x} => " for code in UNSEEN_CODES),
    "ё => е",
    "Ё => е",
]

#: Scripts without spaces that the tokenizer does not split: each character is to be a word.
_UNSPLIT = r"\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u30A0-\u30FF\uAC00-\uD7A3"

#: Filters before the stemmer where it is not only lower case.
_BEFORE_STEMMING = {
    "ar": ["lowercase", "decimal_digit", "arabic_normalization"],
    "el": ["blockstore_lower_el"],
    "ga": ["blockstore_lower_ga"],
    "hi": ["lowercase", "decimal_digit", "indic_normalization", "hindi_normalization"],
    "tr": ["blockstore_lower_tr"],
}


def index_body(*, shards: int, replicas: int) -> dict[str, Any]:
    """Return the settings and the mapping of an index."""
    return {
        "settings": {
            "index": {"number_of_shards": shards, "number_of_replicas": replicas},
            "analysis": _analysis(),
        },
        "mappings": {
            "dynamic": False,
            "_meta": {MARK: VERSION},
            "properties": {
                **{name: {"type": "keyword"} for name in KEYWORDS},
                "first": {"type": "long"},
                "last": {"type": "long"},
                "modified": {"type": "double"},
                "facts": {"type": "object", "enabled": False},
                "all_title": {"type": "text", "analyzer": "blockstore_written"},
                "all_text": {"type": "text", "analyzer": "blockstore_written"},
                "title": {"properties": _by_language("all_title")},
                "text": {"properties": _by_language("all_text")},
            },
        },
    }


def _by_language(written: str) -> dict[str, Any]:
    analyzers = {OTHER: "blockstore_written"}
    analyzers.update({code: f"blockstore_{code}" for code in LANGUAGES})
    return {
        code: {"type": "text", "analyzer": analyzer, "copy_to": written}
        for code, analyzer in analyzers.items()
    }


def _analysis() -> dict[str, Any]:
    return {
        "char_filter": {
            "blockstore_between": {"type": "mapping", "mappings": _MAPPINGS},
            "blockstore_characters": {
                "type": "pattern_replace",
                "pattern": rf"(?<=[{_UNSPLIT}])(?=[{_UNSPLIT}&&[\p{{Lo}}\p{{Lm}}]])",
                "replacement": " ",
            },
        },
        "filter": {
            "blockstore_lower_el": {"type": "lowercase", "language": "greek"},
            "blockstore_lower_ga": {"type": "lowercase", "language": "irish"},
            "blockstore_lower_tr": {"type": "lowercase", "language": "turkish"},
            **{
                f"blockstore_stem_{code}": {"type": "stemmer", "language": language.lucene}
                for code, language in LANGUAGES.items()
            },
        },
        "analyzer": {
            # The Greek filter makes every script lower case, and takes accents off Greek.
            "blockstore_written": _analyzer("blockstore_lower_el", "arabic_normalization"),
            **{
                f"blockstore_{code}": _analyzer(
                    *_BEFORE_STEMMING.get(code, ["lowercase"]), f"blockstore_stem_{code}"
                )
                for code in LANGUAGES
            },
        },
    }


def _analyzer(*filters: str) -> dict[str, Any]:
    return {
        "type": "custom",
        "char_filter": ["blockstore_between", "blockstore_characters"],
        "tokenizer": "standard",
        "filter": ["cjk_width", *filters, "asciifolding"],
    }
