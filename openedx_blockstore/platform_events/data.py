"""The payloads, of the types that an event bus can carry.

Avro, as ``openedx-events`` uses it, knows no lists of records. So what a version has changed is
here as lists of paths and aliases, and UUIDs are texts.
"""
# Without "from __future__ import annotations": the library reads the types of the attributes.

from datetime import datetime

from attrs import field, frozen


@frozen
class BlockstoreCollectionEvent:
    """Something that happened to a collection.

    Attributes:
        event_uuid: Identifies the event: whoever gets it twice can tell.
        at: When (aware, UTC).
        actor: Who did it; empty for a program.
        facts: What else there is to say, as JSON; see the reference of signals.
    """

    event_uuid: str
    at: datetime
    actor: str
    collection_uuid: str
    facts: str = "{}"


@frozen
class BlockstoreBundleEvent:
    """Something that happened to a bundle, or is said of one of its versions.

    Attributes:
        version: The version's number; None for the bundle as such.
        facts: As in :class:`BlockstoreCollectionEvent`.
    """

    event_uuid: str
    at: datetime
    actor: str
    collection_uuid: str
    bundle_uuid: str
    bundle_type: str = ""
    version: int = field(default=None)
    facts: str = "{}"


@frozen
class BlockstoreVersionEvent:
    """A version that was made or deleted, with the paths and aliases that it changed."""

    event_uuid: str
    at: datetime
    actor: str
    collection_uuid: str
    bundle_uuid: str
    version: int
    bundle_type: str = ""
    added_files: list[str] = field(factory=list)
    modified_files: list[str] = field(factory=list)
    removed_files: list[str] = field(factory=list)
    added_links: list[str] = field(factory=list)
    modified_links: list[str] = field(factory=list)
    removed_links: list[str] = field(factory=list)
    facts: str = "{}"


@frozen
class BlockstoreLinkEvent:
    """A link that a new version has, or has no longer.

    Attributes:
        event_uuid: The event of the version.
        bundle_uuid: The borrower.
        version: The borrower's version.
    """

    event_uuid: str
    at: datetime
    actor: str
    collection_uuid: str
    bundle_uuid: str
    version: int
    alias: str
    lender_uuid: str
    lender_version: int
    weak: bool


@frozen
class BlockstoreDraftEvent:
    """Something that happened to a draft.

    Attributes:
        paths: What was staged, un-staged or committed; ``links/{alias}`` for links.
        version: The number of the version that a commit made; None for anything else.
    """

    draft_uuid: str
    name: str
    bundle_uuid: str
    at: datetime
    actor: str
    paths: list[str] = field(factory=list)
    version: int = field(default=None)


@frozen
class BlockstoreAnnotationEvent:
    """Data of others about a collection, bundle or version changed.

    Attributes:
        namespace: Whose data they are.
        bundle_uuid: The bundle; empty for the collection as such.
        version: The version's number; None for the bundle or collection as such.
    """

    event_uuid: str
    at: datetime
    actor: str
    collection_uuid: str
    namespace: str
    bundle_uuid: str = ""
    version: int = field(default=None)
