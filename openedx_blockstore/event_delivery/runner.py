"""Who hands over events: the process that made the change, or Celery where the host has it."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping
from importlib.util import find_spec

from attrs import frozen
from django.conf import settings as django_settings
from django.dispatch import receiver

from openedx_blockstore.api._events import recorded
from openedx_blockstore.conf import get_settings
from openedx_blockstore.event_delivery.consumers import event_consumers
from openedx_blockstore.event_delivery.delivery import Stop, deliver

logger = logging.getLogger(__name__)

_local = threading.local()


@receiver(recorded, dispatch_uid="openedx_blockstore.event_delivery")
def kick(**_kwargs: object) -> None:
    """See to it that events are handed over that were just committed; never fails."""
    try:
        chosen = chosen_runner()
        if chosen == "command" or not event_consumers():
            return
        if chosen == "celery":
            _send_tasks()
        else:
            _deliver_inline()
    except Exception:
        # The author's change is made. What is in the log goes with the next change, or command.
        logger.exception("Events could not be handed over right away; they are in the log")


def chosen_runner() -> str:
    """Return who hands over events here: ``celery``, ``inline`` or ``command``."""
    runner = get_settings().EVENT_RUNNER
    if runner != "auto":
        return runner
    has_broker = any(
        getattr(django_settings, name, None) for name in ("CELERY_BROKER_URL", "BROKER_URL")
    )
    return "celery" if has_broker and find_spec("celery") is not None else "inline"


def _deliver_inline() -> None:
    if getattr(_local, "delivering", False):
        # A consumer has made a change. Who called it looks again when it is done.
        return
    _local.delivering = True
    try:
        end = time.monotonic() + get_settings().EVENT_INLINE_SECONDS
        deliver_all(stop=lambda: time.monotonic() > end)
        if time.monotonic() > end:
            logger.warning("There were too many events to hand over at once; the rest goes later")
    finally:
        _local.delivering = False


@frozen
class Round:
    """What came of handing over events to several consumers.

    Attributes:
        given: How many events each was given, of those that were given any.
        failed: Those for which it could not be done; the log says why.
    """

    given: Mapping[str, int]
    failed: tuple[str, ...] = ()


def deliver_all(names: Collection[str] | None = None, *, stop: Stop = lambda: False) -> Round:
    """Hand over to consumers what is there for them, until there is no more.

    Args:
        names: Only these; None for all that are turned on.
    """
    given: Counter[str] = Counter()
    failed: dict[str, None] = {}
    more = True
    while more and not stop():
        # One may have made changes that are news to another one that was asked before.
        more = False
        for name, consumer in event_consumers().items():
            if name in failed or (names is not None and name not in names):
                continue
            # One that fails must not keep the others from theirs.
            try:
                count = deliver(name, consumer, stop=stop)
            except Exception:
                logger.exception("Events could not be handed to %r", name)
                failed[name] = None
            else:
                given[name] += count
                more = more or count > 0
    return Round({name: count for name, count in given.items() if count}, tuple(failed))


def _send_tasks() -> None:
    """Ask Celery's workers to look at the log: one task for each consumer."""
    from openedx_blockstore.event_delivery.celery import send_tasks  # noqa: PLC0415 (needs Celery)

    send_tasks(event_consumers())
