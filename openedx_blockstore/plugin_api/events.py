"""The contract of plugins that want to know what happens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from openedx_blockstore.data import EventData, EventKind


class EventConsumer(ABC):
    """Somebody who reads the event log, at a pace of their own.

    Entry-point group ``openedx_blockstore.event_consumers``; the entry point's name is the name
    under which the consumer's position in the log is kept.

    Every event that is wanted is handled at least once, those of one bundle in the order in which
    they happened. Handling one twice must do no harm. Neither an author nor another consumer waits.
    """

    #: The kinds of events that are wanted; None for all.
    kinds: ClassVar[frozenset[EventKind] | None] = None
    #: The types of bundles whose events are wanted; None for all. What happens to collections is
    #: of no type, and is wanted unless ``kinds`` says otherwise.
    bundle_types: ClassVar[frozenset[str] | None] = None
    #: Patterns such as ``*.xml`` or ``static/*`` (``*`` matches slashes, too): of new versions only
    #: those are wanted that changed a path which matches one. None for all.
    path_patterns: ClassVar[tuple[str, ...] | None] = None
    #: Events that one call of :meth:`handle` is given at most.
    batch_size: ClassVar[int] = 100

    @abstractmethod
    def handle(self, events: Sequence[EventData]) -> None:
        """Do what is to be done about some events, in their order.

        If it raises, none of them counts as handled. They are then given one by one, and one that
        fails by itself is set aside and tried again later, with later ones of the same bundle
        behind it, while everything else goes on.

        Args:
            events: At least one, and at most :attr:`batch_size`.
        """

    def begin_replay(self) -> None:  # noqa: B027 - most need not know
        """Called before all events of the log are given again from the start."""
