"""A file of a gigabyte is written, committed and read in flat memory, on each kind of storage."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from attrs import frozen
from django.core.files.storage import FileSystemStorage, Storage

from openedx_blockstore import api
from openedx_blockstore.store import digest_of
from tests.core.helpers import stored_path
from tests.memory import peak_memory
from tests.processes import processes

pytestmark = [pytest.mark.big, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

GIB = 2**30
#: How much more memory a process may need for it than for a small file, in bytes.
ALLOWED = 16 * 2**20

_PIECE = bytes(range(256)) * 4096  # 1 MiB


class Endless:
    """Something to read, of a given length, which nobody holds in memory."""

    def __init__(self, length: int, label: bytes) -> None:
        self._left = length
        self._label = label

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, never more than a piece of them."""
        if size < 0:
            raise AssertionError("Nobody may ask for all of it.")
        count = min(size, self._left, len(_PIECE))
        self._left -= count
        piece = (self._label + _PIECE)[:count] if self._label else _PIECE[:count]
        self._label = b""
        return piece


@frozen
class Peaks:
    """The most memory that a process had in use after each step, in bytes."""

    small: int
    written: int
    committed: int
    read: int


def read_all(bundle: UUID, path: str) -> int:
    """Read a file piece by piece; return its length."""
    length = 0
    with api.open_bundle_file(bundle, path) as file:
        while piece := file.read(2**18):
            length += len(piece)
    return length


def measure(bundle: UUID) -> Peaks:
    """Write, commit and read a small file (everything is loaded then), and a large one."""
    draft = api.get_or_create_bundle_draft(bundle, "work").uuid
    api.write_draft_file(draft, "small.bin", Endless(1000, b"small"))  # type: ignore[arg-type]
    api.commit_draft(draft)
    read_all(bundle, "small.bin")
    small = peak_memory()
    api.write_draft_file(draft, "large.bin", Endless(GIB, b"large"))  # type: ignore[arg-type]
    written = peak_memory()
    api.commit_draft(draft)
    committed = peak_memory()
    assert read_all(bundle, "large.bin") == GIB
    return Peaks(small, written, committed, peak_memory())


def test_a_gigabyte_takes_no_more_memory_than_a_small_file(storage: Storage) -> None:
    bundle = api.create_bundle(api.create_collection("Big").uuid, "big").uuid
    with processes(1) as executor:
        peaks = executor.submit(measure, bundle).result()
    assert peaks.written - peaks.small <= ALLOWED
    assert peaks.committed - peaks.small <= ALLOWED
    assert peaks.read - peaks.small <= ALLOWED
    files = api.get_bundle_files_dict(bundle)
    assert files["large.bin"].size == GIB
    if isinstance(storage, FileSystemStorage):
        stored = stored_path(f"{bundle}/data/{files['large.bin'].hash_digest}")
        assert stored.stat().st_size == GIB


@pytest.fixture
def written_bytes() -> list[int]:
    """How many bytes this process had written when the test began, by word of the system."""
    counters = Path("/proc/self/io")
    if not counters.exists():
        pytest.skip("this system does not count what a process writes")
    return [_written(counters)]


def _written(counters: Path) -> int:
    fields = dict(line.split(": ") for line in counters.read_text().splitlines())
    return int(fields["wchar"])


def test_the_bytes_are_written_once(file_storage: Storage, written_bytes: list[int]) -> None:
    bundle = api.create_bundle(api.create_collection("Big").uuid, "big").uuid
    draft = api.get_or_create_bundle_draft(bundle, "work").uuid
    length = GIB // 4
    api.write_draft_file(draft, "large.bin", Endless(length, b""))  # type: ignore[arg-type]
    api.commit_draft(draft)
    written = _written(Path("/proc/self/io")) - written_bytes[0]
    assert length <= written <= length + 2**20
    assert api.get_bundle_file_metadata(bundle, "large.bin").hash_digest == digest_of(
        _PIECE * (length // len(_PIECE))
    )
