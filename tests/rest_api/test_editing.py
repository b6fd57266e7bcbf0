"""Editing: files of any size, conflicts, partial commits, and what changed."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.rest_api.parsers import RawBody
from openedx_blockstore.store import digest_of
from tests.rest_api.conftest import BASE, Place, World


def put(client: APIClient, place: Place, path: str, contents: bytes, **headers: str) -> Any:
    """Write a file of the draft."""
    anything: Any = client
    return anything.generic(
        "PUT",
        f"{BASE}drafts/{place.draft}/files/{path}",
        contents,
        content_type="application/octet-stream",
        headers=headers,
    )


def read(client: APIClient, place: Place, path: str) -> Any:
    """Read a file of the draft."""
    return client.get(f"{BASE}drafts/{place.draft}/files/{path}")


def test_a_file_is_written_read_and_deleted_as_it_is(author: APIClient, private: Place) -> None:
    """Its ETag is its digest, whatever its bytes."""
    contents = bytes(range(256)) * 4000
    written = put(author, private, "static/deep/x%20y.bin", contents)
    assert written.status_code == 204
    assert written["ETag"] == f'"{digest_of(contents)}"'
    response = read(author, private, "static/deep/x%20y.bin")
    assert b"".join(response.streaming_content) == contents
    assert response["ETag"] == written["ETag"]
    assert (
        author.delete(f"{BASE}drafts/{private.draft}/files/static/deep/x%20y.bin").status_code
        == 204
    )
    assert read(author, private, "static/deep/x%20y.bin").status_code == 404


def test_a_file_that_changed_is_a_conflict_with_both_digests(
    author: APIClient, private: Place
) -> None:
    """409, and nothing was written."""
    mine, theirs = digest_of(b"what I read"), digest_of(b"staged")
    conflict = put(author, private, "staged.txt", b"new", **{"If-Match": f'"{mine}"'})
    assert conflict.status_code == 409
    body = conflict.json()
    assert body["code"] == "draft_conflict"
    assert body["facts"]["conflicts"] == [
        {
            "path": "staged.txt",
            "expected": mine,
            "actual": theirs,
            "mine": digest_of(b"new"),
        }
    ]
    assert (
        put(author, private, "staged.txt", b"x", **{"If-Match": f'"{theirs}"'}).status_code == 204
    )


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("staged.txt", {"If-None-Match": "*"}, 409),
        ("new.txt", {"If-None-Match": "*"}, 204),
        ("staged.txt", {"If-Match": "*"}, 204),
        ("new.txt", {"If-Match": "*"}, 409),
        ("staged.txt", {"If-Match": f'"{"0" * 64}", "{digest_of(b"staged")}"'}, 204),
        ("staged.txt", {"If-Match": f'W/"{digest_of(b"staged")}"'}, 409),
        ("staged.txt", {"If-Match": "without quotes"}, 400),
        ("staged.txt", {"If-Match": ""}, 400),
        ("staged.txt", {"If-None-Match": '"abc"'}, 400),
        ("a/../b", {}, 400),
        ("links/x/y", {}, 400),
        ("x" * 501, {}, 400),
    ],
)
def test_preconditions(
    author: APIClient, private: Place, path: str, headers: dict[str, str], status: int
) -> None:
    """As HTTP has them."""
    assert put(author, private, path, b"new", **headers).status_code == status


def test_a_body_that_was_cut_is_not_written(author: APIClient, private: Place) -> None:
    """What is announced has to arrive."""
    anything: Any = author
    response = anything.generic(
        "PUT",
        f"{BASE}drafts/{private.draft}/files/cut.txt",
        b"only a part",
        content_type="text/plain",
        **{"CONTENT_LENGTH": "1000", "wsgi.input": io.BytesIO(b"only a part")},
    )
    assert response.status_code == 400
    assert "cut off" in response.json()["message"]
    assert read(author, private, "cut.txt").status_code == 404


def test_a_body_is_read_piece_by_piece() -> None:
    """Never more than what was asked for, and never beyond its end."""
    body = RawBody(io.BytesIO(b"0123456789 and what follows"), 10)
    assert [body.read(4), body.read(4), body.read(4), body.read(4)] == [
        b"0123",
        b"4567",
        b"89",
        b"",
    ]


@pytest.mark.django_db(transaction=True)
def test_an_upload_keeps_no_transaction_open(
    author: APIClient, private: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even in a host that runs each request in one; and errors answer as they do elsewhere."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    seen = []

    class Body(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            seen.append(connection.in_atomic_block)
            return super().read(size)

    anything: Any = author
    response = anything.generic(
        "PUT",
        f"{BASE}drafts/{private.draft}/files/film.mp4",
        b"",
        content_type="video/mp4",
        **{"CONTENT_LENGTH": "4", "wsgi.input": Body(b"film")},
    )
    assert response.status_code == 204
    assert set(seen) == {False}
    assert put(author, private, "film.mp4", b"x", **{"If-None-Match": "*"}).status_code == 409
    assert b"".join(read(author, private, "film.mp4").streaming_content) == b"film"


@pytest.mark.parametrize(
    "headers",
    [{"Content-Encoding": "gzip"}, {"Transfer-Encoding": "chunked", "Content-Length": ""}],
)
def test_bodies_in_disguise_are_refused(
    author: APIClient, private: Place, headers: dict[str, str]
) -> None:
    """Rather than stored as something else than what was meant."""
    assert put(author, private, "x.txt", b"new", **headers).status_code in {400, 415}


def test_parts_of_a_draft_are_committed(author: APIClient, private: Place) -> None:
    """The rest stays staged."""
    url = f"{BASE}drafts/{private.draft}/commit"
    response: Any = author.post(url, {"paths": ["staged.txt"], "change_description": "One"})
    assert response.status_code == 201
    assert response.json()["version_num"] == 3
    draft = author.get(f"{BASE}drafts/{private.draft}").json()["staged_draft"]
    assert draft["files"]["unit.xml"]["modified"] is True
    assert draft["files"]["staged.txt"]["modified"] is False
    version = author.get(f"{BASE}bundle_versions/{private.bundle},3").json()
    assert (version["author"], version["change_description"]) == ("author", "One")
    assert author.post(url, {"paths": ["staged.txt"]}).status_code == 400


def test_commits_that_conflict_name_paths_and_digests(author: APIClient, private: Place) -> None:
    """And are settled by saying whose is to win."""
    other = api.get_or_create_bundle_draft(private.bundle, "other").uuid
    api.write_draft_file(other, "unit.xml", "<theirs/>")
    api.commit_draft(other)
    url = f"{BASE}drafts/{private.draft}/commit"
    conflict: Any = author.post(url, {})
    assert conflict.status_code == 409
    (fact,) = conflict.json()["facts"]["conflicts"]
    assert fact["path"] == "unit.xml"
    assert fact["actual"] == digest_of(b"<theirs/>")
    assert fact["mine"] == digest_of(b"<unit>3</unit>")
    update: Any = author.post(f"{BASE}drafts/{private.draft}/update", {})
    assert update.status_code == 409
    assert author.post(url, {"on_conflict": "mine"}).status_code == 201


def test_a_draft_is_brought_forward(author: APIClient, private: Place) -> None:
    """Onto what others have committed."""
    other = api.get_or_create_bundle_draft(private.bundle, "other").uuid
    api.write_draft_file(other, "more.txt", "more")
    api.commit_draft(other)
    response: Any = author.post(f"{BASE}drafts/{private.draft}/update", {})
    staged = response.json()["staged_draft"]
    assert staged["base_version"] == 3
    assert staged["files"]["more.txt"]["modified"] is False


def test_what_changed_can_be_asked(author: APIClient, private: Place) -> None:
    """In one version, between two, and over the life of a path."""
    changes = author.get(f"{BASE}bundle_versions/{private.bundle},2/changes").json()
    assert [(each["path"], each["kind"]) for each in changes["files"]] == [("unit.xml", "modified")]
    diff = author.get(f"{BASE}bundles/{private.bundle}/diff?from=0").json()
    assert (diff["from_version"], diff["to_version"]) == (0, 2)
    assert [each["kind"] for each in diff["files"]] == ["added", "added"]
    history = author.get(f"{BASE}bundles/{private.bundle}/history?path=unit.xml&limit=1").json()
    assert [each["version"] for each in history["results"]] == [2]
    rest = author.get(history["next"]).json()
    assert [each["version"] for each in rest["results"]] == [1]
    assert rest["next"] is None


@pytest.mark.parametrize("query", ["", "from=x", "from=-1", "from=1&to=99999999999", "from=9"])
def test_impossible_diffs(author: APIClient, private: Place, query: str) -> None:
    """Numbers that are none are 400, versions that are not there are 404."""
    response = author.get(f"{BASE}bundles/{private.bundle}/diff?{query}")
    assert response.status_code == (404 if query == "from=9" else 400)


def test_versions_are_reverted_and_bundles_undeleted(author: APIClient, private: Place) -> None:
    """A revert is a new version; a deletion can be taken back."""
    bundle = f"{BASE}bundles/{private.bundle}"
    response: Any = author.post(f"{bundle}/revert", {"version": 1})
    assert response.json()["version_num"] == 3
    assert author.post(f"{bundle}/revert", {"version": 1}).status_code == 400
    assert author.post(f"{bundle}/revert", {"version": 99}).status_code == 400
    assert author.delete(bundle).status_code == 204
    assert author.get(bundle).status_code == 404
    # The borrower pins the first version, and nobody the third.
    assert author.get(f"{BASE}bundle_versions/{private.bundle},1").status_code == 200
    assert author.get(f"{BASE}bundle_versions/{private.bundle},3").status_code == 404
    assert author.post(f"{bundle}/undelete").status_code == 200
    assert author.get(bundle).status_code == 200


def test_a_bundle_moves_with_the_rights_for_both_collections(world: World) -> None:
    """An admin of its collection takes it out, an author of the other one takes it in."""
    place, other = world.places["private"], world.places["public_read"]
    url = f"{BASE}bundles/{place.bundle}"
    body = {"collection_uuid": str(other.collection)}
    assert world.client("author").patch(url, body).status_code == 403
    foreign = api.create_collection("Foreign").uuid
    hidden = world.client("admin").patch(url, {"collection_uuid": str(foreign)})
    assert hidden.status_code == 400
    moved: Any = world.client("admin").patch(url, body)
    assert moved.json()["collection_uuid"] == str(other.collection)


def test_a_collection_with_bundles_is_in_use(world: World) -> None:
    """409, and which bundles they are."""
    response: Any = world.client("admin").delete(
        f"{BASE}collections/{world.places['private'].collection}"
    )
    assert response.status_code == 409
    assert response.json()["code"] == "in_use"
    assert response.json()["facts"]["count"] == 3
