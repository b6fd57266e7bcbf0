"""The stable addresses of files: who gets them, and how, on every storage."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import requests
from django.core.files.storage import Storage
from django.test import Client
from django.utils.http import http_date
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.store import digest_of
from tests.files.conftest import World

VIDEO = bytes(range(256)) * 1000
PATHS = ["static/film.mp4", "static/notes.txt"]


@pytest.fixture
def both(storage: Storage, world: World) -> World:
    """A world on each storage."""
    return world


@pytest.fixture
def films(both: World) -> World:
    """Version 1 has a video, which an object store sends, and a text, which we send ourselves."""
    both.commit(dict.fromkeys(PATHS, VIDEO))
    return both


# What one gets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_a_file_comes_whole_and_with_its_name(films: World, path: str) -> None:
    """Bytes, type, name and length, and no sniffing."""
    answer = films.reader.get(films.url(path))
    assert answer.status == 200
    assert answer.body == VIDEO
    assert answer.headers["Content-Length"] == str(len(VIDEO))
    assert answer.headers["Content-Type"].startswith(
        "video/mp4" if path.endswith("mp4") else "text/plain"
    )
    assert answer.headers["Content-Disposition"] == f'inline; filename="{path.split("/")[1]}"'
    assert answer.first.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", PATHS)
def test_head_says_all_and_sends_nothing(films: World, path: str) -> None:
    """The headers of GET, from the application itself, without the bytes."""
    answer = films.reader.head(films.url(path))
    assert (answer.status, answer.body, answer.redirected) == (200, b"", False)
    assert answer.headers["Content-Length"] == str(len(VIDEO))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == f'"{digest_of(VIDEO)}"'


def test_an_empty_file_is_a_file(both: World) -> None:
    """Nothing has a length of 0, and no range."""
    both.commit({"static/nothing.txt": b""})
    url = both.url("static/nothing.txt")
    assert both.reader.get(url).body == b""
    assert both.reader.get(url, range="bytes=0-0").status == 416


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("Übung 1.txt", "inline; filename*=utf-8''%C3%9Cbung%201.txt"),
        ('say "hi".txt', 'inline; filename="say \\"hi\\".txt"'),
        ("100%;,=.txt", 'inline; filename="100%;,=.txt"'),
        ("数学.png", "inline; filename*=utf-8''%E6%95%B0%E5%AD%A6.png"),
        ("data.bin", 'attachment; filename="data.bin"'),
    ],
)
def test_a_file_has_its_own_name(both: World, name: str, disposition: str) -> None:
    """Whatever letters it has; the blob's name is never seen. What no page shows is downloaded."""
    both.commit({f"static/{name}": b"contents"})
    answer = both.reader.get(both.url(f"static/{name}"))
    assert answer.body == b"contents"
    assert answer.headers["Content-Disposition"] == disposition


def test_a_file_is_found_in_either_normal_form(both: World) -> None:
    """Some systems decompose the letters of addresses."""
    both.commit({"static/Übung.txt": b"contents"})
    url = both.url("static/Übung.txt").replace("%C3%9C", "U%CC%88")
    assert both.reader.get(url).body == b"contents"


def test_a_file_may_be_asked_for_as_a_download(films: World) -> None:
    """``?download`` changes how it is offered, not what it is."""
    answer = films.reader.get(films.url("static/film.mp4") + "?download")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="film.mp4"'


# Ranges ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=255000-", 255_000, 256_000),
        ("bytes=-5", 255_995, 256_000),
        ("bytes=255990-999999", 255_990, 256_000),
    ],
)
def test_a_range_is_a_part(films: World, path: str, asked: str, start: int, end: int) -> None:
    """Only the bytes asked for are sent."""
    answer = films.reader.get(films.url(path), range=asked)
    assert answer.status == 206
    assert answer.body == VIDEO[start:end]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/256000"


def test_a_range_behind_the_end_is_refused(films: World) -> None:
    """416, with the size."""
    answer = films.reader.get(films.url("static/notes.txt"), range="bytes=256000-")
    assert answer.status == 416
    assert answer.headers["Content-Range"] == "bytes */256000"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=7-3", "bytes=", "bytes=x-y"]
)
def test_what_is_no_single_range_is_answered_with_the_whole(films: World, asked: str) -> None:
    """So says RFC 9110 of ranges that a server does not support, or can not read."""
    answer = films.reader.get(films.url("static/notes.txt"), range=asked)
    assert (answer.status, answer.body) == (200, VIDEO)


def test_a_range_is_for_the_file_that_the_client_has(films: World) -> None:
    """``If-Range`` with another ETag, or another date, gives the whole."""
    url, etag = films.url("static/notes.txt"), f'"{digest_of(VIDEO)}"'
    modified = films.reader.head(url).headers["Last-Modified"]
    for condition, status in ((etag, 206), (modified, 206), ('"other"', 200), (f"W/{etag}", 200)):
        answer = films.reader.get(url, range="bytes=0-9", if_range=condition)
        assert answer.status == status, condition
    long_ago = http_date(1)
    assert films.reader.get(url, range="bytes=0-9", if_range=long_ago).status == 200


# Conditional requests ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_who_has_a_file_does_not_get_it_again(films: World, path: str) -> None:
    """304 to the ETag, a weak one, one of several, or ``*``; with the headers that matter."""
    url, etag = films.url(path), f'"{digest_of(VIDEO)}"'
    for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = films.reader.get(url, if_none_match=condition)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["ETag"] == etag
        assert "Content-Type" not in answer.headers
    assert films.reader.get(url, if_none_match='"other"').status == 200


def test_a_client_may_insist_on_what_it_has(films: World) -> None:
    """412 if the file is another one."""
    url, etag = films.url("static/notes.txt"), f'"{digest_of(VIDEO)}"'
    assert films.reader.get(url, if_match=etag).status == 200
    assert films.reader.get(url, if_match='"other"').status == 412
    assert films.reader.get(url, if_unmodified_since=http_date(1)).status == 412


def test_a_date_is_good_enough(films: World) -> None:
    """``If-Modified-Since``, but the ETag is the better word."""
    url = films.url("static/notes.txt")
    later = http_date((datetime.now(UTC) + timedelta(minutes=1)).timestamp())
    assert films.reader.get(url, if_modified_since=later).status == 304
    assert films.reader.get(url, if_modified_since=http_date(1)).status == 200
    both = films.reader.get(url, if_modified_since=later, if_none_match='"other"')
    assert both.status == 200


# Who gets it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PATHS, "static/missing.mp4"])
def test_private_files_need_a_login_and_a_role(films: World, path: str) -> None:
    """Not logged in is 401, whether the file is there or not; without a role there is no bundle."""
    url = films.url(PATHS[0]).replace(PATHS[0], path)
    assert films.anonymous.get(url).status == 401
    nowhere = url.replace(str(films.bundle), str(UUID(int=0)))
    assert films.anonymous.get(nowhere).status == 401
    hidden, absent = films.stranger.get(url), films.stranger.get(nowhere)
    assert hidden.status == absent.status == 404
    masked = absent.body.replace(
        b"00000000-0000-0000-0000-000000000000", str(films.bundle).encode()
    )
    assert hidden.body == masked
    for caller in (films.reader, films.author, films.staff):
        assert caller.get(url).status == (404 if "missing" in path else 200)


def test_the_digest_proves_nothing(films: World) -> None:
    """Who knows it, as ETag or name, learns nothing by it: not even that the file is there."""
    url, etag = films.url(PATHS[0]), f'"{digest_of(VIDEO)}"'
    assert films.stranger.get(url, if_none_match=etag).status == 404
    assert films.anonymous.get(url, if_none_match=etag).status == 401
    by_digest = url.replace(PATHS[0], f"data/{digest_of(VIDEO)}")
    assert films.stranger.get(by_digest).status == 404


def test_a_public_collection_is_read_by_who_is_logged_in(films: World) -> None:
    """As everywhere: by everybody with an account, and nobody else."""
    api.update_collection(films.collection, visibility="public_read")
    assert films.stranger.get(films.url(PATHS[0])).status == 200
    assert films.anonymous.get(films.url(PATHS[0])).status == 401


@pytest.mark.parametrize("path", PATHS)
def test_public_files_are_for_everybody(both: World, path: str) -> None:
    """No login, no valid one either; every page may read it; caches keep it for ever."""
    both.commit({path: VIDEO}, public=True)
    url = both.url(path)
    answer = both.anonymous.get(url)
    assert (answer.status, answer.body) == (200, VIDEO)
    assert answer.first.headers["Access-Control-Allow-Origin"] == "*"
    assert "Cookie" not in answer.first.headers.get("Vary", "")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "public" in answer.first.headers["Cache-Control"]
    wrong = Client(headers={"Authorization": "Token wrong", "Cookie": "sessionid=wrong"}).get(url)
    assert wrong.status_code == answer.first.status_code
    wrong.close()


def test_only_the_public_files_of_a_private_bundle_are_public(both: World) -> None:
    """The others are not, and a public one tells nothing of them."""
    both.commit({"static/open.mp4": VIDEO}, public=True)
    both.commit({"static/closed.mp4": VIDEO})
    assert both.anonymous.get(both.url("static/open.mp4")).status == 200
    assert both.anonymous.get(both.url("static/closed.mp4")).status == 401


# Public in one version, private in another -------------------------------------------------------


def test_privacy_is_judged_on_the_version_asked_for(both: World) -> None:
    """What was public stays public there, but only for a while at a time."""
    path = "static/film.mp4"
    first = both.commit({path: VIDEO}, public=True)
    assert "immutable" in both.anonymous.get(both.url(path, first)).headers["Cache-Control"]

    second = both.commit({path: VIDEO}, public=False)
    assert both.anonymous.get(both.url(path, second)).status == 401
    before = both.anonymous.get(both.url(path, first))
    assert (before.status, before.body) == (200, VIDEO)
    expires = before.first.headers["Cache-Control"]
    assert expires in {"private, no-store", "public, max-age=300"}
    assert not before.headers["Cache-Control"].startswith("public, max-age=31536000")

    third = both.commit({path: VIDEO + b"3"}, public=True)
    assert "immutable" in both.anonymous.get(both.url(path, third)).headers["Cache-Control"]
    again = both.anonymous.get(both.url(path, first)).first.headers["Cache-Control"]
    assert again == expires


@pytest.mark.parametrize("gone", [False, True])
def test_a_later_change_or_removal_is_not_privacy(both: World, gone: bool) -> None:
    """Public in every version it is in: it may be kept for ever."""
    path = "static/film.mp4"
    first = both.commit({path: VIDEO}, public=True)
    both.commit({path: VIDEO + b"2"}, public=True)
    both.commit({"static/other.txt": b"other"})
    if gone:
        both.commit({path: None})
    assert "immutable" in both.anonymous.get(both.url(path, first)).headers["Cache-Control"]


def test_only_versions_that_changed_the_path_are_looked_at(
    file_storage: Storage, world: World, django_assert_max_num_queries: object
) -> None:
    """However many versions there are; and where there are very many changes, it is not kept."""
    path = "static/film.mp4"
    first = world.commit({path: VIDEO}, public=True)
    for number in range(30):
        world.commit({"static/other.txt": b"%d" % number})
    url = world.url(path, first)
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        assert "immutable" in world.anonymous.get(url).headers["Cache-Control"]
    for number in range(20):
        world.commit({path: b"%d" % number}, public=True)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        assert "immutable" not in world.anonymous.get(url).headers["Cache-Control"]
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        world.anonymous.get(url)


# Object stores -----------------------------------------------------------------------------------


@pytest.mark.services
def test_an_object_store_sends_large_files_itself(s3_storage: Storage, world: World) -> None:
    """Under a URL that is signed for this request, expires, and is not kept by anybody."""
    world.commit({"static/film.mp4": VIDEO})
    url = world.url("static/film.mp4")
    assert "Signature" not in url
    first, second = world.reader.get(url), world.reader.get(url)
    assert first.redirected
    assert second.redirected
    assert first.first.headers["Cache-Control"] == "private, no-store"
    location = first.first.headers["Location"]
    assert "X-Amz-Expires=14400" in location
    assert "max-age" in first.headers["Cache-Control"]
    tampered = requests.get(location.replace("film.mp4", "evil.html"), timeout=20)
    assert tampered.status_code == 403


@pytest.mark.services
def test_a_signed_url_expires(s3_storage: Storage, world: World, settings: Settings) -> None:
    """The store itself refuses it then."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "SIGNED_URL_SECONDS": 1}
    world.commit({"static/film.mp4": VIDEO})
    location = world.reader.get(world.url("static/film.mp4")).first.headers["Location"]
    deadline = time.monotonic() + 10
    while requests.get(location, timeout=20).status_code != 403:
        assert time.monotonic() < deadline, "it never expired"
        time.sleep(0.1)


@pytest.mark.services
def test_an_object_store_may_be_hidden(
    s3_storage: Storage, world: World, settings: Settings
) -> None:
    """The application streams from it, only the range asked for."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "REDIRECT_DOWNLOADS": False}
    world.commit({"static/film.mp4": VIDEO})
    answer = world.reader.get(world.url("static/film.mp4"), range="bytes=100-199")
    assert (answer.status, answer.body, answer.redirected) == (206, VIDEO[100:200], False)
    whole = world.reader.get(world.url("static/film.mp4"))
    assert (whole.status, whole.body, whole.redirected) == (200, VIDEO, False)


# Links -------------------------------------------------------------------------------------------


def test_a_path_leads_through_links(both: World) -> None:
    """To the pinned version of the lender, for who may read that as well."""
    other = api.create_collection("Others").uuid
    lender = api.create_bundle(other, "lender").uuid
    draft = api.get_or_create_bundle_draft(lender, "main").uuid
    api.write_draft_file(draft, "static/film.mp4", VIDEO)
    api.write_draft_file(draft, "static/open.mp4", VIDEO, public=True)
    api.commit_draft(draft)
    api.set_draft_link(both.draft, "borrowed", lender, 1)
    both.commit({"static/own.mp4": b"own"})
    url = both.url("static/own.mp4").replace("static/own.mp4", "links/borrowed/static/film.mp4")
    assert both.staff.get(url).body == VIDEO
    assert both.anonymous.get(url).status == 401
    assert both.reader.get(url).status == 404, "the lender is in a collection without a role"
    assert both.reader.get(url.replace("film", "open")).body == VIDEO
    assert both.anonymous.get(url.replace("film", "open")).status == 401
    api.set_role(other, "reader", user="reader")
    assert both.reader.get(url).body == VIDEO
    assert both.reader.get(url.replace("borrowed", "nothing")).status == 404


def test_versions_of_deleted_bundles_are_served_only_while_they_are_used(both: World) -> None:
    """A bundle that nobody uses is gone with all its files."""
    both.commit({"static/film.mp4": VIDEO}, public=True)
    url = both.url("static/film.mp4")
    api.delete_bundle(both.bundle)
    assert both.reader.get(url).status == 404
    assert both.anonymous.get(url).status == 401
