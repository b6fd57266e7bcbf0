"""The values of the bridge's public functions."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from openedx_blockstore_xblock.keys import (
    BlockstoreContextKey,
    BlockstoreDefinitionKey,
    BlockstoreUsageKey,
)


@frozen
class MountData:
    """A bundle in a learning context.

    Attributes:
        version: The version that is mounted; None for the latest one, or a draft.
        draft: The name of the draft that is mounted; empty for a version.
    """

    alias: str
    bundle_uuid: UUID
    version: int | None = None
    draft: str = ""


@frozen
class LearningContextData:
    """A learning context.

    Attributes:
        parent: The context of which this is another attempt, or None.
        mounts: In the order of their aliases.
        owner: The name of the user who has made it, and may change it; empty for nobody.
    """

    key: BlockstoreContextKey
    title: str
    mounts: tuple[MountData, ...] = ()
    parent: BlockstoreContextKey | None = None
    owner: str = ""


@frozen
class MountUpdateData:
    """A mount that is pinned to a version, and its bundle's latest one."""

    mount: MountData
    latest_version: int


@frozen
class BlockOlx:
    """The OLX of a block, as one state of its bundle has it.

    Attributes:
        olx: Of the block of a file's root the whole file, otherwise the block's own element.
        digest: Identifies it, with its body; say it as the ``base`` of a change.
        file: The path of the file that it stands in.
        body: The text that the element leaves to another file (``filename``); None for none.
    """

    usage_key: BlockstoreUsageKey
    olx: str
    digest: str
    file: str
    body: str | None = None


@frozen
class GradeData:
    """A learner's grade of a block, as the block has published it.

    Attributes:
        raw_earned: Points, before the block's weight in a course is counted in.
        raw_possible: The most points that there are.
        only_if_higher: It counts only if it is higher than the one before.
        is_deleted: The learner has no grade any more.
    """

    usage_key: BlockstoreUsageKey
    user_id: int
    raw_earned: float
    raw_possible: float
    only_if_higher: bool = False
    is_deleted: bool = False


@frozen
class CompletionData:
    """How far a learner has completed a block: from 0 to 1."""

    usage_key: BlockstoreUsageKey
    user_id: int
    completion: float


__all__ = [
    "BlockOlx",
    "BlockstoreContextKey",
    "BlockstoreDefinitionKey",
    "BlockstoreUsageKey",
    "CompletionData",
    "GradeData",
    "LearningContextData",
    "MountData",
    "MountUpdateData",
]
