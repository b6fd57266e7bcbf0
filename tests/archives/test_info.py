"""``info.json`` and ``archive.json``: what may stand there, and what is said of what may not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore.archives import (
    ArchiveContents,
    CollectionInfo,
    FileInfo,
    TreeInfo,
    dump_contents,
    dump_info,
)
from openedx_blockstore.archives.contents import load_contents
from openedx_blockstore.archives.info import load_info
from openedx_blockstore.data import Dependency, LinkTarget
from openedx_blockstore.exceptions import InvalidArchive, LimitExceeded
from tests.archives.building import META, UUID_A, UUID_B, info, link

FULL = TreeInfo(
    uuid=UUID(UUID_A),
    version=7,
    title="T\u00eftle",
    slug="title",
    description="Two\nlines",
    type="sequence",
    origin="course-v1:x+y",
    collection=CollectionInfo(UUID(UUID_B), "Collection"),
    manifest_digest="0" * 64,
    change_description="Fixed it",
    change_kind="typo",
    author="ada",
    created_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    links={"wand": LinkTarget(UUID(UUID_B), 3, weak=True)},
    dependencies=(Dependency(UUID(UUID_B), 3),),
    files={"a.xml": FileInfo("1" * 64, 5, public=True), "b": FileInfo(public=False)},
)


def test_an_info_file_says_again_what_it_was_told() -> None:
    assert load_info(dump_info(FULL), path="info.json") == FULL


def test_an_info_file_may_be_short() -> None:
    short = {"_meta": META, "uuid": UUID_A, "version": 1, "title": "T"}
    assert load_info(json.dumps(short).encode(), path="x") == TreeInfo(UUID(UUID_A), 1, "T")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"_meta": {"version": 2, "digest": "sha256"}}, "_meta must be"),
        ({"uuid": "no uuid"}, "uuid must be a UUID"),
        ({"uuid": 5}, "uuid must be text"),
        ({"version": 0}, "version must be a whole number"),
        ({"version": True}, "version must be a whole number"),
        ({"version": 2**31}, "version must be a whole number"),
        ({"title": ["T"]}, "title must be text"),
        ({"title": None}, "title is missing"),
        ({"title": "a\0b"}, "NUL"),
        ({"titel": "T"}, "titel is not known here; known are: "),
        ({"change_kind": "huge"}, "change_kind must be one of content, typo, grading"),
        ({"created_at": "yesterday"}, "created_at must be a time"),
        ({"created_at": "2026-01-02T03:04:05"}, "created_at must say its offset"),
        ({"collection": "mine"}, "collection must be an object"),
        ({"collection": {"uuid": UUID_A}}, "collection.title is missing"),
        ({"links": []}, "links must be an object"),
        ({"links": {"a/b": link(UUID_B, 1)}}, "links.a/b is no alias"),
        ({"links": {"..": link(UUID_B, 1)}}, "links... is no alias"),
        ({"links": {"a": {"bundle_uuid": UUID_B}}}, "links.a.version is missing"),
        ({"links": {"a": {**link(UUID_B, 1), "weak": 1}}}, "links.a.weak must be true or false"),
        ({"dependencies": [{"bundle_uuid": UUID_B}]}, "dependencies.0.version is missing"),
        ({"files": {"../x": {}}}, "files.../x is no path"),
        ({"files": {"links/x": {}}}, "files.links/x is no path"),
        ({"files": {"a": {"digest": "abc"}}}, "files.a.digest must be a SHA-256"),
        ({"files": {"a": {"digest": "1" * 64, "size": -1}}}, "files.a.size must be"),
        ({"files": {"a": {"size": "1"}, "b": 5}}, "files.b must be an object"),
        ({"files": {"e\u0301": {}, "\u00e9": {}}}, "occurs twice"),
    ],
)
def test_an_info_file_that_is_wrong_says_where(changes: dict[str, Any], reason: str) -> None:
    document = {**info(), **changes}
    if changes.get("title", 1) is None:
        del document["title"]
    with pytest.raises(InvalidArchive) as caught:
        load_info(json.dumps(document).encode(), path="folder/info.json")
    assert reason in str(caught.value)
    assert caught.value.entry == "folder/info.json"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 200_000,
        b'{"title": "a", "title": "b"}',
        b'{"version": ' + b"9" * 10_000 + b"}",
        json.dumps({**info(), "title": "\ud800"}).encode(),
    ],
)
def test_what_is_no_sound_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidArchive):
        load_info(data, path="info.json")


def test_a_path_that_is_too_long_names_the_setting() -> None:
    document = info({"a" * 501: b""})
    with pytest.raises(LimitExceeded, match="MAX_PATH_LENGTH"):
        load_info(json.dumps(document).encode(), path="info.json")


def test_the_contents_of_an_archive_say_again_what_they_were_told() -> None:
    contents = ArchiveContents(
        "collection",
        roots=(Dependency(UUID(UUID_B), 1),),
        trees=(Dependency(UUID(UUID_A), 2), Dependency(UUID(UUID_B), 1)),
        collection=CollectionInfo(UUID(UUID_A), "C", "D"),
    )
    assert load_contents(dump_contents(contents), path="x") == contents


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "course"}, "kind must be one of bundle, collection"),
        ({"trees": [{"bundle_uuid": UUID_A, "version": 1}] * 2}, "names a bundle version twice"),
        ({"trees": []}, f"roots names what is not among the trees: {UUID_A}@1"),
        ({"trees": {}}, "trees must be a list"),
        ({"more": 1}, "more is not known here"),
    ],
)
def test_contents_that_are_wrong_say_where(changes: dict[str, Any], reason: str) -> None:
    one = [{"bundle_uuid": UUID_A, "version": 1}]
    document = {"_meta": META, "kind": "bundle", "roots": one, "trees": one, **changes}
    with pytest.raises(InvalidArchive) as caught:
        load_contents(json.dumps(document).encode(), path="archive.json")
    assert reason in str(caught.value)
