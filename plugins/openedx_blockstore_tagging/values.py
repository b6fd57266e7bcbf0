"""Whether a value can be a tag, or the key of a part."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from openedx_tagging.models import ObjectTag

from openedx_blockstore_tagging.exceptions import InvalidPart, InvalidTag
from openedx_blockstore_tagging.models import MAX_PART


def check_value(value: object) -> str:
    """Return a value as the library keeps it: without blanks around it.

    Raises:
        InvalidTag: It can be no tag.
    """
    if not isinstance(value, str):
        raise InvalidTag(value, "it is no text")
    if not is_text(value):
        raise InvalidTag(value, "it holds a character that no database takes")
    text = value.strip()
    if not text:
        raise InvalidTag(value, "it is empty")
    # The library's own rules for what a tag may be: its length, and what it keeps for itself.
    try:
        probe = ObjectTag(object_id="x", _value=text, _export_id="x")
        probe.clean_fields(exclude=["taxonomy", "tag"])
        probe.clean()
    except ValidationError as error:
        raise InvalidTag(value, " ".join(error.messages).rstrip(".")) from error
    return text


def is_text(value: object) -> bool:
    """Tell whether a value is text that every database can hold."""
    if not isinstance(value, str) or "\x00" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def check_part(part: Any) -> str:
    """Return the key of a part as it is stored; an empty one for the bundle as a whole, and None.

    It is in NFC, as paths are.

    Raises:
        InvalidPart: It can be none.
    """
    if part is None:
        return ""
    if not isinstance(part, str):
        raise InvalidPart(part, "it is no text")
    if not is_text(part):
        raise InvalidPart(part, "it holds a character that no database takes")
    key = unicodedata.normalize("NFC", part)
    if len(key) > MAX_PART:
        raise InvalidPart(part, f"it is longer than {MAX_PART} characters")
    return key
