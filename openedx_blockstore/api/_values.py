"""Checks of what callers pass in, and the forms in which contents may come."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, TypeGuard, cast, get_args

from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import ChangeKind, FileSource, OnConflict, Role, Visibility
from openedx_blockstore.exceptions import Invalid, LimitExceeded

_CHOICES: dict[str, Any] = {
    "change_kind": ChangeKind,
    "on_conflict": OnConflict,
    "role": Role,
    "visibility": Visibility,
}


def check_text(name: str, value: object, *, max_length: int | None = None) -> str:
    """Return a text that every database can hold.

    Args:
        name: What it is, for the message.
        max_length: In characters.

    Raises:
        Invalid: It is no text, too long, or holds a character that can not be stored.
    """
    if not isinstance(value, str):
        raise Invalid(f"The {name} must be text, not {type(value).__name__}.")
    if max_length is not None and len(value) > max_length:
        raise Invalid(f"The {name} has {len(value):,} characters; at most {max_length} fit.")
    if "\0" in value:
        raise Invalid(f"The {name} holds a NUL character, which can not be stored.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Invalid(f"The {name} holds half of a surrogate pair: {error}.") from error
    return value


def check_actor(value: object) -> str:
    """Return the name of a user who does something; empty for a program that names nobody.

    Raises:
        Invalid: It is no text that can be stored.
    """
    return check_text("actor", value, max_length=255)


def check_title(value: object) -> str:
    """Return a title of allowed length.

    Raises:
        Invalid: It is no text that can be stored.
        LimitExceeded: It is too long.
    """
    title = check_text("title", value)
    limit = get_settings().MAX_TITLE_LENGTH
    if len(title) > limit:
        raise LimitExceeded(
            "Characters in the title", actual=len(title), limit=limit, setting="MAX_TITLE_LENGTH"
        )
    return title


def check_choice(name: str, value: object) -> None:
    """Make sure that a value is one of the few that an argument takes.

    Raises:
        Invalid: It is not; the message lists them.
    """
    choices = get_args(_CHOICES[name])
    if value not in choices:
        raise Invalid(f"{name} must be one of {', '.join(choices)}, not {value!r}.")


def check_page(limit: Any) -> None:
    """Make sure that the size of a page makes sense.

    Raises:
        Invalid: It does not.
    """
    if limit is not None and not is_positive(limit):
        raise Invalid(f"limit must be a positive number, or None for no limit, not {limit!r}.")


def check_flag(name: str, value: Any) -> None:
    """Make sure that a value is yes, no, or not said.

    Raises:
        Invalid: It is not.
    """
    if value is not None and not isinstance(value, bool):
        raise Invalid(f"{name} must be True, False or None, not {value!r}.")


def check_moment(name: str, value: Any) -> None:
    """Make sure that a value is a moment that means the same everywhere.

    Raises:
        Invalid: It is not.
    """
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Invalid(f"{name} must be a datetime with a time zone, not {value!r:.80}.")


def check_mapping(name: str, value: Any) -> None:
    """Make sure that a value maps something to something.

    Raises:
        Invalid: It does not.
    """
    if not isinstance(value, Mapping):
        raise Invalid(f"The {name} must be a mapping, not {type(value).__name__}.")


def check_values(name: str, value: Any) -> None:
    """Make sure that a value holds several ones, and is not a single text.

    Raises:
        Invalid: It does not.
    """
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise Invalid(f"{name} must be a list or the like, not {value!r}.")


def is_positive(value: Any) -> TypeGuard[int]:
    """Tell whether a value is a number from 1 on that every database can hold."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def is_storable(text: Any) -> TypeGuard[str]:
    """Tell whether a value is text that every database can hold."""
    try:
        check_text("text", text)
    except Invalid:
        return False
    return True


@contextlib.contextmanager
def opened(source: FileSource) -> Iterator[BinaryIO]:
    """Open the new contents of a file for reading, in whichever form they came.

    What a caller passes as an open file stays open; what is opened here is closed.

    Raises:
        Invalid: They came in none of the forms.
    """
    if isinstance(source, str):
        yield io.BytesIO(check_contents(source))
    elif isinstance(source, (bytes, bytearray, memoryview)):
        yield io.BytesIO(source)
    elif hasattr(source, "read"):
        yield cast(BinaryIO, source)
    elif callable(source):
        context = source()
        if not hasattr(context, "__enter__"):
            raise _wrong_contents(context)
        with context as file:
            yield file
    else:
        raise _wrong_contents(source)


def _wrong_contents(value: object) -> Invalid:
    return Invalid(
        f"The contents of a file must be text, bytes or a readable binary file, "
        f"not {type(value).__name__}."
    )


def check_contents(text: str) -> bytes:
    """Return text as it is stored in a file.

    Raises:
        Invalid: UTF-8 can not hold it.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(f"The contents hold half of a surrogate pair: {error}.") from error
