"""``manage.py license_report``: the licences of a version with all that it depends on."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from openedx_blockstore.plugin_tools.commands import BlockstoreCommand
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import LicenseReport


class Command(BlockstoreCommand):
    """Prints a licence report."""

    help = "Print which licences are in a version and its dependencies, and whom to credit."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("bundle", metavar="UUID", help="the bundle, such as that of a course")
        parser.add_argument(
            # Django's own --version says its version.
            "--version-num",
            type=int,
            metavar="N",
            help="this version; by default the latest one",
        )
        parser.add_argument("--format", choices=("text", "json", "html"), default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the report."""
        report = api.get_license_report(options["bundle"], options["version_num"])
        self.stdout.write(_rendered(report, options["format"]), ending="")


def _rendered(report: LicenseReport, form: str) -> str:
    if form == "json":
        return json.dumps(api.report_to_json(report), indent=2, ensure_ascii=False) + "\n"
    return api.report_to_html(report) if form == "html" else api.report_to_text(report)
