"""The floor: plain file writes, and bare statements on one table, of the same bytes.

It is as durable as Blockstore: each file is on the disk before its row is committed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import connection, transaction

_TABLE = "bench_floor"


def create_table() -> None:
    """Make the table; it has an index, as any table one finds something in."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {_TABLE} (owner VARCHAR(40), name VARCHAR(200), digest VARCHAR(64), "
            "size BIGINT)"
        )
        cursor.execute(f"CREATE INDEX bench_floor_owner ON {_TABLE} (owner, name)")


def write_files(folder: Path, contents: Iterable[bytes]) -> None:
    """Write files, each under a temporary name, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in contents:
        write_file(folder, [data])
    sync_folder(folder)


def write_file(folder: Path, chunks: Iterable[bytes]) -> Path:
    """Write one file to the disk."""
    name = uuid.uuid4().hex
    incoming = folder / f"{name}.incoming"
    with incoming.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return incoming.rename(folder / name)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names of files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def insert(owner: str, names: Sequence[str]) -> None:
    """Insert rows in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_TABLE} (owner, name, digest, size) VALUES (%s, %s, %s, %s)",
            [(owner, name, "0" * 64, 1) for name in names],
        )


def select(owner: str, *, limit: int = 1_000_000) -> list[tuple[object, ...]]:
    """Select rows by their index, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT owner, name, digest, size FROM {_TABLE} WHERE owner = %s "
            f"ORDER BY name LIMIT {limit}",
            [owner],
        )
        rows: list[tuple[object, ...]] = cursor.fetchall()
        return rows


def analyze(*tables: str) -> None:
    """Let the database look at what is in tables now, as it does by itself after a while."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {'TABLE ' if connection.vendor == 'mysql' else ''}{table}")
