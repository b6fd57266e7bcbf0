"""Who sends: a thread of the process in which something happens, or Celery where the host has it.

Never the request in which it happens: a receiver may be slow. While the plugin is turned off,
nobody sends; what is to be delivered is kept for when it is turned on again.
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import request_started
from django.db import DatabaseError, connections

from openedx_blockstore.plugin_tools import is_enabled
from openedx_blockstore_webhooks.conf import PACKAGE, get_settings
from openedx_blockstore_webhooks.data import SendReport
from openedx_blockstore_webhooks.leases import next_due
from openedx_blockstore_webhooks.models import SenderAlarm
from openedx_blockstore_webhooks.sending import Sender
from openedx_blockstore_webhooks.trimming import trim

logger = logging.getLogger(__name__)

#: Seconds after which a thread looks again although nothing woke it: others may have left work.
_IDLE_SECONDS = 60.0
_SHORTEST_SECONDS = 0.1
#: Brokers hand a task to a second worker if it waits for longer than an hour.
_LONGEST_ALARM = timedelta(minutes=30)
#: What one run of Celery's task takes at most, before it makes way for others.
_TASK_SECONDS = 60.0
#: What Celery's task is called.
TASK = "openedx_blockstore_webhooks.send"
#: How long the broker may take.
_BROKER_SECONDS = 1.0
_REDIS_TIMEOUTS = {"socket_connect_timeout": _BROKER_SECONDS, "socket_timeout": _BROKER_SECONDS}
_DISPATCH = "openedx_blockstore_webhooks.runner"


def connect() -> None:
    """Let the first request that this process answers start the thread, where one is to send.

    So what a process left behind is sent after a restart, even if nothing new happens.
    """
    request_started.connect(_at_first_request, dispatch_uid=_DISPATCH)


def _at_first_request(**_kwargs: Any) -> None:
    request_started.disconnect(dispatch_uid=_DISPATCH)
    if who_sends() == "thread":
        wake()


def who_sends() -> str:
    """Return ``thread``, ``celery`` or ``command``; ``nobody`` while the plugin is off."""
    if not is_enabled(PACKAGE):
        return "nobody"
    sender = get_settings().SENDER
    if sender != "auto":
        return sender
    names = ("CELERY_BROKER_URL", "BROKER_URL")
    # A task that runs at once, in the request, is what must never be.
    eager = any(
        getattr(django_settings, name, False)
        for name in ("CELERY_TASK_ALWAYS_EAGER", "CELERY_ALWAYS_EAGER")
    )
    has_broker = any(getattr(django_settings, name, None) for name in names)
    return "celery" if has_broker and not eager and find_spec("celery") is not None else "thread"


def wake() -> None:
    """See to it that what is due is sent soon. It waits for nobody, and never fails."""
    who = who_sends()
    if who == "thread":
        _Thread.wake()
    elif who == "celery":
        _call_celery(0.0)


def run_once(sender: Sender | None = None, *, seconds: float | None = None) -> SendReport:
    """Send what is due, and remove what is old enough; nothing while the plugin is off."""
    if not is_enabled(PACKAGE):
        return SendReport()
    report = (sender or Sender()).send_due(seconds=seconds)
    trim()
    return report


class _Thread(threading.Thread):
    """Sends for as long as the process lives."""

    _current: _Thread | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        super().__init__(name="blockstore-webhooks", daemon=True)
        self.pid = os.getpid()
        self.woken = threading.Event()
        self.sender = Sender()

    @classmethod
    def wake(cls) -> None:
        with cls._lock:
            current = cls._current
            # After a fork there is the object, but no thread.
            if current is None or current.pid != os.getpid() or not current.is_alive():
                current = cls._current = cls()
                current.start()
            current.woken.set()

    @classmethod
    def stop(cls) -> None:
        """End the thread of this process, if there is one, after its current requests."""
        with cls._lock:
            current, cls._current = cls._current, None
        if current is not None and current.pid == os.getpid():
            current.sender.stop.set()
            current.woken.set()
            current.join()

    def run(self) -> None:
        while not self.sender.stop.is_set():
            self.woken.wait(self._work())
            self.woken.clear()

    def _work(self) -> float:
        try:
            run_once(self.sender)
            at = next_due(datetime.now(UTC))
        except DatabaseError as error:
            logger.warning("Webhooks can not be sent now: %s", error)
            return _IDLE_SECONDS
        except Exception:
            logger.exception("Webhooks can not be sent now")
            return _IDLE_SECONDS
        finally:
            connections.close_all()
        if at is None:
            return _IDLE_SECONDS
        seconds = (at - datetime.now(UTC)).total_seconds()
        return min(max(seconds, _SHORTEST_SECONDS), _IDLE_SECONDS)


stop_thread = _Thread.stop


def run_task() -> None:
    """What Celery's task does: send, and see to it that somebody looks again in time."""
    if not is_enabled(PACKAGE):
        return
    run_once(seconds=_TASK_SECONDS)
    now = datetime.now(UTC)
    at = next_due(now)
    if at is None:
        return
    at = min(max(at, now), now + _LONGEST_ALARM)
    # One alarm is enough. One that was lost is over some time, and then set anew.
    if not SenderAlarm.objects.filter(at__gt=now, at__lte=at).exists():
        SenderAlarm.objects.update_or_create(pk=1, defaults={"at": at})
        _call_celery((at - now).total_seconds())


def _call_celery(seconds: float) -> None:
    from celery import current_app  # noqa: PLC0415 - not every host has it

    # A connection of our own: the host's may try for minutes to reach a broker that is down, and
    # there may be a request that waits.
    connection = current_app.connection_for_write(connect_timeout=_BROKER_SECONDS)
    connection.transport_options = {
        **connection.transport_options,
        "max_retries": 0,
        **(_REDIS_TIMEOUTS if connection.transport_cls in {"redis", "rediss"} else {}),
    }
    try:
        with connection:
            current_app.send_task(
                TASK, countdown=seconds, connection=connection, retry=False, ignore_result=True
            )
    except Exception as error:  # noqa: BLE001 - each broker has its own
        # The deliveries are written down; the next task, or the command, sends them.
        logger.warning("Celery can not be asked to send webhooks: %s", error)
