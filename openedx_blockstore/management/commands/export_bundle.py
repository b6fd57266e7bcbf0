"""``manage.py export_bundle``: a version of a bundle becomes an archive."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from openedx_blockstore import api
from openedx_blockstore.archives import ARCHIVE_FORMATS
from openedx_blockstore.management.output import counted, human_size, to_json
from openedx_blockstore.management.progress import byte_bar
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand


class Command(BlockstoreCommand):
    """Exports a bundle."""

    help = (
        "Write a version of a bundle as an archive, alone or with everything that it depends on. "
        "The archive appears under its name when it is complete. Exits with 0 if it was written, "
        "and with 1 if it was not."
    )
    interrupted = "Nothing was written."

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
        parser.add_argument(
            "--transform",
            action="append",
            default=[],
            metavar="NAME",
            help="let this plugin change what is exported; the archive says so. May be given "
            "several times",
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
        size = api.get_size(bundle, version, with_dependencies=closure)
        try:
            with byte_bar(size.bytes, self.stderr, quiet=quiet) as progress:
                result = api.export_bundle(
                    bundle,
                    version,
                    to=options["path"],
                    format=options["format"],
                    with_dependencies=closure,
                    transforms=options["transform"],
                    progress=progress,
                )
        except OSError as error:  # it may name a temporary file
            raise CommandError(
                f"{options['path']} can not be written: {error.strerror or error}."
            ) from error
        if options["json"]:
            self.stdout.write(to_json(result))
        elif options["verbosity"] > 0:
            versions = counted(len(result.bundle_versions), "bundle version")
            self.stdout.write(
                self.style.SUCCESS(
                    f"{versions} with {counted(result.files, 'file')} "
                    f"({human_size(result.bytes)}) written to {options['path']}"
                )
            )
