"""What is told of an event: all of it is kept once, and each subscriber gets what they may read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from openedx_blockstore.data import EventData, EventKind, FileChange, LinkChange, LinkTarget
from openedx_blockstore_webhooks.conf import get_settings
from openedx_blockstore_webhooks.models import Message, Subscription

#: Of these, everybody who reads the collection may know everything: who made a version and why, and
#: that somebody knows something new. Of the others, who did it is for the collection's admins.
_OPEN_KINDS = frozenset({EventKind.VERSION_CREATED.value, EventKind.ANNOTATION_CHANGED.value})
#: Of these, the facts are for the admins, too: what it was called before, who has which role.
_CLOSED_FACTS = frozenset({EventKind.COLLECTION_UPDATED.value, EventKind.ROLES_CHANGED.value})
#: Characters of the other facts, as JSON, that are told.
_MAX_FACTS = 16_384


def message_of(event: EventData) -> Message:
    """Return what is to be kept of an event."""
    limit = get_settings().MAX_PAYLOAD_CHANGES
    facts = _facts(event)
    too_many = len(json.dumps(facts)) > _MAX_FACTS
    return Message(
        event_uuid=event.uuid,
        type=event.kind.value,
        at=event.at,
        collection_uuid=event.collection_uuid,
        bundle_uuid=event.bundle_uuid,
        data={
            "bundle_type": event.bundle_type,
            "version": event.version,
            "actor": event.actor,
            "position": event.position,
            "files": [_file(change) for change in event.files[:limit]],
            "files_count": len(event.files),
            "links": [_link(change) for change in event.links[:limit]],
            "links_count": len(event.links),
            "facts": {} if too_many else facts,
            "truncated": too_many or max(len(event.files), len(event.links)) > limit,
        },
    )


def _facts(event: EventData) -> dict[str, Any]:
    facts: dict[str, Any] = _plain(event.facts)
    if event.kind is EventKind.BUNDLE_UPDATED:
        # Not what it was before: that may have been the secret collection from which it comes.
        return _changed(facts)
    return facts


def _changed(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return only the names of what changed."""
    changes = facts.get("changes")
    return {"changed": sorted(changes)} if isinstance(changes, Mapping) else {}


def _file(change: FileChange) -> dict[str, Any]:
    return {
        "path": change.path,
        "change": change.kind,
        "before": change.before_digest,
        "after": change.after_digest,
    }


def _link(change: LinkChange) -> dict[str, Any]:
    return {
        "alias": change.alias,
        "change": change.kind,
        "before": _target(change.before),
        "after": _target(change.after),
    }


def _target(target: LinkTarget | None) -> dict[str, Any] | None:
    if target is None:
        return None
    return {
        "bundle_uuid": str(target.bundle_uuid),
        "version": target.version,
        "weak": target.weak,
    }


def _plain(value: Any) -> Any:
    """Return what JSON has of a value."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return str(value)


def tells_all_readers(message: Message) -> bool:
    """Tell whether whoever reads the collection may be told all of it."""
    return message.type in _OPEN_KINDS


def body_of(message: Message, subscription: Subscription, *, everything: bool) -> str:
    """Return what is sent.

    Args:
        everything: Whether the subscriber may also know what only the collection's admins may.
    """
    data = dict(message.data)
    if not everything and message.collection_uuid is not None:
        data["actor"] = ""
        if message.type in _CLOSED_FACTS:
            data["facts"] = _changed(data["facts"])
    if message.collection_uuid is not None:
        data = {
            "event_uuid": str(message.event_uuid),
            "collection_uuid": str(message.collection_uuid),
            "bundle_uuid": str(message.bundle_uuid) if message.bundle_uuid is not None else None,
            **data,
        }
    data["subscription"] = {
        "uuid": str(subscription.uuid),
        "scope": subscription.scope,
        "target_uuid": str(subscription.target_uuid),
    }
    payload = {"type": message.type, "timestamp": iso(message.at), "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def iso(at: datetime) -> str:
    """Return a time as the specification writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
