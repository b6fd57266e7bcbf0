"""What a .tar.gz from a stranger may try, and what it gets to hear."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData
from openedx_blockstore.exceptions import Invalid, InvalidArchive, LimitExceeded
from tests.archives.building import gzipped, member, pack, tar_of, tree
from tests.archives.conftest import Refuse


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../etc/passwd", "a part that is . or .."),
        ("static/../../x", "a part that is . or .."),
        ("/etc/passwd", "it is absolute"),
        ("a//b", "two slashes in a row"),
        ("a\\..\\b", "backslash"),
        ("C:\\windows", "backslash"),
        ("bell\x07.txt", "control character"),
        ("links/x", "reserved"),
        (".blockstore/other", "only info.json and plugins/"),
        (".BlockStore/info.json", "reserved"),
    ],
)
def test_a_path_that_no_version_may_hold_is_refused(
    refused: Refuse, name: str, reason: str
) -> None:
    message = refused(tar_of((member(name), b"x")), InvalidArchive, reason)
    assert repr(name) in message


def test_a_nul_byte_in_a_name_is_refused(refused: Refuse) -> None:
    header = member("harmless.txt", pax_headers={"path": "a\0b"})
    refused(tar_of((header, b"x")), InvalidArchive)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a character device"),
        (tarfile.BLKTYPE, "a block device"),
        (tarfile.FIFOTYPE, "a named pipe"),
        (b"Z", "of the unknown type"),
    ],
)
def test_what_is_no_plain_file_is_refused(refused: Refuse, kind: bytes, said: str) -> None:
    header = member("evil", kind, linkname="/etc/passwd")
    refused(tar_of((member("a.txt"), b"x"), (header, b"")), InvalidArchive, said, "'evil'")


def test_a_symbolic_link_is_refused(refused: Refuse) -> None:
    header = member("evil", tarfile.SYMTYPE, linkname="/etc/passwd")
    refused(tar_of((header, b"")), InvalidArchive, "'evil'", "a symbolic link")


def test_a_file_below_a_symbolic_link_is_refused(refused: Refuse) -> None:
    header = member("evil", tarfile.SYMTYPE, linkname="/tmp")
    refused(tar_of((header, b""), (member("evil/x"), b"x")), InvalidArchive, "symbolic link")


def test_a_sparse_file_is_refused(refused: Refuse) -> None:
    header = member(
        "sparse", pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": "1000000000"}
    )
    refused(tar_of((header, b"x")), InvalidArchive, "sparse")


def test_an_old_sparse_header_is_refused(refused: Refuse) -> None:
    header = member("sparse", tarfile.GNUTYPE_SPARSE)
    refused(tar_of((header, b""), format=tarfile.GNU_FORMAT), InvalidArchive, "sparse")


def test_a_sparse_map_without_end_is_refused(refused: Refuse) -> None:
    header = member(
        "sparse",
        pax_headers={
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.realsize": "10",
        },
    )
    refused(tar_of((header, b"99999999\n" + b"1\n" * 400)), InvalidArchive)


def test_an_entry_that_occurs_twice_is_refused(refused: Refuse) -> None:
    archive = pack([("a.txt", b"one"), ("a.txt", b"two")])
    refused(archive, InvalidArchive, "'a.txt'", "twice")


def test_two_spellings_of_one_name_are_refused(refused: Refuse) -> None:
    archive = pack([("e\u0301.txt", b"one"), ("\u00e9.txt", b"two")])
    refused(archive, InvalidArchive, "twice")


def test_a_file_and_a_folder_of_one_name_are_refused(refused: Refuse) -> None:
    refused(
        tar_of((member("a"), b"x"), (member("a", tarfile.DIRTYPE), b""), (member("b"), b"x")),
        InvalidArchive,
        "'a'",
    )


@pytest.mark.parametrize(
    ("first", "second"), [("a.TXT", "a.txt"), ("dir", "dir/x"), ("Dir/x", "dir")]
)
def test_names_that_can_not_stand_side_by_side_are_refused(
    refused: Refuse, first: str, second: str
) -> None:
    archive = pack([(first, b"1"), (second, b"2"), ("other", b"3")])
    refused(archive, InvalidArchive, "can not stand beside", repr(first))


def test_a_truncated_archive_is_refused_wherever_it_ends(refused: Refuse) -> None:
    whole = pack({"a.txt": bytes(range(256)) * 20, "b.txt": b"x" * 3000}).getvalue()
    for length in range(1, len(whole) - 8, 23):
        refused(io.BytesIO(whole[:length]), InvalidArchive)


def test_a_tar_file_that_was_cut_off_before_it_was_compressed_is_refused(refused: Refuse) -> None:
    raw = gzip.decompress(pack({"a.txt": b"x" * 3000, "b.txt": b"y" * 3000}).getvalue())
    for length in (512, 700, 512 + 3072, 512 + 3072 + 512, 512 + 3072 + 1000, 2 * (512 + 3072)):
        refused(gzipped(raw[:length]), InvalidArchive, "damaged or cut off")


def test_a_flipped_bit_is_noticed(refused: Refuse) -> None:
    data = bytearray(pack({"a.txt": bytes(range(256)) * 20}).getvalue())
    data[len(data) // 2] ^= 4
    refused(io.BytesIO(bytes(data)), InvalidArchive, "damaged or cut off")


def test_a_broken_header_is_no_end(refused: Refuse) -> None:
    raw = bytearray(gzip.decompress(pack({"a.txt": b"x", "b.txt": b"y"}).getvalue()))
    raw[1024 + 20] ^= 1  # in the name of the second entry, so its checksum is wrong
    refused(gzipped(bytes(raw)), InvalidArchive, "something that is no header")


def test_what_follows_the_end_is_refused(refused: Refuse) -> None:
    whole = pack({"a.txt": b"x"}).getvalue()
    refused(io.BytesIO(whole + b"garbage"), InvalidArchive, "damaged or cut off")
    hidden = gzip.decompress(whole) * 2
    refused(gzipped(hidden), InvalidArchive, "something follows after its end")


def test_a_claim_of_more_bytes_than_allowed_is_refused(refused: Refuse) -> None:
    header = member("huge", size=2**50)
    raw = header.tobuf() + b"x" * 512
    refused(gzipped(raw), LimitExceeded, "MAX_ARCHIVE_BYTES")


def test_a_negative_size_is_refused(refused: Refuse) -> None:
    header = member("a", size=-1024)
    raw = header.tobuf(tarfile.GNU_FORMAT) + b"x" * 1024
    refused(gzipped(raw), InvalidArchive)


@pytest.mark.parametrize(
    ("claimed", "kind"),
    [
        ("3", InvalidArchive),
        ("0", InvalidArchive),
        ("-512", InvalidArchive),
        ("1e3", InvalidArchive),
        ("99999999999999", LimitExceeded),
    ],
)
def test_two_sizes_of_one_entry_are_refused(
    refused: Refuse, claimed: str, kind: type[Invalid]
) -> None:
    # By hand, since tarfile would not write a record that contradicts the header.
    line = f"{len(claimed) + 9:02d} size={claimed}\n".encode()
    assert int(line[:2]) == len(line)
    pax = member("pax", tarfile.XHDTYPE, size=len(line)).tobuf(tarfile.USTAR_FORMAT)
    own = member("a.txt", size=1000).tobuf(tarfile.USTAR_FORMAT)
    raw = pax + line.ljust(512, b"\0") + own + b"x" * 1024 + b"\0" * 1024
    refused(gzipped(raw), kind)


def test_a_global_header_that_renames_every_entry_is_refused(refused: Refuse) -> None:
    archive = tar_of((member("a.txt"), b"x"), pax_headers={"path": "../evil"})
    refused(archive, InvalidArchive)


def test_a_global_header_with_a_comment_is_harmless(collection: CollectionData) -> None:
    archive = tar_of((member("a.txt"), b"x"), pax_headers={"comment": "from a git repository"})
    assert api.import_archive(archive, collection_uuid=collection.uuid).bundles[0].created


def test_global_headers_without_end_are_refused(refused: Refuse) -> None:
    """Each of them is short, but what they say would be kept until the end."""
    archive = io.BytesIO()
    for number in range(101):
        said = {f"comment{number}": "x"}
        archive.write(tarfile.TarInfo.create_pax_global_header(said))
        archive.write(member(f"{number}.txt").tobuf(tarfile.USTAR_FORMAT))
    raw = archive.getvalue() + b"\0" * 1024
    refused(gzipped(raw), InvalidArchive, "global headers have more than 100 records")


def test_headers_without_end_are_refused(refused: Refuse) -> None:
    long_name = member("./././@LongLink", tarfile.GNUTYPE_LONGNAME, size=2**30)
    raw = long_name.tobuf(tarfile.GNU_FORMAT) + b"a" * 2**20
    refused(gzipped(raw), InvalidArchive, "bytes of headers")


def test_a_chain_of_headers_is_refused(refused: Refuse) -> None:
    empty = member("x", tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT)
    refused(gzipped(empty * 5000), InvalidArchive)


def test_too_many_entries_are_refused(refused: Refuse, settings: object) -> None:
    settings.OPENEDX_BLOCKSTORE = {"MAX_ARCHIVE_ENTRIES": 10}  # type: ignore[attr-defined]
    archive = pack({f"{number}.txt": b"" for number in range(11)})
    refused(archive, LimitExceeded, "MAX_ARCHIVE_ENTRIES", "11")


def test_folders_count_as_entries(refused: Refuse, settings: object) -> None:
    settings.OPENEDX_BLOCKSTORE = {"MAX_ARCHIVE_ENTRIES": 10}  # type: ignore[attr-defined]
    folders = [(member(f"d{number}", tarfile.DIRTYPE), b"") for number in range(11)]
    refused(tar_of(*folders), LimitExceeded, "MAX_ARCHIVE_ENTRIES")


def test_too_many_bytes_are_refused(refused: Refuse, settings: object) -> None:
    settings.OPENEDX_BLOCKSTORE = {"MAX_ARCHIVE_BYTES": 100_000}  # type: ignore[attr-defined]
    refused(pack({"a.txt": b"x" * 100_001}), LimitExceeded, "MAX_ARCHIVE_BYTES")


def test_a_gzip_bomb_is_stopped_on_the_way(refused: Refuse) -> None:
    archive = pack({"bomb.bin": bytes(64 * 2**20)})
    assert len(archive.getvalue()) < 100_000
    refused(archive, LimitExceeded, "MAX_ARCHIVE_RATIO")


def test_a_bomb_after_the_end_is_stopped(refused: Refuse) -> None:
    raw = gzip.decompress(pack({"a.txt": b"x"}).getvalue()) + bytes(64 * 2**20)
    refused(gzipped(raw), LimitExceeded, "MAX_ARCHIVE_RATIO")


def test_what_compresses_well_but_is_small_is_no_bomb(collection: CollectionData) -> None:
    archive = pack({"zeros.bin": bytes(8 * 2**20)})
    assert api.import_archive(archive, collection_uuid=collection.uuid).bundles[0].created


def test_a_name_in_another_encoding_is_refused(refused: Refuse) -> None:
    archive = tar_of((member("caf\u00e9.txt"), b"x"), format=tarfile.GNU_FORMAT, encoding="latin-1")
    refused(archive, InvalidArchive, "utf-8")


def test_a_path_too_long_is_refused(refused: Refuse) -> None:
    refused(pack({"a/" * 260 + "x": b"x", "y": b""}), LimitExceeded, "MAX_PATH_LENGTH")
    refused(pack({"a/" * 2000 + "x": b"x", "y": b""}), LimitExceeded, "MAX_PATH_LENGTH")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello, world", "neither"),
        (b"7z\xbc\xaf\x27\x1c", "neither"),
        (gzip.compress(b""), "damaged"),
        (gzip.compress(b"no tar at all"), "damaged"),
        (gzip.compress(bytes(10240)), "no files"),
    ],
    # Named, as gzip puts the time into the bytes: processes that share the tests would not agree.
    ids=["nothing", "text", "another format", "empty gzip", "text in gzip", "an empty tar"],
)
def test_what_is_no_archive_is_refused(refused: Refuse, data: bytes, reason: str) -> None:
    refused(io.BytesIO(data), InvalidArchive, reason)


def test_one_bad_entry_at_the_end_spoils_everything(refused: Refuse) -> None:
    good = tree({"a.txt": b"x"})
    archive = pack([*good.items(), ("../evil", b"x")])
    refused(archive, InvalidArchive, "'../evil'")
