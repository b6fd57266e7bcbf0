"""Reads archives for tests, by the standard library rather than by the code under test."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path


def unpack(path: Path) -> dict[str, bytes]:
    """Return the files of an archive in the order in which they stand there."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    found = {}
    with tarfile.open(path) as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
    return found
