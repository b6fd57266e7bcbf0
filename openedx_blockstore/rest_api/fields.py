"""Sparse fields: ``?fields=uuid,snapshot.hash_digest`` leaves everything else out of an answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

_MAX_FIELDS = 100


class Fields:
    """Which fields a caller wants; all of them unless they say otherwise."""

    def __init__(self, names: Iterable[str] | None, *, known: Iterable[str]) -> None:
        self._names = frozenset(names) if names is not None else None
        known = frozenset(known)
        for name in self._names or ():
            if name.partition(".")[0] not in known:
                raise ValidationError(
                    {"fields": f"There is no field {name!r}; there are: {', '.join(sorted(known))}"}
                )

    def wants(self, name: str) -> bool:
        """Tell whether a field, or something in it, is asked for, and so has to be computed."""
        if self._names is None:
            return True
        return any(wanted.partition(".")[0] == name for wanted in self._names)

    def pick(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the fields that are asked for."""
        return values if self._names is None else _pick(values, self._names)


def _pick(values: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    below: dict[str, list[str]] = {}
    for name in names:
        first, _, rest = name.partition(".")
        below.setdefault(first, []).append(rest)
    return {
        name: value if "" in below[name] or not isinstance(value, dict) else _pick(value, rests)
        for name, value in values.items()
        if (rests := below.get(name)) is not None
    }


def requested_fields(request: Request, known: Iterable[str]) -> Fields:
    """Read which fields a caller wants.

    Raises:
        ValidationError: One of them does not exist.
    """
    given = request.query_params.get("fields")
    if given is None:
        return Fields(None, known=known)
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names or len(names) > _MAX_FIELDS:
        raise ValidationError({"fields": f"Name from 1 to {_MAX_FIELDS} fields."})
    return Fields(names, known=known)
