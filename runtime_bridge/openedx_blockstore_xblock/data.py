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


__all__ = [
    "BlockOlx",
    "BlockstoreContextKey",
    "BlockstoreDefinitionKey",
    "BlockstoreUsageKey",
    "LearningContextData",
    "MountData",
    "MountUpdateData",
]
