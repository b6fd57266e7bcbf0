"""Other processes that use the test's own database and storage, to show what happens in races."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from django.db import connection


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes that share this test's database and storage.

    The test must be one with transactions (``django_db(transaction=True)``), or they see nothing of
    what it has written. What they are given to run must be a function of a module.

    Args:
        count: How many.
    """
    # Spawned, not forked: a fork would share this process's connections.
    with ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=set_up,
        initargs=(connection.settings_dict["NAME"], settings.STORAGES, settings.OPENEDX_BLOCKSTORE),
    ) as executor:
        # At the end it waits for the processes, whose connections go away with them.
        yield executor


def set_up(database: str, storages: dict[str, Any], blockstore: dict[str, Any]) -> None:
    """Make a new process use what the test uses."""
    settings.DATABASES["default"]["NAME"] = database
    settings.STORAGES = {alias: _mended(entry) for alias, entry in storages.items()}
    settings.OPENEDX_BLOCKSTORE = blockstore
    django.setup()


def _mended(entry: dict[str, Any]) -> dict[str, Any]:
    """Make boto3's settings anew: what stands for "not set" in them is lost between processes."""
    options = entry.get("OPTIONS", {})
    if "transfer_config" not in options:
        return entry
    from boto3.s3.transfer import TransferConfig  # noqa: PLC0415

    given = options["transfer_config"]
    config = TransferConfig(
        multipart_threshold=given.multipart_threshold,
        multipart_chunksize=given.multipart_chunksize,
        use_threads=given.use_threads,
    )
    return {**entry, "OPTIONS": {**options, "transfer_config": config}}
