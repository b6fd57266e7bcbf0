"""``manage.py import_course``: an OLX course or library goes into the store."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import CommandParser

from openedx_blockstore.courses import CourseImportReport, import_course
from openedx_blockstore.data import Severity
from openedx_blockstore.management.progress import progress_bar
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand

#: Findings of one code that are shown before the rest is only counted.
_SHOWN = 5


class Command(BlockstoreCommand):
    """Imports a course."""

    help = (
        "Import a course or library from an OLX export: a folder, a .tar.gz or a .zip. Only what "
        "is not in the store yet is stored, so that an import can be repeated at any time. Exits "
        "with 0 if the course was imported, whatever was found in it, and with 1 if it was not."
    )
    interrupted = "What was stored stays; start it again, and it goes on from there."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", metavar="PATH", help="the export: a folder, .tar.gz or .zip")
        parser.add_argument(
            "--collection",
            metavar="UUID",
            help="import into this collection; by default the one that has this course already, or "
            "else a new one",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="store nothing, and say what would be done"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the course and print the report."""
        quiet = options["json"] or options["verbosity"] == 0
        with progress_bar("bundles", self.stderr, quiet=quiet) as progress:
            report = import_course(
                options["path"],
                collection_uuid=options["collection"],
                dry_run=options["dry_run"],
                progress=progress,
            )
        if options["json"]:
            self.stdout.write(report.to_json())
        elif options["verbosity"] > 0:
            self._print(report, everything=options["verbosity"] > 1)

    def _print(self, report: CourseImportReport, *, everything: bool) -> None:
        style = {
            Severity.ERROR: self.style.ERROR,
            Severity.WARNING: self.style.WARNING,
            Severity.INFO: self.style.HTTP_INFO,
        }
        counts = Counter(finding.code for finding in report.findings)
        shown: Counter[str] = Counter()
        for finding in report.findings:
            shown[finding.code] += 1
            if everything or shown[finding.code] <= _SHOWN:
                self.stdout.write(style[finding.severity](str(finding)))
        for code, count in sorted(counts.items()):
            if not everything and count > _SHOWN:
                self.stdout.write(f"… and {count - _SHOWN:,} more of [{code}] (--verbosity 2)")
        for line in report.to_text().splitlines()[len(report.findings) :]:
            self.stdout.write(line)
        if report.dry_run:
            self.stdout.write("This was a dry run: nothing was stored.")
        else:
            self.stdout.write(
                self.style.SUCCESS(
                    f"Course bundle {report.course_bundle_uuid} in collection "
                    f"{report.collection_uuid}"
                )
            )
