"""The contract of plugins that want to know what happens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from openedx_blockstore.data import EventData, EventKind


class ConsumerUnavailable(Exception):
    """Raised by a consumer that can not work at all for now, whatever the events.

    For what it depends on being down, say. Nothing is set aside then: the consumer keeps its place
    in the log, and is asked again after a while, and after longer ones as long as it stays so.
    """


class EventConsumer(ABC):
    """Somebody who reads the event log, at a pace of their own.

    Entry-point group ``openedx_blockstore.event_consumers``; the entry point's name is the name
    under which the consumer's position in the log is kept. A new consumer begins at the start of
    the log; one that is turned off keeps its place until it is turned on again.

    Every event that is wanted is handled at least once, those of one bundle in the order in which
    they happened, and those of one collection likewise. Handling one twice must do no harm. Neither
    an author nor another consumer waits. There is one instance in each process, but over all
    processes only one is given events at a time.
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
        behind it, while everything else goes on. One that keeps failing is given up in the end,
        and the later ones go on without it.

        It is called outside of any transaction. What it changes through
        :mod:`openedx_blockstore.api` makes events of its own.

        Args:
            events: At least one, and at most :attr:`batch_size`.

        Raises:
            ConsumerUnavailable: It can not work at all for now.
        """

    def begin_replay(self) -> None:  # noqa: B027 - most need not know
        """Called before all events of the log are given again from the start.

        Events that were trimmed away are not among them. A consumer that needs everything there is
        reads it from :mod:`openedx_blockstore.api`, here or later.
        """
