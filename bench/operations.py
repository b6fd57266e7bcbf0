"""The operations that are timed: those of the table of budgets in docs/concepts."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from django.core.cache import cache

from bench import floor
from bench.measure import Measured, Prepare, Work, measure
from openedx_blockstore import api
from openedx_blockstore.courses import export_course, import_course
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion, Collection

_SIZES = (1, 20, 100)
_FILE_BYTES = 2_000
_GIB = 2**30
_DEPENDENCIES = 2_000
_BORROWERS = 10_000
#: What a manifest takes for each file, compressed; measured.
_MANIFEST_BYTES = 55


class Operations:
    """Measures one operation after the other.

    Args:
        folder: Where the floor writes its files: on the same disk as Blockstore's.
        rounds: How often each short operation is timed.
        documents: How many are indexed in search engines.
    """

    def __init__(self, folder: Path, *, rounds: int, documents: int) -> None:
        self._folder = folder
        self._rounds = rounds
        self._documents = documents
        self._count = itertools.count()
        self._collection = api.create_collection("Bench").uuid

    def edits(self) -> Iterator[Measured]:
        """Writing and committing."""
        for size in _SIZES:
            yield self._measure(
                f"write one draft file, bundle of {size}",
                partial(self._write_one, size),
                lambda: self._floor(1, rows=1),
            )
            yield self._measure(
                f"commit one file, bundle of {size}",
                partial(self._commit, size),
                partial(self._floor, 0, rows=1, more=[size * _MANIFEST_BYTES]),
            )
            yield self._measure(
                f"first version of {size} files",
                partial(self._first_version, size),
                partial(self._floor, size, rows=size, more=[size * _MANIFEST_BYTES]),
            )

    def search(self) -> Iterator[Measured]:
        """Search engines, as many as there are."""
        from bench.searching import SearchEngines  # noqa: PLC0415 - a plugin, with its libraries

        engines = SearchEngines(self._folder, rounds=self._rounds, parts=self._documents)
        yield from engines.measure()

    def reads(self) -> Iterator[Measured]:
        """Listing, and questions about history and links."""
        for size in _SIZES:
            yield self._measure(
                f"list the files of a version of {size}",
                partial(self._list, self._bundle(size)),
                partial(self._select, self._rows(size)),
            )
        bundle, owner = self._bundle(100), self._rows(100)
        draft = api.get_or_create_bundle_draft(bundle, "bench").uuid
        api.write_draft_files(draft, dict(itertools.islice(self._files(100).items(), 50)))
        yield self._measure(
            "list the files of a draft of 100",
            lambda: lambda: api.get_bundle_files_dict(bundle, use_draft="bench"),
            lambda: lambda: floor.select(owner),
        )
        yield self._measure(
            "list the files of a version of 100, cold",
            lambda: self._cold(lambda: api.get_bundle_files_dict(bundle)),
            lambda: lambda: floor.select(owner),
        )
        single = self._rows(1)
        yield self._measure(
            "one file's metadata and URL",
            lambda: lambda: api.get_bundle_file_metadata(bundle, "units/file000.xml"),
            lambda: lambda: floor.select(single),
        )

    def links(self) -> Iterator[Measured]:
        """Links to much, and from many."""
        lender = self._dependent()
        yield self._measure(
            "link to a version with 2,000 dependencies, and commit",
            lambda: self._link(lender),
            # A row for each dependency is how one would do it without closures.
            lambda: self._floor(0, rows=_DEPENDENCIES, more=[_MANIFEST_BYTES]),
        )
        borrowed = self._borrowed()
        owner = self._rows(100)
        yield self._measure(
            "a page of 100 of 10,000 borrowers",
            lambda: lambda: api.get_borrowers(borrowed, limit=100),
            lambda: lambda: floor.select(owner, limit=100),
        )

    def history(self) -> Iterator[Measured]:
        """A bundle with many versions, and what one asks about it."""
        bundle = self._bundle(100)
        draft = api.get_or_create_bundle_draft(bundle, "bench").uuid
        edits = 300
        for number in range(edits):
            api.write_draft_file(draft, f"units/file{number % 100:03}.xml", f"edit {number}")
            api.commit_draft(draft)
        one, ten = self._rows(1), self._rows(10)
        yield self._measure(
            f"write and commit one file, after {edits} versions",
            lambda: lambda: self._edit(draft),
            lambda: self._floor(1, rows=2, more=[100 * _MANIFEST_BYTES]),
        )
        yield self._measure(
            "the changes of a version",
            lambda: lambda: api.get_bundle_version_changes(bundle, edits),
            lambda: lambda: floor.select(one),
        )
        yield self._measure(
            "the history of a path that changed 4 times",
            lambda: lambda: api.get_file_history(bundle, "units/file050.xml"),
            lambda: lambda: floor.select(ten),
        )

    def large_file(self) -> Iterator[Measured]:
        """A file of one GiB; the floor computes no digest."""
        bundle = self._bundle(1)
        draft = api.get_or_create_bundle_draft(bundle, "bench").uuid
        stored: list[Path] = []

        def floor_write() -> Work:
            return lambda: stored.append(floor.write_file(self._folder, _pieces(_GIB)))

        yield measure(
            "write a file of 1 GiB",
            lambda: lambda: api.write_draft_file(draft, "large.bin", _Pieces(_GIB)),
            floor_write,
            rounds=3,
        )
        api.commit_draft(draft)
        yield measure(
            "read a file of 1 GiB, verified",
            lambda: lambda: _read_all(bundle, "large.bin"),
            lambda: lambda: _read_plain(stored[0]),
            rounds=3,
        )
        stored[0].unlink()

    def courses(self, courses: Path) -> Iterator[Measured]:
        """Courses in and out; the floor writes their files, and packs them."""
        for course in sorted(courses.glob("*/course")):
            name = course.parent.name
            contents = [path.read_bytes() for path in sorted(course.rglob("*")) if path.is_file()]
            size = sum(len(data) for data in contents) / 1e6
            label = f"{name} ({len(contents)} files, {size:.1f} MB)"
            imported: list[UUID] = []

            yield measure(
                f"import {label}",
                partial(self._import, course, imported),
                partial(self._floor_of, contents),
                rounds=3,
            )
            yield measure(
                f"export {label}",
                partial(self._export, imported),
                partial(self._pack, course),
                rounds=3,
            )

    # Blockstore

    def _measure(self, name: str, operation: Prepare, bare: Prepare) -> Measured:
        operation()()  # once for whatever is loaded, compiled and cached the first time
        bare()()
        return measure(name, operation, bare, rounds=self._rounds)

    def _files(self, count: int) -> dict[str, bytes]:
        """Files that nobody has stored yet."""
        round_ = next(self._count)
        return {
            f"units/file{number:03}.xml": f"{round_} {number} ".encode().ljust(_FILE_BYTES, b".")
            for number in range(count)
        }

    def _bundle(self, count: int) -> UUID:
        bundle = api.create_bundle(self._collection, "bench").uuid
        api.import_version(bundle, self._files(count))
        return bundle

    def _draft(self, bundle: UUID) -> UUID:
        return api.get_or_create_bundle_draft(bundle, "bench").uuid

    def _list(self, bundle: UUID) -> Work:
        return lambda: api.get_bundle_files_dict(bundle)

    def _write_one(self, count: int) -> Work:
        draft, files = self._draft(self._bundle(count)), self._files(1)
        return lambda: api.write_draft_files(draft, files)

    def _commit(self, count: int) -> Work:
        draft = self._draft(self._bundle(count))
        api.write_draft_files(draft, self._files(1))
        return lambda: api.commit_draft(draft)

    def _first_version(self, count: int) -> Work:
        draft = self._draft(api.create_bundle(self._collection, "bench").uuid)
        files = self._files(count)

        def work() -> None:
            api.write_draft_files(draft, files)
            api.commit_draft(draft)

        return work

    def _edit(self, draft: UUID) -> None:
        api.write_draft_files(draft, self._files(1))
        api.commit_draft(draft)

    def _cold(self, work: Work) -> Work:
        from openedx_blockstore.api._store import get_store  # noqa: PLC0415 - its private cache

        cache.clear()
        get_store.cache_clear()
        return work

    def _dependent(self) -> LinkTarget:
        collection = Collection.objects.get(uuid=self._collection)
        leaves = [Bundle(collection=collection, title="Leaf") for _ in range(_DEPENDENCIES - 1)]
        Bundle.objects.bulk_create(leaves, batch_size=500)
        now = datetime.now(UTC)
        rows = Bundle.objects.filter(uuid__in=[leaf.uuid for leaf in leaves])
        BundleVersion.objects.bulk_create(
            [
                BundleVersion(bundle=leaf, version_num=1, manifest_digest="0" * 64, created=now)
                for leaf in rows
            ],
            batch_size=500,
        )
        bundle = api.create_bundle(self._collection, "lender").uuid
        links = {f"leaf{n}": LinkTarget(leaf.uuid, 1) for n, leaf in enumerate(leaves)}
        api.import_version(bundle, {"a.txt": b"a"}, links)
        return LinkTarget(bundle, 1)

    def _link(self, lender: LinkTarget) -> Work:
        draft = self._draft(self._bundle(1))

        def work() -> None:
            api.set_draft_link(draft, "lender", lender.bundle_uuid, lender.version)
            api.commit_draft(draft)

        return work

    def _borrowed(self) -> UUID:
        lender = api.create_bundle(self._collection, "lender").uuid
        collection = Collection.objects.get(uuid=self._collection)
        borrowers = [Bundle(collection=collection, title="Borrower") for _ in range(_BORROWERS)]
        Bundle.objects.bulk_create(borrowers, batch_size=500)
        row = Bundle.objects.get(uuid=lender)
        BundleLink.objects.bulk_create(
            [
                BundleLink(
                    borrower=borrower, alias="a", lender=row, lender_version=1, first_version=1
                )
                for borrower in Bundle.objects.filter(title="Borrower")
            ],
            batch_size=500,
        )
        floor.analyze(*(model._meta.db_table for model in (Bundle, BundleLink)))  # noqa: SLF001
        return lender

    def _import(self, course: Path, imported: list[UUID]) -> Work:
        def work() -> None:
            target = api.create_collection("Course").uuid
            report = import_course(course, collection_uuid=target)
            assert report.course_bundle_uuid is not None
            imported.append(report.course_bundle_uuid)

        return work

    def _export(self, imported: list[UUID]) -> Work:
        to = self._folder / f"{next(self._count)}.tar.gz"
        return lambda: export_course(imported[-1], to=to)

    # The floor

    def _select(self, owner: str) -> Work:
        return lambda: floor.select(owner)

    def _floor(self, files: int, *, rows: int, more: list[int] | None = None) -> Work:
        """Write files of the usual length and some more, then insert rows."""
        contents = [os.urandom(_FILE_BYTES) for _ in range(files)]
        return self._floor_of(contents + [os.urandom(size) for size in more or []], rows=rows)

    def _floor_of(self, contents: list[bytes], *, rows: int | None = None) -> Work:
        folder = self._folder / uuid4().hex
        names = [f"units/file{number}" for number in range(len(contents) if rows is None else rows)]

        def work() -> None:
            floor.write_files(folder, contents)
            floor.insert(folder.name, names)

        return work

    def _rows(self, count: int) -> str:
        owner = uuid4().hex
        floor.insert(owner, [f"units/file{number:03}.xml" for number in range(count)])
        return owner

    def _pack(self, course: Path) -> Work:
        to = self._folder / f"{next(self._count)}.tar.gz"

        def work() -> None:
            with tarfile.open(to, "w:gz", compresslevel=6) as archive:
                archive.add(course, "course")

        return work


class _Pieces(io.BytesIO):
    """Something to read that nobody holds in memory."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._left = _pieces(length)

    def read(self, _size: int | None = -1, /) -> bytes:
        """Return the next piece."""
        return next(self._left, b"")


def _pieces(length: int) -> Iterator[bytes]:
    piece = os.urandom(2**18)
    for _ in range(length // len(piece)):
        yield piece


def _read_all(bundle: UUID, path: str) -> None:
    with api.open_bundle_file(bundle, path) as file, Path(os.devnull).open("wb") as nowhere:
        shutil.copyfileobj(file, nowhere, 2**18)


def _read_plain(path: Path) -> None:
    with path.open("rb") as file, Path(os.devnull).open("wb") as nowhere:
        shutil.copyfileobj(file, nowhere, 2**18)
