"""Large imports with all validators on: flat memory, and time that grows with the bytes alone."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import UUID

import pytest
from django.core.files.storage import Storage

from openedx_blockstore import api
from openedx_blockstore.archives import write_archive
from openedx_blockstore.store import digest_of
from tests.archives.building import info
from tests.memory import peak_memory
from tests.processes import processes

MIB = 2**20

#: What the process may take for itself, and for the largest file that is parsed.
ALLOWED = 128 * MIB

#: What is kept of a file until all are compared: the tree of the version, and what its block is.
ALLOWED_PER_FILE = 20 * 1024


def problem(number: int, size: int) -> bytes:
    """Return a problem of so many bytes, with words that no other one has."""
    words = random.Random(number)
    # Paragraphs as long as in a book: a file may have 100,000 elements.
    paragraph = "<p>{} <b>owl</b></p>\n"
    count = max(size // 2_000, 1)
    text = [paragraph.format(words.randbytes(min(size, 1_980) // 2).hex()) for _ in range(count)]
    return f'<problem url_name="p{number}" max_attempts="3">\n{"".join(text)}</problem>'.encode()


def files_of(
    problems: int, size: int, pictures: int, picture_size: int
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a bundle: problems, and pictures of which only the first bytes count."""
    for number in range(problems):
        yield f"problem/p{number}/definition.xml", problem(number, size)
    for number in range(pictures):
        noise = random.Random(number).randbytes(picture_size)
        yield f"static/{number}.png", b"\x89PNG\r\n\x1a\n" + noise


def pack(path: Path, *shape: int) -> Path:
    """Write an archive; no file of it is in memory for longer than it takes to write it."""
    document = info(type="assets", title="Large")
    for name, contents in files_of(*shape):
        described = {"digest": digest_of(contents), "size": len(contents), "public": False}
        document["files"][name] = described
    with path.open("wb") as file, write_archive(cast(BinaryIO, file), format="tar.gz") as writer:
        writer.add_bytes(".blockstore/info.json", json.dumps(document).encode())
        for name, contents in files_of(*shape):
            writer.add_bytes(name, contents)
    return path


def measure(collection: UUID, small: Path, large: Path) -> tuple[int, float]:
    """Import a small archive and a large one; return by how much memory grew, and the seconds."""
    api.import_bundle(small, collection_uuid=collection)
    before = peak_memory()
    started = time.monotonic()
    result = api.import_bundle(large, collection_uuid=api.create_collection("Large").uuid)
    assert result.findings == ()
    return peak_memory() - before, time.monotonic() - started


@pytest.mark.big
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("problems", "size", "pictures", "picture_size"),
    [
        pytest.param(9_900, 600, 0, 0, id="10,000 files"),
        pytest.param(40, 6 * MIB, 0, 0, id="240 MiB of OLX"),
        pytest.param(100, 600, 100, 10 * MIB, id="1 GiB of pictures"),
    ],
)
def test_what_is_looked_at_is_forgotten(
    file_storage: Storage,
    settings: Any,
    tmp_path: Path,
    problems: int,
    size: int,
    pictures: int,
    picture_size: int,
) -> None:
    """All but what is needed to compare blocks."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_RUNNER": "command"}
    small = pack(tmp_path / "small.tar.gz", 1, 600, 1, 600)
    large = pack(tmp_path / "large.tar.gz", problems, size, pictures, picture_size)
    collection = api.create_collection("Small").uuid
    with processes(1) as executor:
        grown, seconds = executor.submit(measure, collection, small, large).result()
    assert seconds < 600
    assert grown < ALLOWED + ALLOWED_PER_FILE * (problems + pictures)
