"""Celery's tasks, where the host has Celery; nothing else imports this module at start."""

from __future__ import annotations

from celery import shared_task

from openedx_blockstore_webhooks.runner import TASK, run_task


@shared_task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def send_webhooks_task() -> None:
    """Send what is due."""
    run_task()
