"""``manage.py import_bundle``: an archive of one or many bundle versions goes into the store."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.management.base import CommandError, CommandParser

from openedx_blockstore import api
from openedx_blockstore.data import ArchiveImportData, BundleImportData
from openedx_blockstore.exceptions import CollectionNotFound
from openedx_blockstore.management.output import counted, to_json
from openedx_blockstore.management.progress import byte_bar
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand

# An archive is read once to be checked, and once more to be stored.
_PASSES = 2


class Command(BlockstoreCommand):
    """Imports an archive."""

    help = (
        "Import an archive (.tar.gz or .zip) of a bundle, of a bundle with its dependencies, of a "
        "collection, or of a plain folder of files. Everything in it is checked before anything is "
        "stored; what is here already is not stored again. Exits with 0 if it was imported, and "
        "with 1 if it was not."
    )
    interrupted = "An archive is imported as a whole or not at all; start it again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", metavar="PATH", help="the archive")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--collection", metavar="UUID", help="import into this collection")
        where.add_argument(
            "--new-collection", metavar="TITLE", help="import into a new collection of this title"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="store nothing, and say what would be done"
        )
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the archive and say what became of it."""
        quiet = options["json"] or options["verbosity"] == 0
        path = Path(options["path"])
        try:
            with (
                self._collection(options) as collection_uuid,
                path.open("rb") as file,
                byte_bar(
                    _PASSES * os.fstat(file.fileno()).st_size, self.stderr, quiet=quiet
                ) as bar,
            ):
                result = api.import_archive(
                    cast(BinaryIO, _Watched(file, path, bar)),
                    collection_uuid=collection_uuid,
                    dry_run=options["dry_run"],
                )
        except CollectionNotFound as error:
            raise CommandError(f"{error} Make one with --new-collection TITLE.") from error
        if options["json"]:
            self.stdout.write(to_json(result))
        elif options["verbosity"] > 0:
            self._print(result, everything=options["verbosity"] > 1)

    @contextlib.contextmanager
    def _collection(self, options: dict[str, Any]) -> Iterator[str]:
        """Give the collection to import into; a new one does not outlive a failure or dry run."""
        if options["collection"] is not None:
            yield options["collection"]
            return
        collection = api.create_collection(options["new_collection"])
        try:
            yield str(collection.uuid)
        except BaseException:
            api.delete_collection(collection.uuid)
            raise
        if options["dry_run"]:
            api.delete_collection(collection.uuid)
        elif not options["json"] and options["verbosity"] > 0:
            self.stdout.write(f"New collection {collection.uuid}: {collection.title}")

    def _print(self, result: ArchiveImportData, *, everything: bool) -> None:
        for bundle in result.bundles if everything else result.roots:
            self.stdout.write(_line(bundle))
        for skipped in (
            *result.skipped,
            *(entry for bundle in result.bundles for entry in bundle.skipped),
        ):
            self.stdout.write(self.style.WARNING(f"Left out: {skipped.path}: {skipped.reason}"))
        for finding in result.findings:
            self.stdout.write(self.style.WARNING(str(finding)))
        for bundle in result.bundles:
            for finding in bundle.findings:
                self.stdout.write(self.style.WARNING(f"{bundle.title}: {finding}"))
        new = sum(bundle.created for bundle in result.bundles)
        self.stdout.write(
            self.style.SUCCESS(
                f"{counted(len(result.bundles), 'bundle version')} in the archive: {new:,} new, "
                f"{len(result.bundles) - new:,} here already"
            )
        )
        if result.dry_run:
            self.stdout.write("This was a dry run: nothing was stored.")


def _line(bundle: BundleImportData) -> str:
    what = "new version" if bundle.created else "here already as version"
    came = ""
    if bundle.origin_uuid is not None and bundle.origin_uuid != bundle.bundle_uuid:
        came = f" (came as {bundle.origin_uuid}, which another collection has)"
    return f"{bundle.bundle_uuid} {bundle.title}: {what} {bundle.version}{came}"


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, path: Path, advance: Callable[[int], None]) -> None:
        self._file = file
        self._advance = advance
        self.name = path.name

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell whether it can seek."""
        return self._file.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and tell how much that was."""
        data = self._file.read(-1 if size is None else size)
        self._advance(len(data))
        return data
