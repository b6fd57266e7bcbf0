"""Sees to it that one worker at a time reads the log for a consumer.

Whoever does has a lease, which runs out unless it is renewed: a worker that was killed does not
stop its consumer for long. What is written for a consumer is written only by who holds its lease.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from attrs import frozen
from django.db import DatabaseError, connections
from django.db.models import Q, QuerySet

from openedx_blockstore.conf import get_settings
from openedx_blockstore.models import EventConsumerState

logger = logging.getLogger(__name__)


class LeaseLostError(Exception):
    """Somebody else reads for the consumer now; this one was silent for too long."""


@frozen
class Lease:
    """The right to read for a consumer.

    Attributes:
        orderly: The one before was given back; otherwise its holder has died.
    """

    state_id: int
    token: UUID
    orderly: bool

    def update(self, **values: Any) -> None:
        """Write values to the consumer's row, and renew the lease.

        Raises:
            LeaseLostError: It is somebody else's by now.
        """
        if not self._rows().update(leased_until=_end(), **values):
            raise LeaseLostError

    def give_back(self) -> None:
        """Let others read for the consumer."""
        self._rows().update(lease_token=None, leased_until=None)

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease from another thread, for as long as something runs that may take long."""
        done = threading.Event()
        # Most of what is kept ends long before this has anything to do.
        keeper = threading.Thread(target=self._keep, args=(done,), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _keep(self, done: threading.Event) -> None:
        interval = get_settings().EVENT_LEASE_SECONDS / 3
        try:
            while not done.wait(interval):
                try:
                    self._rows().update(leased_until=_end())
                except DatabaseError:
                    logger.warning("A lease could not be renewed", exc_info=True)
        finally:
            connections.close_all()

    def _rows(self) -> QuerySet[EventConsumerState]:
        return EventConsumerState.objects.filter(pk=self.state_id, lease_token=self.token)


def acquire(name: str) -> Lease | None:
    """Return a lease; None where somebody else has it, or the consumer is to be left alone."""
    now = datetime.now(UTC)
    state, _created = EventConsumerState.objects.get_or_create(name=name, defaults={"created": now})
    token = uuid4()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    ready = Q(next_attempt=None) | Q(next_attempt__lte=now)
    rows = EventConsumerState.objects.filter(free, ready, pk=state.pk)
    # Who held it when we looked; if that is not so any more, we do not get it.
    rows = rows.filter(lease_token=state.lease_token)
    if not rows.update(lease_token=token, leased_until=_end()):
        return None
    return Lease(state.pk, token, orderly=state.lease_token is None)


def _end() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=get_settings().EVENT_LEASE_SECONDS)
