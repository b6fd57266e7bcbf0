"""The values of the bridge's public functions."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreDefinitionKey


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


__all__ = [
    "BlockstoreContextKey",
    "BlockstoreDefinitionKey",
    "LearningContextData",
    "MountData",
    "MountUpdateData",
]
