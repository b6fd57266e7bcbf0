"""Publishers: who they are, and which is part of which. Collections name them by their IRI."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from attrs import fields
from django.db import IntegrityError, OperationalError, connections, router

from openedx_blockstore_licensing._writing import writing
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.exceptions import (
    InvalidPublisher,
    PublisherInUse,
    PublisherNotFound,
)
from openedx_blockstore_licensing.models import Publisher
from openedx_blockstore_licensing.stored import batches

#: How many publishers may be above one another.
MAX_DEPTH = 20

_ATTEMPTS = 4
_IRI = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+$")
_WEB = re.compile(r"^https?://[^\s<>\"\x00-\x20\x7f]+$", re.IGNORECASE)
_LENGTHS = {"name": 255, "id_string": 100, "logo": 500, "home_page": 500, "iri": 500}


def normalize_iri(iri: object) -> str:
    """Return an IRI in the one spelling in which it is compared.

    Raises:
        InvalidPublisher: It is none.
    """
    if not isinstance(iri, str):
        raise InvalidPublisher(iri, f"the IRI must be text, not {type(iri).__name__}")
    normal = unicodedata.normalize("NFC", iri.strip())
    _check_text(normal, "iri", normal)
    if not _IRI.match(normal):
        raise InvalidPublisher(
            iri,
            "its IRI must begin with a scheme, as https://example.org/ does, and hold no blanks",
        )
    return normal


def get_publishers(*, id_string: str | None = None) -> list[PublisherData]:
    """Return all publishers by name.

    Args:
        id_string: Only those with this one, of which there may be many.
    """
    rows = Publisher.objects.select_related("parent").order_by("name", "iri")
    if id_string is not None:
        rows = rows.filter(id_string=id_string)
    return [publisher_data(row) for row in rows]


def get_publisher(iri: str) -> PublisherData:
    """Return a publisher.

    Raises:
        PublisherNotFound: There is none with this IRI.
    """
    return publisher_data(_find(iri))


def find_publishers(iris: Iterable[str]) -> dict[str, PublisherData]:
    """Return publishers by IRI, those that they are part of included; unknown ones are left out.

    It takes one statement for each level of the hierarchy.
    """
    found: dict[str, PublisherData] = {}
    wanted = sorted({iri for iri in iris if iri})
    for _level in range(MAX_DEPTH + 1):
        if not wanted:
            break
        for some in batches(wanted):
            for row in Publisher.objects.select_related("parent").filter(iri__in=some):
                found[row.iri] = publisher_data(row)
        parents = {found[iri].parent for iri in wanted if iri in found}
        wanted = sorted(iri for iri in parents if iri is not None and iri not in found)
    return found


def set_publisher(publisher: PublisherData) -> bool:
    """Make a publisher, or change the one with this IRI.

    Returns:
        Whether anything has changed.

    Raises:
        InvalidPublisher: A value is not possible; or its parent is not known, or is part of it.
    """
    values = _checked(publisher)
    for _attempt in range(_ATTEMPTS - 1):
        try:
            return _set(values, publisher.parent)
        except (IntegrityError, OperationalError):
            # Others made it at once, or the database undid one of two that waited for each other.
            if connections[router.db_for_write(Publisher)].in_atomic_block:
                raise
    return _set(values, publisher.parent)


def _set(values: dict[str, Any], parent: str | None) -> bool:
    with writing():
        # Whoever changes the hierarchy holds all of it, so that no two close a circle together.
        list(Publisher.objects.select_for_update().order_by("pk").values_list("pk"))
        wanted = {**values, "parent": _find_parent(values["iri"], parent)}
        row = Publisher.objects.select_related("parent").filter(iri=values["iri"]).first()
        if row is None:
            Publisher.objects.create(**wanted)
            return True
        changed = [name for name, value in wanted.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, wanted[name])
        if changed:
            row.save(update_fields=changed)
    return bool(changed)


def delete_publisher(iri: str) -> None:
    """Delete a publisher. Collections may go on naming it.

    Raises:
        PublisherNotFound: There is none with this IRI.
        PublisherInUse: Others are part of it.
    """
    with writing():
        row = _find(iri)
        children = sorted(row.children.values_list("iri", flat=True))
        if children:
            raise PublisherInUse(row.iri, children)
        row.delete()


def publisher_data(row: Publisher) -> PublisherData:
    """Return what a row says."""
    return PublisherData(
        iri=row.iri,
        name=row.name,
        id_string=row.id_string,
        logo=row.logo,
        home_page=row.home_page,
        parent=row.parent.iri if row.parent is not None else None,
    )


def check_publisher(publisher: PublisherData) -> PublisherData:
    """Return a publisher with values that can be stored, wherever it comes from.

    Raises:
        InvalidPublisher: They can not.
    """
    parent = normalize_iri(publisher.parent) if publisher.parent is not None else None
    return PublisherData(**_checked(publisher), parent=parent)


def check_parent(iri: str, parent: Publisher | None) -> None:
    """Make sure that a publisher can be part of another one.

    Raises:
        InvalidPublisher: It would be part of itself, or of too many.
    """
    chain: list[str] = []
    above = parent
    while above is not None:
        chain.append(above.iri)
        if above.iri == iri:
            raise InvalidPublisher(
                iri, f"it would be part of itself, by way of {', '.join(reversed(chain))}"
            )
        if len(chain) > MAX_DEPTH:
            raise InvalidPublisher(iri, f"more than {MAX_DEPTH} publishers are above one another")
        above = above.parent


def _find_parent(iri: str, parent: str | None) -> Publisher | None:
    if parent is None:
        return None
    row = Publisher.objects.filter(iri=normalize_iri(parent)).first()
    if row is None:
        raise InvalidPublisher(iri, f"its parent {parent!r} is not known; make that one first")
    check_parent(iri, row)
    return row


def _find(iri: object) -> Publisher:
    rows = Publisher.objects.select_related("parent")
    row = (
        rows.filter(iri=unicodedata.normalize("NFC", iri.strip())).first()
        if (isinstance(iri, str) and "\0" not in iri and iri.isprintable())
        else None
    )
    if row is None:
        raise PublisherNotFound(iri)
    return row


def _checked(publisher: PublisherData) -> dict[str, Any]:
    iri = normalize_iri(publisher.iri)
    values: dict[str, Any] = {"iri": iri}
    for attribute in fields(PublisherData):
        name = attribute.name
        if name in {"iri", "parent"}:
            continue
        values[name] = _check_text(iri, name, getattr(publisher, name)).strip()
        if name in {"logo", "home_page"} and values[name] and not _WEB.match(values[name]):
            raise InvalidPublisher(iri, f"{name} must be an address that begins with https://")
    if not values["name"]:
        raise InvalidPublisher(iri, "it needs a name")
    return values


def _check_text(iri: str, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidPublisher(iri, f"{name} must be text, not {type(value).__name__}")
    if len(value) > _LENGTHS[name]:
        raise InvalidPublisher(
            iri, f"{name} has {len(value):,} characters, and at most {_LENGTHS[name]} fit"
        )
    if "\0" in value:
        raise InvalidPublisher(iri, f"{name} holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidPublisher(iri, f"{name} holds half of a surrogate pair") from error
    return value
