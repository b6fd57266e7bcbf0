"""The core stores bytes and knows no format: what nobody has heard of yet works like all the rest.

Two trees stand for it: one in a binary format that was invented for this test, with names that mean
nothing to anybody, and a course translated into another alphabet, whose "XML" is not even well
formed in places.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, FileContents
from openedx_blockstore.store import digest_of
from tests.core.helpers import contents_of, forget_everything_cached, make_version, target_of

pytestmark = pytest.mark.django_db

#: Records with a length, a kind and bytes; 0x1A, NUL and invalid UTF-8 among them.
QUIVER = b"QVR\x00\x1a\r\n" + b"".join(
    struct.pack(">IB", len(body), kind) + body
    for kind, body in enumerate([b"", b"\xff\xfe\x00", b"\r\n\n\r", bytes(range(256)) * 3])
)
INVENTED: dict[str, FileContents] = {
    "main.qvr": QUIVER,
    "quills/0001.qvr": QUIVER * 50,
    "no extension": b"\x00",
    "static/looks-like.html": b"<html>" + QUIVER,
    "index.xml.gz.exe": b"MZ" + QUIVER,
    "empty.qvr": b"",
}
TRANSLATED: dict[str, FileContents] = {
    "последовательность.xml": '<?xml version="1.0" encoding="UTF-8"?>\r\n<последовательность/>\r\n',
    "разделы/раздел 1.xml": '\ufeff<раздел название="Введение & начало">'.encode("utf-16"),
    "задача/первая/definition.xml": "<problem><p>Сколько будет 2 + 2?</p></problem>".encode(
        "cp1251"
    ),
    "задача/первая/static/рисунок.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "日本語/问题.xml": "<problem/>",
    "العربية/مسألة.xml": "<problem/>",
}
TREES = {"quiver": INVENTED, "": TRANSLATED}


def as_bytes(files: Mapping[str, FileContents]) -> dict[str, bytes]:
    return {
        path: each.encode() if isinstance(each, str) else cast(bytes, each)
        for path, each in files.items()
    }


@pytest.mark.parametrize(("kind", "files"), TREES.items(), ids=["invented", "translated"])
def test_a_format_that_nobody_knows_is_versioned_like_any_other(
    collection: CollectionData, kind: str, files: dict[str, FileContents]
) -> None:
    bundle = api.create_bundle(collection.uuid, "s", type=kind)
    make_version(bundle.uuid, files)
    forget_everything_cached()
    assert contents_of(bundle.uuid) == as_bytes(files)
    for path, contents in as_bytes(files).items():
        assert api.get_bundle_file_metadata(bundle.uuid, path).hash_digest == digest_of(contents)
    first = min(files)
    make_version(bundle.uuid, {first: b"changed"})
    api.revert_bundle(bundle.uuid, 1)
    assert contents_of(bundle.uuid) == as_bytes(files)
    assert [entry.version for entry in api.get_file_history(bundle.uuid, first)] == [3, 2, 1]


@pytest.mark.parametrize(("kind", "files"), TREES.items(), ids=["invented", "translated"])
def test_a_format_that_nobody_knows_is_linked_like_any_other(
    collection: CollectionData, bundle: BundleData, kind: str, files: dict[str, FileContents]
) -> None:
    lender = api.create_bundle(collection.uuid, "s", type=kind)
    made = make_version(lender.uuid, files)
    make_version(bundle.uuid, {"own": b"x"}, {"связь": target_of(made)})
    for path, contents in as_bytes(files).items():
        linked = f"links/связь/{path}"
        assert api.get_bundle_file_data(bundle.uuid, linked) == contents
        with api.open_bundle_file(bundle.uuid, linked) as file:
            assert file.read() == contents
    size = api.get_size(bundle.uuid)
    distinct = {digest_of(contents): len(contents) for contents in as_bytes(files).values()}
    assert (size.files, size.bytes) == (len(files) + 1, sum(distinct.values()) + 1)


@pytest.mark.parametrize(("kind", "files"), TREES.items(), ids=["invented", "translated"])
@pytest.mark.parametrize("form", ["tar.gz", "zip"])
def test_a_format_that_nobody_knows_is_exported_and_imported_like_any_other(
    tmp_path: Path,
    collection: CollectionData,
    kind: str,
    files: dict[str, FileContents],
    form: Literal["tar.gz", "zip"],
) -> None:
    bundle = api.create_bundle(collection.uuid, "s", type=kind)
    make_version(bundle.uuid, files)
    archive = io.BytesIO()
    api.export_bundle(bundle.uuid, to=archive, format=form)
    archive.seek(0)
    elsewhere = api.create_collection("Elsewhere")
    imported = api.import_bundle(archive, collection_uuid=elsewhere.uuid)
    assert imported.bundle_uuid != bundle.uuid
    assert contents_of(imported.bundle_uuid) == as_bytes(files)


@pytest.mark.parametrize(("kind", "files"), TREES.items(), ids=["invented", "translated"])
def test_what_is_inside_changes_nothing_about_how_it_is_stored(
    collection: CollectionData, kind: str, files: dict[str, FileContents]
) -> None:
    """No name, type or size of what is stored follows from anything but the bytes."""
    made = [
        make_version(api.create_bundle(collection.uuid, "s", type=each).uuid, files)
        for each in (kind, "problem", "library")
    ]
    stored = [
        {path: (file.hash_digest, file.size, file.public) for path, file in version.files.items()}
        for version in made
    ]
    assert stored[0] == stored[1] == stored[2]
