"""Transcripts of videos in the formats that exist: ``srt``, ``sjson`` and plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from attrs import frozen

_TIMES = re.compile(
    r"(?:(\d+):)?(\d+):(\d+)[,.](\d{1,3})\s*-->\s*(?:(\d+):)?(\d+):(\d+)[,.](\d{1,3})"
)


@frozen
class Caption:
    """What is said for a time; from and to are in milliseconds since the beginning."""

    start: int
    end: int
    text: str


def read_transcript(contents: bytes) -> list[Caption]:
    """Return the captions of a transcript, in whichever format it is.

    Raises:
        ValueError: It is none.
    """
    text = contents.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    captions = _from_sjson(text) if text.lstrip().startswith("{") else list(_from_srt(text))
    if not captions:
        raise ValueError("There are no captions in it.")
    return captions


def write_transcript(captions: Iterable[Caption], format_name: str) -> str:
    """Return captions as a file of a format has them.

    Raises:
        ValueError: There is no such format.
    """
    some = list(captions)
    if format_name == "txt":
        return "\n".join(each.text.replace("\n", " ") for each in some)
    if format_name == "srt":
        return "".join(
            f"{number}\n{_time(each.start)} --> {_time(each.end)}\n{each.text}\n\n"
            for number, each in enumerate(some, start=1)
        )
    if format_name == "sjson":
        columns = {
            "start": [each.start for each in some],
            "end": [each.end for each in some],
            "text": [each.text.replace("\n", " ") for each in some],
        }
        return json.dumps(columns, ensure_ascii=False)
    raise ValueError(f"{format_name!r:.40} is no format of transcripts.")


def _from_sjson(text: str) -> list[Caption]:
    try:
        columns = json.loads(text)
        rows = zip(columns["start"], columns["end"], columns["text"], strict=True)
        return [Caption(int(start), int(end), str(said or "")) for start, end, said in rows]
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"It is no transcript: {error}") from error


def _from_srt(text: str) -> Iterable[Caption]:
    for part in re.split(r"\n\s*\n", text):
        lines = part.strip().split("\n")
        for number, line in enumerate(lines[:2]):
            if found := _TIMES.fullmatch(line.strip()):
                start, end = _milliseconds(found.groups()[:4]), _milliseconds(found.groups()[4:])
                yield Caption(start, end, "\n".join(lines[number + 1 :]).strip())
                break


def _milliseconds(parts: Iterable[str | None]) -> int:
    hours, minutes, seconds, rest = (each or "0" for each in parts)
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int(rest.ljust(3, "0"))


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"
