"""Data about spans of a bundle's versions: set, split, merge, clear and find them.

Each function takes a model that inherits
:class:`~openedx_blockstore.models_api.VersionRange`, has a foreign key ``bundle`` to
:class:`~openedx_blockstore.models_api.Bundle`, and other fields of two kinds. The *key* says what
a row is about: for one key, no two rows hold for the same version. The *values* are what holds.
Something of which a version may have many, such as tags, is all key and no value: then a row says
that it is there.

Two that set the same at once wait for each other, by the lock on the bundle's row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from openedx_blockstore.api._lookup import batches, find_bundle
from openedx_blockstore.api._transactions import current, locked, write_transaction
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.models_api import Bundle, VersionRange
from openedx_blockstore.plugin_tools.painting import Span, paint

RangeT = TypeVar("RangeT", bound=VersionRange)

#: The values of some fields, by the names of their columns in the model; sorted by name.
_Values = tuple[tuple[str, Any], ...]

# Conditions joined by OR in one statement; SQLite takes 1,000 at most.
_MAX_ALTERNATIVES = 200
_MAX_VERSION = 2**31 - 1


def set_annotation(
    model: type[RangeT],
    bundle: Bundle | UUID | str,
    key: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
    *,
    first_version: int,
    last_version: int | None = None,
) -> bool:
    """Let values hold for a span of a bundle's versions, whatever held for them before.

    Rows that hold for others as well are cut; neighbours with equal values become one. It takes at
    most seven statements.

    Args:
        bundle: Its row, or its UUID; it may be deleted.
        key: What it is about, by field; empty where there is one thing for each version.
        values: What is to hold, by field: all fields that are neither key nor span.
        last_version: None for all later versions, those that are still to be made, too.

    Returns:
        Whether anything has changed.

    Raises:
        BundleNotFound: There is no such bundle.
        Invalid: The versions are no span.
    """
    return _change(
        model,
        bundle,
        {_columns(model, key): _columns(model, values or {})},
        first_version=first_version,
        last_version=last_version,
        within=_columns(model, key),
    )


def clear_annotation(
    model: type[RangeT],
    bundle: Bundle | UUID | str,
    key: Mapping[str, Any],
    *,
    first_version: int,
    last_version: int | None = None,
) -> bool:
    """Let nothing hold for a span of a bundle's versions; otherwise as :func:`set_annotation`.

    Args:
        key: What it is about; where it names some of the fields only, everything with these values
            in them.
    """
    return _change(
        model,
        bundle,
        {},
        first_version=first_version,
        last_version=last_version,
        within=_columns(model, key),
        # Rows that are only to be cut are told apart by all that they say.
        key_names=_other_names(model, ()),
    )


def replace_annotations(
    model: type[RangeT],
    bundle: Bundle | UUID | str,
    entries: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]],
    *,
    key_names: Sequence[str],
    within: Mapping[str, Any] | None = None,
    first_version: int,
    last_version: int | None = None,
) -> bool:
    """Let exactly these entries hold for a span of a bundle's versions, and nothing else.

    Args:
        entries: The key and the values of each, as :func:`set_annotation` takes them.
        key_names: The fields that make a key.
        within: Leave alone what has other values in these fields, all of which are in every key.

    Returns:
        Whether anything has changed.

    Raises:
        BundleNotFound: There is no such bundle.
        Invalid: The versions are no span, or an entry has other fields in its key.
    """
    names = {_column(model, name) for name in key_names}
    wanted: dict[_Values, _Values] = {}
    for key, values in entries:
        columns = _columns(model, {**(within or {}), **key})
        if {name for name, _value in columns} != names:
            raise Invalid(f"Each key must have the fields {', '.join(key_names)}, not {key!r}.")
        wanted[columns] = _columns(model, values)
    return _change(
        model,
        bundle,
        wanted,
        first_version=first_version,
        last_version=last_version,
        within=_columns(model, within or {}),
        key_names=names,
    )


def annotations_covering(
    rows: type[RangeT] | models.QuerySet[RangeT],
    versions: Iterable[tuple[UUID, int]],
) -> dict[tuple[UUID, int], list[RangeT]]:
    """Return the rows that hold for some versions, however many, in one statement for each 200.

    Args:
        rows: The model, or those of its rows that matter; their order is kept.
        versions: UUIDs of bundles, and numbers.

    Returns:
        The rows by version; those of which nothing is known are left out. Bundles are loaded.
    """
    asked = list(dict.fromkeys(versions))
    query = _query(rows)
    numbers: dict[UUID, list[int]] = defaultdict(list)
    for bundle_uuid, version in asked:
        numbers[bundle_uuid].append(version)
    found: dict[tuple[UUID, int], list[RangeT]] = defaultdict(list)
    for some in batches(asked, _MAX_ALTERNATIVES):
        condition = reduce(or_, (_covering(uuid, version) for uuid, version in some))
        covered = set(some)
        for row in query.filter(condition).select_related("bundle"):
            uuid = row.bundle.uuid  # type: ignore[attr-defined]  # as every such model has it
            for version in numbers[uuid]:
                if (uuid, version) in covered and _holds(row, version):
                    found[uuid, version].append(row)
    return {version: found[version] for version in asked if version in found}


def annotation_history(
    rows: type[RangeT] | models.QuerySet[RangeT], bundle_uuid: UUID | str, key: Mapping[str, Any]
) -> list[RangeT]:
    """Return the rows for one key of a bundle in the order of their versions.

    Raises:
        BundleNotFound: There is no such bundle.
    """
    query = _query(rows)
    columns = _columns(query.model, key)
    bundle = find_bundle(bundle_uuid, with_deleted=True)
    found = query.filter(_equal(columns), bundle=bundle).order_by("first_version")
    return [row for row in found if _values_of(row, [name for name, _ in columns]) == columns]


def _query(rows: type[RangeT] | models.QuerySet[RangeT]) -> models.QuerySet[RangeT]:
    return rows._default_manager.all() if isinstance(rows, type) else rows  # noqa: SLF001


def _covering(bundle_uuid: UUID, version: int) -> Q:
    return Q(bundle__uuid=bundle_uuid, first_version__lte=version) & (
        Q(last_version__isnull=True) | Q(last_version__gte=version)
    )


def _holds(row: VersionRange, version: int) -> bool:
    last = row.last_version
    return row.first_version <= version and (last is None or last >= version)


# Changing rows -----------------------------------------------------------------------------------


def _change(
    model: type[RangeT],
    bundle: Bundle | UUID | str,
    wanted: Mapping[_Values, _Values],
    *,
    first_version: int,
    last_version: int | None,
    within: _Values,
    key_names: Iterable[str] | None = None,
) -> bool:
    """Let the wanted values hold for a span, and nothing else that is within."""
    _check_span(first_version, last_version)
    row = bundle if isinstance(bundle, Bundle) else find_bundle(bundle, with_deleted=True)
    names = sorted(key_names if key_names is not None else (name for name, _value in within))
    others = _other_names(model, names)
    with write_transaction():
        list(locked(Bundle.objects.filter(pk=row.pk)).values_list("pk"))
        rows_of: dict[_Values, list[RangeT]] = defaultdict(list)
        for each in _touched(model, row, within, first_version, last_version):
            rows_of[_values_of(each, names)].append(each)
        edit = _Edit(model, row)
        for key in [*rows_of, *(key for key in wanted if key not in rows_of)]:
            old = rows_of.get(key, [])
            spans = [Span(r.first_version, r.last_version, _values_of(r, others)) for r in old]
            value = wanted.get(key)
            if value is not None and [name for name, _value in value] != others:
                raise Invalid(f"The values must be of the fields {', '.join(others) or '(none)'}.")
            edit.turn(key, old, paint(spans, first_version, last_version, value), others)
        return edit.write()


def _touched(
    model: type[RangeT], bundle: Bundle, within: _Values, first: int, last: int | None
) -> Iterator[RangeT]:
    """Return the rows that overlap a span, or lie right beside it."""
    rows = _query(model).filter(
        _equal(within),
        Q(last_version__isnull=True) | Q(last_version__gte=first - 1),
        bundle=bundle,
    )
    if last is not None:
        rows = rows.filter(first_version__lte=last + 1)
    names = [name for name, _value in within]
    # Some databases find what is equal but for case; that is another key.
    yield from (row for row in current(rows) if _values_of(row, names) == within)


class _Edit:
    """Rows that are to be deleted, changed and made; in one statement for each of the three."""

    def __init__(self, model: type[Any], bundle: Bundle) -> None:
        self._model = model
        self._bundle = bundle
        self._deleted: list[int] = []
        self._changed: list[Any] = []
        self._made: list[Any] = []

    def turn(
        self,
        key: _Values,
        rows: Sequence[Any],
        spans: Sequence[Span[_Values]],
        value_names: Sequence[str],
    ) -> None:
        """Turn the rows of a key into others, keeping as many as possible."""
        left = list(rows)
        for span in sorted(spans, key=lambda span: not any(_same(span, row) for row in rows)):
            row = _closest(span, left, value_names)
            if row is None:
                self._made.append(
                    self._model(
                        bundle=self._bundle,
                        first_version=span.first,
                        last_version=span.last,
                        **dict((*key, *span.value)),
                    )
                )
                continue
            left.remove(row)
            if not _same(span, row):
                row.first_version, row.last_version = span.first, span.last
                self._changed.append(row)
        self._deleted.extend(row.pk for row in left)

    def write(self) -> bool:
        """Write everything; tell whether there was anything to write."""
        manager = self._model._default_manager  # noqa: SLF001  (documented for everybody)
        for some in batches(self._deleted):
            manager.filter(pk__in=some).delete()
        if self._changed:
            manager.bulk_update(self._changed, ["first_version", "last_version"], batch_size=200)
        if self._made:
            manager.bulk_create(self._made, batch_size=200)
        return bool(self._deleted or self._changed or self._made)


def _same(span: Span[_Values], row: Any) -> bool:
    return (span.first, span.last) == (row.first_version, row.last_version)


def _closest(span: Span[_Values], rows: Sequence[Any], value_names: Sequence[str]) -> Any:
    """Return a row that may become a span: one with its values, best one that is it already."""
    alike = [row for row in rows if _values_of(row, value_names) == span.value]
    return next((row for row in alike if _same(span, row)), alike[0] if alike else None)


def _check_span(first: Any, last: Any) -> None:
    for version in (first, *(() if last is None else (last,))):
        known = isinstance(version, int) and not isinstance(version, bool)
        if not known or not 1 <= version <= _MAX_VERSION:
            raise Invalid(f"{version!r} is not the number of a version.")
    if last is not None and last < first:
        raise Invalid(f"Versions {first} to {last} are no span: it ends before it begins.")


# Fields ------------------------------------------------------------------------------------------


def _column(model: type[models.Model], name: str) -> str:
    field = model._meta.get_field(name)  # noqa: SLF001  (documented for everybody)
    return str(getattr(field, "attname", name))


def _columns(model: type[models.Model], values: Mapping[str, Any]) -> _Values:
    """Return the values of fields as a saved row has them, by the names of its attributes."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        field: Any = model._meta.get_field(name)  # noqa: SLF001  (documented for everybody)
        if isinstance(value, models.Model):
            columns[field.attname] = getattr(value, field.target_field.attname)
        else:
            columns[field.attname] = field.to_python(value)
    return tuple(sorted(columns.items()))


def _values_of(row: models.Model, names: Iterable[str]) -> _Values:
    return tuple((name, getattr(row, name)) for name in sorted(names))


def _other_names(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """Return the names of the attributes that are neither key nor span, nor set by Django."""
    skipped = {"bundle_id", "first_version", "last_version", *names}
    return sorted(
        field.attname
        for field in model._meta.concrete_fields  # noqa: SLF001  (documented for everybody)
        if not field.primary_key
        and field.attname not in skipped
        and not getattr(field, "auto_now", False)
        and not getattr(field, "auto_now_add", False)
    )


def _equal(columns: _Values) -> Q:
    condition = Q()
    for name, value in columns:
        condition &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
    return condition
