"""``manage.py trim_events``: remove old events from the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from openedx_blockstore import api
from openedx_blockstore.management.output import counted
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand

_MAX_DAYS = 365_000


class Command(BlockstoreCommand):
    """To be run every day, on one machine."""

    help = (
        "Remove events from the log that are older than some days. What a consumer that is on has "
        "not handled yet is kept."
    )
    interrupted = "What was removed until then is gone; run it again to go on."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--older-than", type=float, required=True, metavar="DAYS", help="how old they must be"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
        parser.add_argument(
            "--force",
            action="store_true",
            help="remove what consumers still need, too; they never get it",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove them, and say how many there were."""
        days = options["older_than"]
        if not 0 <= days <= _MAX_DAYS:
            raise CommandError(f"--older-than must be a number of days from 0 to {_MAX_DAYS:,}.")
        if options["force"]:
            self.stderr.write(
                self.style.WARNING("What consumers have not handled yet is removed, too (--force).")
            )
        trimmed = api.trim_events(
            datetime.now(UTC) - timedelta(days=days),
            dry_run=options["dry_run"],
            force=options["force"],
        )
        what = "would be removed" if trimmed.dry_run else "were removed"
        self.stdout.write(f"{counted(trimmed.count, 'event')} {what} from the log.")
        if trimmed.kept:
            self.stdout.write(
                f"{counted(trimmed.kept, 'older event')} were kept, since they are needed by "
                f"{', '.join(trimmed.kept_for)}."
            )
