"""What happened, as a value: what signals, consumers of the log and webhooks are given.

The classes are part of :mod:`openedx_blockstore.data`, and should be imported from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore._change_data import FileChange, LinkChange, LinkTarget


class EventKind(StrEnum):
    """What can happen. The values are stable, and what the log and webhooks call it."""

    COLLECTION_CREATED = "collection.created"
    COLLECTION_UPDATED = "collection.updated"
    COLLECTION_DELETED = "collection.deleted"
    ROLES_CHANGED = "collection.roles_changed"
    BUNDLE_CREATED = "bundle.created"
    BUNDLE_UPDATED = "bundle.updated"
    BUNDLE_DELETED = "bundle.deleted"
    #: A deleted bundle was taken back.
    BUNDLE_UNDELETED = "bundle.undeleted"
    #: A draft was committed, an import made a version, or an old one was reverted to.
    VERSION_CREATED = "version.created"
    VERSION_DELETED = "version.deleted"
    #: What a plugin or an outside application knows of a collection, bundle or version changed.
    ANNOTATION_CHANGED = "annotation.changed"


@frozen
class EventTarget:
    """What an annotation is about: a collection, a bundle, or one version of a bundle.

    Attributes:
        version: None for the bundle as such.
    """

    kind: Literal["collection", "bundle"]
    uuid: UUID
    version: int | None = None


@frozen
class EventData:
    """One thing that happened; a commit is one event, however many files it changed.

    Attributes:
        uuid: Identifies the event: whoever gets it twice can tell.
        at: When (aware, UTC).
        actor: Who did it, as the caller named them; empty for a program.
        collection_uuid: The collection it happened in. Where a bundle moved: the new one.
        bundle_uuid: The bundle; None for what happened to a collection.
        bundle_type: The bundle's type then.
        version: The version's number; None for what happened to no version.
        files: The paths that a new version changed, sorted.
        links: The aliases that a new version changed, sorted.
        facts: What else there is to say, by kind, as values that JSON has; the reference lists it.
        position: Where it stands in the log, from 1; later events of a bundle have higher ones.
            None while it has no place there.
    """

    uuid: UUID
    kind: EventKind = field(converter=EventKind)
    at: datetime
    collection_uuid: UUID
    bundle_uuid: UUID | None = None
    bundle_type: str = ""
    version: int | None = None
    actor: str = ""
    files: tuple[FileChange, ...] = ()
    links: tuple[LinkChange, ...] = ()
    facts: Mapping[str, Any] = field(factory=dict)
    position: int | None = field(default=None, eq=False)


@frozen
class LinkEventData:
    """A link that a new version has and the one before had not, or the other way round.

    A link that leads elsewhere now is told of twice: the old one is gone, and a new one is there.

    Attributes:
        event_uuid: The event that this follows from: that of the version.
        collection_uuid: The borrower's collection.
        bundle_uuid: The borrower.
        version: The borrower's version, which is the first with the link, or the first without it.
        target: Where the link leads, or led.
    """

    event_uuid: UUID
    at: datetime
    collection_uuid: UUID
    bundle_uuid: UUID
    version: int
    alias: str
    target: LinkTarget
    actor: str = ""


@frozen
class DraftEventData:
    """Something that happened to a draft. It is announced, but does not stand in the log.

    Attributes:
        draft_uuid: The draft, which may be gone by now.
        name: The draft's name.
        bundle_uuid: Its bundle.
        at: When (aware, UTC).
        paths: What was staged, un-staged or committed, sorted: paths of files, and
            ``links/{alias}`` for links.
        version: The number of the version that a commit made; None for anything else.
        actor: Who did it, as the caller named them; empty for a program, or where nobody asked.
    """

    draft_uuid: UUID
    name: str
    bundle_uuid: UUID
    at: datetime
    paths: tuple[str, ...] = ()
    version: int | None = None
    actor: str = ""


@frozen
class EventConsumerData:
    """How far a consumer has read the log of events, and what keeps it.

    Attributes:
        name: The name of the consumer's entry point.
        enabled: Whether the plugin is there and on; otherwise it keeps its place.
        position: Everything in the log up to here is handled, or set aside.
        lag: How many events stand behind that in the log, whether it wants them or not.
        failed: How many events are set aside since they failed, and are tried again.
        waiting: How many are set aside since an earlier one of their bundle or collection is.
        dead: How many are given up.
        failures: How often in a row it could not work at all.
        next_attempt: When it is asked again; None for at once.
        last_success: When it handled something.
        last_error: What went wrong last, with it or an event; empty for nothing yet.
        last_error_at: When that was.
        replaying: The whole log is to be given to it once more, which has not begun yet.
        leased_until: Somebody reads for it, and counts as alive until then; None for nobody.
    """

    name: str
    enabled: bool
    position: int
    lag: int
    failed: int = 0
    waiting: int = 0
    dead: int = 0
    failures: int = 0
    next_attempt: datetime | None = None
    last_success: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None
    replaying: bool = False
    leased_until: datetime | None = None


@frozen
class SetAsideEventData:
    """An event that a consumer could not handle, or that waits behind one.

    Attributes:
        consumer: The consumer's name.
        state: ``failed`` (and is tried again), ``waiting`` (for an earlier event of its bundle or
            collection) or ``dead`` (given up).
        attempts: How often it was tried.
        next_attempt: When it is tried again.
        error: What went wrong the last time.
    """

    consumer: str
    event: EventData
    state: Literal["failed", "waiting", "dead"]
    attempts: int = 0
    next_attempt: datetime | None = None
    error: str = ""


@frozen
class TrimmedEvents:
    """What was trimmed from the log of events, or would be.

    Attributes:
        count: How many events.
        kept: How many were old enough as well, but some enabled consumer still needs them.
        kept_for: The consumers that need them, sorted.
        dry_run: Nothing was trimmed.
    """

    count: int
    kept: int = 0
    kept_for: tuple[str, ...] = ()
    dry_run: bool = False
