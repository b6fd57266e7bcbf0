"""Reads how users name things: ``UUID``, ``UUID@3``, or an address of the REST API."""

from __future__ import annotations

import re
from uuid import UUID

from attrs import frozen

from openedx_blockstore.cli.errors import NotFoundError, UsageError
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.values import Bundle, VersionKey

_UUID = r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"
_REFERENCE = re.compile(rf"(?:.*/)?({_UUID})(?:[@,](\d{{1,10}}))?/?", re.IGNORECASE)


@frozen
class Reference:
    """What a user has named.

    Attributes:
        version: None for the latest one.
    """

    uuid: str
    version: int | None = None


def parse_reference(text: str) -> Reference:
    """Return what a user has named.

    Raises:
        UsageError: It is no name of anything.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"{text!r} names no bundle.",
            "Give its UUID, with @ and a number for a version: "
            "7d6c1b1e-2f64-4b5c-8a53-3a4f0b6a9c21@3. blockstore ls shows what there is.",
        )
    uuid, version = match.groups()
    return Reference(str(UUID(uuid)), int(version) if version is not None else None)


def parse_uuid(text: str) -> str:
    """Return the UUID that a user has named, of something that has no versions.

    Raises:
        UsageError: It is none.
    """
    reference = parse_reference(text)
    if reference.version is not None:
        raise UsageError(f"{text!r} names a version.", "Give a UUID alone.")
    return reference.uuid


def version_of(server: Server, reference: Reference) -> VersionKey:
    """Return the version of a bundle that is meant.

    Raises:
        NotFoundError: There is no such bundle, or it has no version yet.
    """
    if reference.version is not None:
        return VersionKey(reference.uuid, reference.version)
    return latest_of(server.bundle(reference.uuid))


def latest_of(bundle: Bundle) -> VersionKey:
    """Return the latest version of a bundle.

    Raises:
        NotFoundError: It has none yet.
    """
    if not bundle.latest_version:
        raise NotFoundError(f"Bundle {bundle.uuid} has no version yet.", "Commit something first.")
    return VersionKey(bundle.uuid, bundle.latest_version)
