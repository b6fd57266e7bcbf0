"""Who does jobs: a thread of the process that was asked, or Celery where the host has it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
from django.conf import settings as django_settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections, connections, transaction

from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import BundleFindings
from openedx_blockstore.exceptions import (
    BlockstoreError,
    ImportRefused,
    PluginError,
    PluginFailed,
)
from openedx_blockstore.jobs import files
from openedx_blockstore.jobs.work import Work, do_work
from openedx_blockstore.models import Job

logger = logging.getLogger(__name__)

#: How long a worker may be silent before it counts as dead.
LOST_AFTER = timedelta(minutes=15)
#: Seconds between two notes of how far a job has come.
_INTERVAL = 1.0


def start_job(
    owner: AbstractBaseUser,
    kind: str,
    arguments: Mapping[str, Any],
    *,
    source: Path | None = None,
    file_name: str = "",
) -> Job:
    """Have something done later, and say what to ask for it by.

    Args:
        source: The archive that goes in.
        file_name: What the archive that comes out is called.

    Raises:
        StorageError: The storage failed.
    """
    remove_old_jobs()
    now = datetime.now(UTC)
    job = Job(
        kind=kind,
        owner_id=owner.pk,
        arguments=dict(arguments),
        file_name=file_name,
        created=now,
        touched=now,
    )
    if source is not None:
        job.input_name = files.keep(source, job.uuid, source.name)
    job.save()
    # Not before everybody else can see the row, even if the host runs requests in transactions.
    transaction.on_commit(lambda: _hand_over(job.uuid))
    return job


def _hand_over(job_uuid: UUID) -> None:
    if _uses_celery():
        from openedx_blockstore.tasks import run_job_task  # noqa: PLC0415  (needs Celery)

        run_job_task.delay(str(job_uuid))
    else:
        name = f"blockstore-job-{job_uuid}"
        threading.Thread(target=_in_thread, args=(job_uuid,), name=name, daemon=True).start()


def _uses_celery() -> bool:
    runner = get_settings().JOB_RUNNER
    if runner != "auto":
        return runner == "celery"
    has_broker = any(
        getattr(django_settings, name, None) for name in ("CELERY_BROKER_URL", "BROKER_URL")
    )
    return has_broker and find_spec("celery") is not None


def _in_thread(job_uuid: UUID) -> None:
    close_old_connections()
    try:
        run_job(job_uuid)
    except Exception:
        # Nobody waits for this thread; the job counts as lost after a while.
        logger.exception("Job %s was lost", job_uuid)
    finally:
        connections.close_all()


def run_job(job_uuid: UUID | str) -> None:
    """Do a job, and write down what came of it. One that was begun already is left alone."""
    now = datetime.now(UTC)
    queued = Job.objects.filter(uuid=job_uuid, state=Job.State.QUEUED)
    if not queued.update(state=Job.State.RUNNING, touched=now):
        return
    job = Job.objects.select_related("owner").filter(uuid=job_uuid).first()
    if job is None:
        return
    try:
        with files.workspace() as folder:
            job.result = _work(job, folder)
        job.state = Job.State.SUCCEEDED
    except (BlockstoreError, PermissionDenied) as error:
        job.state, job.error = Job.State.FAILED, _error(error)
    except Exception:
        logger.exception("Job %s failed", job_uuid)
        job.state = Job.State.FAILED
        job.error = {"code": "internal_error", "message": "Something went wrong.", "facts": {}}
    try:
        files.remove(job.input_name)
    except BlockstoreError:
        logger.exception("The input of job %s stays", job_uuid)
    kept = Job.objects.filter(pk=job.pk).update(
        state=job.state,
        result=job.result,
        error=job.error,
        output_name=job.output_name,
        touched=datetime.now(UTC),
    )
    if not kept:
        # Somebody removed the job, or its owner, while it ran.
        files.remove(job.output_name)


def _error(error: BlockstoreError | PermissionDenied) -> dict[str, Any]:
    if isinstance(error, PermissionDenied):
        return {"code": "permission_denied", "message": str(error), "facts": {}}
    if isinstance(error, (PluginError, PluginFailed)):
        # What plugins raise is for those who run the server; the log has it.
        message = "A plugin of this server failed; its operators can tell why."
        return {"code": error.code, "message": message, "facts": {}}
    facts: dict[str, Any] = {}
    if isinstance(error, ImportRefused):
        facts = {"bundles": [_found(bundle) for bundle in error.bundles]}
    return {"code": error.code, "message": str(error), "facts": facts}


def _found(bundle: BundleFindings) -> dict[str, Any]:
    uuid = str(bundle.bundle_uuid) if bundle.bundle_uuid is not None else None
    return {**attrs.asdict(bundle), "bundle_uuid": uuid}


def _work(job: Job, folder: Path) -> dict[str, Any]:
    source = target = None
    if job.input_name:
        source = folder / job.input_name.rpartition("/")[2]
        files.fetch(job.input_name, source)
    if job.file_name:
        target = folder / f"output-{job.file_name}"
    result = do_work(
        Work(job.owner, job.kind, job.arguments, source=source, target=target), _Noting(job)
    )
    if target is not None:
        job.output_name = files.keep(target, job.uuid, "output")
    return result


class _Noting:
    """Writes down how far a job has come, not more often than somebody looks."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._noted = time.monotonic() - _INTERVAL

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._noted < _INTERVAL and done != total:
            return
        self._noted = now
        Job.objects.filter(pk=self._job.pk).update(
            done=done, total=total, touched=datetime.now(UTC)
        )


def is_lost(job: Job) -> bool:
    """Tell whether the worker of a running job has died."""
    return job.state == Job.State.RUNNING and datetime.now(UTC) - job.touched > LOST_AFTER


def remove_job(job: Job) -> None:
    """Remove a job, and the files that it left.

    Raises:
        StorageError: The storage failed.
    """
    files.remove(job.input_name, job.output_name)
    job.delete()


def remove_old_jobs() -> None:
    """Remove those that nobody has fetched for long."""
    before = datetime.now(UTC) - timedelta(hours=get_settings().JOB_HOURS)
    for job in Job.objects.filter(touched__lt=before).order_by("pk")[:100]:
        remove_job(job)
