"""``manage.py export_course``: a course comes out of the store as OLX."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from openedx_blockstore.courses import export_course
from openedx_blockstore.management.output import counted, to_json
from openedx_blockstore.management.progress import progress_bar
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand


class Command(BlockstoreCommand):
    """Exports a course."""

    help = (
        "Write a course or library as an OLX export, as Studio would: to a folder, or to a file "
        "that ends in .tar.gz or .zip. Exits with 0 if it was written, and with 1 if it was not."
    )
    interrupted = "Nothing was written."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "bundle", metavar="COURSE_BUNDLE_UUID", help="the bundle of the course or library"
        )
        parser.add_argument("path", metavar="PATH", help="a new folder, or a .tar.gz or .zip file")
        parser.add_argument(
            "--version-num", type=int, metavar="N", help="this version; by default the latest one"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Export the course and say what was written."""
        quiet = options["json"] or options["verbosity"] == 0
        try:
            with progress_bar("files", self.stderr, quiet=quiet) as progress:
                report = export_course(
                    options["bundle"], options["version_num"], to=options["path"], progress=progress
                )
        except OSError as error:  # it may name a temporary file
            raise CommandError(
                f"{options['path']} can not be written: {error.strerror or error}."
            ) from error
        if options["json"]:
            self.stdout.write(to_json(report))
        elif options["verbosity"] > 0:
            for finding in report.findings:
                self.stdout.write(self.style.WARNING(str(finding)))
            self.stdout.write(
                self.style.SUCCESS(f"{counted(report.files, 'file')} written to {options['path']}")
            )
