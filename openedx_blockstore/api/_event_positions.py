"""Gives events their positions in the log, once they can be seen.

Ids are given when a row is inserted, and rows are seen when their transactions are committed, which
may be much later and in another order. So the id of the newest event that was read does not say
which ones were read. A position is given to what can be seen, after everything that has one; who
reads by it misses nothing, however long some transaction stays open.
"""

from __future__ import annotations

from django.db.models import F

from openedx_blockstore.api._transactions import locked, write_transaction
from openedx_blockstore.models import Event, EventLog

_BATCH = 500
_LOG = 1


def give_positions() -> int:
    """Give a position to every event that has none.

    Returns:
        The last position that was given, by whomever.
    """
    unplaced = Event.objects.filter(position=None).order_by("pk")
    while unplaced.exists():
        with write_transaction():
            log = lock_log()
            # In the order of ids, which is the right one for the events of one bundle: each was
            # inserted after the one before could be seen.
            keys = list(unplaced.values_list("pk", flat=True)[:_BATCH])
            if keys:
                offset = log.last_position + 1 - keys[0]
                # By their keys, since one that appears just now might be between two of them.
                Event.objects.filter(pk__in=keys, position=None).update(position=F("pk") + offset)
                log.last_position = keys[-1] + offset
                log.save(update_fields=["last_position"])
    return EventLog.objects.filter(pk=_LOG).values_list("last_position", flat=True).first() or 0


def lock_log() -> EventLog:
    """Keep others from giving positions until the transaction ends."""
    log = locked(EventLog.objects.filter(pk=_LOG)).first()
    if log is None:
        # Whoever is first makes it.
        EventLog.objects.bulk_create([EventLog(pk=_LOG)], ignore_conflicts=True)
        log = locked(EventLog.objects.filter(pk=_LOG)).get()
    return log
