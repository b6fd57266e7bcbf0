"""Writes down who changed a collection, in the same transaction as the change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from openedx_blockstore.api._values import check_text
from openedx_blockstore.models import CollectionAudit


def audit(
    collection_uuid: UUID,
    action: CollectionAudit.Action,
    *,
    actor: str,
    changes: Mapping[str, tuple[str | None, str | None]],
) -> None:
    """Write down one change of a collection.

    Args:
        actor: The name of the user who made it; empty for a program that names nobody.
        changes: What it was before and afterwards, by what it is.

    Raises:
        Invalid: The actor's name can not be stored.
    """
    CollectionAudit.objects.create(
        collection_uuid=collection_uuid,
        action=action,
        actor=check_text("actor", actor, max_length=255),
        at=datetime.now(UTC),
        changes={what: list(states) for what, states in changes.items()},
    )
