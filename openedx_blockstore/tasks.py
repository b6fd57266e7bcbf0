"""Celery's tasks, where the host has Celery; nothing else imports this module."""

from __future__ import annotations

import time

from celery import shared_task

from openedx_blockstore.event_delivery.celery import TASK
from openedx_blockstore.event_delivery.runner import deliver_all
from openedx_blockstore.jobs.runner import run_job

_SECONDS = 300.0


@shared_task(name="openedx_blockstore.run_job", ignore_result=True)  # type: ignore[untyped-decorator]
def run_job_task(job_uuid: str) -> None:
    """Do a job."""
    run_job(job_uuid)


@shared_task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def deliver_events_task(name: str | None = None) -> None:
    """Hand over events to one consumer, or to all of them.

    If there are very many, another task goes on, so that no limit for the time of a task is met.
    """
    end = time.monotonic() + _SECONDS
    deliver_all([name] if name is not None else None, stop=lambda: time.monotonic() > end)
    if time.monotonic() > end:
        deliver_events_task.delay(name)
