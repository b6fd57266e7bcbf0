"""How commands print values: for people, and as JSON for programs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import attrs


def to_json(value: Any) -> str:
    """Return a value of the public API, or a list of them, as JSON."""
    return json.dumps(value, default=_plain, indent=2, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if attrs.has(type(value)):
        return attrs.asdict(value, recurse=False)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON.")


def counted(count: int, noun: str) -> str:
    """Return a number of things, such as ``1 bundle`` and ``2 bundles``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def human_size(size: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    number = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:  # noqa: PLR2004  (the unit)
            return counted(size, "byte") if unit == "bytes" else f"{number:,.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} TiB"
