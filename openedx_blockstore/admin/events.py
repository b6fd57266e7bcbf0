"""The log of events, how far its consumers are, and what they have set aside."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from openedx_blockstore import api
from openedx_blockstore.data import EventKind
from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.models import Event, EventConsumerState, SetAsideEvent
from openedx_blockstore.plugin_api import EventConsumer
from openedx_blockstore.plugin_manager import usable_plugins
from openedx_blockstore.plugin_tools.admin import ReadOnlyAdmin

_MAX_SHOWN = 200


class _KindFilter(admin.SimpleListFilter):
    """Filters by kind; asking the table which there are would read all of it."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """List the kinds."""
        return [(kind.value, kind.value) for kind in EventKind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Keep the events of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What happened, the newest first."""

    list_display = (
        "position",
        "at",
        "kind",
        "actor",
        "collection_uuid",
        "bundle_uuid",
        "bundle_type",
        "version",
    )
    list_display_links = ("position", "at")
    list_filter = (_KindFilter,)
    search_fields = ("uuid", "collection_uuid", "bundle_uuid", "actor")
    search_help_text = "The UUID of an event, a collection or a bundle, or the name of a user."
    show_full_result_count = False
    ordering = ("-pk",)
    exclude = ("payload",)
    readonly_fields = ("details",)

    @admin.display(description="Details")
    def details(self, row: Event) -> SafeString:
        """Show what changed, and the facts."""
        return format_html(
            "<pre>{}</pre>", json.dumps(row.payload, indent=2, ensure_ascii=False)[:20_000]
        )


@admin.register(EventConsumerState)
class EventConsumerStateAdmin(ReadOnlyAdmin):
    """How far the consumers are."""

    list_display = (
        "name",
        "is_on",
        "position",
        "lag",
        "tried_again",
        "given_up",
        "last_success",
        "last_error_at",
        "short_error",
    )
    exclude = ("lease_token", "suspect")
    ordering = ("name",)
    actions = ("replay", "retry")

    def has_mend_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody may have events handed over again."""
        return bool(request.user.has_perm("openedx_blockstore.change_eventconsumerstate"))

    @admin.display(description="on", boolean=True)
    def is_on(self, row: EventConsumerState) -> bool:
        """Tell whether the plugin is there, and turned on."""
        return row.name in usable_plugins(EventConsumer)

    @admin.display(description="lag")
    def lag(self, row: EventConsumerState) -> int:
        """Count what stands behind its position in the log."""
        behind = Q(position__gt=row.position) | Q(position=None)
        return Event.objects.filter(behind).count()

    @admin.display(description="set aside")
    def tried_again(self, row: EventConsumerState) -> int:
        """Count what failed and is tried again, and what waits behind it."""
        return row.set_aside.exclude(state=SetAsideEvent.State.DEAD).count()

    @admin.display(description="given up")
    def given_up(self, row: EventConsumerState) -> int:
        """Count what was given up."""
        return row.set_aside.filter(state=SetAsideEvent.State.DEAD).count()

    @admin.display(description="last error")
    def short_error(self, row: EventConsumerState) -> str:
        """Show the beginning of the last error."""
        return row.last_error[:_MAX_SHOWN]

    @admin.action(description="Give the whole log again, from the start", permissions=["mend"])
    def replay(self, request: HttpRequest, rows: QuerySet[EventConsumerState]) -> None:
        """Have the log given to consumers again."""
        for row in rows:
            api.replay_events(row.name)
        self.message_user(
            request, "It begins when events are handed over the next time.", messages.SUCCESS
        )

    @admin.action(description="Try again what was set aside", permissions=["mend"])
    def retry(self, request: HttpRequest, rows: QuerySet[EventConsumerState]) -> None:
        """Have what was set aside tried again right away."""
        count = sum(api.retry_events(row.name) for row in rows)
        self.message_user(request, f"{count} events are tried again.", messages.SUCCESS)


@admin.register(SetAsideEvent)
class SetAsideEventAdmin(ReadOnlyAdmin):
    """What consumers could not handle."""

    list_display = (
        "event",
        "consumer",
        "state",
        "attempts",
        "next_attempt",
        "subject",
        "changed",
        "short_error",
    )
    list_filter = ("state", "consumer")
    list_select_related = ("consumer", "event")
    search_fields = ("subject", "event__uuid", "error")
    show_full_result_count = False
    ordering = ("position",)
    actions = ("retry", "drop")

    def has_mend_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody may have events tried again, or forgotten."""
        return bool(request.user.has_perm("openedx_blockstore.change_setasideevent"))

    @admin.display(description="error")
    def short_error(self, row: SetAsideEvent) -> str:
        """Show the beginning of the error."""
        return row.error[:_MAX_SHOWN]

    @admin.action(description="Try again right away", permissions=["mend"])
    def retry(self, request: HttpRequest, rows: QuerySet[SetAsideEvent]) -> None:
        """Have events tried again."""
        self._each(request, rows, api.retry_events, "are tried again")

    @admin.action(description="Go on without them", permissions=["mend"])
    def drop(self, request: HttpRequest, rows: QuerySet[SetAsideEvent]) -> None:
        """Forget events."""
        self._each(request, rows, api.drop_events, "were forgotten")

    def _each(
        self, request: HttpRequest, rows: QuerySet[SetAsideEvent], do: Any, done: str
    ) -> None:
        count = 0
        for row in rows.select_related("consumer", "event"):
            try:
                count += do(row.consumer.name, row.event.uuid)
            except BlockstoreError as error:
                # Somebody else was faster.
                self.message_user(request, str(error), messages.WARNING)
        self.message_user(request, f"{count} events {done}.", messages.SUCCESS)
