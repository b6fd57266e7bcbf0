"""Forms that several resources share."""

from __future__ import annotations

import functools
import re
from typing import Any
from uuid import UUID

from django.core.validators import MaxLengthValidator, validate_unicode_slug
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

CHANGE_KINDS = ("content", "typo", "grading")
ON_CONFLICT = ("error", "mine", "theirs")

CURSOR = OpenApiParameter(
    "cursor", OpenApiTypes.STR, description="Where the page begins; from `next` of the one before."
)
LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": 1000}, description="Items in a page."
)
URLS = OpenApiParameter(
    "urls",
    OpenApiTypes.STR,
    enum=("stable", "granted"),
    description=(
        "Which addresses files get: those that stay the same and need a login, or such as need "
        "none and are good for a day. By default the latter for callers with a token, as clients "
        "of the first Blockstore expect."
    ),
)
PAGE = [CURSOR, LIMIT]
FIELDS = OpenApiParameter(
    "fields",
    OpenApiTypes.STR,
    description="Only these, separated by commas; `a.b` for `b` in `a`.",
)


class FindingSerializer(serializers.Serializer[Any]):
    """Something that an author should know about a file or a link."""

    severity = serializers.ChoiceField(choices=("error", "warning", "info"))
    code = serializers.CharField()
    file = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(allow_null=True)
    message = serializers.CharField()
    mend = serializers.CharField(allow_blank=True, help_text="How to mend it.")


@functools.cache
def page_of(item: type[serializers.Serializer[Any]]) -> Any:
    """Return the form of a page of items."""
    name = item.__name__.removesuffix("Serializer")
    return inline_serializer(
        f"{name}Page",
        {
            "next": serializers.URLField(
                allow_null=True, help_text="The next page; null after the last one."
            ),
            "results": item(many=True),
        },
    )


def text(*, required: bool = False, max_length: int | None = None, **kwargs: Any) -> Any:
    """Return a field for text that may be empty, and stays as it is."""
    if max_length is not None:
        kwargs["max_length"] = max_length
    return serializers.CharField(
        required=required, allow_blank=True, trim_whitespace=False, **kwargs
    )


def title(*, required: bool) -> Any:
    """Return a field for a title."""
    return serializers.CharField(required=required, max_length=180)


def slug(*, required: bool) -> Any:
    """Return a field for a slug; letters of all languages are welcome."""
    return serializers.CharField(
        required=required, validators=[validate_unicode_slug, MaxLengthValidator(180)]
    )


class StrictUUIDField(serializers.UUIDField):
    """A UUID in its canonical text; numbers and other spellings are none."""

    _canonical = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)

    def to_internal_value(self, data: Any) -> UUID:
        """Read it."""
        if not isinstance(data, str) or not self._canonical.match(data):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A number; neither a text nor a truth value is one."""

    def to_internal_value(self, data: Any) -> int:
        """Read it."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """True or false; nothing else."""

    def to_internal_value(self, data: Any) -> bool:
        """Read it."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictCharField(serializers.CharField):
    """Text; numbers are none."""

    def to_internal_value(self, data: Any) -> str:
        """Read it."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def version_field(**kwargs: Any) -> Any:
    """Return a field for the number of a version."""
    return StrictIntegerField(min_value=kwargs.pop("min_value", 1), max_value=2**31 - 1, **kwargs)


def valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """Return what was sent, checked.

    Raises:
        ValidationError: It can not be accepted.
    """
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def query_number(text_given: str | None, name: str, *, default: int | None = None) -> int | None:
    """Read a number from the query; at least 0, and small enough for the database.

    Raises:
        ValidationError: It is none.
    """
    if text_given is None:
        return default
    if not (text_given.isascii() and text_given.isdigit() and len(text_given) <= 10):  # noqa: PLR2004
        raise ValidationError({name: "Give a number."})
    number = int(text_given)
    if number >= 2**31:
        raise ValidationError({name: "This number is too large."})
    return number


def query_flag(text_given: str | None, name: str, *, default: bool = False) -> bool:
    """Read a truth value from the query.

    Raises:
        ValidationError: It is none.
    """
    if text_given is None:
        return default
    if text_given.lower() in {"true", "1"}:
        return True
    if text_given.lower() in {"false", "0"}:
        return False
    raise ValidationError({name: "Give true or false."})
