"""Direct uploads to an object store: parts in any order, resumed, verified, cleaned up."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.core.files.storage import Storage
from django.core.management import call_command
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.api import uploads
from openedx_blockstore.exceptions import (
    DigestMismatch,
    DirectUploadUnavailable,
    DraftConflict,
    Invalid,
    InvalidPath,
    LimitExceeded,
    UploadIncomplete,
    UploadNotFound,
)
from openedx_blockstore.store import digest_of
from tests.files.conftest import Caller, World

PART = 5 * 2**20
BYTES = bytes(range(256)) * (2 * PART // 256) + b"the end"
DIGEST = digest_of(BYTES)
COUNT = 3


@pytest.fixture
def remote(s3_storage: Storage, world: World, settings: Settings) -> World:
    """A world on S3, with small parts."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "UPLOAD_PART_BYTES": PART}
    return world


def part(number: int, contents: bytes = BYTES) -> bytes:
    """The bytes of a part."""
    return contents[(number - 1) * PART : number * PART]


def send(upload: Any, numbers: Iterable[int], contents: bytes = BYTES) -> None:
    """Send parts, several at a time."""
    urls = uploads.get_upload_urls(upload, numbers)

    def put(number: int) -> None:
        size, url = urls[number]
        assert size == len(part(number))
        answer = requests.put(url, data=part(number, contents), timeout=60)
        assert answer.status_code == 200, answer.text

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(put, urls))


def stored(storage: Storage, world: World) -> set[str]:
    """What lies in the bundle's folders for uploads and blobs."""
    found = set()
    for folder in ("uploads", "data"):
        found |= {f"{folder}/{n}" for n in storage.listdir(f"{world.bundle}/{folder}")[1]}
    return found


@pytest.mark.services
def test_a_file_is_in_the_draft_once_it_is_verified(remote: World, s3_storage: Storage) -> None:
    """Not before; then its bytes are where those of all files are, and nowhere else."""
    upload = uploads.begin_upload(remote.draft, "static/film.mp4", size=len(BYTES), digest=DIGEST)
    assert (upload.part_size, upload.part_count, upload.parts) == (PART, COUNT, ())
    send(upload.uuid, [3, 1, 2])
    assert "static/film.mp4" not in api.get_draft(remote.draft).files
    done = uploads.complete_upload(upload.uuid)
    assert done.completed
    file = api.get_draft(remote.draft).files["static/film.mp4"]
    assert (file.hash_digest, file.size, file.public) == (DIGEST, len(BYTES), False)
    assert stored(s3_storage, remote) == {f"data/{DIGEST}"}
    api.commit_draft(remote.draft)
    assert remote.reader.get(remote.url("static/film.mp4")).body == BYTES
    assert uploads.complete_upload(upload.uuid).completed, "once more does nothing"


@pytest.mark.services
def test_an_upload_goes_on_after_a_cut(remote: World) -> None:
    """The parts that have arrived are known; what is missing is named, and sent (again)."""
    upload = uploads.begin_upload(remote.draft, "static/film.mp4", size=len(BYTES), digest=DIGEST)
    send(upload.uuid, [2])
    with pytest.raises(UploadIncomplete) as error:
        uploads.complete_upload(upload.uuid)
    assert error.value.missing == (1, 3)
    assert uploads.get_upload(upload.uuid).parts == (2,)
    send(upload.uuid, [3, 1, 2])
    assert uploads.get_upload(upload.uuid).parts == (1, 2, 3)
    assert uploads.complete_upload(upload.uuid).completed


@pytest.mark.services
def test_a_failure_after_the_parts_were_joined_can_be_mended(
    remote: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever completes again goes on where it stopped."""
    upload = uploads.begin_upload(remote.draft, "static/film.mp4", size=len(BYTES), digest=DIGEST)
    send(upload.uuid, [1, 2, 3])
    api.write_draft_file(remote.draft, "static/film.mp4", b"somebody else's")
    with pytest.raises(DraftConflict):
        uploads.complete_upload(upload.uuid, if_match="")
    assert uploads.get_upload(upload.uuid).parts == (1, 2, 3)
    assert uploads.complete_upload(upload.uuid, if_match=digest_of(b"somebody else's")).completed
    assert api.get_draft(remote.draft).files["static/film.mp4"].hash_digest == DIGEST


@pytest.mark.services
def test_other_bytes_than_announced_never_count(remote: World, s3_storage: Storage) -> None:
    """They are removed, though their size is right; and the draft stays as it was."""
    other = b"X" + BYTES[1:]
    upload = uploads.begin_upload(remote.draft, "static/film.mp4", size=len(BYTES), digest=DIGEST)
    send(upload.uuid, [1, 2, 3], other)
    with pytest.raises(DigestMismatch) as error:
        uploads.complete_upload(upload.uuid)
    assert error.value.actual == digest_of(other)
    assert stored(s3_storage, remote) == set()
    assert "static/film.mp4" not in api.get_draft(remote.draft).files
    with pytest.raises(UploadNotFound):
        uploads.get_upload(upload.uuid)


@pytest.mark.services
def test_a_part_of_another_size_is_refused_or_does_not_count(remote: World) -> None:
    """Nobody fills the store with more than was announced."""
    upload = uploads.begin_upload(remote.draft, "static/film.mp4", size=len(BYTES), digest=DIGEST)
    _size, url = uploads.get_upload_urls(upload.uuid, [3])[3]
    requests.put(url, data=b"more than was announced", timeout=20)
    assert uploads.get_upload(upload.uuid).parts == ()
    with pytest.raises(UploadIncomplete):
        uploads.complete_upload(upload.uuid)


@pytest.mark.services
def test_the_digest_alone_gives_nobody_the_bytes(remote: World) -> None:
    """Who announces the digest of a file that is there has to send it all the same."""
    api.write_draft_file(remote.draft, "static/film.mp4", BYTES)
    upload = uploads.begin_upload(remote.draft, "static/copy.mp4", size=len(BYTES), digest=DIGEST)
    with pytest.raises(UploadIncomplete):
        uploads.complete_upload(upload.uuid)
    send(upload.uuid, [1, 2, 3])
    assert uploads.complete_upload(upload.uuid).completed


@pytest.mark.services
def test_what_was_abandoned_is_removed(remote: World, s3_storage: Storage) -> None:
    """Parts, and joined ones; of expired uploads, and of those whose draft is gone."""
    begin = uploads.begin_upload
    begun = begin(remote.draft, "a.mp4", size=len(BYTES), digest=DIGEST)
    send(begun.uuid, [1])
    joined = begin(remote.draft, "b.mp4", size=len(BYTES), digest=DIGEST)
    send(joined.uuid, [1, 2, 3])
    api.write_draft_file(remote.draft, "b.mp4", b"b")
    with pytest.raises(DraftConflict):
        uploads.complete_upload(joined.uuid, if_match="")
    completed = begin(remote.draft, "c.mp4", size=len(BYTES), digest=DIGEST)
    send(completed.uuid, [1, 2, 3])
    uploads.complete_upload(completed.uuid)
    assert f"uploads/{joined.uuid}" in stored(s3_storage, remote)

    assert uploads.clean_uploads() == 0
    assert uploads.clean_uploads(now=datetime.now(UTC) + timedelta(days=8)) == 3
    assert stored(s3_storage, remote) == {f"data/{DIGEST}", f"data/{digest_of(b'b')}"}
    assert uploads_in_progress(s3_storage) == []
    for upload in (begun, joined, completed):
        with pytest.raises(UploadNotFound):
            uploads.get_upload(upload.uuid)

    orphan = begin(remote.draft, "d.mp4", size=len(BYTES), digest=DIGEST)
    api.delete_draft(remote.draft)
    with pytest.raises(UploadNotFound):
        uploads.complete_upload(orphan.uuid)
    call_command("clean_uploads")
    assert uploads_in_progress(s3_storage) == []


def uploads_in_progress(storage: Any) -> list[str]:
    """The multipart uploads that the store knows of, below this test's folder."""
    answer = storage.connection.meta.client.list_multipart_uploads(Bucket=storage.bucket_name)
    names = [each["Key"] for each in answer.get("Uploads", ())]
    return [name for name in names if name.startswith(storage.location)]


@pytest.mark.services
def test_what_can_not_be_a_file_is_refused_at_once(remote: World, settings: Settings) -> None:
    """Before anything is sent."""
    begin = uploads.begin_upload
    with pytest.raises(InvalidPath):
        begin(remote.draft, "../x", size=1, digest=DIGEST)
    for size, digest in ((0, DIGEST), (1, "x"), (1, DIGEST.upper())):
        with pytest.raises(Invalid):
            begin(remote.draft, "x", size=size, digest=digest)
    with pytest.raises(LimitExceeded):
        begin(remote.draft, "x", size=2**50, digest=DIGEST)
    upload = begin(remote.draft, "x", size=len(BYTES), digest=DIGEST)
    for numbers in ([0], [COUNT + 1], range(1, 1002)):
        with pytest.raises(Invalid):
            uploads.get_upload_urls(upload.uuid, numbers)


def test_where_nothing_is_taken_directly_it_says_so(file_storage: Storage, world: World) -> None:
    """The file is then written through the application."""
    with pytest.raises(DirectUploadUnavailable):
        uploads.begin_upload(world.draft, "x", size=1, digest=DIGEST)
    new = {"path": "x", "size": 1, "hash_digest": DIGEST}
    answer = post(world.author, f"drafts/{world.draft}/uploads", **new)
    assert (answer.status_code, answer.json()["code"]) == (400, "direct_upload_unavailable")


def post(caller: Caller, address: str, **body: Any) -> Any:
    """Send JSON to the REST API."""
    return caller.client.post(f"/api/v1/{address}", body, content_type="application/json")


@pytest.mark.services
def test_the_same_by_rest(remote: World) -> None:
    """From the reservation to the file; the object store is reached without a login."""
    new = {"path": "static/film.mp4", "size": len(BYTES), "hash_digest": DIGEST, "public": True}
    made = post(remote.author, f"drafts/{remote.draft}/uploads", **new)
    assert made.status_code == 201
    upload = made.json()
    assert (upload["part_count"], upload["parts"], upload["completed"]) == (COUNT, [], False)
    address = f"uploads/{upload['uuid']}"

    asked = post(remote.author, f"{address}/parts", parts=[1, 2, 3]).json()["parts"]
    for each in asked[1:]:
        requests.put(each["url"], data=part(each["number"]), timeout=60).raise_for_status()
    early = post(remote.author, f"{address}/complete")
    assert (early.status_code, early.json()["facts"]["missing"]) == (409, [1])
    assert remote.author.client.get(f"/api/v1/{address}").json()["parts"] == [2, 3]
    requests.put(asked[0]["url"], data=part(1), timeout=60).raise_for_status()
    done = post(remote.author, f"{address}/complete")
    assert (done.status_code, done.json()["completed"]) == (200, True)
    assert api.get_draft(remote.draft).files["static/film.mp4"].public


@pytest.mark.services
def test_uploads_are_for_authors(remote: World) -> None:
    """For others neither the draft nor the upload is there."""
    new = {"path": "x", "size": 1, "hash_digest": DIGEST}
    upload = uploads.begin_upload(remote.draft, "x", size=1, digest=DIGEST)
    for caller, status in ((remote.anonymous, 401), (remote.stranger, 404), (remote.reader, 404)):
        assert post(caller, f"drafts/{remote.draft}/uploads", **new).status_code == status
        for path in ("parts", "complete"):
            answer = post(caller, f"uploads/{upload.uuid}/{path}", parts=[1])
            assert answer.status_code == status
        assert caller.client.get(f"/api/v1/uploads/{upload.uuid}").status_code == status
        assert caller.client.delete(f"/api/v1/uploads/{upload.uuid}").status_code == status
    assert remote.author.client.delete(f"/api/v1/uploads/{upload.uuid}").status_code == 204
    assert remote.author.client.get(f"/api/v1/uploads/{upload.uuid}").status_code == 404
