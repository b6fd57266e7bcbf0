"""Runs functions in several real processes at the same time, which share database and storage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.test.utils import override_settings

from openedx_blockstore import api
from openedx_blockstore.data import BundleVersionData
from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.settings import environment
from openedx_blockstore.store import digest_of
from tests.processes import processes

PROCESSES = 8
#: Races are run this often, since not each one is a close one.
ROUNDS = 5


@contextmanager
def start_racers(folder: Path) -> Iterator[ProcessPoolExecutor]:
    """Start processes that store bytes in a folder, and are all there."""
    entry = environment.file_system_storage(folder)
    with (
        override_settings(STORAGES={**settings.STORAGES, "openedx_blockstore": entry}),
        processes(PROCESSES) as executor,
    ):
        list(executor.map(_wait_until, [time.time() + 2] * PROCESSES))  # they all start up
        yield executor


def _wait_until(start: float) -> None:
    while time.time() < start:
        time.sleep(0.0005)


def _run(function: Callable[..., Any], arguments: Sequence[Any], start: float) -> Any:
    """Run a function at a certain time; an error of Blockstore is a result, too."""
    _wait_until(start)
    try:
        return function(*arguments)
    except BlockstoreError as error:
        return error


def race(racers: ProcessPoolExecutor, *runs: tuple[Any, ...]) -> list[Any]:
    """Run functions with their arguments in a process each, at the same time.

    Returns:
        What they have returned, or raised, in the same order.
    """
    start = time.time() + 0.02
    futures = [racers.submit(_run, function, arguments, start) for function, *arguments in runs]
    return [future.result(timeout=120) for future in futures]


def assert_gapless(bundle_uuid: UUID) -> BundleVersionData | None:
    """Make sure that every version up to the latest one is there; return that one."""
    latest = api.get_bundle_version(bundle_uuid)
    for number in range(1, latest.version + 1 if latest is not None else 1):
        version = api.get_bundle_version(bundle_uuid, number)
        assert version is not None
        assert version.version == number
        for path in version.files:
            with api.open_bundle_file(bundle_uuid, path, version_number=number) as file:
                assert digest_of(file.read()) == version.files[path].hash_digest
    return latest


def draft_of(bundle_uuid: UUID, name: str = "work") -> UUID:
    """A draft of the bundle."""
    return api.get_or_create_bundle_draft(bundle_uuid, name).uuid
