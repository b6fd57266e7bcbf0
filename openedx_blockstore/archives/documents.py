"""Reads JSON documents that people may have edited, and says what is wrong where.

Unknown keys are refused: one that is misspelt would be lost in silence otherwise.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.data import Dependency
from openedx_blockstore.exceptions import InvalidArchive
from openedx_blockstore.store import DIGEST_ALGORITHM

FORMAT_VERSION = 1
META: Mapping[str, Any] = {"version": FORMAT_VERSION, "digest": DIGEST_ALGORITHM}

# What every database holds as an integer.
_MAX_VERSION = 2**31 - 1
_MAX_SIZE = 2**63 - 1


@frozen
class Document:
    """An object within a JSON document, with the place where it stands, for messages.

    Attributes:
        path: The path of the document in its archive.
        place: Where in the document, such as ``links.wand``; empty for the whole.
    """

    path: str
    place: str
    values: Mapping[str, Any] = field(repr=False)

    def fail(self, key: str, reason: str) -> InvalidArchive:
        """Return the error that says what is wrong with a value."""
        place = ".".join(part for part in (self.place, key) if part)
        return InvalidArchive(f"{place or 'the document'} {reason}", entry=self.path)

    def expect_keys(self, *, required: Iterable[str], optional: Iterable[str] = ()) -> None:
        """Refuse missing and unknown keys."""
        for key in required:
            if key not in self.values:
                raise self.fail(key, "is missing")
        known = [*required, *optional]
        for key in self.values:
            if key not in known:
                raise self.fail(key, f"is not known here; known are: {', '.join(known)}")

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.fail(key, f"must be text, not {value!r:.60}")
        return _storable(self, key, value)

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None."""
        return None if self.values.get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self.values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise self.fail(key, f"must be a list of texts, not {values!r:.60}")
        return tuple(_storable(self, key, each) for each in values)

    def uuid(self, key: str) -> UUID:
        """Return a UUID."""
        text = self.text(key)
        try:
            return _parse_uuid(text)
        except ValueError as error:
            raise self.fail(key, f"must be a UUID, not {text!r:.60}") from error

    def version(self, key: str = "version") -> int:
        """Return a version's number."""
        return self._number(key, 1, _MAX_VERSION)

    def size(self, key: str = "size") -> int:
        """Return a number of bytes."""
        return self._number(key, 0, _MAX_SIZE)

    def flag(self, key: str) -> bool:
        """Return true or false; false where it is not given."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(key, f"must be true or false, not {value!r:.60}")
        return value

    def child(self, key: str) -> Document:
        """Return an object within this one."""
        place = ".".join(part for part in (self.place, key) if part)
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self.fail(key, f"must be an object, not {value!r:.60}")
        return Document(self.path, place, value)

    def children(self, key: str) -> Iterable[tuple[str, Document]]:
        """Yield name and value of each object in an object of objects."""
        parent = self.child(key)
        for name in parent.values:
            yield _storable(parent, name, name), parent.child(name)

    def dependencies(self, key: str) -> tuple[Dependency, ...]:
        """Return a list of bundle versions."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.fail(key, f"must be a list, not {value!r:.60}")
        return tuple(self._dependency(key, item, position) for position, item in enumerate(value))

    def _dependency(self, key: str, value: Any, position: int) -> Dependency:
        item = Document(self.path, key, {str(position): value}).child(str(position))
        item.expect_keys(required=("bundle_uuid", "version"))
        return Dependency(item.uuid("bundle_uuid"), item.version())

    def _number(self, key: str, lowest: int, highest: int) -> int:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self.fail(key, f"must be a whole number from {lowest}, not {value!r:.60}")
        return value


# Two thousand trees name each other again and again.
_parse_uuid = functools.lru_cache(maxsize=4096)(UUID)


def load_document(contents: bytes, *, path: str) -> Document:
    """Return the JSON object that a document holds.

    Args:
        path: The document's path in its archive, for messages.

    Raises:
        InvalidArchive: It is no JSON object, or of a version that is not known here.
    """
    try:
        value = json.loads(contents, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise InvalidArchive(f"it is no valid JSON ({error})", entry=path) from error
    if not isinstance(value, dict):
        raise InvalidArchive("it must be a JSON object", entry=path)
    document = Document(path, "", value)
    if value.get("_meta") != META:
        raise document.fail("_meta", f"must be {json.dumps(META)}, not {value.get('_meta')!r:.60}")
    return document


def dump_document(value: Mapping[str, Any]) -> bytes:
    """Return JSON for people to read; the same for equal values with keys in equal order.

    Each file, link and dependency stands in a line of its own.
    """
    lines = ",\n".join(f"  {_dump(key)}: {_dump_value(item)}" for key, item in value.items())
    return f"{{\n{lines}\n}}\n".encode()


def _dump_value(value: Any) -> str:
    if isinstance(value, list) and value:
        items = [_dump(item) for item in value]
        return "[\n    " + ",\n    ".join(items) + "\n  ]"
    if isinstance(value, dict) and any(isinstance(item, dict) for item in value.values()):
        items = [f"{_dump(key)}: {_dump(item)}" for key, item in value.items()]
        return "{\n    " + ",\n    ".join(items) + "\n  }"
    return _dump(value)


_dump = json.JSONEncoder(ensure_ascii=False).encode


def dump_dependencies(dependencies: Iterable[Dependency]) -> list[dict[str, Any]]:
    """Return a list of bundle versions as JSON has it."""
    return [
        {"bundle_uuid": str(dependency.bundle_uuid), "version": dependency.version}
        for dependency in dependencies
    ]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, item in pairs:
        if key in value:
            raise ValueError(f"the key {key!r} occurs twice in one object")
        value[key] = item
    return value


def _storable(document: Document, key: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise document.fail("", f"holds half of a surrogate pair in {key!r:.60}") from error
    if "\0" in value:
        raise document.fail("", f"holds a NUL character in {key!r:.60}")
    return value
