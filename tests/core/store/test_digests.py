"""Digests, and files that know what their bytes should be."""

from __future__ import annotations

import hashlib  # noqa: TID251 - compares with an implementation that is not ours
import io
from collections.abc import Callable
from typing import BinaryIO, cast

import pytest

from openedx_blockstore.exceptions import BlockstoreError, Invalid, StorageError
from openedx_blockstore.store import (
    CHUNK_BYTES,
    HashingReader,
    VerifiedFile,
    digest_of,
    is_digest,
)

CONTENTS = bytes(range(256)) * 40


def verified(stored: bytes, contents: bytes = CONTENTS) -> VerifiedFile:
    """A file that should hold contents, but holds what is stored."""
    return VerifiedFile(
        io.BytesIO(stored), name="a/data/b", digest=digest_of(contents), size=len(contents)
    )


def all_at_once(file: VerifiedFile) -> bytes:
    return file.read()


def in_chunks(size: int) -> Callable[[VerifiedFile], bytes]:
    def read(file: VerifiedFile) -> bytes:
        return b"".join(iter(lambda: file.read(size), b""))

    return read


def by_lines(file: VerifiedFile) -> bytes:
    return b"".join(file)


def by_read1(file: VerifiedFile) -> bytes:
    return b"".join(iter(file.read1, b""))


def into_a_buffer(file: VerifiedFile) -> bytes:
    buffer, parts = bytearray(100), []
    while count := file.readinto(buffer):
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)


def through_a_buffered_reader(file: VerifiedFile) -> bytes:
    return io.BufferedReader(cast(io.RawIOBase, file)).read()


WAYS = [
    all_at_once,
    in_chunks(1000),
    in_chunks(len(CONTENTS)),
    in_chunks(len(CONTENTS) * 2),
    by_lines,
    by_read1,
    into_a_buffer,
    through_a_buffered_reader,
]
DAMAGES = {
    "damaged": CONTENTS[:-1] + b"x",
    "damaged at the start": b"x" + CONTENTS[1:],
    "truncated": CONTENTS[:-1],
    "longer": CONTENTS + b"x",
    "gone": b"",
}


def test_a_digest_is_the_lower_case_hexadecimal_sha_256() -> None:
    assert digest_of(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_of(CONTENTS) == hashlib.sha256(CONTENTS).hexdigest()


def test_only_64_lower_case_hexadecimal_digits_are_spelt_as_a_digest() -> None:
    digest = digest_of(b"")
    assert is_digest(digest)
    for other in (digest.upper(), digest[:-1], digest + "0", digest + "\n", "", None, b"", 3):
        assert not is_digest(other)


def test_a_hashing_reader_knows_digest_and_size_of_what_it_has_read() -> None:
    contents = b"abc" * CHUNK_BYTES
    reader = HashingReader(io.BytesIO(contents))
    assert b"".join(reader.chunks()) == contents
    assert (reader.size, reader.digest) == (len(contents), digest_of(contents))


def test_a_text_file_is_refused_as_a_source_of_bytes() -> None:
    reader = HashingReader(cast(BinaryIO, io.StringIO("text")))
    with pytest.raises(Invalid, match="binary file"):
        list(reader.chunks())


@pytest.mark.parametrize("read", WAYS)
def test_an_undamaged_file_is_read_however_one_reads_it(
    read: Callable[[VerifiedFile], bytes],
) -> None:
    assert read(verified(CONTENTS)) == CONTENTS


@pytest.mark.parametrize("read", WAYS)
@pytest.mark.parametrize("stored", DAMAGES.values(), ids=DAMAGES)
def test_a_file_with_other_bytes_fails_however_one_reads_it(
    read: Callable[[VerifiedFile], bytes], stored: bytes
) -> None:
    with pytest.raises(StorageError, match="a/data/b"):
        read(verified(stored))


def test_the_last_bytes_of_a_damaged_file_are_never_handed_out() -> None:
    """Whoever counts bytes, and never asks for the end, is told as well."""
    file = verified(CONTENTS[:-1] + b"x")
    file.read(len(CONTENTS) - 10)
    with pytest.raises(StorageError):
        file.read(10)


@pytest.mark.parametrize("read", WAYS)
def test_an_empty_file_is_empty(read: Callable[[VerifiedFile], bytes]) -> None:
    assert read(verified(b"", b"")) == b""


def test_a_file_that_should_be_empty_and_is_not_fails() -> None:
    with pytest.raises(StorageError):
        verified(b"x", b"").read()


def test_reading_nothing_is_not_the_end() -> None:
    file = verified(CONTENTS)
    assert file.read(0) == b""
    assert file.read() == CONTENTS


@pytest.mark.parametrize("failure", [OSError("the disk is gone"), RuntimeError("no answer")])
def test_whatever_a_storage_raises_while_it_is_read_is_a_storage_error(failure: Exception) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise failure

    file = VerifiedFile(Failing(), name="a/data/b", digest=digest_of(b"x"), size=1)
    with pytest.raises(StorageError) as caught:
        file.read()
    assert isinstance(caught.value, BlockstoreError)
    assert caught.value.__cause__ is failure


def test_a_verified_file_does_not_seek_and_closes_what_is_below() -> None:
    below = io.BytesIO(CONTENTS)
    file = VerifiedFile(below, name="a", digest=digest_of(CONTENTS), size=len(CONTENTS))
    assert (file.readable(), file.seekable(), file.writable()) == (True, False, False)
    with file:
        pass
    assert below.closed
    with pytest.raises(ValueError, match="closed"):
        file.read()
