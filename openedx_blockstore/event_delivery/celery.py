"""Asks Celery's workers to hand over events, without ever making an author wait for the broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from celery import current_app

logger = logging.getLogger(__name__)

#: What the task is called, see :mod:`openedx_blockstore.tasks`.
TASK = "openedx_blockstore.deliver_events"

#: Seconds in which the broker must answer.
_TIMEOUT = 1.0
#: Seconds for which a broker that did not is left alone.
_PAUSE = 30.0
_FAIL_AT_ONCE = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
_REDIS = {"socket_connect_timeout": _TIMEOUT, "socket_timeout": _TIMEOUT}

# Of the process: what one thread has learned of the broker is true for all.
_trouble = {"until": 0.0}


def send_tasks(names: Iterable[str]) -> None:
    """Send a task for each consumer; one that gets lost only makes its events late."""
    if time.monotonic() < _trouble["until"]:
        return
    try:
        # A connection of our own, since the host's may try again and again to reach the broker.
        with _connection() as connection:
            for name in names:
                current_app.send_task(
                    TASK, args=[name], connection=connection, retry=False, ignore_result=True
                )
    except Exception:
        _trouble["until"] = time.monotonic() + _PAUSE
        logger.warning(
            "The broker can not be reached; events are handed over when it is back",
            exc_info=True,
        )


def forget_trouble() -> None:
    """Ask the broker again at once."""
    _trouble["until"] = 0.0


def _connection() -> Any:
    connection = current_app.connection_for_write(connect_timeout=_TIMEOUT)
    connection.transport_options = {**connection.transport_options, **_FAIL_AT_ONCE}
    if connection.transport_cls in ("redis", "rediss", "sentinel"):
        connection.transport_options.update(_REDIS)
    return connection
