"""Admin pages: who is told of what, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore_webhooks import api
from openedx_blockstore_webhooks.models import Attempt, Delivery, Subscription


class _Looked(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that the API makes; what is done with them is done by actions."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are not edited here; but who may change them may use the actions."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes rows here."""
        return False

    def each(self, request: HttpRequest, rows: QuerySet[Any], what: str, done: Any) -> None:
        """Do something with each row, and say what came of it."""
        count = 0
        for row in rows:
            try:
                done(row)
                count += 1
            except BlockstoreError as error:
                self.message_user(request, str(error), messages.ERROR)
        if count:
            self.message_user(request, f"{what}: {count}", messages.SUCCESS)


@admin.register(Subscription)
class SubscriptionAdmin(_Looked):
    """Subscriptions, with how they are doing."""

    list_display = (
        "uuid",
        "scope",
        "target_uuid",
        "url",
        "owner",
        "active",
        "disabled_reason",
        "failures",
        "failing_since",
    )
    list_filter = ("active", "disabled_reason", "scope")
    list_select_related = ("owner",)
    search_fields = ("uuid", "target_uuid", "url", "owner__username")
    ordering = ("-pk",)
    # Never the secrets, not even encrypted.
    fields = (
        "uuid",
        "scope",
        "target_uuid",
        "url",
        "kinds",
        "description",
        "owner",
        "created",
        "active",
        "disabled_reason",
        "disabled_at",
        "failing_since",
        "failures",
        "old_secret_until",
        "due",
        "paused_until",
        "counts",
    )
    readonly_fields = ("counts",)
    actions = ("ping", "replay_failed", "activate", "deactivate")

    @admin.display(description="Deliveries")
    def counts(self, row: Subscription) -> SafeString:
        """Link to the deliveries in each state."""
        url = reverse("admin:openedx_blockstore_webhooks_delivery_changelist")
        counts = api.get_subscription(row.uuid).counts or {}
        return format_html_join(
            "",
            '<div><a href="{}?subscription__id__exact={}&amp;state__exact={}">{} {}</a></div>',
            ((url, row.pk, state, count, state) for state, count in counts.items()),
        )

    @admin.action(description="Send a ping", permissions=["change"])
    def ping(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        """Try the chosen subscriptions out."""
        self.each(request, rows, "Pings on their way", lambda row: api.ping(row.uuid))

    @admin.action(description="Send again what failed or was skipped", permissions=["change"])
    def replay_failed(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        """Send again all that the chosen subscriptions have missed."""
        self.each(request, rows, "Sending again for", lambda row: api.replay(row.uuid))

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        """Send for the chosen subscriptions from now on."""
        self.each(
            request, rows, "Active", lambda row: api.update_subscription(row.uuid, active=True)
        )

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        """Send nothing for the chosen subscriptions any more."""
        self.each(
            request, rows, "Not active", lambda row: api.update_subscription(row.uuid, active=False)
        )


@admin.register(Delivery)
class DeliveryAdmin(_Looked):
    """Deliveries, with all that was tried."""

    list_display = (
        "uuid",
        "type",
        "event_at",
        "subscription",
        "state",
        "attempts_made",
        "due",
        "delivered_at",
    )
    list_filter = ("state",)
    list_select_related = ("subscription", "message")
    search_fields = ("uuid", "subscription__uuid", "message__event_uuid")
    show_full_result_count = False
    ordering = ("-pk",)
    fields = (
        "uuid",
        "subscription",
        "type",
        "event_at",
        "state",
        "attempts_made",
        "due",
        "delivered_at",
        "created",
        "tried",
    )
    readonly_fields = ("type", "event_at", "tried")
    actions = ("send_again",)

    def lookup_allowed(self, lookup: str, value: str, *request: Any) -> bool:
        """Allow the links of a subscription's page. Django gives the request since 5.0."""
        allowed = super().lookup_allowed(lookup, value, *request)
        return allowed or lookup == "subscription__id__exact"

    @admin.display(description="Type")
    def type(self, row: Delivery) -> str:
        """The kind of the event."""
        return str(row.message.type)

    @admin.display(description="Happened")
    def event_at(self, row: Delivery) -> Any:
        """When the event happened."""
        return row.message.at

    @admin.display(description="Attempts")
    def tried(self, row: Delivery) -> SafeString:
        """List the attempts."""
        attempts = Attempt.objects.filter(delivery=row).order_by("pk")
        return format_html_join(
            "",
            "<div>{} ({} ms, {}) {} {} <pre>{}</pre></div>",
            (
                (
                    f"{attempt.at:%Y-%m-%d %H:%M:%S}",
                    attempt.milliseconds,
                    attempt.address or "no address",
                    attempt.status or "no answer",
                    attempt.text,
                    attempt.response,
                )
                for attempt in attempts
            ),
        )

    @admin.action(description="Send again", permissions=["change"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        """Send the chosen deliveries again."""
        self.each(request, rows, "Sending again", lambda row: api.replay_delivery(row.uuid))
