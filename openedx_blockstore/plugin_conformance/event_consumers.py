"""The suite for consumers of events.

::

    class TestMyConsumer(EventConsumerConformance):
        plugin = MyConsumer
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import (
    BundleData,
    EventData,
    EventKind,
    FileChange,
    LinkChange,
    LinkTarget,
)
from openedx_blockstore.plugin_api import ConsumerUnavailable, EventConsumer
from openedx_blockstore.plugin_conformance._plugin import PluginConformance, check_types_of_bundles

_ABOUT_COLLECTIONS = frozenset(kind for kind in EventKind if kind.startswith("collection."))


def example_event(kind: EventKind, bundle: BundleData, **values: Any) -> EventData:
    """Return an event as it is after a bundle with three versions was made."""
    about_bundle = kind not in _ABOUT_COLLECTIONS
    is_version = kind in {EventKind.VERSION_CREATED, EventKind.VERSION_DELETED}
    given: dict[str, Any] = {
        "uuid": uuid4(),
        "kind": kind,
        "at": datetime.now(UTC),
        "collection_uuid": bundle.collection_uuid,
        "bundle_uuid": bundle.uuid if about_bundle else None,
        "bundle_type": bundle.type if about_bundle else "",
        "version": 3 if is_version else None,
        "files": (FileChange("definition.xml", "modified"),) if is_version else (),
        "links": (
            (LinkChange("lib", "added", before=None, after=LinkTarget(uuid4(), 1)),)
            if is_version
            else ()
        ),
        "facts": _FACTS.get(kind, {}),
        "position": 1,
    }
    return EventData(**{**given, **values})


_CHANGES = {"changes": {"title": ["Old", "New"]}}
_FACTS: Mapping[EventKind, Mapping[str, Any]] = {
    EventKind.COLLECTION_CREATED: {"title": "Conformance"},
    EventKind.COLLECTION_UPDATED: _CHANGES,
    EventKind.COLLECTION_DELETED: {"title": "Conformance"},
    EventKind.ROLES_CHANGED: {"user": "ada", "before": None, "after": "author"},
    EventKind.BUNDLE_CREATED: {"title": "Example", "slug": "example", "origin": None},
    EventKind.BUNDLE_UPDATED: _CHANGES,
    EventKind.BUNDLE_DELETED: {"title": "Example"},
    EventKind.BUNDLE_UNDELETED: {"title": "Example"},
    EventKind.VERSION_CREATED: {
        "change_description": "Better",
        "change_kind": "content",
        "manifest_digest": "0" * 64,
        "origin_version": None,
    },
    EventKind.ANNOTATION_CHANGED: {"namespace": "somebody"},
}


class EventConsumerConformance(PluginConformance):
    """Everything that every consumer of events must bear."""

    contract = EventConsumer

    def test_it_says_what_it_wants(self, made: EventConsumer) -> None:
        """By kinds of events, types of bundles and paths."""
        kinds: Any = made.kinds
        assert kinds is None or (
            isinstance(kinds, frozenset) and all(isinstance(kind, EventKind) for kind in kinds)
        ), f"kinds must be a frozenset of EventKind, or None for all, not {kinds!r}."
        check_types_of_bundles(made)
        patterns: Any = made.path_patterns
        assert patterns is None or (
            isinstance(patterns, tuple) and all(isinstance(each, str) for each in patterns)
        ), f"path_patterns must be a tuple of texts, or None for all, not {patterns!r}."
        assert isinstance(made.batch_size, int), "batch_size must be a number."
        assert made.batch_size >= 1, f"batch_size must be 1 or more, not {made.batch_size}."

    @pytest.mark.parametrize("kind", EventKind)
    def test_it_handles_every_kind(
        self, made: EventConsumer, bundle: BundleData, kind: EventKind
    ) -> None:
        """That it wants; twice, since every event may come again."""
        event = example_event(kind, bundle)
        for time in ("", " a second time: every event may come again"):
            self._handle(made, [event], f"an event of the kind {kind.value!r}{time}")

    @pytest.mark.parametrize("kind", EventKind)
    def test_it_handles_what_is_about_something_that_is_gone(
        self, made: EventConsumer, bundle: BundleData, kind: EventKind
    ) -> None:
        """Until an event is handled, anything may have happened."""
        gone = {"collection_uuid": uuid4(), "version": 3}
        if kind not in _ABOUT_COLLECTIONS:
            gone["bundle_uuid"] = uuid4()
        self._handle(made, [example_event(kind, bundle, **gone)], f"{kind.value!r} about nothing")
        api.delete_bundle(bundle.uuid)
        event = example_event(kind, bundle)
        self._handle(made, [event], f"{kind.value!r} about what was deleted since")

    def test_it_handles_a_batch_and_all_of_it_again(
        self, made: EventConsumer, bundle: BundleData
    ) -> None:
        """As when the log is replayed."""
        kinds = [kind for kind in EventKind if made.kinds is None or kind in made.kinds]
        events = [
            example_event(kind, bundle, position=number) for number, kind in enumerate(kinds, 1)
        ][: made.batch_size]
        self._handle(made, events, "a batch of events")
        made.begin_replay()
        self._handle(made, events, "the same batch after begin_replay()")

    def _handle(self, made: EventConsumer, events: list[EventData], what: str) -> None:
        wanted = [
            event
            for event in events
            if (made.kinds is None or event.kind in made.kinds)
            and (
                event.bundle_uuid is None
                or made.bundle_types is None
                or event.bundle_type in made.bundle_types
            )
        ]
        if not wanted:
            return
        try:
            made.handle(wanted)
        except ConsumerUnavailable as error:
            pytest.skip(f"The consumer says that it can not work here: {error}")
        except Exception as error:  # noqa: BLE001  (whatever it raises)
            pytest.fail(
                f"handle() raised {error!r} on {what}. It may only raise what may go away by "
                f"itself: an event that always fails is set aside, and what follows it waits."
            )
