"""When to try again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from openedx_blockstore_webhooks.conf import WebhooksSettings

#: The longest that a receiver may ask us to wait.
_MAX_RETRY_AFTER = timedelta(days=1)
#: Seconds for which a receiver is left in peace after its first failure; doubled with each.
_FIRST_PAUSE = 5
_MAX_DOUBLINGS = 30


def next_attempt(
    attempts_made: int, now: datetime, settings: WebhooksSettings, *, retry_after: str = ""
) -> datetime | None:
    """Return when a delivery is to be tried again, or None if that was the last attempt.

    Args:
        attempts_made: All of them, the one that has just failed included.
        retry_after: What the receiver said.
    """
    if attempts_made > len(settings.RETRY_SECONDS):
        return None
    seconds = settings.RETRY_SECONDS[attempts_made - 1]
    # Chance only spreads load; nobody needs to be unable to guess it.
    at = now + timedelta(seconds=seconds * (1 + random.uniform(0, settings.RETRY_JITTER)))  # noqa: S311
    asked = asked_for(retry_after, now)
    return max(at, asked) if asked is not None else at


def pause(
    failures: int, now: datetime, settings: WebhooksSettings, *, retry_after: str = ""
) -> datetime:
    """Return until when a receiver that fails is left in peace, whatever else is due.

    So a receiver that is down costs a few requests an hour, however much waits for it, and one
    message that it can not take does not keep the others from it.

    Args:
        failures: In a row, over all deliveries.
    """
    seconds = _FIRST_PAUSE * 2 ** min(failures - 1, _MAX_DOUBLINGS)
    at = now + timedelta(seconds=min(seconds, settings.MAX_PAUSE_SECONDS))
    asked = asked_for(retry_after, now)
    return max(at, asked) if asked is not None else at


def asked_for(retry_after: str, now: datetime) -> datetime | None:
    """Return the time that a ``Retry-After`` names, as seconds or as a date; None for nonsense."""
    text = retry_after.strip()
    at = None
    if text.isascii() and text.isdigit():
        at = now + timedelta(seconds=min(int(text[:9]), _MAX_RETRY_AFTER.total_seconds()))
    elif text:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(at, now + _MAX_RETRY_AFTER) if at is not None else None
