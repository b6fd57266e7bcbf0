"""``manage.py adopt_course_licenses``: takes over what the OLX of courses says of licences."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from openedx_blockstore.plugin_tools.commands import BlockstoreCommand
from openedx_blockstore_licensing import api


class Command(BlockstoreCommand):
    """Takes licences over from OLX."""

    help = (
        "Take over the licences that the OLX of courses states, for courses that were imported "
        "before this plugin was installed. It holds where nobody has said anything else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("bundles", metavar="UUID", nargs="+", help="the bundles of courses")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Look at each course."""
        for uuid in options["bundles"]:
            changed = api.adopt_course_licenses(uuid)
            noun = "bundle" if changed == 1 else "bundles"
            self.stdout.write(f"{uuid}: licences of {changed:,} {noun} changed.")
