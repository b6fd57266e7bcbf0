"""The engines that there are, and which generations of the index are written to."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from attrs import define, frozen
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db.models import F
from django.dispatch import receiver

from openedx_blockstore.plugin_api.search_backends import (
    Change,
    IndexMissing,
    Put,
    SearchBackend,
)
from openedx_blockstore.plugin_tools import plugins_of
from openedx_blockstore_search.conf import get_settings
from openedx_blockstore_search.models import IndexedBundle, IndexState

#: What is written in one request at most: changes, and characters in their texts.
_MAX_CHANGES = 500
_MAX_CHARACTERS = 4_000_000


@functools.cache
def get_engine(name: str | None = None) -> SearchBackend:
    """Return an engine, with its settings; by default the one that is set.

    Raises:
        ImproperlyConfigured: There is no such engine, or its settings are wrong.
    """
    settings = get_settings()
    wanted = name or settings.ENGINE
    found: Mapping[str, SearchBackend] = plugins_of(SearchBackend)
    if wanted not in found:
        raise ImproperlyConfigured(
            f"There is no search engine {wanted!r}; there are: {', '.join(sorted(found)) or 'none'}"
            f". Set ENGINE in OPENEDX_BLOCKSTORE['PLUGIN_SETTINGS']['openedx_blockstore_search']."
        )
    engine = found[wanted]
    engine.configure(settings.ENGINES.get(wanted, {}))
    return engine


@receiver(setting_changed, dispatch_uid="openedx_blockstore_search.engines")
def _forget_engines(*, setting: str, **_kwargs: object) -> None:
    """Configure the engine anew after a test has overridden the settings."""
    if setting == "OPENEDX_BLOCKSTORE":
        get_engine.cache_clear()


@frozen
class Targets:
    """Where changes are written to: the generation for searches, and one that is being built.

    Attributes:
        stamp: Of the row that says so, when it was read.
    """

    engine: SearchBackend
    state_id: int
    stamp: int
    current: str
    building: str = ""

    @property
    def generations(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(filter(None, dict.fromkeys((self.current, self.building))))


def new_generation() -> str:
    """Return a name that no generation has had."""
    return f"g{datetime.now(UTC):%Y%m%d%H%M%S}{secrets.token_hex(2)}"


def get_state(engine: SearchBackend) -> IndexState:
    """Return the row about an engine's index; it is made where there is none."""
    return IndexState.objects.get_or_create(engine=engine.name)[0]


def find_targets(engine: SearchBackend) -> Targets:
    """Return where changes are to be written.

    The first time ever, there is nothing to search in, and an empty generation is made.

    Raises:
        SearchUnavailable: The engine does not answer.
        IndexMissing: Its index is gone, or was never filled, although bundles were indexed before;
            a rebuild is needed.
    """
    state = get_state(engine)
    current = engine.current()
    if current is None:
        if IndexedBundle.objects.exists():
            raise IndexMissing(engine.name)
        current = new_generation()
        engine.create(current)
        engine.swap(current)
    if current != state.current:
        change_state(state, current=current)
        state.refresh_from_db()
    return Targets(engine, state.pk, state.stamp, current, state.building)


def change_state(state: IndexState, **values: object) -> None:
    """Change where is written to: who has read that before will notice."""
    IndexState.objects.filter(pk=state.pk).update(stamp=F("stamp") + 1, **values)


@define
class Writer:
    """Writes changes to some generations, many in one request."""

    engine: SearchBackend
    generations: tuple[str, ...]
    _changes: list[Change]
    _characters: int = 0
    #: Something was written since somebody has last set this to False.
    has_written: bool = False

    @classmethod
    def to(cls, engine: SearchBackend, generations: tuple[str, ...]) -> Writer:
        """Return one that has nothing to write yet."""
        return cls(engine, generations, [])

    def emit(self, change: Change) -> None:
        """Write a change, now or with the next ones."""
        self._changes.append(change)
        if isinstance(change, Put):
            self._characters += len(change.document.text)
        if len(self._changes) >= _MAX_CHANGES or self._characters >= _MAX_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet.

        Raises:
            SearchUnavailable: The engine does not answer; all of it may be written again.
        """
        if self._changes:
            for generation in self.generations:
                self.engine.write(generation, self._changes)
            self.has_written = True
        self._changes, self._characters = [], 0
