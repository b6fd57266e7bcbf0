"""The addresses of files in drafts: reading and writing them."""

from __future__ import annotations

import pytest
from django.core.files.storage import Storage

from openedx_blockstore import api
from openedx_blockstore.store import digest_of
from tests.files.conftest import World


@pytest.fixture
def both(storage: Storage, world: World) -> World:
    """A world on each storage."""
    return world


def test_a_draft_shows_its_files_to_authors_alone(both: World) -> None:
    """Changed ones and those of the version below; public ones are not public yet."""
    both.commit({"static/a.mp4": b"a"}, public=True)
    api.write_draft_file(both.draft, "static/b.mp4", b"b", public=True)
    url = both.draft_url("static/b.mp4")
    for path, contents in (("a", b"a"), ("b", b"b")):
        address = url.replace("b.mp4", f"{path}.mp4")
        answer = both.author.get(address)
        assert (answer.status, answer.body) == (200, contents)
        assert both.reader.get(address).status == 404
        assert both.anonymous.get(address).status == 401
    assert both.author.get(url.replace("b.mp4", "c.mp4")).status == 404
    assert both.author.get(url.replace("b.mp4", "%00.mp4")).status == 404


def test_a_file_of_a_draft_is_asked_for_again_each_time(both: World) -> None:
    """It may change any moment; its ETag says whether it has."""
    api.write_draft_file(both.draft, "static/a.txt", b"one")
    url = both.draft_url("static/a.txt")
    answer = both.author.get(url)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert both.author.get(url, if_none_match=answer.headers["ETag"]).status == 304
    api.write_draft_file(both.draft, "static/a.txt", b"two")
    assert both.author.get(url, if_none_match=answer.headers["ETag"]).body == b"two"


def test_a_deleted_file_is_not_there(both: World) -> None:
    """Even if the version below has it."""
    both.commit({"static/a.txt": b"one"})
    url = both.url("static/a.txt")
    api.write_draft_file(both.draft, "static/b.txt", b"two")
    address = both.draft_url("static/b.txt").replace("b.txt", "a.txt")
    assert both.author.get(address).body == b"one"
    api.write_draft_file(both.draft, "static/a.txt", None)
    assert both.author.get(address).status == 404
    assert both.author.get(url).body == b"one"


def test_links_of_a_draft_lead_on(both: World) -> None:
    """As soon as they are set."""
    lender = api.create_bundle(both.collection, "lender").uuid
    draft = api.get_or_create_bundle_draft(lender, "main").uuid
    api.write_draft_file(draft, "static/a.mp4", b"lent")
    api.commit_draft(draft)
    api.set_draft_link(both.draft, "other", lender, 1)
    api.write_draft_file(both.draft, "static/a.mp4", b"own")
    url = both.draft_url("static/a.mp4").replace("static/", "links/other/static/")
    assert both.author.get(url).body == b"lent"
    assert both.author.get(url.replace("other", "another")).status == 404


def test_bytes_are_put_as_they_are(both: World) -> None:
    """The answer has the ETag with which to go on; conditions are held."""
    api.write_draft_file(both.draft, "static/a.bin", b"zero")
    url = both.draft_url("static/a.bin")
    put = both.author.client.put
    first = put(url, b"\x00\xff one", content_type="application/octet-stream")
    assert first.status_code == 204
    etag = first.headers["ETag"]
    assert etag == f'"{digest_of(bytes([0, 255]) + b" one")}"'
    second = put(url, b"two", headers={"If-Match": etag})
    assert second.status_code == 204
    third = put(url, b"three", headers={"If-Match": etag})
    assert third.status_code == 409
    assert third.json()["code"] == "draft_conflict"
    assert put(url, b"four", headers={"If-None-Match": "*"}).status_code == 409
    assert both.author.get(url).body == b"two"
    assert both.author.client.delete(url, headers={"If-Match": etag}).status_code == 409
    assert both.author.client.delete(url).status_code == 204
    assert both.author.get(url).status == 404
    assert both.reader.client.put(url, b"five").status_code == 404
    assert both.anonymous.client.put(url, b"five").status_code == 401
