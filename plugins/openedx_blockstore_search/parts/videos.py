"""What travels with a video: its transcripts and their languages, handouts and other files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lxml import etree

from openedx_blockstore_search.parts.names import as_name


def transcripts(video: etree._Element) -> dict[str, str]:
    """Return the files of a video's transcripts by language, as its OLX names both."""
    found: dict[str, str] = {}
    for child in video.iter("transcript"):
        language = child.get("language") or child.get("language_code")
        if language:
            found.setdefault(language, child.get("src") or "")
    try:
        given: Any = json.loads(video.get("transcripts") or "{}")
    except (ValueError, RecursionError):
        given = {}
    for language, name in given.items() if isinstance(given, dict) else ():
        if isinstance(name, str):
            found[str(language)] = found.get(str(language)) or name
    return found


def video_names(video: etree._Element) -> Iterator[str]:
    """Yield the names of the files that travel with a video."""
    sub = (video.get("sub") or "").strip()
    raw = [f"subs_{sub}.srt.sjson"] if sub else []
    for language, name in transcripts(video).items():
        raw += [name, f"{language}_{name}"] if name else []
        raw += [f"{language}_subs_{sub}.srt.sjson"] if sub else []
    raw += [child.get("src") or "" for child in video.iterchildren(etree.Element)]
    raw += [video.get(name) or "" for name in ("handout", "track", "source")]
    for text in raw:
        if text and "://" not in text:
            plain = as_name(f"/static/{text.removeprefix('/').removeprefix('static/')}")
            if plain is not None:
                yield plain
