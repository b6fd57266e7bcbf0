"""Other processes that use the test's own database and storage, to show what happens in races."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from django.db import connection

from openedx_blockstore.settings import environment

_UPLOADS = "transfer_config"


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
        initargs=shared_settings(),
    ) as executor:
        # At the end it waits for the processes, whose connections go away with them.
        yield executor


def shared_settings() -> tuple[str, dict[str, Any], dict[str, Any]]:
    """What another process needs to use this test's database and storage: see :func:`set_up`."""
    return (
        connection.settings_dict["NAME"],
        {alias: _portable(entry) for alias, entry in settings.STORAGES.items()},
        settings.OPENEDX_BLOCKSTORE,
    )


def _portable(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of ``STORAGES`` that can be sent to another process.

    How S3 uploads are done can not: its class knows some of its defaults by identity.
    """
    options = entry.get("OPTIONS", {})
    return {**entry, "OPTIONS": {**options, _UPLOADS: None}} if _UPLOADS in options else entry


def set_up(database: str, storages: dict[str, Any], blockstore: dict[str, Any]) -> None:
    """Make a new process use what the test uses."""
    settings.DATABASES["default"]["NAME"] = database
    for entry in storages.values():
        if _UPLOADS in entry.get("OPTIONS", {}):
            made = environment.s3_storage(os.environ, bucket="")
            entry["OPTIONS"][_UPLOADS] = made["OPTIONS"][_UPLOADS]
    settings.STORAGES = storages
    settings.OPENEDX_BLOCKSTORE = blockstore
    django.setup()
