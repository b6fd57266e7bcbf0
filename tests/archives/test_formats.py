"""Archives are the same bytes for the same files, and give back what went in."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore.archives import (
    ArchiveFormat,
    ArchiveLimits,
    format_of_name,
    open_archive,
    write_archive,
)
from openedx_blockstore.exceptions import InvalidPath, LimitExceeded
from openedx_blockstore.store import case_clashes, normalize_path
from tests.archives.building import FORMATS, pack

every_format = pytest.mark.parametrize("format", FORMATS)

LIMITS = ArchiveLimits(entries=1000, unpacked_bytes=2**30, ratio=200, path_length=500)

FILES = {
    "units/materials.xml": b"<unit/>",
    "static/\u00e9\u4e2d\U0001f600.bin": bytes(range(256)) * 50,
    "empty": b"",
    "deep/" * 40 + "file": b"deep",
}


def unpack(archive: BinaryIO) -> dict[str, bytes]:
    """Return all files of an archive, by the reader under test."""
    with open_archive(archive, limits=LIMITS) as reader:
        return {entry.path: entry.open().read() for entry in reader.entries()}


def is_path(text: str) -> bool:
    """Tell whether a version could hold this path."""
    try:
        return normalize_path(text) == text
    except (InvalidPath, LimitExceeded):
        return False


paths = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12),
    min_size=1,
    max_size=6,
).map(lambda parts: unicodedata.normalize("NFC", "/".join(parts)))
trees = st.dictionaries(
    paths.filter(is_path), st.binary(max_size=3000), min_size=1, max_size=8
).filter(lambda tree: not case_clashes(tree))


@every_format
@given(files=trees)
def test_any_files_come_back_as_they_went_in(
    format: ArchiveFormat, files: dict[str, bytes]
) -> None:
    archive = pack(files, format)
    assert unpack(archive) == files
    assert pack(files, format).getvalue() == archive.getvalue()


@every_format
def test_the_same_files_are_the_same_bytes_whatever_the_output_can_do(
    format: ArchiveFormat, tmp_path: Path
) -> None:
    class Pipe(io.RawIOBase):
        """Can neither seek nor tell."""

        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object, /) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(data)  # type: ignore[arg-type]

    pipe = Pipe()
    path = tmp_path / "archive"
    with path.open("wb") as file:
        for output in (cast(BinaryIO, pipe), file):
            with write_archive(output, format=format) as writer:
                for name, contents in FILES.items():
                    writer.add_bytes(name, contents)
    assert path.read_bytes() == pipe.data == pack(FILES, format).getvalue()


def test_a_tar_says_nothing_of_the_place_and_time_of_writing() -> None:
    archive = pack(FILES)
    assert archive.getvalue()[4:8] == bytes(4)  # the time in the header of gzip (RFC 1952)
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        for member in tar.getmembers():
            assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (
                (0, 0, 0, "", "")
            )
            assert member.mode == 0o644
            assert member.isreg()


def test_a_zip_says_nothing_of_the_place_and_time_of_writing() -> None:
    with zipfile.ZipFile(pack(FILES, "zip")) as archive:
        for member in archive.infolist():
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert member.external_attr >> 16 == 0o100644
            assert member.create_system == 3


def test_common_programs_read_what_is_written(tmp_path: Path) -> None:
    """The formats are no dialect of our own."""
    (tmp_path / "a.tar.gz").write_bytes(pack(FILES).getvalue())
    subprocess.run(["tar", "-xzf", "a.tar.gz"], cwd=tmp_path, check=True)
    assert {path: (tmp_path / path).read_bytes() for path in FILES} == FILES
    with zipfile.ZipFile(pack(FILES, "zip")) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES


@pytest.mark.parametrize(
    "options", [["-czf"], ["--format=gnu", "-czf"], ["--format=ustar", "-czf"]]
)
def test_what_common_programs_write_is_read(tmp_path: Path, options: list[str]) -> None:
    for path in ("a.txt", "folder/b.txt", "folder/empty/.keep"):
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_text(path)
    subprocess.run(["tar", *options, "../a.tar.gz", "."], cwd=tmp_path / "tree", check=True)
    with (tmp_path / "a.tar.gz").open("rb") as archive:
        assert unpack(archive) == {
            path: path.encode() for path in ("a.txt", "folder/b.txt", "folder/empty/.keep")
        }


@every_format
def test_a_source_that_ends_early_fails_the_archive(format: ArchiveFormat) -> None:
    buffer = io.BytesIO()
    with (
        pytest.raises(OSError, match=r"end of data|holds"),
        write_archive(cast(BinaryIO, buffer), format=format) as writer,
    ):
        writer.add("a", io.BytesIO(b"short"), size=100)


@every_format
def test_a_failed_archive_has_no_end(format: ArchiveFormat) -> None:
    buffer = io.BytesIO()

    def write_and_fail() -> None:
        with write_archive(cast(BinaryIO, buffer), format=format) as writer:
            writer.add_bytes("a", b"x" * 100_000)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_fail()
    whole = pack({"a": b"x" * 100_000}, format).getvalue()
    assert len(buffer.getvalue()) < len(whole)
    assert buffer.getvalue() == whole[: len(buffer.getvalue())]


@every_format
def test_an_archive_may_come_from_a_pipe(format: ArchiveFormat) -> None:
    class Pipe(io.RawIOBase):
        """Can not seek."""

        def __init__(self, data: bytes) -> None:
            self._file = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def read(self, size: int | None = -1, /) -> bytes:
            return self._file.read(min(100, size) if size and size > 0 else -1)

    assert unpack(cast(BinaryIO, Pipe(pack(FILES, format).getvalue()))) == FILES


def test_a_source_without_end_is_stopped() -> None:
    class Endless(io.RawIOBase):
        """Always has more."""

        def read(self, size: int | None = -1, /) -> bytes:
            return bytes(size or 0)

    limits = ArchiveLimits(entries=10, unpacked_bytes=10_000_000, ratio=200, path_length=500)
    with (
        pytest.raises(LimitExceeded, match="MAX_ARCHIVE_BYTES"),
        open_archive(cast(BinaryIO, Endless()), limits=limits),
    ):
        pass


@every_format
def test_an_archive_can_be_walked_again_and_in_part(format: ArchiveFormat) -> None:
    with open_archive(cast(BinaryIO, pack(FILES, format)), limits=LIMITS) as reader:
        for _ in range(2):
            next(reader.entries())
        assert [entry.path for entry in reader.entries()] == list(FILES)
        found = {e.path: e.open().read() for e in reader.entries() if e.path.startswith("static")}
    assert found == {path: FILES[path] for path in FILES if path.startswith("static")}


def test_concatenated_gzip_streams_are_one_archive() -> None:
    raw = gzip.decompress(pack(FILES).getvalue())
    archive = io.BytesIO(gzip.compress(raw[:1000]) + gzip.compress(raw[1000:]) + bytes(100))
    assert unpack(cast(BinaryIO, archive)) == FILES


def test_more_than_4_gib_fit_into_a_zip_by_its_headers() -> None:
    """Sizes are known beforehand, so ZIP64 is chosen in time."""
    buffer = io.BytesIO()
    archive = zipfile.ZipFile(buffer, "w")
    member = zipfile.ZipInfo("large")
    member.file_size = 5 * 2**30
    with archive.open(member, "w") as target:
        target.write(b"x")
    assert buffer.getvalue()[28:30] != b"\0\0"  # the local header has an extra field: ZIP64's
    archive.close()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.tar.gz", "tar.gz"),
        ("A.TGZ", "tar.gz"),
        ("a.zip", "zip"),
        ("a.tar", None),
        ("zip", None),
    ],
)
def test_suffixes_name_formats(name: str, expected: ArchiveFormat | None) -> None:
    assert format_of_name(name) == expected


def test_a_folder_is_no_archive() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.raises(Exception, match="is a folder; pack it"),
        open_archive(folder, limits=LIMITS),
    ):
        pass
