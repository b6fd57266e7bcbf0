"""Grants: what learners' browsers get without a login, and what they never get."""

from __future__ import annotations

import time
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import Storage
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.api.grants import (
    grant_preview,
    grant_static_access,
    grant_static_draft_access,
)
from openedx_blockstore.exceptions import BundleVersionNotFound, Invalid
from tests.files.conftest import World

FILES = {
    "static/film.m3u8": b"#EXTM3U",
    "static/film0.ts": b"segment",
    "units/static/deep.png": b"deep",
    "problem/p1/definition.xml": b"<problem/>",
    "notes.txt": b"notes",
    "static": b"not a folder",
}


@pytest.fixture
def both(storage: Storage, world: World) -> World:
    """A world on each storage, with version 1."""
    del_static = {path: data for path, data in FILES.items() if path != "static"}
    world.commit({**del_static, "units/u1/static": b"not a folder"})
    world.commit({"index.html": b"<p>public"}, public=True)
    return world


def test_a_grant_reaches_static_files_and_public_ones(both: World) -> None:
    """Relative references lead from one to the next."""
    base = grant_static_access(both.bundle, 2)
    assert base.endswith("/")
    for path in ("static/film.m3u8", "static/film0.ts", "units/static/deep.png", "index.html"):
        answer = both.anonymous.get(base + path)
        assert answer.status == 200, path
        assert answer.first.headers["Access-Control-Allow-Origin"] == "*"
    playlist = base + "static/film.m3u8"
    assert both.anonymous.get(urljoin(playlist, "film0.ts")).body == b"segment"
    assert both.anonymous.get(urljoin(playlist, "../units/static/deep.png")).body == b"deep"


@pytest.mark.parametrize(
    "path",
    ["problem/p1/definition.xml", "notes.txt", "units/u1/static", "missing", "static/missing.png"],
)
def test_a_grant_reaches_nothing_else(both: World, path: str) -> None:
    """OLX holds the answers. What a grant does not cover answers like what is not there."""
    base = grant_static_access(both.bundle, 2)
    answer = both.anonymous.get(base + path)
    assert answer.status == 404
    absent = both.anonymous.get(base + "absent").body.replace(b"absent", path.encode())
    assert answer.body == absent
    # Nor does a login help a learner who guesses the path.
    stable = both.url("index.html").replace("index.html", path)
    assert both.stranger.get(stable).status == 404


def test_the_name_of_a_link_is_no_folder(both: World) -> None:
    """An alias ``static`` opens nothing: it is the lender's own path that counts."""
    lender = api.create_bundle(both.collection, "lender").uuid
    draft = api.get_or_create_bundle_draft(lender, "main").uuid
    api.write_draft_files(draft, {"problem.xml": b"<problem/>", "static/a.png": b"png"})
    api.commit_draft(draft)
    api.set_draft_link(both.draft, "static", lender, 1)
    version = both.commit({"static/x.png": b"x"})
    base = grant_static_access(both.bundle, version)
    assert both.anonymous.get(base + "links/static/static/a.png").body == b"png"
    assert both.anonymous.get(base + "links/static/problem.xml").status == 404


def test_a_grant_is_for_one_version(both: World) -> None:
    """The token can not be used for another one, nor be changed."""
    base = grant_static_access(both.bundle, 1)
    assert both.anonymous.get(base + "static/film0.ts").status == 200
    assert both.anonymous.get(base + "index.html").status == 404, "only version 2 has it"
    token = base.rstrip("/").rpartition("/")[2]
    for wrong in (token[:-1], token.swapcase(), "x" + token, "x"):
        url = base.replace(token, wrong) + "static/film0.ts"
        answer = both.anonymous.get(url)
        assert (answer.status, b"grant_not_found" in answer.body) == (404, True)
    with pytest.raises(BundleVersionNotFound):
        grant_static_access(both.bundle, 99)
    with pytest.raises(Invalid):
        grant_static_access(both.bundle, 1, expires_in=0)


def test_a_grant_expires(both: World) -> None:
    """And so does what is given away by it."""
    base = grant_static_access(both.bundle, 1, expires_in=1)
    answer = both.anonymous.get(base + "static/film0.ts")
    assert answer.status == 200
    seconds = int(answer.headers["Cache-Control"].partition("max-age=")[2].partition(",")[0])
    assert seconds <= 2
    if answer.redirected:
        assert "X-Amz-Expires=1&" in answer.first.headers["Location"]
    deadline = time.monotonic() + 5
    while both.anonymous.get(base + "static/film0.ts").status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert both.anonymous.get(base + "static/film0.ts").status == 404


def test_grants_of_the_same_hour_are_the_same(both: World) -> None:
    """So that browsers can keep what they have fetched from one page to the next."""
    bases = {grant_static_access(both.bundle, 1, expires_in=80_000) for _ in range(20)}
    assert len(bases) <= 2
    answer = both.anonymous.get(bases.pop() + "units/static/deep.png")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]


def test_a_grant_may_be_for_a_user(both: World) -> None:
    """It ends with the account."""
    user = User.objects.create_user("learner")
    base = grant_static_access(both.bundle, 1, user_id=user.pk)
    assert both.anonymous.get(base + "static/film0.ts").status == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert both.anonymous.get(base + "static/film0.ts").status == 404


def test_a_draft_can_be_granted_too(both: World) -> None:
    """For those who look at what is not published yet; it is asked for again each time."""
    api.write_draft_file(both.draft, "static/new.vtt", b"WEBVTT")
    base = grant_static_draft_access(both.draft)
    answer = both.anonymous.get(base + "static/new.vtt")
    assert (answer.status, answer.body) == (200, b"WEBVTT")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert both.anonymous.get(base + "problem/p1/definition.xml").status == 404


def test_grants_may_lead_to_a_domain_of_their_own(both: World, settings: Settings) -> None:
    """Where there is one for content."""
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "CONTENT_ROOT_URL": "https://content.example.net/",
    }
    base = grant_static_access(both.bundle, 1)
    assert base.startswith("https://content.example.net/api/")


# Pages of authors --------------------------------------------------------------------------------


def test_an_authors_page_is_opened_with_a_grant_for_what_is_beside_it(both: World) -> None:
    """Cut off from the session, it could not load its private files otherwise."""
    version = both.commit({"page.html": b"<img src=static/film0.ts>"})
    url = both.url("page.html", version)
    opened = both.reader.get(url, sec_fetch_dest="iframe")
    assert opened.status == 302
    location = opened.headers["Location"]
    assert opened.headers["Cache-Control"] == "private, no-store"
    page = both.anonymous.get(location, sec_fetch_dest="iframe")
    assert page.status == 200
    assert page.headers["Content-Security-Policy"].startswith("sandbox allow-")
    assert both.anonymous.get(urljoin(location, "static/film0.ts")).body == b"segment"
    assert both.anonymous.get(urljoin(location, "notes.txt")).body == b"notes"
    assert both.anonymous.get(urljoin(location, "problem/p1/definition.xml")).status == 404
    # Programs get the bytes at once.
    assert both.reader.get(url).body == b"<img src=static/film0.ts>"
    assert both.stranger.get(url, sec_fetch_dest="iframe").status == 404


def test_a_preview_ends_with_the_rights_of_its_user(both: World) -> None:
    """They are looked at each time."""
    assert both.reader.user is not None
    base = grant_preview(user_id=both.reader.user.pk, bundle_uuid=both.bundle, version_number=1)
    assert both.anonymous.get(base + "notes.txt").status == 200
    api.set_role(both.collection, None, user="reader")
    assert both.anonymous.get(base + "notes.txt").status == 404


def test_olx_is_shown_to_authors_without_a_grant(both: World) -> None:
    """No page may load it, but who may read it can open it; as XML in a sandbox."""
    url = both.url("problem/p1/definition.xml")
    answer = both.reader.get(url, sec_fetch_dest="document")
    assert (answer.status, answer.body) == (200, b"<problem/>")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
