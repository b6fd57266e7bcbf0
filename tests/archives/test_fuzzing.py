"""Whatever is done to an archive, it is read, or refused by name; nothing else ever happens."""

from __future__ import annotations

import contextlib
import gzip
import io
from typing import BinaryIO, cast

from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore.archives import ArchiveLimits, find_trees, open_archive, scan_archive
from openedx_blockstore.exceptions import Invalid, InvalidArchive
from tests.archives.building import UUID_A, UUID_B, contents, gzipped, link, pack, tree

LIMITS = ArchiveLimits(entries=100, unpacked_bytes=10**6, ratio=200, path_length=500)

ENTRIES = {
    **contents([(UUID_A, 1), (UUID_B, 3)]),
    **tree({"a.txt": b"a" * 700, "\u00e9/b": b"b"}, folder=f"{UUID_A}/1/"),
    **tree(
        {"c": b"c"}, folder=f"{UUID_B}/3/", uuid=UUID_B, version=3, links={"a": link(UUID_A, 1)}
    ),
}
ZIP = pack(ENTRIES, "zip").getvalue()
TAR = gzip.decompress(pack(ENTRIES).getvalue())

edits = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=max(len(ZIP), len(TAR))),
        st.binary(min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=4,
)


def damaged(data: bytes, changes: list[tuple[int, bytes]], *, insert: bool) -> bytes:
    """Return bytes with some of them overwritten, or others put between."""
    result = bytearray(data)
    for place, new in changes:
        at = place % len(result)
        result[at : at if insert else at + len(new)] = new
    return bytes(result)


def read(archive: io.BytesIO) -> None:
    """Read an archive, in whatever state it is."""
    with open_archive(cast(BinaryIO, archive), limits=LIMITS) as reader:
        find_trees(scan_archive(reader))


@given(changes=edits, insert=st.booleans())
def test_a_damaged_zip_is_refused_by_name_if_at_all(
    changes: list[tuple[int, bytes]], insert: bool
) -> None:
    with contextlib.suppress(Invalid):
        read(io.BytesIO(damaged(ZIP, changes, insert=insert)))


@given(changes=edits, insert=st.booleans())
def test_a_damaged_tar_is_refused_by_name_if_at_all(
    changes: list[tuple[int, bytes]], insert: bool
) -> None:
    with contextlib.suppress(Invalid):
        read(gzipped(damaged(TAR, changes, insert=insert)))


@given(data=st.binary(max_size=2000), start=st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08"]))
def test_noise_is_refused_by_name(data: bytes, start: bytes) -> None:
    try:
        read(io.BytesIO(start + data))
    except InvalidArchive:
        return
    raise AssertionError("noise was taken for an archive")
