"""Collections: who owns, may read and licenses a set of bundles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q

from openedx_blockstore.api._audit import audit
from openedx_blockstore.api._convert import collection_data
from openedx_blockstore.api._events import new_event, record
from openedx_blockstore.api._lookup import find_collection, parse_uuid
from openedx_blockstore.api._transactions import locked, write_transaction
from openedx_blockstore.api._values import check_choice, check_page, check_text, check_title
from openedx_blockstore.data import CollectionData, EventKind, Visibility
from openedx_blockstore.exceptions import CollectionNotFound, InUse, Invalid
from openedx_blockstore.models import Bundle, Collection, CollectionAudit

_FIELDS = ("title", "description", "owner", "author", "publisher", "visibility")
_EXAMPLES = 10


def get_collection(collection_uuid: UUID | str) -> CollectionData:
    """Return a collection.

    Raises:
        CollectionNotFound: There is none with this UUID.
    """
    return collection_data(find_collection(collection_uuid))


def get_collections(
    *, after: UUID | str | None = None, limit: int | None = None
) -> list[CollectionData]:
    """Return collections in the order in which they were made.

    Args:
        after: The UUID of the last one of the page before.
        limit: How many to return at most; None for all.

    Raises:
        Invalid: The limit is not positive.
        CollectionNotFound: ``after`` is not there (any more).
    """
    check_page(limit)
    rows = Collection.objects.order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=find_collection(after).pk)
    return [collection_data(row) for row in rows[:limit]]


def create_collection(
    title: str,
    *,
    description: str = "",
    owner: str = "",
    author: str = "",
    publisher: str = "",
    visibility: Visibility = "private",
    actor: str = "",
) -> CollectionData:
    """Make a collection.

    Args:
        owner: Who owns the content legally.
        author: Who is credited for it.
        publisher: The IRI of the publisher.
        visibility: See :class:`~openedx_blockstore.data.CollectionData`.
        actor: The name of the user who does this, for the audit.

    Raises:
        Invalid: A value is not possible.
        LimitExceeded: The title is too long.
    """
    values = {
        "title": title,
        "description": description,
        "owner": owner,
        "author": author,
        "publisher": publisher,
        "visibility": visibility,
    }
    checked = _checked(values)
    with write_transaction():
        collection = Collection.objects.create(**checked)
        audit(
            collection.uuid,
            CollectionAudit.Action.CREATED,
            actor=actor,
            changes={name: (None, value) for name, value in checked.items() if value},
        )
        record(
            new_event(
                EventKind.COLLECTION_CREATED, collection.uuid, actor=actor, facts={"title": title}
            )
        )
    return collection_data(collection)


def update_collection(
    collection_uuid: UUID | str, title: str | None = None, *, actor: str = "", **fields: Any
) -> CollectionData:
    """Change what is said of a collection.

    Args:
        title: The new title; None leaves it.
        actor: The name of the user who does this, for the audit.
        fields: Any of ``description``, ``owner``, ``author``, ``publisher``, ``visibility``.

    Raises:
        CollectionNotFound: There is none with this UUID.
        Invalid: There is no such field, or a value is not possible.
        LimitExceeded: The title is too long.
    """
    if title is not None:
        fields["title"] = title
    values = _checked(fields)
    with write_transaction():
        # One at a time, so that what the audit says was before, was.
        collection = locked(Collection.objects.filter(Q(uuid=parse_uuid(collection_uuid)))).first()
        if collection is None:
            raise CollectionNotFound(collection_uuid)
        changes = {
            name: (getattr(collection, name), value)
            for name, value in values.items()
            if getattr(collection, name) != value
        }
        if changes:
            for name, (_before, value) in changes.items():
                setattr(collection, name, value)
            collection.save(update_fields=[*changes, "modified"])
            audit(collection.uuid, CollectionAudit.Action.UPDATED, actor=actor, changes=changes)
            record(
                new_event(
                    EventKind.COLLECTION_UPDATED,
                    collection.uuid,
                    actor=actor,
                    facts={"changes": {name: list(states) for name, states in changes.items()}},
                )
            )
    return collection_data(collection)


def delete_collection(collection_uuid: UUID | str, *, actor: str = "") -> None:
    """Delete an empty collection.

    Args:
        actor: The name of the user who does this, for the audit.

    Raises:
        CollectionNotFound: There is none with this UUID.
        InUse: It holds bundles; deleted ones that can still be taken back count, too.
    """
    with write_transaction():
        # A lock that keeps bundles from being made in it, unlike that of ``locked``.
        rows = Collection.objects.select_for_update()
        collection = rows.filter(Q(uuid=parse_uuid(collection_uuid))).first()
        if collection is None:
            raise CollectionNotFound(collection_uuid)
        bundles = Bundle.objects.filter(collection=collection)
        if count := bundles.count():
            deleted = bundles.exclude(deleted_at=None).count()
            raise InUse(
                f"Collection {collection.uuid} is not empty: it holds {count:,} bundles, "
                f"{deleted:,} of them deleted but not yet gone for good; "
                f"move or delete them first",
                count=count,
                examples=list(bundles.order_by("pk").values_list("uuid", flat=True)[:_EXAMPLES]),
            )
        audit(
            collection.uuid,
            CollectionAudit.Action.DELETED,
            actor=actor,
            changes={
                name: (getattr(collection, name), None)
                for name in _FIELDS
                if getattr(collection, name)
            },
        )
        record(
            new_event(
                EventKind.COLLECTION_DELETED,
                collection.uuid,
                actor=actor,
                facts={"title": collection.title},
            )
        )
        collection.delete()


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
        if name == "title":
            check_title(value)
        elif name == "visibility":
            check_choice(name, value)
        elif name == "description":
            check_text(name, value)
        elif name == "publisher":
            check_text(name, value, max_length=500)
        elif name in _FIELDS:
            check_text(name, value, max_length=255)
        else:
            raise Invalid(f"A collection has no {name!r}; it has: {', '.join(_FIELDS)}.")
    return values
