"""What a .zip from a stranger may try, and what it gets to hear."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData
from openedx_blockstore.exceptions import InvalidArchive, LimitExceeded
from tests.archives.building import pack, patched, zip_member, zip_of
from tests.archives.conftest import Refuse

# The offsets of fields in an entry of the directory (APPNOTE 4.3.12) and in a local header.
_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"


def _set_field(
    archive: io.BytesIO, signature: bytes, offset: int, value: bytes, *, which: int = 0
) -> io.BytesIO:
    data = bytearray(archive.getvalue())
    positions = [i for i in range(len(data)) if data.startswith(signature, i)]
    at = positions[which] + offset
    data[at : at + len(value)] = value
    return io.BytesIO(bytes(data))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../etc/passwd", "a part that is . or .."),
        ("/etc/passwd", "it is absolute"),
        ("a\\b", "backslash"),
        ("a//b", "two slashes"),
        ("bell\x07", "control character"),
        ("links/x", "reserved"),
    ],
)
def test_a_path_that_no_version_may_hold_is_refused(
    refused: Refuse, name: str, reason: str
) -> None:
    refused(zip_of((name, b"x")), InvalidArchive, reason, repr(name))


def test_a_nul_byte_in_a_name_is_refused(refused: Refuse) -> None:
    archive = patched(zip_of(("a.txt.exe", b"x")), b"a.txt.exe", b"a.txt\0exe")
    refused(archive, InvalidArchive, "control character")


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o120777, "symbolic link"),
        (0o020666, "device or pipe"),
        (0o060666, "device or pipe"),
        (0o010666, "device or pipe"),
    ],
)
def test_what_is_no_plain_file_is_refused(refused: Refuse, mode: int, said: str) -> None:
    refused(zip_of((zip_member("evil", mode), b"/etc/passwd")), InvalidArchive, said, "'evil'")


def test_a_folder_that_holds_bytes_is_refused(refused: Refuse) -> None:
    archive = patched(zip_of(("folderX", b"bytes"), ("a", b"")), b"folderX", b"folder/")
    refused(archive, InvalidArchive, "folder")


def test_an_encrypted_entry_is_refused(refused: Refuse) -> None:
    archive = zip_of(("a.txt", b"x"))
    archive = _set_field(archive, _LOCAL, 6, struct.pack("<H", 1))
    archive = _set_field(archive, _CENTRAL, 8, struct.pack("<H", 1))
    refused(archive, InvalidArchive, "encrypted", "'a.txt'")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_packing_is_refused_by_its_name(refused: Refuse, method: int) -> None:
    archive = zip_of(("a.txt", b"x" * 100), compression=method)
    name = {zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "LZMA"}[method]
    refused(archive, InvalidArchive, name, "'a.txt'")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_occurs_twice_is_refused(refused: Refuse) -> None:
    refused(zip_of(("a.txt", b"one"), ("a.txt", b"two")), InvalidArchive, "'a.txt'", "twice")


def test_two_names_of_one_entry_are_refused(refused: Refuse) -> None:
    archive = patched(zip_of(("good.txt", b"x")), b"good.txt", b"evil.txt", which=0)
    refused(archive, InvalidArchive, "evil.txt", "good.txt")


@pytest.mark.parametrize(
    ("offset", "value", "said"),
    [
        (8, struct.pack("<H", 0), "method"),
        (14, struct.pack("<L", 1234), "checksum"),
        (18, struct.pack("<L", 7), "packed size"),
        (22, struct.pack("<L", 7), "size"),
    ],
)
def test_what_an_archive_says_twice_and_differently_is_refused(
    refused: Refuse, offset: int, value: bytes, said: str
) -> None:
    archive = zip_of(("a.txt", b"x" * 1000), compression=zipfile.ZIP_DEFLATED)
    archive = _set_field(archive, _LOCAL, offset, value)
    refused(archive, InvalidArchive, said, "'a.txt'")


def test_an_entry_that_holds_less_than_it_claims_is_refused(refused: Refuse) -> None:
    archive = zip_of(("a.txt", b"x" * 1000), compression=zipfile.ZIP_DEFLATED)
    archive = _set_field(archive, _LOCAL, 22, struct.pack("<L", 2000))
    archive = _set_field(archive, _CENTRAL, 24, struct.pack("<L", 2000))
    refused(archive, InvalidArchive, "'a.txt'", "as many bytes as it claims")


def test_an_entry_that_holds_more_than_it_claims_is_refused(refused: Refuse) -> None:
    archive = zip_of(("a.txt", b"x" * 1000), compression=zipfile.ZIP_DEFLATED)
    archive = _set_field(archive, _LOCAL, 22, struct.pack("<L", 10))
    archive = _set_field(archive, _CENTRAL, 24, struct.pack("<L", 10))
    refused(archive, InvalidArchive, "'a.txt'", "damaged")


def test_a_wrong_checksum_is_noticed(refused: Refuse) -> None:
    archive = patched(zip_of(("a.txt", b"some text")), b"some text", b"sOme text")
    refused(archive, InvalidArchive, "'a.txt'", "damaged")


def test_entries_that_overlap_are_refused(refused: Refuse) -> None:
    """The classic: many directory entries share one compressed stream."""
    data = zip_of(("a", b"x" * 1000), ("b", b"x" * 1000)).getvalue()
    second = data.index(_CENTRAL, data.index(_CENTRAL) + 1)
    archive = bytearray(data)
    archive[second + 42 : second + 46] = struct.pack("<L", 0)
    refused(io.BytesIO(bytes(archive)), InvalidArchive, "overlaps")


def test_an_entry_inside_another_one_is_refused(refused: Refuse) -> None:
    inner = zip_of(("a", b"x" * 1000)).getvalue()
    local = inner[: inner.index(_CENTRAL)]
    data = zip_of(("outer", local), ("a", b"x" * 1000)).getvalue()
    second = data.index(_CENTRAL, data.index(_CENTRAL) + 1)
    archive = bytearray(data)
    archive[second + 42 : second + 46] = struct.pack("<L", data.index(local))
    refused(io.BytesIO(bytes(archive)), InvalidArchive, "overlaps")


def test_an_entry_that_reaches_into_the_directory_is_refused(refused: Refuse) -> None:
    archive = zip_of(("a", b"x" * 10))
    for signature, offset in ((_LOCAL, 18), (_LOCAL, 22), (_CENTRAL, 20), (_CENTRAL, 24)):
        archive = _set_field(archive, signature, offset, struct.pack("<L", 40))
    refused(archive, InvalidArchive, "overlaps with the archive's directory")


def test_bytes_before_and_after_the_archive_are_refused(refused: Refuse) -> None:
    whole = zip_of(("a", b"x")).getvalue()
    refused(io.BytesIO(whole + b"garbage"), InvalidArchive, "follows after its end")
    polyglot = _LOCAL + b"something else" + whole
    refused(io.BytesIO(polyglot), InvalidArchive, "before its first entry")


def test_a_comment_is_no_garbage(collection: CollectionData) -> None:
    buffer = zip_of(("a", b"x"))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"made by hand"
    buffer.seek(0)
    assert api.import_archive(buffer, collection_uuid=collection.uuid).bundles[0].created


def test_a_truncated_archive_is_refused_wherever_it_ends(refused: Refuse) -> None:
    whole = pack({"a.txt": bytes(range(256)) * 20, "b.txt": b"x" * 3000}, "zip").getvalue()
    for length in range(1, len(whole), 29):
        refused(io.BytesIO(whole[:length]), InvalidArchive)


def test_too_many_entries_are_refused_before_they_are_parsed(
    refused: Refuse, settings: object
) -> None:
    settings.OPENEDX_BLOCKSTORE = {"MAX_ARCHIVE_ENTRIES": 10}  # type: ignore[attr-defined]
    archive = pack({f"{number}.txt": b"" for number in range(11)}, "zip")
    refused(archive, LimitExceeded, "MAX_ARCHIVE_ENTRIES", "11")


def test_too_many_bytes_are_refused(refused: Refuse, settings: object) -> None:
    settings.OPENEDX_BLOCKSTORE = {"MAX_ARCHIVE_BYTES": 100_000}  # type: ignore[attr-defined]
    refused(pack({"a.txt": b"x" * 100_001}, "zip"), LimitExceeded, "MAX_ARCHIVE_BYTES")


def test_a_zip_bomb_is_refused(refused: Refuse) -> None:
    archive = pack({"bomb.bin": bytes(64 * 2**20)}, "zip")
    refused(archive, LimitExceeded, "MAX_ARCHIVE_RATIO")


def test_names_of_programs_that_do_not_mark_utf8_are_understood(
    collection: CollectionData,
) -> None:
    name = "caf\u00e9.txt".encode()
    archive = patched(zip_of(("cafXX.txt", b"x")), b"cafXX.txt", name)
    result = api.import_archive(archive, collection_uuid=collection.uuid).bundles[0]
    version = api.get_bundle_version(result.bundle_uuid, 1)
    assert version is not None
    assert list(version.files) == ["caf\u00e9.txt"]


def test_an_empty_archive_is_refused(refused: Refuse) -> None:
    refused(zip_of(), InvalidArchive, "no files")
