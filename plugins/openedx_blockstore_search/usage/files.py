"""Which places refer to a file, and which files nothing refers to."""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from openedx_blockstore import api
from openedx_blockstore.data import BorrowerData
from openedx_blockstore.exceptions import BundleFileNotFound, Invalid
from openedx_blockstore.models_api import Bundle
from openedx_blockstore_search.data import FileUsage, FileUse, UnusedFiles
from openedx_blockstore_search.exceptions import InvalidSearch
from openedx_blockstore_search.indexing.known import batches
from openedx_blockstore_search.models import IndexedBundle, IndexedFile, IndexedPart
from openedx_blockstore_search.parts.names import IMPOSSIBLE
from openedx_blockstore_search.parts.vocabulary import COURSE_FOLDERS, COURSE_TYPES
from openedx_blockstore_search.usage.lookup import (
    BORROWERS,
    Found,
    borrowed_references,
    indexed_bundle,
    own_references,
    uncertain_files,
)

#: Places or files in one page.
MAX_LIMIT = 1_000

_CHUNK = 500

#: Keys of rows, and numbers of versions, are below.
_KEYS, _VERSIONS = 2**63, 2**31


def find_usage(bundle_uuid: UUID | str, path: str, *, limit: int, cursor: str) -> FileUsage:
    """Return a page of the places that refer to a file; see ``api.get_file_usage``."""
    bundle, row = indexed_bundle(bundle_uuid)
    stored = _as_stored(path)
    if not stored or not IndexedFile.objects.filter(bundle=bundle, path=stored).exists():
        raise BundleFileNotFound(bundle.uuid, path)
    found: list[Found] = []
    for each in _references(bundle, stored, _read_cursor(cursor)):
        found.append(each)
        if len(found) > limit:
            break
    shown = found[:limit]
    return FileUsage(
        bundle_uuid=bundle.uuid,
        version=row.version,
        path=stored,
        uses=tuple(_uses(bundle, shown)),
        uncertain=uncertain_files(bundle),
        next_cursor=_cursor(shown[-1]) if len(found) > limit else None,
    )


def _as_stored(path: str) -> str:
    """Return a path in the form in which it is stored; an empty one where no file can have it."""
    return "" if IMPOSSIBLE.search(path) else unicodedata.normalize("NFC", path)


def _references(bundle: Bundle, path: str, after: dict[str, Any]) -> Iterator[Found]:
    borrower = after.get("borrower")
    if borrower is None:
        yield from own_references(bundle, [path], after=after.get("key", 0))
        last = None
    else:
        last = borrower
        # The one at which the page before ended may have had more.
        for found in borrowed_references(bundle, [borrower], [path]):
            if found.key > after.get("key", 0):
                yield found
    for page in _borrower_pages(bundle, last):
        yield from borrowed_references(bundle, page, [path])


def _borrower_pages(bundle: Bundle, after: BorrowerData | None) -> Iterator[list[BorrowerData]]:
    while True:
        page = api.get_borrowers(bundle.uuid, after=after, limit=BORROWERS)
        if page:
            yield page
        if len(page) < BORROWERS:
            return
        after = page[-1]


def _uses(bundle: Bundle, found: Sequence[Found]) -> Iterator[FileUse]:
    uuids = {each.borrower.bundle_uuid for each in found if each.borrower is not None}
    ids = {bundle.uuid: bundle.pk}
    for some in batches(sorted(uuids)):
        ids.update(Bundle.objects.filter(uuid__in=some).values_list("uuid", "pk"))
    titles = _titles(ids.values(), {each.path for each in found})
    for each in found:
        uuid = each.borrower.bundle_uuid if each.borrower is not None else bundle.uuid
        kind, title = titles.get((ids[uuid], each.part), ("", ""))
        yield FileUse(
            bundle_uuid=uuid,
            path=each.path,
            name=each.name,
            part_key=each.part,
            part_type=kind,
            part_title=title,
            alias=each.borrower.alias if each.borrower is not None else None,
        )


def _titles(
    bundle_ids: Iterable[int], paths: Iterable[str]
) -> dict[tuple[int, str], tuple[str, str]]:
    wanted = sorted(bundle_ids)
    return {
        (bundle_id, key): (kind, title)
        for some in batches(sorted(paths))
        for some_ids in batches(wanted)
        for bundle_id, key, kind, title in IndexedPart.objects.filter(
            bundle_id__in=some_ids, path__in=some
        ).values_list("bundle_id", "key", "type", "title")
    }


# Unused files ------------------------------------------------------------------------------------


def find_unused(bundle_uuid: UUID | str, *, limit: int, after: str) -> UnusedFiles:
    """Return a page of the files that nothing refers to; see ``api.get_unused_files``."""
    bundle, row = indexed_bundle(bundle_uuid)
    unused: list[str] = []
    while len(unused) <= limit:
        paths = list(
            IndexedFile.objects.filter(bundle=bundle, path__gt=after)
            .order_by("path")
            .values_list("path", flat=True)[:_CHUNK]
        )
        if not paths:
            break
        after = paths[-1]
        left = {path for path in paths if _is_judged(bundle, path)}
        left -= {each.target for each in own_references(bundle, left)}
        left -= _used_by_borrowers(bundle, left)
        # In the order of the database, which goes on from there.
        unused += [path for path in paths if path in left]
    uncertain = {
        uuid for page in _borrower_pages(bundle, None) for uuid in _uncertain_borrowers(page)
    }
    shown = unused[:limit]
    return UnusedFiles(
        bundle_uuid=bundle.uuid,
        version=row.version,
        paths=tuple(shown),
        uncertain=uncertain_files(bundle),
        uncertain_borrowers=tuple(sorted(uncertain)),
        next_cursor=_encode({"path": shown[-1]}) if len(unused) > limit else None,
    )


def _is_judged(bundle: Bundle, path: str) -> bool:
    """Tell whether a file is there to be referred to, rather than to be found by its place."""
    if "/" not in path:
        return False
    return not (bundle.type in COURSE_TYPES and path.startswith(COURSE_FOLDERS))


def _used_by_borrowers(bundle: Bundle, paths: set[str]) -> set[str]:
    left = set(paths)
    for page in _borrower_pages(bundle, None) if paths else ():
        left -= {found.target for found in borrowed_references(bundle, page, left)}
        if not left:
            break
    return paths - left


def _uncertain_borrowers(borrowers: Sequence[BorrowerData]) -> set[UUID]:
    """Return those that have not been read as they are now, or not in full."""
    uuids = {each.bundle_uuid for each in borrowers}
    latest = {each.uuid: each.latest_version for each in api.get_bundles(sorted(uuids))}
    known = dict(
        IndexedBundle.objects.filter(bundle__uuid__in=uuids).values_list("bundle__uuid", "version")
    )
    flawed = set(
        IndexedFile.objects.filter(bundle__uuid__in=uuids)
        .exclude(flaw="")
        .values_list("bundle__uuid", flat=True)
    )
    return flawed | {uuid for uuid in latest if known.get(uuid) != latest[uuid]}


# Cursors -----------------------------------------------------------------------------------------


def read_path_cursor(cursor: str) -> str:
    """Return the path at which a page of unused files ended.

    Raises:
        InvalidSearch: It is no cursor.
    """
    path = _decode(cursor).get("path") if cursor else ""
    if not isinstance(path, str) or IMPOSSIBLE.search(path):
        raise _no_cursor()
    return path


def _cursor(found: Found) -> str:
    fields: dict[str, Any] = {"key": found.key}
    if found.borrower is not None:
        each = found.borrower
        fields["borrower"] = [
            str(each.bundle_uuid),
            each.alias,
            each.lender_version,
            each.first_version,
        ]
    return _encode(fields)


def _read_cursor(cursor: str) -> dict[str, Any]:
    if not cursor:
        return {}
    fields = _decode(cursor)
    if not _is_number(fields.get("key"), _KEYS):
        raise _no_cursor()
    if (given := fields.get("borrower")) is not None:
        try:
            uuid, alias, lent, first = given
            fields["borrower"] = BorrowerData(UUID(uuid), alias, lent, first, None)
        except (TypeError, ValueError, AttributeError) as error:
            raise _no_cursor() from error
        is_alias = isinstance(alias, str) and not IMPOSSIBLE.search(alias)
        if not (is_alias and _is_number(lent, _VERSIONS) and _is_number(first, _VERSIONS)):
            raise _no_cursor()
    return fields


def _is_number(value: object, below: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def _encode(fields: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def _decode(cursor: str) -> dict[str, Any]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        fields = json.loads(text)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _no_cursor() from error
    if not isinstance(fields, dict):
        raise _no_cursor()
    return fields


def _no_cursor() -> Invalid:
    return InvalidSearch("cursor", "this is no cursor; take it from the page before.")
