"""What the plugin writes into exports, as JSON, and what it takes back of what strangers wrote.

Every version of an export has ``.blockstore/plugins/licensing/license.json``; what is in there can
be understood without this installation: who is to be named stands there in full.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.exceptions import Invalid
from openedx_blockstore_licensing.data import Credit, Derived, PublisherData
from openedx_blockstore_licensing.exceptions import InvalidLicense
from openedx_blockstore_licensing.licenses import read
from openedx_blockstore_licensing.paths import normalize_path
from openedx_blockstore_licensing.publishers import MAX_DEPTH, check_publisher

#: The file of a version, and that of a collection.
FILE = "license.json"

_META = {"format": "openedx-blockstore/licensing", "version": 1}
_MAX_BYTES = 4 * 2**20
_MAX_PATHS = 10_000
_MAX_DERIVED = 100
_MAX_TEXT = 500
_MAX_CHAIN = 40


class InvalidDocument(Invalid):
    """A document of an archive that can not be used."""

    code = "invalid_license_document"


@frozen
class VersionDocument:
    """What is said of a version.

    Attributes:
        expression: Its licence; empty where nobody has said.
        from_collection: It is the one of its collection, and not its own.
        credit: Who is to be named, and what it was made of.
        content: The digest of its files and links, where it is from.
        publishers: Those that are named in it, each after those that it is part of.
    """

    expression: str
    from_collection: bool
    paths: Mapping[str, str]
    credit: Credit
    content: str = ""
    publishers: tuple[PublisherData, ...] = ()


@frozen
class CollectionDocument:
    """What is said of a collection.

    Attributes:
        expression: Its licence now; empty where nobody has said.
        history: What it was before, too: expressions and times, for people.
        publisher: The IRI of its publisher; may be empty.
    """

    expression: str
    history: tuple[tuple[str, str], ...] = ()
    publisher: str = ""
    publishers: tuple[PublisherData, ...] = field(default=())


# Writing -----------------------------------------------------------------------------------------


def write_version(document: VersionDocument) -> bytes:
    """Return the document of a version; always the same bytes for the same."""
    return _dump(
        {
            "license": {
                "expression": document.expression,
                "from_collection": document.from_collection,
                "paths": dict(document.paths),
            },
            "credit": credit_to_json(document.credit, depth=_MAX_CHAIN),
            "content": document.content,
            "publishers": [_publisher_to_json(each) for each in document.publishers],
        }
    )


def write_collection(document: CollectionDocument) -> bytes:
    """Return the document of a collection; always the same bytes for the same."""
    return _dump(
        {
            "license": {
                "expression": document.expression,
                "history": [
                    {"expression": expression, "since": since}
                    for expression, since in document.history
                ],
            },
            "publisher": document.publisher,
            "publishers": [_publisher_to_json(each) for each in document.publishers],
        }
    )


def _dump(values: Mapping[str, Any]) -> bytes:
    text = json.dumps({"_meta": _META, **values}, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def credit_to_json(credit: Credit, *, depth: int) -> dict[str, Any]:
    """Return a credit as values that JSON has.

    Args:
        depth: How many works are named one behind the other; what is further away is left out.
    """
    publisher = credit.publisher
    return {
        "bundle_uuid": str(credit.bundle_uuid),
        "version": credit.version,
        "title": credit.title,
        "author": credit.author,
        "owner": credit.owner,
        "publisher": _publisher_to_json(publisher) if publisher is not None else None,
        "license": credit.license,
        "url": credit.url,
        "derived_from": [
            {**credit_to_json(each.origin, depth=depth - 1), "modified": each.modified}
            for each in credit.derived_from
            if depth > 0
        ],
    }


def _publisher_to_json(publisher: PublisherData) -> dict[str, Any]:
    return {
        "iri": publisher.iri,
        "name": publisher.name,
        "id_string": publisher.id_string,
        "logo": publisher.logo,
        "home_page": publisher.home_page,
        "parent": publisher.parent,
    }


# Reading -----------------------------------------------------------------------------------------


def read_version(contents: bytes) -> VersionDocument:
    """Read the document of a version.

    Raises:
        InvalidDocument: It is none, or of a later format.
        InvalidLicense, InvalidLicensePath, InvalidPublisher: What it says is not possible.
    """
    document = _load(contents)
    license_ = _mapping(document.get("license"), "license")
    paths = _mapping(license_.get("paths", {}), "paths")
    if len(paths) > _MAX_PATHS:
        raise InvalidDocument(f"It has licences for more than {_MAX_PATHS:,} paths.")
    return VersionDocument(
        expression=_expression(license_.get("expression")),
        from_collection=license_.get("from_collection") is True,
        paths={
            normalize_path(path): _expression(expression, needed=True)
            for path, expression in sorted(paths.items())
            if path
        },
        credit=credit_from_json(document.get("credit")),
        content=_text(document, "content"),
        publishers=_publishers(document.get("publishers", [])),
    )


def read_collection(contents: bytes) -> CollectionDocument:
    """Read the document of a collection; it raises what :func:`read_version` raises."""
    document = _load(contents)
    license_ = _mapping(document.get("license"), "license")
    return CollectionDocument(
        expression=_expression(license_.get("expression")),
        publisher=_text(document, "publisher"),
        publishers=_publishers(document.get("publishers", [])),
    )


def credit_from_json(values: Any, depth: int = 0) -> Credit:
    """Read what :func:`credit_to_json` made.

    Raises:
        InvalidDocument: It made something else.
        InvalidLicense, InvalidPublisher: What it says is not possible.
    """
    credit = _mapping(values, "credit")
    derived = credit.get("derived_from", [])
    if not isinstance(derived, list) or len(derived) > _MAX_DERIVED or depth > _MAX_CHAIN:
        raise InvalidDocument("What it was made of is no list, or a list that is too long.")
    version = credit.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**31:
        raise InvalidDocument(f"{version!r} is not the number of a version.")
    publisher = credit.get("publisher")
    return Credit(
        bundle_uuid=_uuid(credit.get("bundle_uuid")),
        version=version,
        title=_text(credit, "title"),
        author=_text(credit, "author"),
        owner=_text(credit, "owner"),
        publisher=_publisher(publisher) if publisher is not None else None,
        license=_expression(credit.get("license")),
        url=_web_address(_text(credit, "url")),
        derived_from=tuple(
            Derived(
                credit_from_json(each, depth + 1),
                _mapping(each, "derived_from").get("modified") is not False,
            )
            for each in derived
        ),
    )


def _load(contents: bytes) -> Mapping[str, Any]:
    if len(contents) > _MAX_BYTES:
        raise InvalidDocument(f"It is larger than {_MAX_BYTES:,} bytes.")
    try:
        document = json.loads(contents)
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"It is not JSON: {error}.") from error
    meta = _mapping(_mapping(document, "document").get("_meta"), "_meta")
    if meta.get("format") != _META["format"]:
        raise InvalidDocument(f"Its format is not {_META['format']}.")
    if meta.get("version") != _META["version"]:
        raise InvalidDocument("It is of another version of the format, which is not known here.")
    return _mapping(document, "document")


def _publishers(values: Any) -> tuple[PublisherData, ...]:
    if not isinstance(values, list) or len(values) > _MAX_DERIVED * MAX_DEPTH:
        raise InvalidDocument("Its publishers are no list, or a list that is too long.")
    return tuple(_publisher(value) for value in values)


def _publisher(value: Any) -> PublisherData:
    values = _mapping(value, "publisher")
    parent = values.get("parent")
    return check_publisher(
        PublisherData(
            **{
                name: values.get(name, "")
                for name in ("iri", "name", "id_string", "logo", "home_page")
            },
            parent=parent if parent is None else str(parent),
        )
    )


def _expression(value: Any, *, needed: bool = False) -> str:
    if value is None or value == "":
        if needed:
            raise InvalidLicense("", "it is empty")
        return ""
    return str(read(value))


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidDocument(f"Its {name} is no object.")
    return value


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str) or len(value) > _MAX_TEXT or "\0" in value:
        raise InvalidDocument(f"Its {name} is no text of up to {_MAX_TEXT} characters.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidDocument(f"Its {name} holds half of a surrogate pair.") from error
    return value


def _web_address(value: str) -> str:
    # It becomes the target of a link on a page.
    return value if value.lower().startswith(("https://", "http://")) else ""


def _uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidDocument(f"{str(value)[:80]!r} is no UUID.") from error


def sort_publishers(known: Mapping[str, PublisherData]) -> tuple[PublisherData, ...]:
    """Return publishers so that each comes after those that it is part of."""
    return tuple(sorted(known.values(), key=lambda each: (_level(each, known), each.iri)))


def _level(publisher: PublisherData, known: Mapping[str, PublisherData]) -> int:
    level = 0
    parent = publisher.parent
    while parent is not None and parent in known and level <= MAX_DEPTH:
        level += 1
        parent = known[parent].parent
    return level
