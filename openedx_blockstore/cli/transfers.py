"""Imports and exports: archives and courses go in and come out as jobs of the server."""

from __future__ import annotations

import contextlib
import tarfile
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from openedx_blockstore.cli.digests import CHUNK_BYTES
from openedx_blockstore.cli.errors import LocalError, RefusedError, ServerError
from openedx_blockstore.cli.files import local_errors
from openedx_blockstore.cli.output import Output
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.transport import SizedBody
from openedx_blockstore.cli.values import Job

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 2.0

# What is nobody's fault but the server's, and may go well another time.
_SERVER_ERRORS = frozenset(
    {"internal_error", "job_lost", "plugin_error", "plugin_failed", "storage_error"}
)


def import_file(
    server: Server,
    collection_uuid: str,
    source: Path,
    *,
    kind: str,
    params: Mapping[str, Any],
    output: Output,
) -> dict[str, Any]:
    """Send an archive, and return what became of it.

    Args:
        source: An archive; or a folder, which is packed first.
        kind: ``import``, ``import_course`` or ``import_thin``.

    Raises:
        ClientError: It can not be imported.
    """
    with local_errors(f"{source} can not be read"), _packed(source, output) as archive:
        size = archive.stat().st_size
        with output.progress("Sending", size) as progress:
            job = server.start_import(
                collection_uuid,
                kind,
                lambda: SizedBody(archive.open("rb"), size, progress),
                {"name": source.name, **params},
            )
    done = wait_for(server, job, "Importing", output)
    return dict(done.result or {})


@contextlib.contextmanager
def _packed(source: Path, output: Output) -> Iterator[Path]:
    if not source.exists():
        raise LocalError(f"There is no {source}.", "Give the path of an archive or a folder.")
    if not source.is_dir():
        yield source
        return
    output.say(f"Packing {source} …")
    with tempfile.TemporaryDirectory(prefix="blockstore-") as folder:
        archive = Path(folder) / f"{source.resolve().name}.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(source, arcname=source.resolve().name)
        yield archive


def wait_for(server: Server, job: Job, what: str, output: Output) -> Job:
    """Wait until a job has ended well.

    Raises:
        RefusedError: It could not be done.
        ServerError: The server has failed.
    """
    seconds = _FIRST_WAIT
    with output.progress(what, job.total) as progress:
        shown = 0
        while not job.ended:
            time.sleep(seconds)
            seconds = min(_LONGEST_WAIT, seconds * 1.5)
            job = server.job(job.uuid)
            progress(job.done - shown)
            shown = job.done
    if job.state == "succeeded":
        return job
    error = job.error or {}
    code = str(error.get("code", ""))
    message = str(error.get("message", "The server could not do it."))
    if code in _SERVER_ERRORS:
        raise ServerError(message, "Try again later.", code=code)
    raise RefusedError(message, code=code, facts=error.get("facts") or {})


def export_file(
    server: Server, path: str, target: Path, params: Mapping[str, Any], output: Output
) -> int:
    """Have an archive made, and fetch it; return its size.

    Raises:
        ClientError: It can not be made, or not be kept.
    """
    job = wait_for(server, server.start_export(path, params), "Exporting", output)
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        with local_errors(f"{target} can not be written"):
            size = _fetch(server, job, unfinished, output)
            unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    with contextlib.suppress(Exception):
        server.transport.send("DELETE", server.url(f"jobs/{job.uuid}"))
    return size


def _fetch(server: Server, job: Job, target: Path, output: Output) -> int:
    response = server.open_result(job.uuid)
    announced = response.headers.get("Content-Length")
    total = int(announced) if announced is not None else None
    size = 0
    try:
        with response, target.open("wb") as file, output.progress("Fetching", total) as progress:
            for chunk in response.iter_content(CHUNK_BYTES):
                file.write(chunk)
                size += len(chunk)
                progress(len(chunk))
    except requests.RequestException as error:
        raise ServerError("The connection was lost.", "Try again.", code="unreachable") from error
    if total is not None and size != total:
        raise ServerError("The archive ends too early.", "Try again.", code="unreachable")
    return size
