"""Writing files so that they are whole or not there, whenever the program ends."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openedx_blockstore.cli.errors import LocalError


@contextlib.contextmanager
def local_errors(what: str) -> Iterator[None]:
    """Turn an error of the operating system into a sentence."""
    try:
        yield
    except OSError as error:
        raise LocalError(
            f"{what}: {error.strerror or error} ({error.filename or 'no file'}).",
            "See that the disk has room, and that you may write there.",
        ) from error


def write_whole(path: Path, contents: bytes) -> None:
    """Write a small file at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_bytes(contents)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def canonical_json(document: Any) -> bytes:
    """Return JSON as Blockstore's formats have it: equal documents are equal bytes."""
    return json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def readable_json(document: Mapping[str, Any]) -> bytes:
    """Return JSON for people to read and change, in the form in which archives have it."""
    lines = ",\n".join(f"  {_dump(key)}: {_dump_value(item)}" for key, item in document.items())
    return f"{{\n{lines}\n}}\n".encode()


_dump = json.JSONEncoder(ensure_ascii=False).encode


def _dump_value(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n    " + ",\n    ".join(map(_dump, value)) + "\n  ]"
    if isinstance(value, dict) and any(isinstance(item, dict) for item in value.values()):
        items = [f"{_dump(key)}: {_dump(item)}" for key, item in value.items()]
        return "{\n    " + ",\n    ".join(items) + "\n  }"
    return _dump(value)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a file; None if there is no such file.

    Raises:
        LocalError: It can not be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise LocalError(f"{path} can not be read: {error}.") from error
    if not isinstance(document, dict):
        raise LocalError(f"{path} holds no object.")
    return document
