"""Finds who names files, and whether that is what they mean.

A name is looked for beside the file that has it, then in the bundle, then through the bundle's
links. That a name means something is decided when it is asked, since it depends on which files
there are.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote
from uuid import UUID

from attrs import frozen

from openedx_blockstore import api
from openedx_blockstore.data import BorrowerData
from openedx_blockstore.exceptions import NotFound
from openedx_blockstore.models_api import Bundle
from openedx_blockstore_search.exceptions import BundleNotIndexed
from openedx_blockstore_search.indexing.known import batches
from openedx_blockstore_search.models import FileReference, IndexedBundle, IndexedFile

Kind = FileReference.Kind

#: Borrowers that are looked at in one go.
BORROWERS = 200

#: Files that could not be read in full of which a result tells.
_MAX_UNCERTAIN = 100


@frozen
class Found:
    """A reference that means a file.

    Attributes:
        key: Of the row; later ones are above it.
        target: The file's path in its own bundle.
        borrower: Who has it, where it is not the file's own bundle.
    """

    key: int
    target: str
    path: str
    part: str
    name: str
    borrower: BorrowerData | None = None


def names_of(path: str) -> Iterator[str]:
    """Yield the names by which a file may be called in its own bundle, or a borrower's."""
    parts = path.split("/")
    for start in range(len(parts)):
        name = "/".join(parts[start:])
        yield name
        if (plain := unquote(name)) != name:
            yield plain


def indexed_bundle(bundle_uuid: UUID | str) -> tuple[Bundle, IndexedBundle]:
    """Return a bundle that has been read as it is now.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleNotIndexed: It has a version that has not been read yet.
    """
    data = api.get_bundle(bundle_uuid)
    bundle = Bundle.objects.get(uuid=data.uuid)
    row = IndexedBundle.objects.filter(bundle=bundle).first()
    if row is None or row.version != data.latest_version:
        raise BundleNotIndexed(data.uuid, row.version if row is not None else 0)
    return bundle, row


def uncertain_files(bundle: Bundle) -> tuple[str, ...]:
    """Return the files that could not be read in full, or the first hundred of them."""
    rows = IndexedFile.objects.filter(bundle=bundle).exclude(flaw="").order_by("path")
    return tuple(rows.values_list("path", flat=True)[:_MAX_UNCERTAIN])


def own_references(bundle: Bundle, paths: Iterable[str], *, after: int = 0) -> Iterator[Found]:
    """Yield the references to files of a bundle that the bundle itself has, by their keys."""
    wanted = _Wanted(paths)
    rows = _rows([bundle.pk], wanted.names(), after)
    places = {candidate for row in rows for candidate in _candidates(row)}
    there = _existing(bundle.pk, places)
    for row in rows:
        meant = next((c for c in _candidates(row) if c in there or wanted.called(c)), None)
        for path in wanted.called(meant) if meant is not None else ():
            if row.path != path:
                yield Found(row.pk, path, row.path, row.part, row.name)


class _Wanted:
    """The files that references are looked for to.

    Names are kept percent-decoded, so a file with a percent sign in its own name is called by two.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = frozenset(paths)
        self._called: dict[str, set[str]] = defaultdict(set)
        for path in self.paths:
            self._called[path].add(path)
            self._called[unquote(path)].add(path)

    def called(self, name: str) -> list[str]:
        """Return the files that a path, as a reference has it, leads to."""
        return sorted(self._called.get(name, ()))

    def names(self) -> set[str]:
        """Return all names by which they may be called."""
        return {name for path in self.paths for name in names_of(path)}


def borrowed_references(
    bundle: Bundle, borrowers: Sequence[BorrowerData], paths: Iterable[str]
) -> Iterator[Found]:
    """Yield the references to files of a bundle that some of its borrowers have, one by one.

    A name that leads through two links of a borrower counts for both.
    """
    wanted = _Wanted(paths)
    ids = dict(
        Bundle.objects.filter(uuid__in={each.bundle_uuid for each in borrowers}).values_list(
            "uuid", "pk"
        )
    )
    names = wanted.names()
    aliases = {each.alias for each in borrowers}
    linked = {f"links/{alias}/{name}" for alias in aliases for name in names}
    rows = _rows(list(ids.values()), names | linked, 0)
    places: dict[int, set[str]] = defaultdict(set)
    by_bundle: dict[int, list[FileReference]] = defaultdict(list)
    for row in rows:
        places[row.bundle_id].update(_candidates(row))
        by_bundle[row.bundle_id].append(row)
    there = {bundle_id: _existing(bundle_id, some) for bundle_id, some in places.items()}
    lent = _LentFiles(bundle.uuid)
    for borrower in borrowers:
        bundle_id = ids.get(borrower.bundle_uuid, 0)
        for row in by_bundle[bundle_id]:
            for path in _meant(row, borrower, wanted, there[bundle_id], lent):
                yield Found(row.pk, path, row.path, row.part, row.name, borrower)


def _meant(
    row: FileReference,
    borrower: BorrowerData,
    wanted: _Wanted,
    there: set[str],
    lent: _LentFiles,
) -> list[str]:
    """Return which of the lender's files a borrower's reference means, if any."""
    prefix = f"links/{borrower.alias}/"
    if row.name.startswith(prefix):
        called = wanted.called(row.name.removeprefix(prefix))
    elif row.kind != Kind.NAME or any(each in there for each in _candidates(row)):
        return []
    else:
        called = wanted.called(row.name)
    return [path for path in called if path in lent.files(borrower.lender_version)]


class _LentFiles:
    """The files of the versions of a bundle that others use."""

    def __init__(self, bundle_uuid: UUID) -> None:
        self._bundle_uuid = bundle_uuid
        self._known: dict[int, frozenset[str]] = {}

    def files(self, version: int) -> frozenset[str]:
        if version not in self._known:
            try:
                contents = api.get_bundle_contents(self._bundle_uuid, version)
            except NotFound:
                self._known[version] = frozenset()
            else:
                self._known[version] = frozenset(contents.files)
        return self._known[version]


def _rows(bundle_ids: Sequence[int], names: set[str], after: int) -> list[FileReference]:
    found: list[FileReference] = []
    for some_ids in batches(bundle_ids):
        for some in batches(sorted(names)):
            rows = FileReference.objects.filter(bundle_id__in=some_ids, name__in=some)
            found += rows.filter(pk__gt=after) if after else rows
    return sorted(found, key=lambda row: row.pk)


def _candidates(row: FileReference) -> list[str]:
    """Return what a name may mean in its own bundle, in the order in which it is looked for."""
    if row.kind != Kind.NAME or row.name.startswith("links/"):
        return [row.name]
    folder = posixpath.dirname(row.path)
    return [f"{folder}/{row.name}", row.name] if folder else [row.name]


def _existing(bundle_id: int, paths: Iterable[str]) -> set[str]:
    rows = IndexedFile.objects.filter(bundle_id=bundle_id)
    return {
        path
        for some in batches(sorted(set(paths)))
        for path in rows.filter(path__in=some).values_list("path", flat=True)
    }
