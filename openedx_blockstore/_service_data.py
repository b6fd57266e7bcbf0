"""Values about who may see and do what, and about files that are on their way in or out.

Import them from :mod:`openedx_blockstore.data`, which has all values.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import field, frozen

#: What somebody may do with a collection; each includes the ones after it.
Role = Literal["admin", "author", "reader"]


def as_uuid(value: UUID | str) -> UUID:
    """Accept a UUID's canonical text where a UUID is meant."""
    return value if isinstance(value, UUID) else UUID(value)


@frozen
class RoleData:
    """A role of a user, or of all members of a group, on a collection.

    Attributes:
        role: ``reader`` (reads, links to and copies its bundles), ``author`` (edits them, too), or
            ``admin`` (changes the collection and its roles, too).
        user: The user's name; None where a group has the role.
        group: The group's name; None where a user has the role.
    """

    collection_uuid: UUID = field(converter=as_uuid)
    role: Role
    user: str | None = None
    group: str | None = None


@frozen
class CollectionAuditData:
    """One change of a collection's metadata or roles.

    Attributes:
        key: Counts up; where a page ends, see :func:`~openedx_blockstore.api.get_collection_audit`.
        action: What was done.
        actor: The name of the user who did it; empty where a program did without naming one.
        at: When (aware, UTC).
        changes: What it was before and afterwards, by what it is: the field's name, or
            ``role of user NAME``, ``role of group NAME``. None stands for "not there".
    """

    key: int
    collection_uuid: UUID = field(converter=as_uuid)
    action: Literal["created", "updated", "deleted", "roles"]
    actor: str
    at: datetime
    changes: dict[str, tuple[str | None, str | None]]


@frozen
class ServedFileData:
    """One file, as what is behind an address.

    Attributes:
        bundle_uuid: The bundle that has it: the lender, where the address leads through a link.
        version: The version of that bundle, or None for what only a draft has.
        path: Its path in that bundle.
        public: Anybody may read it in the version asked for.
        expiring: Nothing that outlives a while may be given away: the file is not public, or is
            private in a later version (or is not known not to be).
        linked: The address leads through a link.
        modified_at: When the version asked for was made (aware, UTC); None for drafts.
    """

    bundle_uuid: UUID
    version: int | None
    path: str
    size: int
    hash_digest: str
    public: bool
    expiring: bool
    linked: bool
    modified_at: datetime | None = None


@frozen
class GrantData:
    """What a grant in an address is for.

    Attributes:
        bundle_uuid: The bundle; None for a draft.
        version: The version of the bundle; None for a draft.
        draft_uuid: The draft, or None for a version.
        scope: ``static`` for what may reach a learner's browser: files in a folder ``static`` and
            public ones. ``preview`` for an author's own page: everything but OLX, as long as the
            author may read it. ``read`` for a program of a user's: everything, as long as the user
            may read it.
        user_id: The key of the user it was made for, or None for no particular one.
        expires_at: Aware, UTC.
    """

    bundle_uuid: UUID | None
    version: int | None
    draft_uuid: UUID | None
    scope: Literal["static", "preview", "read"]
    user_id: int | None
    expires_at: datetime


@frozen
class UploadData:
    """A file on its way to an object store, in parts that the client sends there directly.

    Attributes:
        size: Of the whole, in bytes, as the client has announced it.
        hash_digest: Of the whole, as the client has announced it; it is verified at the end.
        part_size: Bytes of each part but the last, which has what is left.
        part_count: How many parts there are; they count from 1.
        parts: The numbers of those that have arrived, sorted.
        expires_at: When it counts as abandoned (aware, UTC).
        completed: The file is in the draft.
    """

    uuid: UUID
    draft_uuid: UUID
    path: str
    size: int
    hash_digest: str
    part_size: int
    part_count: int
    parts: tuple[int, ...]
    expires_at: datetime
    completed: bool
