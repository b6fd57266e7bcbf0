"""With an object store, large files go there and come from there without the server in between."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.proxy import Proxy
from tests.cli.standalone import Person, Rest, StandAlone, tree

MEGABYTE = 2**20

pytestmark = pytest.mark.services


@pytest.fixture
def s3_server(s3_environment: dict[str, str]) -> Iterator[StandAlone]:
    """A server that keeps its files in S3."""
    storage = {name: value for name, value in s3_environment.items() if name.startswith("AWS_")}
    storage["BLOCKSTORE_S3_BUCKET"] = s3_environment["BLOCKSTORE_TEST_S3_BUCKET"]
    with StandAlone(storage) as server:
        yield server


def test_large_files_go_straight_to_the_store(s3_server: StandAlone, tmp_path: Path) -> None:
    """Parts are sent to the store, a cut push goes on with those that are missing."""
    rest = Rest(s3_server)
    bundle = rest.bundle(rest.collection(), "videos")
    rest.commit(bundle, {"video.mp4": b"first", "small.txt": b"small"})
    video, new = os.urandom(40 * MEGABYTE), os.urandom(20 * MEGABYTE)
    ada = Person(s3_server, tmp_path)
    content = tmp_path / "content"
    with Proxy(s3_server.port) as proxy:
        address = {"BLOCKSTORE_SERVER": proxy.url}
        ada.ok("pull", bundle, content, **address)
        folder = content / "videos"
        (folder / "video.mp4").write_bytes(video)
        (folder / "new.mp4").write_bytes(new)
        running = ada.start("push", folder, "--commit", **address)
        state = folder / ".blockstore" / "client.json"
        deadline = time.monotonic() + 60
        while b'"uploads":{}' in state.read_bytes() and time.monotonic() < deadline:
            assert running.poll() is None
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        document = ada.json("push", folder, "--commit", **address)["folders"][0]
        assert document["version"] == 2
        assert proxy.sent < MEGABYTE
        again = tmp_path / "again"
        proxy.received = 0
        pulled = ada.json("pull", bundle, again, **address)
        assert proxy.received < MEGABYTE
    assert pulled["bytes_received"] == len(video) + len(new) + len(b"small")
    assert tree(again / "videos") == {
        "video.mp4": video,
        "new.mp4": new,
        "small.txt": b"small",
    }
