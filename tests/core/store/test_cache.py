"""The cache of bytes by digest, and what a store does with damaged and missing things."""

from __future__ import annotations

import gzip
import io
import logging
import threading
import zlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.store import (
    EMPTY_TREE,
    Closure,
    ContentStore,
    DigestCache,
    Manifest,
    Tree,
    TreeFile,
    digest_of,
    make_backend,
    next_manifest,
)

BUNDLE = UUID("11111111-2222-3333-4444-555555555555")
CONTENTS = b"contents"
DIGEST = digest_of(CONTENTS)
KEY = f"openedx_blockstore:1:{DIGEST}"


class DeadCache(BaseCache):
    """A cache whose server is down."""

    def __init__(self) -> None:
        super().__init__({})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        raise ConnectionError("no cache there")

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        raise ConnectionError("no cache there")


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> LocMemCache:
    """A cache that other processes write to as well."""
    return LocMemCache(request.node.nodeid, {})


@pytest.fixture
def cache(shared: LocMemCache) -> DigestCache:
    """Our view of it."""
    return DigestCache(shared, process_bytes=1000)


def make_store(cache: BaseCache, folder: Path, *, process_bytes: int = 10**6) -> ContentStore:
    return ContentStore(
        make_backend(FileSystemStorage(folder), durable=False, spool_bytes=10),
        DigestCache(cache, process_bytes=process_bytes),
        max_cached_blob_bytes=100,
    )


def test_what_was_set_is_found_by_every_process(cache: DigestCache, shared: LocMemCache) -> None:
    assert cache.get(DIGEST) is None
    cache.set(DIGEST, CONTENTS)
    assert cache.get(DIGEST) == CONTENTS
    assert DigestCache(shared, process_bytes=1000).get(DIGEST) == CONTENTS


def test_what_is_cached_never_expires(
    cache: DigestCache, shared: LocMemCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remember(_key: str, _value: bytes, *, timeout: object) -> None:
        timeouts.append(timeout)

    timeouts: list[object] = []
    monkeypatch.setattr(shared, "set", remember)
    cache.set(DIGEST, CONTENTS)
    assert timeouts == [None]


@pytest.mark.parametrize(
    "poison",
    [
        zlib.compress(b"something else"),
        b"not compressed",
        zlib.compress(CONTENTS)[:-2],
        "a text",
        5,
        {"contents": CONTENTS},
        b"",
    ],
)
def test_what_others_have_put_there_is_not_believed(
    cache: DigestCache, shared: LocMemCache, poison: object
) -> None:
    shared.set(KEY, poison)
    assert cache.get(DIGEST) is None


def test_a_dead_cache_is_logged_and_otherwise_an_empty_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cache = DigestCache(DeadCache(), process_bytes=100)
    with caplog.at_level(logging.WARNING):
        cache.set(DIGEST, CONTENTS)
        assert cache.get(DIGEST) is None
    assert [record.getMessage() for record in caplog.records] == [
        "Blockstore can not write to its cache",
        "Blockstore can not read from its cache",
    ]


def test_everything_works_with_a_dead_cache(tmp_path: Path) -> None:
    store = make_store(DeadCache(), tmp_path)
    stored = store.put_blob(BUNDLE, io.BytesIO(CONTENTS))
    assert store.read_blob(BUNDLE, stored.digest, stored.size) == CONTENTS
    manifest = next_manifest(BUNDLE, None, EMPTY_TREE, dependencies=None)
    digest = store.write_manifest(manifest)
    assert make_store(DeadCache(), tmp_path).read_manifest(BUNDLE, 1, digest) == manifest


def test_the_cache_of_a_process_is_bounded(cache: DigestCache) -> None:
    for number in range(100):
        cache.set_parsed(f"{number:064}", number, size=100)
    kept = [number for number in range(100) if cache.get_parsed(int, f"{number:064}") is not None]
    assert kept == list(range(90, 100))


def test_what_is_larger_than_the_whole_cache_is_not_kept(cache: DigestCache) -> None:
    cache.set_parsed("1" * 64, "small", size=1)
    cache.set_parsed("2" * 64, "large", size=1001)
    assert cache.get_parsed(str, "1" * 64) == "small"
    assert cache.get_parsed(str, "2" * 64) is None


def test_two_things_that_were_made_of_the_same_bytes_are_never_confused(
    cache: DigestCache,
) -> None:
    cache.set_parsed(DIGEST, "text", size=1)
    cache.set_parsed(DIGEST, 5, size=1)
    assert cache.get_parsed(str, DIGEST) == "text"
    assert cache.get_parsed(int, DIGEST) == 5
    assert cache.get_parsed(bytes, DIGEST) is None


def test_threads_may_share_a_cache(cache: DigestCache) -> None:
    failures: list[BaseException] = []

    def use(offset: int) -> None:
        try:
            for number in range(500):
                digest = f"{(number + offset) % 30:064}"
                cache.set_parsed(digest, int(digest), size=100)
                assert cache.get_parsed(int, digest) in (None, int(digest))
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=use, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# What a store makes of it -------------------------------------------------------------------------


def test_a_manifest_is_not_taken_for_a_closure(tmp_path: Path, shared: LocMemCache) -> None:
    store = make_store(shared, tmp_path)
    digest = store.write_manifest(next_manifest(BUNDLE, None, EMPTY_TREE, dependencies=None))
    with pytest.raises(StorageError, match="not a link closure"):
        store.read_closure(BUNDLE, digest)


def test_small_contents_are_read_from_the_storage_once(tmp_path: Path, shared: LocMemCache) -> None:
    store = make_store(shared, tmp_path)
    for contents, cached in ((b"x" * 100, True), (b"x" * 101, False)):
        stored = store.put_blob(BUNDLE, io.BytesIO(contents))
        assert store.read_blob(BUNDLE, stored.digest, stored.size) == contents
        (tmp_path / f"{BUNDLE}/data/{stored.digest}").unlink()
        if cached:
            assert store.read_blob(BUNDLE, stored.digest, stored.size) == contents
            with store.open_blob(BUNDLE, stored.digest, stored.size) as file:
                assert file.read() == contents
        else:
            with pytest.raises(StorageError, match="it is not there"):
                store.read_blob(BUNDLE, stored.digest, stored.size)
            with pytest.raises(StorageError, match="it is not there"):
                store.open_blob(BUNDLE, stored.digest, stored.size)


@pytest.mark.parametrize("size", [100, 101])
def test_damaged_contents_are_an_error_and_never_cached(
    tmp_path: Path, shared: LocMemCache, size: int
) -> None:
    store = make_store(shared, tmp_path)
    stored = store.put_blob(BUNDLE, io.BytesIO(b"x" * size))
    (tmp_path / f"{BUNDLE}/data/{stored.digest}").write_bytes(b"y" * size)
    for _ in range(2):
        with pytest.raises(StorageError, match="do not have the digest"):
            store.read_blob(BUNDLE, stored.digest, size)
        with (
            pytest.raises(StorageError, match="do not have the digest"),
            store.open_blob(BUNDLE, stored.digest, size) as file,
        ):
            file.read()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (b"", "do not have the digest"),
        (b"no gzip", "it is damaged"),
        (gzip.compress(b"{}", mtime=0), "do not have the digest"),
        (gzip.compress(b"{}" * 100, mtime=0)[:-9], "it is damaged"),
    ],
    ids=["emptied", "other bytes", "another manifest", "cut off"],
)
def test_a_damaged_manifest_or_closure_is_an_error(
    tmp_path: Path, shared: LocMemCache, damage: bytes, reason: str
) -> None:
    store = make_store(DeadCache(), tmp_path)
    manifest = store.write_manifest(next_manifest(BUNDLE, None, EMPTY_TREE, dependencies=None))
    closure = store.write_closure(BUNDLE, Closure())
    for path in tmp_path.rglob("*.json"):
        path.write_bytes(damage)
    cold = make_store(shared, tmp_path)
    with pytest.raises(StorageError, match=reason):
        cold.read_manifest(BUNDLE, 1, manifest)
    with pytest.raises(StorageError, match=reason):
        cold.read_closure(BUNDLE, closure)


def test_manifests_lie_where_the_layout_says_as_compressed_json(
    tmp_path: Path, shared: LocMemCache
) -> None:
    store = make_store(shared, tmp_path)
    stored = store.put_blob(BUNDLE, io.BytesIO(CONTENTS))
    tree = Tree({"a": TreeFile(stored.digest, stored.size)})
    manifest = store.write_manifest(next_manifest(BUNDLE, None, tree, dependencies=None))
    closure = store.write_closure(BUNDLE, Closure((f"{BUNDLE}@1",), {"a": (0,)}))
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {
        f"{BUNDLE}/data/{DIGEST}",
        f"{BUNDLE}/versions/1/{manifest}.json",
        f"{BUNDLE}/versions/dependencies/{closure}.json",
    }
    contents = gzip.decompress((tmp_path / f"{BUNDLE}/versions/1/{manifest}.json").read_bytes())
    assert digest_of(contents) == manifest


def test_the_same_manifest_is_stored_as_the_same_bytes(tmp_path: Path, shared: LocMemCache) -> None:
    """Compression adds no time stamp, so that mirrors of a storage stay equal."""
    manifest = next_manifest(BUNDLE, None, EMPTY_TREE, dependencies=None)
    written = []
    for folder in ("one", "two"):
        make_store(shared, tmp_path / folder).write_manifest(manifest)
        written.append([path.read_bytes() for path in (tmp_path / folder).rglob("*.json")])
    assert written[0] == written[1]


def test_a_manifest_is_read_from_the_storage_once_a_process(
    tmp_path: Path, shared: LocMemCache
) -> None:
    store = make_store(DeadCache(), tmp_path)
    digest = store.write_manifest(next_manifest(BUNDLE, None, EMPTY_TREE, dependencies=None))
    cold = make_store(DeadCache(), tmp_path)
    first = cold.read_manifest(BUNDLE, 1, digest)
    for path in tmp_path.rglob("*.json"):
        path.unlink()
    assert cold.read_manifest(BUNDLE, 1, digest) is first
    with pytest.raises(StorageError, match="it is not there"):
        make_store(shared, tmp_path).read_manifest(BUNDLE, 1, digest)


def test_a_store_works_on_a_storage_that_is_no_file_system(shared: LocMemCache) -> None:
    backend = make_backend(InMemoryStorage(), durable=True, spool_bytes=10)
    store = ContentStore(backend, DigestCache(shared, process_bytes=100), max_cached_blob_bytes=0)
    stored = store.put_blob(BUNDLE, io.BytesIO(CONTENTS))
    store.sync_blobs(BUNDLE)
    assert store.has_blob(BUNDLE, DIGEST)
    assert not store.has_blob(UUID(int=0), DIGEST)
    assert store.read_blob(BUNDLE, DIGEST, stored.size) == CONTENTS
    assert store.put_blob(BUNDLE, io.BytesIO(CONTENTS)).reused
    manifest = next_manifest(BUNDLE, None, EMPTY_TREE, dependencies=None)
    assert isinstance(store.read_manifest(BUNDLE, 1, store.write_manifest(manifest)), Manifest)
