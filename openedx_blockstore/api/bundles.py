"""Bundles: making, finding, changing and deleting them. What they hold is in their versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import OuterRef, Q, QuerySet, Subquery

from openedx_blockstore.api._convert import bundle_data
from openedx_blockstore.api._events import bundle_created, bundle_event, locked_bundles, record
from openedx_blockstore.api._lookup import batches, find_bundle, find_collection, parse_uuid
from openedx_blockstore.api._transactions import write_transaction
from openedx_blockstore.api._values import (
    check_actor,
    check_page,
    check_text,
    check_title,
    check_values,
)
from openedx_blockstore.bundle_types import known_types
from openedx_blockstore.data import BundleData, BundleTypeData, EventKind
from openedx_blockstore.exceptions import BundleExists, BundleNotFound, Invalid
from openedx_blockstore.models import Bundle, BundleVersion, Draft, fold_text

_FIELDS = ("title", "description", "slug", "type", "collection_uuid")
# Databases bound the length of what is searched for, in bytes.
_MAX_SEARCH = 1_000


def get_bundle(bundle_uuid: UUID | str) -> BundleData:
    """Return a bundle.

    Raises:
        BundleNotFound: There is none with this UUID, or it was deleted.
    """
    found = _load(_live(bundle_uuid))
    if not found:
        raise BundleNotFound(bundle_uuid)
    return found[0]


def get_bundles(
    uuids: Iterable[UUID | str] | None = None,
    text_search: str | None = None,
    *,
    collection_uuid: UUID | str | None = None,
    type: str | None = None,
    after: UUID | str | None = None,
    limit: int | None = None,
) -> list[BundleData]:
    """Return bundles that are not deleted, in the order in which they were made.

    Args:
        uuids: Only these; unknown ones are left out, and an empty list finds nothing.
        text_search: Only those with this in the title, description or slug, whatever its case.
        collection_uuid: Only those of this collection.
        type: Only those of this type.
        after: The UUID of the last one of the page before.
        limit: How many to return at most; None for all.

    Raises:
        CollectionNotFound: There is no such collection.
        BundleNotFound: ``after`` is not there.
        Invalid: The limit is not positive, or another argument is of a wrong kind.
    """
    check_page(limit)
    if uuids is not None:
        check_values("uuids", uuids)
    rows = Bundle.objects.filter(deleted_at=None).order_by("pk")
    if text_search:
        rows = rows.filter(
            search_text__contains=fold_text(
                check_text("text to search", text_search, max_length=_MAX_SEARCH)
            )
        )
    if collection_uuid is not None:
        rows = rows.filter(collection=find_collection(collection_uuid))
    if type is not None:
        rows = rows.filter(type=check_text("type", type))
    if after is not None:
        rows = rows.filter(pk__gt=find_bundle(after, with_deleted=True).pk)
    if uuids is None:
        return _load(rows[:limit])
    wanted = {parsed for value in uuids if (parsed := parse_uuid(value)) is not None}
    keys = sorted(
        key
        for some in batches(sorted(wanted))
        for key in rows.filter(uuid__in=some).values_list("pk", flat=True)
    )
    return [
        bundle
        for some in batches(keys[:limit])
        for bundle in _load(Bundle.objects.filter(pk__in=some).order_by("pk"))
    ]


def get_bundles_by_origin(
    collection_uuid: UUID | str, origins: Iterable[str]
) -> dict[str, BundleData]:
    """Return the bundles of a collection that were imported from somewhere, by their origin.

    Deleted ones are among them (see :attr:`~openedx_blockstore.data.BundleData.deleted_at`), since
    what is imported again should be taken back rather than made a second time.

    Raises:
        CollectionNotFound: There is no such collection.
    """
    check_values("origins", origins)
    wanted = {check_text("origin", origin) for origin in origins}
    rows = Bundle.objects.filter(collection=find_collection(collection_uuid))
    return {
        bundle.origin: bundle
        for some in batches(sorted(wanted))
        for bundle in _load(rows.filter(origin__in=some))
        if bundle.origin is not None
    }


def create_bundle(
    collection_uuid: UUID | str,
    slug: str,
    title: str = "New Bundle",
    description: str = "",
    *,
    type: str = "",
    origin: str | None = None,
    uuid: UUID | str | None = None,
    actor: str = "",
) -> BundleData:
    """Make a bundle, without any version yet.

    Args:
        slug: For pretty URLs; need not be unique.
        type: What kind of content it is to hold; decides limits, and which plugins look at it.
        origin: Where it is imported from, and its key there.
        uuid: Its UUID, where it has one already.
        actor: The name of the user who does this, for the event.

    Raises:
        CollectionNotFound: There is no such collection.
        BundleExists: There is a bundle with this UUID, or in the collection with this origin.
        Invalid: A value is not possible.
        LimitExceeded: The title is too long.
    """
    values = _checked({"slug": slug, "title": title, "description": description, "type": type})
    if origin is not None:
        values["origin"] = check_text("origin", origin, max_length=500)
    parsed = parse_uuid(uuid) if uuid is not None else None
    if uuid is not None and parsed is None:
        raise Invalid(f"{uuid!r} is not a UUID.")
    if parsed is not None:
        values["uuid"] = parsed
    check_actor(actor)
    collection = find_collection(collection_uuid)
    try:
        with write_transaction():
            row = Bundle.objects.create(collection=collection, **values)
            record(bundle_created(row, collection, actor=actor))
    except IntegrityError as error:
        same_origin = Bundle.objects.filter(collection=collection, origin=origin).first()
        if origin is not None and same_origin is not None:
            raise BundleExists(origin, same_origin.uuid) from error
        if parsed is not None and Bundle.objects.filter(uuid=parsed).exists():
            raise BundleExists(str(parsed), parsed) from error
        find_collection(collection_uuid)  # somebody may have deleted it just now
        raise
    return bundle_data(row, latest_version=0, drafts={})


def update_bundle(bundle_uuid: UUID | str, *, actor: str = "", **fields: Any) -> BundleData:
    """Change what is said of a bundle, or move it to another collection.

    Args:
        actor: The name of the user who does this, for the event.
        fields: Any of ``title``, ``description``, ``slug``, ``type``, ``collection_uuid``.

    Raises:
        BundleNotFound: There is none with this UUID, or it was deleted.
        CollectionNotFound: There is no such collection.
        BundleExists: The collection has another bundle with the same origin.
        Invalid: There is no such field, or a value is not possible.
        LimitExceeded: The title is too long.
    """
    values = _checked(fields)
    check_actor(actor)
    with write_transaction():
        # One at a time: the text that is searched is made of several columns.
        bundle = _lock(bundle_uuid, deleted_at=None)
        collection = None
        if "collection_uuid" in values:
            collection = find_collection(values["collection_uuid"])
            values["collection_uuid"] = collection.uuid
        changes = {
            name: (getattr(bundle, name), value)
            for name, value in values.items()
            if getattr(bundle, name) != value
        }
        if changes:
            for name, (_before, value) in changes.items():
                setattr(bundle, name, value)
            if collection is not None:
                bundle.collection = collection
            columns = ["collection" if name == "collection_uuid" else name for name in changes]
            _save(bundle, update_fields=[*columns, "modified"])
            facts = {
                name: [str(state) if isinstance(state, UUID) else state for state in states]
                for name, states in changes.items()
            }
            record(
                bundle_event(
                    EventKind.BUNDLE_UPDATED, bundle, actor=actor, facts={"changes": facts}
                )
            )
    return get_bundle(bundle.uuid)


def _lock(bundle_uuid: UUID | str, **conditions: Any) -> Any:
    """Return a bundle that nobody else changes until the transaction ends, with what events say."""
    bundle = locked_bundles().filter(Q(uuid=parse_uuid(bundle_uuid)), **conditions).first()
    if bundle is None:
        raise BundleNotFound(bundle_uuid)
    return bundle


def _live(bundle_uuid: UUID | str) -> QuerySet[Bundle]:
    return Bundle.objects.filter(Q(uuid=parse_uuid(bundle_uuid)), deleted_at=None)


def _save(bundle: Bundle, *, update_fields: Sequence[str]) -> None:
    try:
        with write_transaction():
            bundle.save(update_fields=update_fields)
    except IntegrityError as error:
        same_origin = Bundle.objects.filter(
            collection=bundle.collection, origin=bundle.origin
        ).first()
        if bundle.origin is not None and same_origin is not None:
            raise BundleExists(bundle.origin, same_origin.uuid) from error
        find_collection(bundle.collection.uuid)  # somebody may have deleted it just now
        raise


def delete_bundle(bundle_uuid: UUID | str, *, actor: str = "") -> None:
    """Delete a bundle, in a way that can be undone.

    It is not found any more. The versions that others link to stay readable for them, and they see
    among their outdated links that it was deleted.

    Args:
        actor: The name of the user who does this, for the event.

    Raises:
        BundleNotFound: There is none with this UUID, or it was deleted before.
    """
    check_actor(actor)
    with write_transaction():
        bundle = _lock(bundle_uuid, deleted_at=None)
        _mark(bundle, datetime.now(UTC))
        record(
            bundle_event(
                EventKind.BUNDLE_DELETED, bundle, actor=actor, facts={"title": bundle.title}
            )
        )


def undelete_bundle(bundle_uuid: UUID | str, *, actor: str = "") -> BundleData:
    """Take back the deletion of a bundle. One that was not deleted stays as it is.

    Args:
        actor: The name of the user who does this, for the event.

    Raises:
        BundleNotFound: There is none with this UUID.
    """
    check_actor(actor)
    with write_transaction():
        bundle = _lock(bundle_uuid)
        if bundle.deleted_at is not None:
            _mark(bundle, None)
            record(
                bundle_event(
                    EventKind.BUNDLE_UNDELETED, bundle, actor=actor, facts={"title": bundle.title}
                )
            )
    return get_bundle(bundle_uuid)


def _mark(bundle: Bundle, deleted_at: datetime | None) -> None:
    Bundle.objects.filter(pk=bundle.pk).update(deleted_at=deleted_at, modified=datetime.now(UTC))


def _load(rows: QuerySet[Bundle]) -> list[BundleData]:
    """Return the values for bundles, in two statements."""
    newest = BundleVersion.objects.filter(bundle_id=OuterRef("pk")).order_by("-version_num")
    bundles = list(
        rows.select_related("collection").annotate(
            latest_num=Subquery(newest.values("version_num")[:1])
        )
    )
    drafts: dict[int, dict[str, UUID]] = defaultdict(dict)
    for some in batches([bundle.pk for bundle in bundles]):
        for draft in Draft.objects.filter(bundle_id__in=some).order_by("pk"):
            drafts[draft.bundle_id][draft.name] = draft.uuid
    return [
        bundle_data(bundle, latest_version=bundle.latest_num or 0, drafts=drafts[bundle.pk])
        for bundle in bundles
    ]


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
        if name == "title":
            check_title(value)
        elif name == "description":
            check_text(name, value)
        elif name == "slug":
            check_text(name, value, max_length=180)
        elif name == "type":
            check_text(name, value, max_length=60)
        elif name != "collection_uuid":
            raise Invalid(f"A bundle has no {name!r} to change; it has: {', '.join(_FIELDS)}.")
    return values


def get_bundle_types() -> list[BundleTypeData]:
    """Return the types of bundles that plugins or settings know, sorted by name.

    A bundle may have any other type, or none.

    Raises:
        PluginError: A plugin that knows types can not be used.
    """
    return known_types()
