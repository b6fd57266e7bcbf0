"""Celery's tasks, where the host has Celery; nothing else imports this module."""

from __future__ import annotations

from celery import shared_task

from openedx_blockstore.jobs.runner import run_job


@shared_task(name="openedx_blockstore.run_job", ignore_result=True)  # type: ignore[untyped-decorator]
def run_job_task(job_uuid: str) -> None:
    """Do a job."""
    run_job(job_uuid)
