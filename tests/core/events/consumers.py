"""Consumers that are registered as a stranger's, and write down what they are given.

What they have handled stands in a folder, so that it can be seen whichever process they ran in; and
so do what they are to fail at, and how.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from attrs import frozen

from openedx_blockstore import api
from openedx_blockstore.data import EventData, EventKind
from openedx_blockstore.plugin_api import ConsumerUnavailable, EventConsumer

#: The variable that names the folder.
FOLDER = "BLOCKSTORE_TEST_CONSUMERS"

#: As ``use_plugins`` takes them.
ENTRY_POINTS = {
    "openedx_blockstore.event_consumers": {
        "first": f"{__name__}:First",
        "second": f"{__name__}:Second",
    }
}


@frozen
class Line:
    """One event that a consumer has handled."""

    uuid: UUID
    kind: str
    bundle_uuid: UUID | None
    version: int | None
    position: int
    process: int


def folder() -> Path:
    """Return the folder of this test."""
    return Path(os.environ[FOLDER])


def handled(name: str = "first") -> list[Line]:
    """Return what a consumer has handled, in the order in which it did."""
    path = folder() / f"{name}.handled"
    lines = path.read_text().splitlines() if path.exists() else []
    found = []
    for line in lines:
        uuid, kind, bundle, version, position, process = json.loads(line)
        bundle_uuid = UUID(bundle) if bundle is not None else None
        found.append(Line(UUID(uuid), kind, bundle_uuid, version, position, process))
    return found


def versions(name: str = "first", bundle_uuid: UUID | None = None) -> list[int]:
    """Return the numbers of the versions that a consumer has handled."""
    return [
        line.version
        for line in handled(name)
        if line.version is not None and bundle_uuid in (None, line.bundle_uuid)
    ]


def let(name: str, what: str, version: int | str = "all") -> None:
    """Let a consumer ``fail``, ``die``, be ``down`` or ``slow`` at a version, or at everything."""
    (folder() / f"{name}.{what}.{version}").touch()


def heal(name: str, what: str, version: int | str = "all") -> None:
    """Take that back."""
    (folder() / f"{name}.{what}.{version}").unlink()


class First(EventConsumer):
    """Wants everything."""

    name: ClassVar[str] = "first"
    batch_size: ClassVar[int] = 5

    def handle(self, events: Sequence[EventData]) -> None:
        """Write down the events, or none of them."""
        for event in events:
            if self._is_to("die", event):
                os.kill(os.getpid(), signal.SIGKILL)
            if self._is_to("down", event):
                raise ConsumerUnavailable("what it needs is down")
            if self._is_to("slow", event):
                time.sleep(0.2)
            if self._is_to("fail", event):
                raise ValueError(f"{self.name} can not handle version {event.version}")
        with (folder() / f"{self.name}.handled").open("a") as file:
            # In one write, so that two processes do not write into each other's lines.
            file.write("".join(map(_line, events)))

    def begin_replay(self) -> None:
        """Write that down as well."""
        with (folder() / f"{self.name}.replays").open("a") as file:
            file.write("replay\n")

    def _is_to(self, what: str, event: EventData) -> bool:
        return any(
            (folder() / f"{self.name}.{what}.{version}").exists()
            for version in (event.version, "all")
        )


class Second(First):
    """Wants new versions alone, and relays them, unless that is switched off."""

    name: ClassVar[str] = "second"
    kinds = frozenset({EventKind.VERSION_CREATED})

    def handle(self, events: Sequence[EventData]) -> None:
        """Tell of a change of its own for each event, as a plugin that tags does."""
        super().handle(events)
        for event in events:
            if self._is_to("relay", event) and event.bundle_uuid is not None:
                api.notify_annotation_changed(event.bundle_uuid, "second")


def _line(event: EventData) -> str:
    values = [
        str(event.uuid),
        event.kind.value,
        str(event.bundle_uuid) if event.bundle_uuid is not None else None,
        event.version,
        event.position,
        os.getpid(),
    ]
    return json.dumps(values) + "\n"
