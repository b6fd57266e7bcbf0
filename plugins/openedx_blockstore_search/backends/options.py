"""The settings of an engine, read into a class of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import attrs
from django.core.exceptions import ImproperlyConfigured

Options = TypeVar("Options", bound=attrs.AttrsInstance)


def read_options(engine: str, kind: type[Options], given: Mapping[str, Any]) -> Options:
    """Return an engine's settings: keys in capitals, attributes likewise in small letters.

    Raises:
        ImproperlyConfigured: There is no such setting, or its value can not be used.
    """
    names = {each.name.upper(): each.name for each in attrs.fields(kind)}
    if unknown := sorted(set(given) - set(names)):
        raise ImproperlyConfigured(
            f"The search engine {engine!r} has no setting {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(sorted(names))}."
        )
    try:
        return kind(**{names[name]: value for name, value in given.items()})
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(
            f"The settings of the search engine {engine!r}: {error}"
        ) from error
