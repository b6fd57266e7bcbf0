"""A gigabyte, over a connection that is cut three times; what it costs is measured."""

from __future__ import annotations

import contextlib
import hashlib  # noqa: TID251  (the client's side, which knows nothing of ours)
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.core.files.storage import Storage

from openedx_blockstore import api
from tests.files.conftest import World
from tests.files.cutting import Application, CuttingProxy, application

pytestmark = [pytest.mark.big, pytest.mark.slow]

GIBIBYTE = 2**30
MEBIBYTE = 2**20
PARALLEL = 3
CUTS = [200 * MEBIBYTE, 500 * MEBIBYTE, 900 * MEBIBYTE]
#: What a request may add to the application's memory, whatever the size of the file.
ALLOWED = 48 * MEBIBYTE

_BLOCK = bytes(range(256)) * (MEBIBYTE // 256)


def contents(start: int, size: int) -> Iterator[bytes]:
    """The bytes of the file from a whole mebibyte on; each has its own number in front."""
    for number in range(start // MEBIBYTE, (start + size) // MEBIBYTE):
        yield number.to_bytes(8, "big") + _BLOCK[8:]


@pytest.fixture(scope="module")
def digest() -> str:
    """The digest of the whole file."""
    hasher = hashlib.sha256()
    for block in contents(0, GIBIBYTE):
        hasher.update(block)
    return hasher.hexdigest()


class Client:
    """An author's program that talks to the application."""

    def __init__(self, world: World, app: Application) -> None:
        self.session = requests.Session()
        for name, morsel in world.author.client.cookies.items():
            self.session.cookies.set(name, morsel.value)
        token = "a" * 32
        self.session.cookies.set("csrftoken", token)
        self.session.headers["X-CSRFToken"] = token
        self.address = f"http://127.0.0.1:{app.port}/api/v1/"
        self.transferred = 0

    def call(self, method: str, address: str, **body: Any) -> Any:
        """Send JSON, and return the JSON of the answer."""
        answer = self.session.request(
            method, self.address + address, json=body or None, timeout=600
        )
        assert answer.status_code < 400, answer.text
        self.transferred += len(answer.content) + len(answer.request.body or b"")
        return answer.json()


@pytest.mark.services
def test_a_gigabyte_goes_to_s3_directly(
    s3_storage: Any, world: World, digest: str, report: Callable[[str], None]
) -> None:
    """Only the parts that the cuts hit are sent twice; hardly anything passes the application."""
    endpoint = urlsplit(s3_storage.connection.meta.client.meta.endpoint_url)
    with (
        application() as app,
        CuttingProxy(str(endpoint.hostname), int(endpoint.port or 80), CUTS) as proxy,
    ):
        client = Client(world, app)
        client.call("GET", f"drafts/{world.draft}")
        before = app.peak_memory()
        upload = client.call(
            "POST",
            f"drafts/{world.draft}/uploads",
            path="static/film.mp4",
            size=GIBIBYTE,
            hash_digest=digest,
        )
        address, size = f"uploads/{upload['uuid']}", upload["part_size"]
        rounds = 0
        while missing := sorted(
            set(range(1, upload["part_count"] + 1)) - set(client.call("GET", address)["parts"])
        ):
            rounds += 1
            asked = client.call("POST", f"{address}/parts", parts=missing)["parts"]
            with ThreadPoolExecutor(PARALLEL) as threads:
                list(threads.map(lambda part: _send(part, size, proxy), asked))
        done = client.call("POST", f"{address}/complete")
        grown = app.peak_memory() - before

    assert done["completed"]
    assert proxy.done_cuts == 3
    assert rounds >= 2
    sent_twice = proxy.sent - GIBIBYTE
    report(
        f"1 GiB to S3, cut 3 times: {proxy.sent:,} bytes sent ({sent_twice / GIBIBYTE:.1%} twice), "
        f"{client.transferred:,} bytes through the application, whose memory grew by "
        f"{grown / MEBIBYTE:.1f} MiB"
    )
    assert sent_twice < 3 * PARALLEL * size + MEBIBYTE
    assert client.transferred < MEBIBYTE
    assert grown < ALLOWED
    file = api.get_draft(world.draft).files["static/film.mp4"]
    assert (file.size, file.hash_digest) == (GIBIBYTE, digest)


def _send(part: Any, size: int, proxy: CuttingProxy) -> None:
    """Send a part through the proxy; a cut is found out later, by asking what has arrived."""
    url = urlsplit(part["url"])
    body = b"".join(contents((part["number"] - 1) * size, part["size"]))
    with contextlib.suppress(requests.RequestException):
        requests.put(
            url._replace(netloc=proxy.address).geturl(),
            data=body,
            headers={"Host": url.netloc},
            timeout=120,
        )


@pytest.fixture(params=["file_storage", pytest.param("s3_storage", marks=pytest.mark.services)])
def any_storage(request: pytest.FixtureRequest) -> Storage:
    """Each storage."""
    found: Storage = request.getfixturevalue(request.param)
    return found


def test_a_gigabyte_through_the_application(
    any_storage: Storage, world: World, digest: str, report: Callable[[str], None]
) -> None:
    """Half a file never counts, nothing is left of it, and memory stays flat."""
    api.write_draft_file(world.draft, "static/film.mp4", b"as it was")
    with application() as app:
        client = Client(world, app)
        # What it loads once, such as the libraries of S3, does not count.
        _get(client, world)
        before = app.peak_memory()
        sizes = [100 * MEBIBYTE, 150 * MEBIBYTE, 200 * MEBIBYTE]
        sent = 0
        for size in sizes:
            with CuttingProxy("127.0.0.1", app.port, [size]) as proxy:
                with pytest.raises(requests.RequestException):
                    _put(client, world, proxy.address)
                sent += proxy.sent
            assert api.get_bundle_file_data(world.bundle, "static/film.mp4", "main") == b"as it was"
        with CuttingProxy("127.0.0.1", app.port, []) as proxy:
            assert _put(client, world, proxy.address).status_code == 204
            sent += proxy.sent
        grown = app.peak_memory() - before

        downloaded = _get(client, world)
        hasher = hashlib.sha256()
        for chunk in downloaded.iter_content(MEBIBYTE):
            hasher.update(chunk)
        assert hasher.hexdigest() == digest
        grown_by_download = app.peak_memory() - before
    report(
        f"1 GiB through the application ({type(any_storage).__name__}), cut 3 times: {sent:,} "
        f"bytes sent; its memory grew by {grown / MEBIBYTE:.1f} MiB, after a download by "
        f"{grown_by_download / MEBIBYTE:.1f} MiB"
    )
    assert grown_by_download < ALLOWED
    file = api.get_draft(world.draft).files["static/film.mp4"]
    assert (file.size, file.hash_digest) == (GIBIBYTE, digest)
    with contextlib.suppress(FileNotFoundError):
        assert any_storage.listdir(f"{world.bundle}/uploads")[1] == []


def _get(client: Client, world: World) -> requests.Response:
    return requests.get(
        client.address + f"drafts/{world.draft}/files/static/film.mp4",
        cookies=client.session.cookies,
        stream=True,
        timeout=120,
    )


class _Body:
    """The file, as a body whose length is announced."""

    def __init__(self) -> None:
        self._blocks = contents(0, GIBIBYTE)
        self._left = b""

    def __len__(self) -> int:
        return GIBIBYTE

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def read(self, size: int = -1) -> bytes:
        """Return some bytes."""
        if not self._left:
            self._left = next(self._blocks, b"")
        data, self._left = self._left[:size], self._left[size:]
        return data


def _put(client: Client, world: World, address: str) -> requests.Response:
    url = urlsplit(client.address)._replace(netloc=address).geturl()
    return client.session.put(
        f"{url}drafts/{world.draft}/files/static/film.mp4",
        data=_Body(),
        headers={"Content-Type": "video/mp4"},
        timeout=300,
    )
