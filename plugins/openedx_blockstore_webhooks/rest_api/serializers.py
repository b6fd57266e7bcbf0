"""What goes in and out of the REST API of webhooks."""

from __future__ import annotations

from typing import Any

from attrs import asdict
from rest_framework import serializers

from openedx_blockstore.data import EventKind
from openedx_blockstore_webhooks.data import (
    AttemptData,
    DeliveryData,
    DeliveryState,
    DisabledReason,
    NewSecret,
    Scope,
    SubscriptionData,
)

_KINDS = [kind.value for kind in EventKind]
_STATES = [state.value for state in DeliveryState]


class _ReceiverSerializer(serializers.Serializer[Any]):
    """What is sent where, which can be changed."""

    url = serializers.CharField(
        max_length=2000, help_text="Where to send to; it begins with `https://`."
    )
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=_KINDS),
        required=False,
        help_text="The kinds of events that are wanted; empty for all.",
    )
    description = serializers.CharField(max_length=255, required=False, allow_blank=True)


class SubscriptionChangesSerializer(_ReceiverSerializer):
    """What can be changed of a subscription."""

    active = serializers.BooleanField(
        required=False, help_text="Whether anything is sent. Only an existing one can be switched."
    )


class SubscriptionInputSerializer(_ReceiverSerializer):
    """What a subscription is made of."""

    scope = serializers.ChoiceField(
        choices=[scope.value for scope in Scope],
        help_text="`collection`: it and every bundle in it; `bundle`: one bundle; `dependencies`: "
        "one bundle, and everything that its latest version depends on.",
    )
    target_uuid = serializers.UUIDField(help_text="The collection or bundle.")


class SubscriptionSerializer(serializers.Serializer[Any]):
    """A subscription."""

    uuid = serializers.UUIDField()
    scope = serializers.ChoiceField(choices=[scope.value for scope in Scope])
    target_uuid = serializers.UUIDField()
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField(allow_blank=True)
    owner = serializers.CharField()
    active = serializers.BooleanField()
    disabled_reason = serializers.ChoiceField(
        choices=[reason.value for reason in DisabledReason], allow_null=True
    )
    disabled_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField()
    old_secret_until = serializers.DateTimeField(allow_null=True)
    created = serializers.DateTimeField()
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        required=False,
        help_text="Deliveries by state; not in lists.",
    )


class NewSecretSerializer(SubscriptionSerializer):
    """A subscription with its secret, which is never shown again."""

    secret = serializers.CharField(help_text="For libraries of Standard Webhooks.")


class RotationSerializer(serializers.Serializer[Any]):
    """How to replace a secret."""

    grace_hours = serializers.FloatField(
        required=False,
        min_value=0,
        max_value=24 * 365,
        help_text="For how long messages are signed with the old secret, too; 0 if it has leaked.",
    )


class ReplaySerializer(serializers.Serializer[Any]):
    """What to send again."""

    since = serializers.DateTimeField(
        required=False, help_text="Only what happened at this time or later."
    )
    states = serializers.ListField(
        child=serializers.ChoiceField(choices=_STATES),
        required=False,
        min_length=1,
        help_text="Only deliveries in these states. Without it: all, if there is a `since`, "
        "otherwise those that failed or were skipped.",
    )


class QueuedSerializer(serializers.Serializer[Any]):
    """How much is sent again."""

    queued = serializers.IntegerField()


class DeliverySerializer(serializers.Serializer[Any]):
    """One event for one subscription."""

    uuid = serializers.UUIDField()
    subscription_uuid = serializers.UUIDField()
    message_id = serializers.CharField(help_text="What receivers get as `webhook-id`.")
    type = serializers.CharField()
    event_uuid = serializers.UUIDField()
    event_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=_STATES)
    attempts_made = serializers.IntegerField(help_text="Since it was queued for the last time.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    created = serializers.DateTimeField()


class AttemptSerializer(serializers.Serializer[Any]):
    """One request."""

    at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_blank=True, help_text="A stable code; empty for a success.")
    message = serializers.CharField(allow_blank=True)
    response = serializers.CharField(
        allow_blank=True, help_text="The beginning of the answer's body."
    )


class DeliveryDetailSerializer(DeliverySerializer):
    """One event for one subscription, with all attempts."""

    attempts = AttemptSerializer(many=True)


def show_subscription(data: SubscriptionData) -> dict[str, Any]:
    """Return a subscription as it is sent."""
    shown: dict[str, Any] = dict(SubscriptionSerializer(_fields(data)).data)
    return shown


def show_new(data: NewSecret) -> dict[str, Any]:
    """Return a subscription with its secret, as it is sent."""
    return {**show_subscription(data.subscription), "secret": data.secret}


def _fields(data: SubscriptionData) -> dict[str, Any]:
    found: dict[str, Any] = asdict(data, recurse=False)
    if found["counts"] is None:
        del found["counts"]
    return found


def show_delivery(data: DeliveryData) -> dict[str, Any]:
    """Return a delivery as it is sent."""
    shown: dict[str, Any] = dict(DeliverySerializer(data).data)
    if data.attempts is not None:
        shown["attempts"] = [_attempt(attempt) for attempt in data.attempts]
    return shown


def _attempt(data: AttemptData) -> dict[str, Any]:
    return dict(AttemptSerializer(data).data)
