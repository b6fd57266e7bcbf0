"""A file of a gigabyte goes out and in again in flat memory."""

from __future__ import annotations

import io
import random
import resource
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

import pytest
from django.core.files.storage import Storage

from openedx_blockstore import api
from openedx_blockstore.archives import ArchiveFormat
from tests.archives.building import FORMATS
from tests.processes import processes

GIB = 2**30
MIB = 2**20

# What the process may take for itself: buffers, modules that are imported on the way.
ALLOWED = 24 * MIB


class Noise(io.RawIOBase):
    """Bytes that do not compress, and that nobody has to keep."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._block = random.Random(1).randbytes(MIB)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return some more."""
        data = self._block[: min(self._left, MIB if size is None or size < 0 else size)]
        self._left -= len(data)
        return data


def peak() -> int:
    """Return the most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def growth_of(run: Callable[[int], object]) -> int:
    """Return how much more memory something takes for a gigabyte than for next to nothing."""
    run(1000)
    before = peak()
    run(GIB)
    return peak() - before


def store(collection_uuid: UUID, size: int) -> UUID:
    """Store a file of this size in a new bundle."""
    bundle = api.create_bundle(collection_uuid, f"size-{size}")
    api.import_version(bundle.uuid, {"noise.bin": cast(BinaryIO, Noise(size))})
    return bundle.uuid


def grows_by_storing(collection_uuid: UUID) -> int:
    """Measure how storing grows."""
    return growth_of(lambda size: store(collection_uuid, size))


def grows_by_exporting(collection_uuid: UUID, folder: Path, format: ArchiveFormat) -> int:
    """Measure how exporting grows."""
    slugs = {b.slug: b.uuid for b in api.get_bundles(collection_uuid=collection_uuid)}
    return growth_of(
        lambda size: api.export_bundle(
            slugs[f"size-{size}"], to=folder / f"{size}.{format}", format=format
        )
    )


def grows_by_importing(collection_uuid: UUID, folder: Path, format: ArchiveFormat) -> int:
    """Measure how importing grows."""
    return growth_of(
        lambda size: api.import_bundle(folder / f"{size}.{format}", collection_uuid=collection_uuid)
    )


@pytest.mark.big
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_gigabyte_takes_no_more_memory_than_a_kilobyte(
    file_storage: Storage, tmp_path: Path
) -> None:
    there = api.create_collection("There").uuid
    with processes(1) as executor:
        assert executor.submit(grows_by_storing, there).result() < ALLOWED
    for kind in FORMATS:
        elsewhere = api.create_collection("Elsewhere").uuid
        with processes(1) as executor:
            grown = executor.submit(grows_by_exporting, there, tmp_path, kind).result()
            assert grown < ALLOWED
        with processes(1) as executor:
            grown = executor.submit(grows_by_importing, elsewhere, tmp_path, kind).result()
            assert grown < ALLOWED
        copies = api.get_bundles(collection_uuid=elsewhere)
        copied = {b.slug: api.get_bundle_files_dict(b.uuid)["noise.bin"] for b in copies}
        assert copied[f"size-{GIB}"].size == GIB
        (tmp_path / f"{GIB}.{kind}").unlink()
