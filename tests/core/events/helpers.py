"""Short ways to what tests of events need: noted signals, consumers that fail, and their state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar
from uuid import UUID

from django.dispatch import Signal

from openedx_blockstore import signals
from openedx_blockstore.api._events import event_data
from openedx_blockstore.data import EventData
from openedx_blockstore.event_delivery.delivery import deliver
from openedx_blockstore.models import Event, EventConsumerState, SetAsideEvent
from openedx_blockstore.plugin_api import EventConsumer

SIGNALS = {name: value for name, value in vars(signals).items() if isinstance(value, Signal)}


@contextmanager
def noting_signals() -> Iterator[list[tuple[str, Any]]]:
    """Note the names and payloads of all signals that are sent meanwhile, in their order."""
    noted: list[tuple[str, Any]] = []
    with ExitStack() as stack:
        for name, signal in SIGNALS.items():

            def note(sender: Any, event: Any, name: str = name, **_kwargs: Any) -> None:
                assert sender is type(event)
                noted.append((name, event))

            signal.connect(note, weak=False)
            stack.callback(signal.disconnect, note)
        yield noted


def logged() -> list[EventData]:
    """Return what is in the log, in the order in which it was written."""
    return [event_data(row) for row in Event.objects.order_by("pk")]


class Recorder(EventConsumer):
    """Remembers what it was given, and fails when it is told to."""

    batch_size: ClassVar[int] = 10

    def __init__(self, fails: Callable[[EventData], bool] = lambda _event: False) -> None:
        self.fails = fails
        self.calls: list[list[EventData]] = []
        self.handled: list[EventData] = []
        self.replays = 0

    def handle(self, events: Sequence[EventData]) -> None:
        """Remember the events, or none of them."""
        self.calls.append(list(events))
        for event in events:
            if self.fails(event):
                raise ValueError(f"can not handle {event.kind} of version {event.version}")
        self.handled += events

    def begin_replay(self) -> None:
        """Forget what was handled."""
        self.replays += 1
        self.handled.clear()

    def versions(self, bundle_uuid: UUID | None = None) -> list[int]:
        """Return the numbers of the versions that were handled, of one bundle or of all."""
        return [
            event.version
            for event in self.handled
            if event.version is not None and bundle_uuid in (None, event.bundle_uuid)
        ]


def run(consumer: EventConsumer, name: str = "recorder") -> int:
    """Hand over to a consumer what is there for it."""
    return deliver(name, consumer)


def state(name: str = "recorder") -> EventConsumerState:
    """Return how far a consumer has come."""
    return EventConsumerState.objects.get(name=name)


def set_aside(name: str = "recorder") -> list[tuple[str, int | None]]:
    """Return the states and versions of what a consumer has set aside, in their order."""
    rows = SetAsideEvent.objects.filter(consumer__name=name).select_related("event")
    return [(row.state, row.event.version) for row in rows.order_by("position")]
