"""Sends what is due: a turn of one subscription, and turns of many at a time."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event, Thread

from attrs import field, frozen
from django.db import connections, transaction

from openedx_blockstore.data import EventKind
from openedx_blockstore_webhooks import leases, notices, payloads, retrying, standing, transport
from openedx_blockstore_webhooks.addresses import Resolver, system_resolver
from openedx_blockstore_webhooks.conf import WebhooksSettings, get_settings
from openedx_blockstore_webhooks.data import DeliveryState, DisabledReason, Scope, SendReport
from openedx_blockstore_webhooks.exceptions import SecretUnreadable
from openedx_blockstore_webhooks.leases import Lease
from openedx_blockstore_webhooks.models import Attempt, Delivery, Subscription
from openedx_blockstore_webhooks.sealing import signed_headers, unseal
from openedx_blockstore_webhooks.transport import Answer

logger = logging.getLogger(__name__)

#: Deliveries that are read at a time.
_PAGE = 50
#: Seconds after which a sender that waits for a slow receiver looks for others to serve.
_LOOK_AGAIN = 0.5
_GONE = 410
_USER_AGENT = "openedx-blockstore-webhooks/1"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@frozen
class Sender:
    """Somebody who sends.

    Attributes:
        clock: Says what time it is (aware, UTC).
        resolver: Says which addresses a host name has.
        stop: When it is set, no further request is begun.
    """

    clock: Callable[[], datetime] = _utc_now
    resolver: Resolver = system_resolver
    stop: Event = field(factory=Event)

    def send_due(self, *, seconds: float | None = None) -> SendReport:
        """Send all that is due, and what becomes due meanwhile.

        Args:
            seconds: Begin no further turn after so long; None for as long as something is due.
        """
        report = SendReport()
        until = time.monotonic() + seconds if seconds is not None else None
        threads = get_settings().SENDER_THREADS
        done: queue.SimpleQueue[SendReport] = queue.SimpleQueue()
        running = 0
        while True:
            late = until is not None and time.monotonic() > until
            free = 0 if late or self.stop.is_set() else threads - running
            for lease in leases.claim(self.clock(), limit=free) if free else ():
                # Not one that a process which ends would wait for.
                name = f"blockstore-webhooks-{lease.subscription_id}"
                Thread(target=self._in_thread, args=(lease, done), name=name, daemon=True).start()
                running += 1
            if not running:
                return report
            try:
                # Not for long: meanwhile something may become due for a thread that is free.
                report.add(done.get(timeout=_LOOK_AGAIN))
            except queue.Empty:
                continue
            running -= 1

    def _in_thread(self, lease: Lease, done: queue.SimpleQueue[SendReport]) -> None:
        report = SendReport()
        try:
            report = self.take_turn(lease)
        except Exception:
            # The lease ends by itself, and then somebody tries again.
            logger.exception("Sending for webhook subscription %s failed", lease.subscription_id)
        finally:
            connections.close_all()
            done.put(report)

    def take_turn(self, lease: Lease) -> SendReport:
        """Send for one subscription until nothing is due, something fails, or others wait."""
        report = SendReport()
        until = time.monotonic() + get_settings().TURN_SECONDS
        sending = True
        while sending and (page := self._page(lease)):
            for delivery in page:
                sending = self._send(lease, delivery, report)
                if not sending or self.stop.is_set() or time.monotonic() > until:
                    sending = False
                    break
        lease.release(self.clock())
        return report

    def _page(self, lease: Lease) -> Sequence[Delivery]:
        # Anew for each page: the owner may be locked out, or the secret rotated.
        rows = Subscription.objects.filter(pk=lease.subscription_id, active=True)
        subscription = rows.select_related("owner").first()
        if subscription is None:
            return ()
        due = Delivery.objects.filter(
            subscription=subscription, state=DeliveryState.PENDING, due__lte=self.clock()
        )
        page = list(due.select_related("message").order_by("due", "pk")[:_PAGE])
        for delivery in page:
            delivery.subscription = subscription
        return page

    def _send(self, lease: Lease, delivery: Delivery, report: SendReport) -> bool:
        """Send one delivery and write down what came of it; tell whether to go on."""
        subscription = delivery.subscription
        now = self.clock()
        # Also what makes sure that nobody else sends this now, if we were held up for long.
        if not lease.renew(now):
            return False
        if not standing.may_be_told(subscription.owner, subscription, delivery.message):
            Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.WITHHELD, due=None)
            return True
        try:
            answer = self._request(delivery, now)
        except Exception:
            # A defect of ours must not stop what is behind it either.
            logger.exception("Webhook %s could not be sent", delivery)
            answer = Answer(error="internal", message="Something went wrong before it was sent.")
        delivered = not answer.error
        _finish(lease, delivery, answer, now, self.clock())
        report.delivered += delivered
        report.failed += not delivered
        return delivered

    def _request(self, delivery: Delivery, now: datetime) -> Answer:
        subscription, message = delivery.subscription, delivery.message
        try:
            secrets = [unseal(subscription.secret)]
            if subscription.old_secret_until is not None and subscription.old_secret_until > now:
                secrets.append(unseal(subscription.old_secret))
        except SecretUnreadable as error:
            return Answer(error=error.code, message=str(error))
        everything = payloads.tells_all_readers(message) or standing.may_be_told_everything(
            subscription.owner, message
        )
        body = payloads.body_of(message, subscription, everything=everything)
        headers = signed_headers(secrets, message_id=str(delivery), at=now, body=body)
        headers |= {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": _USER_AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        return transport.post(
            subscription.url, body.encode(), headers, get_settings(), resolver=self.resolver
        )


def _finish(
    lease: Lease, delivery: Delivery, answer: Answer, begun: datetime, now: datetime
) -> None:
    """Write down what came of a request, all of it or nothing."""
    settings = get_settings()
    subscription = delivery.subscription
    disabled = None
    with transaction.atomic():
        if answer.error:
            subscription.failures += 1
            subscription.failing_since = subscription.failing_since or begun
            pause = retrying.pause(
                subscription.failures, now, settings, retry_after=answer.retry_after
            )
            ours = lease.renew(
                now,
                failures=subscription.failures,
                failing_since=subscription.failing_since,
                paused_until=pause,
            )
            disabled = _gives_up(subscription, answer, now, settings)
        else:
            subscription.failures, subscription.failing_since = 0, None
            ours = lease.renew(now, failures=0, failing_since=None, paused_until=None)
        if not ours and not Delivery.objects.filter(pk=delivery.pk).exists():
            # Deleted meanwhile, with its subscription.
            return
        Attempt.objects.create(
            delivery=delivery,
            at=begun,
            milliseconds=int(answer.seconds * 1000),
            status=answer.status,
            error=answer.error,
            text=answer.message,
            address=answer.address,
            response=answer.response,
        )
        # Where the lease was lost, whoever has it now says what becomes of the delivery; but what
        # the receiver has, it has.
        if ours or not answer.error:
            _move(delivery, answer, now, settings)
    _log(delivery, answer)
    if disabled is not None:
        notices.disable(subscription, disabled, now=now)
    elif not answer.error and _said_the_end(delivery):
        notices.disable(subscription, DisabledReason.TARGET_DELETED, now=now)


def _move(delivery: Delivery, answer: Answer, now: datetime, settings: WebhooksSettings) -> None:
    made = delivery.attempts_made + 1
    rows = Delivery.objects.filter(pk=delivery.pk)
    if not answer.error:
        rows.update(state=DeliveryState.DELIVERED, due=None, attempts_made=made, delivered_at=now)
        return
    due = retrying.next_attempt(made, now, settings, retry_after=answer.retry_after)
    state = DeliveryState.PENDING if due is not None else DeliveryState.FAILED
    rows.update(state=state, due=due, attempts_made=made)


def _gives_up(
    subscription: Subscription, answer: Answer, now: datetime, settings: WebhooksSettings
) -> DisabledReason | None:
    if answer.status == _GONE:
        return DisabledReason.GONE
    since = subscription.failing_since
    # One failure after a week without events is not a week of failures.
    often = subscription.failures > len(settings.RETRY_SECONDS)
    if since is not None and (now - since).days >= settings.DISABLE_AFTER_DAYS and often:
        return DisabledReason.DEAD
    return None


def _said_the_end(delivery: Delivery) -> bool:
    subscription, message = delivery.subscription, delivery.message
    if subscription.scope != Scope.COLLECTION or message.collection_uuid is None:
        return False
    about = (message.type, message.collection_uuid)
    return about == (EventKind.COLLECTION_DELETED.value, subscription.target_uuid)


def _log(delivery: Delivery, answer: Answer) -> None:
    if answer.error:
        logger.warning(
            "Webhook %s to %s failed at attempt %d: %s",
            delivery,
            delivery.subscription.url,
            delivery.attempts_made + 1,
            answer.message,
        )
    else:
        logger.info("Webhook %s was delivered to %s", delivery, delivery.subscription.url)
