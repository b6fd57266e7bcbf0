"""The documents of a course's bundle: navigation, policy of the run, and what they name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from openedx_blockstore_validation.places import Places
from openedx_blockstore_validation.report import Report, quoted

NAVIGATION = "navigation.json"
POLICY = "policy.json"

#: A document larger than this is none.
_MAX_BYTES = 32 * 2**20


@frozen
class NavigationItem:
    """A chapter or a sequence of ``navigation.json``."""

    tag: str
    name: str
    title: str
    children: list[NavigationItem] = field(factory=list)


def read_json(places: Places, path: str) -> Any:
    """Return a JSON document of a bundle.

    Raises:
        ValueError: It is none.
    """
    try:
        return json.loads(places.contents.read(path, limit=_MAX_BYTES))
    except RecursionError as error:
        raise ValueError("it is too deep") from error


def check_documents(places: Places, report: Report) -> list[NavigationItem]:
    """Check the documents of a course, and return its chapters."""
    chapters: list[NavigationItem] = []
    if NAVIGATION in places.files and isinstance(
        document := _read_object(places, NAVIGATION, report), dict
    ):
        chapters = list(_chapters(document, places, report))
    if POLICY in places.files:
        policy = _read_object(places, POLICY, report)
        if policy is not None and not isinstance(policy.get("settings", {}), dict):
            report.add("malformed-json", POLICY, "Its settings are no object.")
    return chapters


def _read_object(places: Places, path: str, report: Report) -> dict[str, Any] | None:
    try:
        document = read_json(places, path)
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        report.add("malformed-json", path, f"It is no JSON: {reason}.", line)
        return None
    if not isinstance(document, dict):
        report.add("malformed-json", path, "It is no object.")
        return None
    return document


def _chapters(document: dict[str, Any], places: Places, report: Report) -> Iterator[NavigationItem]:
    chapters = document.get("chapters", [])
    if not isinstance(chapters, list):
        report.add("malformed-json", NAVIGATION, "Its chapters are no list.")
        return
    for chapter in chapters:
        sequences = chapter.get("sequences", []) if isinstance(chapter, dict) else None
        if not isinstance(sequences, list):
            report.add("malformed-json", NAVIGATION, "A chapter is not as it should be.")
            continue
        item = NavigationItem("chapter", str(chapter.get("id")), str(chapter.get("title")))
        for sequence in sequences:
            if not isinstance(sequence, dict):
                report.add("malformed-json", NAVIGATION, "A sequence is not as it should be.")
                continue
            _check_sequence(sequence, places, report)
            item.children.append(
                NavigationItem(
                    str(sequence.get("type", "sequential")),
                    str(sequence.get("id")),
                    str(sequence.get("title")),
                )
            )
        yield item


def _check_sequence(sequence: dict[str, Any], places: Places, report: Report) -> None:
    link, file = sequence.get("link"), sequence.get("file")
    title = quoted(sequence.get("title"))
    if link is None:
        report.add("missing-block", NAVIGATION, f"The sequence {title} leads nowhere.")
    elif not isinstance(link, str) or not isinstance(file, str):
        report.add("malformed-json", NAVIGATION, f"The sequence {title} has no link or file.")
    elif link == ".":
        if file not in places.files:
            report.add("missing-block", NAVIGATION, f"There is no file {quoted(file)}.")
    elif link not in places.contents.links or not places.lender_has(link, file):
        report.add(
            "broken-link",
            NAVIGATION,
            f"The sequence {title} is not at {quoted(f'links/{link}/{file}')}.",
        )
