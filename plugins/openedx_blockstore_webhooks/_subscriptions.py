"""Who wants to be told of what: subscriptions and their secrets."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Count

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import EventKind
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.plugin_tools import write_transaction
from openedx_blockstore_webhooks import notices, runner, watching
from openedx_blockstore_webhooks._rows import (
    check_number,
    end_rest,
    find_subscription,
    is_text,
    parse_uuid,
    subscription_data,
)
from openedx_blockstore_webhooks.addresses import parse_url
from openedx_blockstore_webhooks.conf import get_settings
from openedx_blockstore_webhooks.data import (
    DeliveryState,
    DisabledReason,
    NewSecret,
    Scope,
    SubscriptionData,
)
from openedx_blockstore_webhooks.exceptions import TooManySubscriptions
from openedx_blockstore_webhooks.models import Delivery, Subscription
from openedx_blockstore_webhooks.sealing import new_secret, seal
from openedx_blockstore_webhooks.trimming import remove_deliveries

_MAX_DESCRIPTION = 255
_MAX_GRACE_HOURS = 24 * 365


def create_subscription(
    owner: AbstractBaseUser,
    *,
    scope: Scope | str,
    target_uuid: UUID | str,
    url: str,
    kinds: Collection[str] = (),
    description: str = "",
) -> NewSecret:
    """Begin to tell somebody what happens to something.

    Args:
        owner: With whose rights it is judged what may be told.
        target_uuid: The collection or bundle, by ``scope``.
        url: Where to send to.
        kinds: The kinds of events that are wanted; none for all.

    Returns:
        The subscription, with its secret, which is never shown again.

    Raises:
        CollectionNotFound: There is no such collection.
        BundleNotFound: There is no such bundle.
        InvalidWebhookURL: Nothing is sent to that URL.
        TooManySubscriptions: There are as many as there may be.
        Invalid: A value is none that is allowed.
        StorageError: The storage failed, which knows the dependencies.
    """
    try:
        scope = Scope(scope)
    except ValueError:
        raise Invalid(f"scope is {scope!r}; it must be one of {', '.join(Scope)}.") from None
    target = _target(scope, target_uuid)
    values = _checked(url=url, kinds=kinds, description=description)
    _check_limits(owner, target)
    secret = new_secret()
    with write_transaction():
        row = Subscription.objects.create(
            owner_id=owner.pk,
            scope=scope,
            target_uuid=target,
            secret=seal(secret),
            created=datetime.now(UTC),
            watched=watching.watch(target) if scope is Scope.DEPENDENCIES else None,
            **values,
        )
    return NewSecret(subscription=subscription_data(find_subscription(row.uuid)), secret=secret)


def _target(scope: Scope, target_uuid: UUID | str) -> UUID:
    if scope is Scope.COLLECTION:
        return blockstore.get_collection(target_uuid).uuid
    return blockstore.get_bundle(target_uuid).uuid


def _check_limits(owner: AbstractBaseUser, target: UUID) -> None:
    settings = get_settings()
    if Subscription.objects.filter(owner_id=owner.pk).count() >= settings.MAX_PER_USER:
        raise TooManySubscriptions(
            f"User {owner.get_username()!r}", limit=settings.MAX_PER_USER, setting="MAX_PER_USER"
        )
    if Subscription.objects.filter(target_uuid=target).count() >= settings.MAX_PER_TARGET:
        raise TooManySubscriptions(
            f"{target}", limit=settings.MAX_PER_TARGET, setting="MAX_PER_TARGET"
        )


def _checked(**values: Any) -> dict[str, Any]:
    if "url" in values:
        parse_url(values["url"], get_settings())
    if "kinds" in values:
        values["kinds"] = _kinds(values["kinds"])
    description = values.get("description", "")
    if not is_text(description):
        raise Invalid("description must be a text of Unicode, without NUL characters.")
    if len(description) > _MAX_DESCRIPTION:
        raise Invalid(f"description has more than {_MAX_DESCRIPTION} characters.")
    return values


def _kinds(kinds: Any) -> list[str]:
    known = [kind.value for kind in EventKind]
    given = list(kinds) if isinstance(kinds, (list, tuple, set, frozenset)) else [kinds]
    for kind in given:
        if kind not in known:
            raise Invalid(f"There is no kind of event {kind!r}; there are {', '.join(known)}.")
    return sorted({EventKind(kind).value for kind in given})


def get_subscriptions(
    *,
    owner: AbstractBaseUser | None = None,
    target_uuid: UUID | str | None = None,
    after: UUID | str | None = None,
    limit: int | None = None,
) -> list[SubscriptionData]:
    """Return subscriptions, in the order in which they were made.

    Args:
        owner: Only this user's.
        target_uuid: Only those to this collection or bundle.
        after: The last one of the page before.
        limit: How many at most; None for all.

    Raises:
        SubscriptionNotFound: There is no such ``after``.
        Invalid: The limit is not positive.
    """
    rows = Subscription.objects.select_related("owner").order_by("pk")
    if owner is not None:
        rows = rows.filter(owner_id=owner.pk)
    if target_uuid is not None:
        parsed = parse_uuid(target_uuid)
        rows = rows.filter(target_uuid=parsed) if parsed is not None else rows.none()
    if after is not None:
        rows = rows.filter(pk__gt=find_subscription(after).pk)
    return [subscription_data(row) for row in rows[: check_number("limit", limit)]]


def get_subscription(subscription_uuid: UUID | str) -> SubscriptionData:
    """Return a subscription, with how many deliveries it has in which state.

    Raises:
        SubscriptionNotFound: There is none.
    """
    row = find_subscription(subscription_uuid)
    counted = Delivery.objects.filter(subscription=row).values("state").annotate(n=Count("pk"))
    found = dict(counted.order_by().values_list("state", "n"))
    return subscription_data(row, counts={each.value: found.get(each, 0) for each in DeliveryState})


def update_subscription(subscription_uuid: UUID | str, **fields: Any) -> SubscriptionData:
    """Change a subscription.

    Args:
        fields: ``url``, ``kinds``, ``description`` as when it was made; ``active``: whether
            anything is sent. What was not sent meanwhile can be replayed.

    Raises:
        SubscriptionNotFound: There is none.
        InvalidWebhookURL: Nothing is sent to that URL.
        Invalid: A value is none that is allowed.
    """
    row = find_subscription(subscription_uuid)
    unknown = sorted(fields.keys() - {"url", "kinds", "description", "active"})
    if unknown:
        raise Invalid(f"A subscription has no {', '.join(unknown)} that could be changed.")
    active = fields.pop("active", None)
    if active is not None and not isinstance(active, bool):
        raise Invalid(f"active must be True or False, not {active!r}.")
    values = _checked(**fields)
    if "url" in values or active:
        # Another receiver, or one that is said to be well again, is asked at once.
        values.update(failing_since=None, failures=0, paused_until=None)
    if active and not row.active:
        values.update(active=True, disabled_at=None, disabled_reason="")
    if values:
        Subscription.objects.filter(pk=row.pk).update(**values)
    if active is False:
        notices.disable(row, DisabledReason.REQUESTED, now=datetime.now(UTC))
    elif "paused_until" in values:
        end_rest(row)
        runner.wake()
    return subscription_data(find_subscription(row.uuid))


def delete_subscription(subscription_uuid: UUID | str) -> None:
    """Delete a subscription with all its deliveries.

    Raises:
        SubscriptionNotFound: There is none.
    """
    row = find_subscription(subscription_uuid)
    notices.disable(row, DisabledReason.REQUESTED, now=datetime.now(UTC))
    remove_deliveries(row.deliveries.all())
    watched = row.watched
    row.delete()
    if watched is not None:
        watching.let_go(watched)


def rotate_secret(subscription_uuid: UUID | str, *, grace_hours: float | None = None) -> NewSecret:
    """Replace the secret of a subscription.

    Args:
        grace_hours: For how long messages are signed with the old one, too; 0 if it has leaked;
            None for the setting ``SECRET_GRACE_HOURS``.

    Returns:
        The new secret, which is never shown again.

    Raises:
        SubscriptionNotFound: There is none.
        Invalid: The time of grace is no number from 0 to a year.
    """
    hours: Any = get_settings().SECRET_GRACE_HOURS if grace_hours is None else grace_hours
    number = isinstance(hours, (int, float)) and not isinstance(hours, bool)
    if not number or not 0 <= hours <= _MAX_GRACE_HOURS:
        raise Invalid(f"grace_hours must be a number from 0 to {_MAX_GRACE_HOURS}, not {hours!r}.")
    secret = new_secret()
    row = find_subscription(subscription_uuid)
    # Of two who rotate at once the second one's old secret is the first one's new one.
    changed = Subscription.objects.filter(pk=row.pk, secret=row.secret).update(
        secret=seal(secret),
        old_secret=row.secret if hours else "",
        old_secret_until=datetime.now(UTC) + timedelta(hours=hours) if hours else None,
    )
    if not changed:
        return rotate_secret(subscription_uuid, grace_hours=grace_hours)
    return NewSecret(subscription=subscription_data(find_subscription(row.uuid)), secret=secret)
