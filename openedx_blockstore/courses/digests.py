"""The digests of contents and names, as an import compares them with what is stored."""

from __future__ import annotations

import hashlib  # noqa: TID251 - the store's own function is not part of the public API
from pathlib import Path

_CHUNK_BYTES = 256 * 1024


def digest_of_bytes(contents: bytes) -> str:
    """Return the digest of bytes, as the store makes it: lower-case hexadecimal SHA-256."""
    return hashlib.sha256(contents).hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the digest of a file, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def digest_of_text(text: str) -> str:
    """Return the digest of a name, which may be no proper text."""
    return digest_of_bytes(text.encode("utf-8", "surrogatepass"))
