"""``manage.py export_bundle``: a version of a bundle becomes an archive."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from openedx_blockstore import api
from openedx_blockstore.archives import ARCHIVE_FORMATS
from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.management.output import command_error, human_size, to_json
from openedx_blockstore.management.progress import byte_bar


class Command(BaseCommand):
    """Exports a bundle."""

    help = (
        "Write a version of a bundle as an archive, alone or with everything that it depends on. "
        "The archive appears under its name when it is complete. Exits with 0 if it was written, "
        "and with 1 if it was not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("bundle", metavar="UUID", help="the bundle")
        parser.add_argument("path", metavar="PATH", help="the archive to write")
        parser.add_argument(
            "--version-num", type=int, metavar="N", help="this version; by default the latest one"
        )
        parser.add_argument(
            "--with-dependencies",
            action="store_true",
            help="write all bundle versions that it depends on, too",
        )
        parser.add_argument(
            "--format",
            choices=ARCHIVE_FORMATS,
            help="by default what PATH ends with, or tar.gz",
        )
        parser.add_argument("--json", action="store_true", help="print what was written as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Export the bundle and say what was written."""
        quiet = options["json"] or options["verbosity"] == 0
        bundle, version, closure = (
            options["bundle"],
            options["version_num"],
            options["with_dependencies"],
        )
        try:
            size = api.get_size(bundle, version, with_dependencies=closure)
            with byte_bar(size.bytes, self.stderr, quiet=quiet) as progress:
                result = api.export_bundle(
                    bundle,
                    version,
                    to=options["path"],
                    format=options["format"],
                    with_dependencies=closure,
                    progress=progress,
                )
        except BlockstoreError as error:
            raise command_error(error) from error
        except OSError as error:
            raise CommandError(
                f"{options['path']} can not be written: {error.strerror or error}."
            ) from error
        if options["json"]:
            self.stdout.write(to_json(result))
        elif options["verbosity"] > 0:
            count = len(result.bundle_versions)
            self.stdout.write(
                self.style.SUCCESS(
                    f"{count:,} bundle version{'' if count == 1 else 's'} with {result.files:,} "
                    f"files ({human_size(result.bytes)}) written to {options['path']}"
                )
            )
