"""Celery's tasks, where the host has Celery; nothing else imports this module."""

from __future__ import annotations

from celery import shared_task

from openedx_blockstore.event_delivery.celery import TASK
from openedx_blockstore.event_delivery.runner import deliver_all
from openedx_blockstore.jobs.runner import run_job


@shared_task(name="openedx_blockstore.run_job", ignore_result=True)  # type: ignore[untyped-decorator]
def run_job_task(job_uuid: str) -> None:
    """Do a job."""
    run_job(job_uuid)


@shared_task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def deliver_events_task(name: str | None = None) -> None:
    """Hand over events to one consumer, or to all of them."""
    deliver_all([name] if name is not None else None)
