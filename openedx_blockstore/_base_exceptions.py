"""The root of all errors, and its large families.

The classes are part of :mod:`openedx_blockstore.exceptions`, and should be imported from there.
"""

from __future__ import annotations

from typing import ClassVar


class BlockstoreError(Exception):
    """The root of all errors of Blockstore."""

    code: ClassVar[str] = "blockstore_error"

    def __reduce__(self) -> tuple[object, ...]:
        # Subclasses take facts and hand a message to Exception, so the default way of unpickling,
        # calling the class with the message, would fail (workers send errors across processes).
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(
    cls: type[BlockstoreError], args: tuple[object, ...], facts: dict[str, object]
) -> BlockstoreError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class NotFound(BlockstoreError):
    """What was asked for does not exist, or not any more."""

    code = "not_found"


class Conflict(BlockstoreError):
    """Somebody else changed the same thing in the meantime."""

    code = "conflict"


class Invalid(BlockstoreError, ValueError):
    """What was given can not be accepted; the message says why, and what would be."""

    code = "invalid"


def shortened(value: object, length: int = 200) -> str:
    """Return a value as a message shows it, however long it is."""
    text = repr(value)
    return text if len(text) <= length else f"{text[:length]}…"
