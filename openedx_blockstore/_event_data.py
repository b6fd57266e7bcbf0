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
