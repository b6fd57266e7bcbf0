"""Asks Celery's workers to hand over events, without ever making an author wait for the broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from celery import current_app

logger = logging.getLogger(__name__)

#: What the task is called, see :mod:`openedx_blockstore.tasks`.
TASK = "openedx_blockstore.deliver_events"

_TIMEOUT = 1.0
#: Seconds for which a broker that could not be reached is left alone.
_PAUSE = 30.0
_FAIL_AT_ONCE = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
_TIMEOUTS = {"socket_connect_timeout": _TIMEOUT, "socket_timeout": _TIMEOUT}

_not_before = 0.0


def send_tasks(names: Iterable[str]) -> None:
    """Send a task for each consumer; one that gets lost only makes its events late."""
    global _not_before  # noqa: PLW0603 - of the process, as the broker is for all of it
    if time.monotonic() < _not_before:
        return
    # A connection of our own, since the host's may try again and again to reach the broker.
    connection = current_app.connection_for_write(connect_timeout=_TIMEOUT)
    connection.transport_options = {**connection.transport_options, **_FAIL_AT_ONCE}
    if connection.transport_cls in ("redis", "rediss"):
        connection.transport_options.update(_TIMEOUTS)
    try:
        with connection:
            for name in names:
                current_app.send_task(
                    TASK, args=[name], connection=connection, retry=False, ignore_result=True
                )
    except Exception:
        _not_before = time.monotonic() + _PAUSE
        logger.warning(
            "The broker can not be reached; events go when it is back, or by the command",
            exc_info=True,
        )
