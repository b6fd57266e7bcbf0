"""Subscriptions and their deliveries, for those who made them.

Whoever may read something may be told of it. A subscription is its owner's business (and the
staff's): for everybody else it is not there.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.plugin_rest import (
    PAGE,
    PluginPagination,
    PluginView,
    extend_schema,
    in_body,
    page_of,
    valid,
    visible_bundle,
    visible_collection,
)
from openedx_blockstore_webhooks import api
from openedx_blockstore_webhooks._rows import (
    find_delivery,
    find_subscription,
    parse_uuid,
    subscription_data,
)
from openedx_blockstore_webhooks.data import DeliveryState, Scope
from openedx_blockstore_webhooks.exceptions import DeliveryNotFound, SubscriptionNotFound
from openedx_blockstore_webhooks.models import Delivery, Subscription
from openedx_blockstore_webhooks.rest_api.serializers import (
    DeliveryDetailSerializer,
    DeliverySerializer,
    NewSecretSerializer,
    QueuedSerializer,
    ReplaySerializer,
    RotationSerializer,
    SubscriptionChangesSerializer,
    SubscriptionInputSerializer,
    SubscriptionSerializer,
    show_delivery,
    show_new,
    show_subscription,
)

_EXAMPLE = OpenApiExample(
    "Everything that a course depends on",
    value={
        "scope": "dependencies",
        "target_uuid": "5e0bfd36-6a4b-4b8e-a3a0-0c1a6b2f3f7c",
        "url": "https://example.com/blockstore",
        "kinds": ["version.created"],
    },
    request_only=True,
)


class _WebhookView(PluginView):
    """What all views of webhooks have in common."""

    def subscription(self, subscription_uuid: str) -> Subscription:
        """Return a subscription that is the caller's business.

        Raises:
            SubscriptionNotFound: There is none, or not for this caller.
        """
        row = find_subscription(subscription_uuid)
        if not self._concerns(row):
            raise SubscriptionNotFound(subscription_uuid)
        return row

    def delivery(self, delivery_uuid: str) -> Delivery:
        """Return a delivery that is the caller's business.

        Raises:
            DeliveryNotFound: There is none, or not for this caller.
        """
        row = find_delivery(delivery_uuid)
        if not self._concerns(row.subscription):
            raise DeliveryNotFound(delivery_uuid)
        return row

    def _concerns(self, row: Subscription) -> bool:
        return row.owner_id == self.user.pk or self.sees_all

    @property
    def sees_all(self) -> bool:
        """Whether the caller is on the staff of the site."""
        user: Any = self.user
        return bool(user.is_staff or user.is_superuser)


class SubscriptionListView(_WebhookView):
    """The caller's subscriptions."""

    errors = {"get": (400,)}

    @extend_schema(
        operation_id="webhook_subscriptions_list",
        parameters=[
            *PAGE,
            OpenApiParameter("target_uuid", str, description="Only those to this one."),
            OpenApiParameter("all", bool, description="Everybody's; for the staff of the site."),
        ],
        responses=page_of(SubscriptionSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the caller's subscriptions, in the order in which they were made."""
        page = PluginPagination(request)
        rows = Subscription.objects.select_related("owner")
        if not (self.sees_all and request.query_params.get("all", "").lower() in {"1", "true"}):
            rows = rows.filter(owner=self.user.pk)
        if "target_uuid" in request.query_params:
            parsed = parse_uuid(request.query_params["target_uuid"])
            rows = rows.filter(target_uuid=parsed) if parsed is not None else rows.none()
        return page.answer(rows, lambda row: show_subscription(subscription_data(row)))

    @extend_schema(
        operation_id="webhook_subscriptions_create",
        request=SubscriptionInputSerializer,
        responses={201: NewSecretSerializer},
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Subscribe to something that the caller may read. The secret is shown only here."""
        values = valid(SubscriptionInputSerializer(data=request.data))
        with in_body():
            target = str(values["target_uuid"])
            if values["scope"] == Scope.COLLECTION:
                visible_collection(self.user, target)
            else:
                visible_bundle(self.user, target)
        return Response(show_new(api.create_subscription(self.user, **values)), status=201)


class SubscriptionView(_WebhookView):
    """One subscription."""

    @extend_schema(operation_id="webhook_subscription", responses=SubscriptionSerializer)
    def get(self, request: Request, subscription_uuid: str) -> Response:
        """Return a subscription, with how many deliveries it has in which state."""
        row = self.subscription(subscription_uuid)
        return Response(show_subscription(api.get_subscription(row.uuid)))

    @extend_schema(
        operation_id="webhook_subscription_update",
        request=SubscriptionChangesSerializer(partial=True),
        responses=SubscriptionSerializer,
    )
    def patch(self, request: Request, subscription_uuid: str) -> Response:
        """Change a subscription, or activate it after it was disabled."""
        row = self.subscription(subscription_uuid)
        values = valid(SubscriptionChangesSerializer(data=request.data, partial=True))
        return Response(show_subscription(api.update_subscription(row.uuid, **values)))

    @extend_schema(operation_id="webhook_subscription_delete", responses={204: None})
    def delete(self, request: Request, subscription_uuid: str) -> Response:
        """Delete a subscription, with all its deliveries."""
        api.delete_subscription(self.subscription(subscription_uuid).uuid)
        return Response(status=204)


class RotateSecretView(_WebhookView):
    """Replaces a secret."""

    @extend_schema(
        operation_id="webhook_rotate_secret",
        request=RotationSerializer,
        responses=NewSecretSerializer,
    )
    def post(self, request: Request, subscription_uuid: str) -> Response:
        """Replace the secret. The new one is shown only here; the old one signs a while longer."""
        row = self.subscription(subscription_uuid)
        values = valid(RotationSerializer(data=request.data))
        return Response(show_new(api.rotate_secret(row.uuid, **values)))


class PingView(_WebhookView):
    """Tries a subscription out."""

    @extend_schema(operation_id="webhook_ping", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, subscription_uuid: str) -> Response:
        """Send an event of the type `webhook.ping`. Fetch the delivery to see what came of it."""
        row = self.subscription(subscription_uuid)
        return Response(show_delivery(api.ping(row.uuid)), status=202)


class ReplayView(_WebhookView):
    """Sends deliveries again."""

    @extend_schema(
        operation_id="webhook_replay", request=ReplaySerializer, responses={202: QueuedSerializer}
    )
    def post(self, request: Request, subscription_uuid: str) -> Response:
        """Send deliveries again, with the same `webhook-id` as before."""
        row = self.subscription(subscription_uuid)
        values = valid(ReplaySerializer(data=request.data))
        return Response({"queued": api.replay(row.uuid, **values)}, status=202)


class DeliveryListView(_WebhookView):
    """The deliveries of a subscription."""

    errors = {"get": (400,)}

    @extend_schema(
        operation_id="webhook_deliveries_list",
        parameters=[
            *PAGE,
            OpenApiParameter(
                "state",
                str,
                enum=[state.value for state in DeliveryState],
                description="Only these.",
            ),
            OpenApiParameter("type", str, description="Only those of events of this kind."),
        ],
        responses=page_of(DeliverySerializer),
    )
    def get(self, request: Request, subscription_uuid: str) -> Response:
        """List the deliveries, the newest first."""
        page = PluginPagination(request)
        row = self.subscription(subscription_uuid)
        found = api.get_deliveries(
            row.uuid,
            state=request.query_params.get("state"),
            type=request.query_params.get("type"),
            before=page.after or None,
            limit=page.fetch,
        )
        return page.answer_items([(each.key, each) for each in found], show_delivery)


class DeliveryView(_WebhookView):
    """One delivery."""

    @extend_schema(operation_id="webhook_delivery", responses=DeliveryDetailSerializer)
    def get(self, request: Request, delivery_uuid: str) -> Response:
        """Return a delivery, with all attempts."""
        return Response(show_delivery(api.get_delivery(self.delivery(delivery_uuid).uuid)))


class ReplayDeliveryView(_WebhookView):
    """Sends one delivery again."""

    @extend_schema(
        operation_id="webhook_replay_delivery", request=None, responses={202: DeliverySerializer}
    )
    def post(self, request: Request, delivery_uuid: str) -> Response:
        """Send a delivery again, with the same `webhook-id` as before."""
        row = self.delivery(delivery_uuid)
        return Response(show_delivery(api.replay_delivery(row.uuid)), status=202)
