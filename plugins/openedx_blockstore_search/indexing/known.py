"""What is known of one bundle as of some version: its files, its parts, and what names what.

It is either complete, and grows from version to version (a rebuild), or it is read from the tables
as far as it is asked for, and written back as far as it was changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from attrs import Factory, define, frozen

from openedx_blockstore.plugin_api.search_backends import Parent
from openedx_blockstore_search.models import FileReference, IndexedFile, IndexedPart
from openedx_blockstore_search.parts.assembly import MAX_NESTING

T = TypeVar("T")

#: Values in one statement, of which databases take only so many.
BATCH = 500

_MAX_NAME = 500

Kind = FileReference.Kind


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """Yield all items, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


@frozen
class KnownPart:
    """A part of the latest version, as it is in the index."""

    key: str
    type: str
    title: str
    language: str
    around: tuple[str, ...]
    first_version: int
    digest: str


@frozen
class Name:
    """Something in a file that names another; see :class:`.models.FileReference`."""

    part: str
    kind: str
    name: str


@define
class KnownFile:
    """A file of the latest version, as it is in the index.

    Attributes:
        first_version: Since when its document is as it is; None where it has none.
    """

    path: str
    first_version: int | None = None
    digest: str = ""
    flaw: str = ""
    parts: dict[str, KnownPart] = Factory(dict)
    names: frozenset[Name] = frozenset()

    def targets(self, kind: str) -> frozenset[str]:
        """Return what it names in one way."""
        return frozenset(each.name for each in self.names if each.kind == kind)


class Loader(Protocol):
    """Reads from the tables what is asked for."""

    def files(self, paths: Sequence[str]) -> Iterable[KnownFile]:
        """Return what is known of some files."""

    def sources(self, names: Sequence[str]) -> Iterable[tuple[str, Name]]:
        """Return which files name some files, as pages or includes."""


class Known:
    """See the module."""

    def __init__(self, loader: Loader | None = None) -> None:
        """Begin with what the loader finds, or with nothing."""
        self._loader = loader
        self._files: dict[str, KnownFile] = {}
        self._sources: dict[str, set[tuple[str, Name]]] = defaultdict(set)
        self._loaded: set[str] = set()
        self._asked: set[str] = set()
        self.changed: set[str] = set()

    def load(self, paths: Iterable[str]) -> None:
        """Read what is known of files, in a few statements."""
        wanted = sorted(set(paths) - self._loaded)
        self._loaded.update(wanted)
        if self._loader is not None and wanted:
            for file in self._loader.files(wanted):
                self._files[file.path] = file
                self._note(file)

    def load_sources(self, names: Iterable[str]) -> None:
        """Read which files name these as pages or includes, and what is known of those."""
        wanted = sorted(set(names) - self._asked)
        self._asked.update(wanted)
        if self._loader is not None and wanted:
            found = list(self._loader.sources(wanted))
            self.load(path for path, _name in found)

    def file(self, path: str) -> KnownFile:
        """Return what is known of a file that was loaded; nothing, perhaps."""
        return self._files.get(path) or KnownFile(path)

    def all_files(self) -> Iterable[KnownFile]:
        """Return all that was loaded."""
        return self._files.values()

    def put(self, file: KnownFile) -> None:
        """Know another thing of a file from now on."""
        before = self._files.get(file.path)
        if before is not None:
            for name in before.names:
                self._sources[name.name].discard((file.path, name))
        self.changed.add(file.path)
        self._files[file.path] = file
        self._note(file)

    def sources_of(self, path: str, kind: str) -> list[tuple[str, Name]]:
        """Return which files name a file in one way, sorted."""
        return sorted(
            ((source, name) for source, name in self._sources[path] if name.kind == kind),
            key=lambda pair: (pair[0], pair[1].part),
        )

    def load_around(self, paths: Iterable[str]) -> None:
        """Read what is around files, in a few statements for each level of it."""
        wanted = set(paths)
        for _level in range(MAX_NESTING):
            if not wanted:
                break
            self.load_sources(wanted)
            found = {source for path in wanted for source, _name in self._sources[path]}
            wanted = found - self._asked

    def around(self, path: str) -> tuple[tuple[Parent, ...], str | None]:
        """Return what is around a file, the outermost first, and in which language that is.

        A file that is included in several places counts where it is included first.
        """
        parents: list[Parent] = []
        language: str | None = None
        seen = {path}
        while len(seen) <= MAX_NESTING:
            self.load_sources([path])
            places = self.sources_of(path, Kind.INCLUDE)
            place = next((each for each in places if each[0] not in seen), None)
            if place is None:
                break
            path, key = place[0], place[1].part
            seen.add(path)
            parts = self.file(path).parts
            inner = parts[key].around if key in parts else ()
            parents[:0] = [
                Parent(each, parts[each].type, parts[each].title)
                for each in (*inner, key)
                if each in parts
            ]
            if language is None and key in parts:
                language = parts[key].language or None
        return tuple(parents), language

    def _note(self, file: KnownFile) -> None:
        for name in file.names:
            if name.kind != Kind.NAME:
                self._sources[name.name].add((file.path, name))


class TableLoader:
    """Reads from the tables what they hold of one bundle."""

    def __init__(self, bundle_id: int) -> None:
        """Read of this bundle."""
        self._bundle_id = bundle_id

    def files(self, paths: Sequence[str]) -> Iterable[KnownFile]:
        """Return what is known of some files, in three statements for each 500."""
        found: dict[str, KnownFile] = {}
        for some in batches(paths):
            where = {"bundle_id": self._bundle_id, "path__in": some}
            for row in IndexedFile.objects.filter(**where):
                found[row.path] = KnownFile(row.path, row.first_version, row.digest, row.flaw)
            for part in IndexedPart.objects.filter(**where).order_by("pk"):
                file = found.setdefault(part.path, KnownFile(part.path))
                file.parts[part.key] = KnownPart(
                    part.key,
                    part.type,
                    part.title,
                    part.language,
                    tuple(part.around),
                    part.first_version,
                    part.digest,
                )
            names: dict[str, set[Name]] = defaultdict(set)
            for path, *name in FileReference.objects.filter(**where).values_list(
                "path", "part", "kind", "name"
            ):
                names[path].add(Name(*name))
            for path, several in names.items():
                found.setdefault(path, KnownFile(path)).names = frozenset(several)
        return found.values()

    def sources(self, names: Sequence[str]) -> Iterable[tuple[str, Name]]:
        """Return which files name some files, in one statement for each 500."""
        for some in batches(names):
            for path, *name in FileReference.objects.filter(
                bundle_id=self._bundle_id, name__in=some, kind__in=[Kind.PAGE, Kind.INCLUDE]
            ).values_list("path", "part", "kind", "name"):
                yield path, Name(*name)


def write_known(bundle_id: int, known: Known, *, everything: bool = False) -> None:
    """Write to the tables what has changed, in statements for 500 rows each.

    Args:
        everything: Whatever the tables hold of the bundle is forgotten first.
    """
    paths = sorted(known.changed)
    if everything:
        for model in (IndexedFile, IndexedPart, FileReference):
            model.objects.filter(bundle_id=bundle_id).delete()
    else:
        for some in batches(paths):
            for model in (IndexedFile, IndexedPart, FileReference):
                model.objects.filter(bundle_id=bundle_id, path__in=some).delete()
    files = [known.file(path) for path in paths]
    IndexedFile.objects.bulk_create(
        [
            IndexedFile(
                bundle_id=bundle_id,
                path=file.path,
                first_version=file.first_version,
                digest=file.digest,
                flaw=file.flaw,
            )
            for file in files
            if file.first_version is not None
        ],
        batch_size=BATCH,
    )
    IndexedPart.objects.bulk_create(
        [
            IndexedPart(
                bundle_id=bundle_id,
                path=file.path,
                key=part.key,
                type=part.type,
                title=part.title,
                language=part.language,
                around=list(part.around),
                first_version=part.first_version,
                digest=part.digest,
            )
            for file in files
            for part in file.parts.values()
        ],
        batch_size=BATCH,
    )
    FileReference.objects.bulk_create(
        [
            FileReference(
                bundle_id=bundle_id,
                path=file.path,
                part=name.part,
                kind=name.kind,
                name=name.name[:_MAX_NAME],
            )
            for file in files
            for name in sorted(file.names, key=lambda each: (each.kind, each.part, each.name))
        ],
        batch_size=BATCH,
    )
