"""``manage.py send_webhooks``: sends, where neither Celery nor a thread of the processes does."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import connections

from openedx_blockstore.plugin_tools import is_enabled
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand
from openedx_blockstore_webhooks import runner
from openedx_blockstore_webhooks.conf import PACKAGE
from openedx_blockstore_webhooks.leases import next_due
from openedx_blockstore_webhooks.sending import Sender

_IDLE_SECONDS = 2.0


class Command(BlockstoreCommand):
    """Sends webhooks."""

    help = "Send the webhooks that are due, and go on until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Send until somebody says stop; what is on its way then is waited for."""
        if not is_enabled(PACKAGE):
            raise CommandError(
                f"The plugin {PACKAGE} is turned off, so nothing is sent; `manage.py list_plugins` "
                f"says why."
            )
        sender = Sender()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            sender.stop.set()

        before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._send(sender, once=options["once"])
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _send(self, sender: Sender, *, once: bool) -> None:
        while not sender.stop.is_set():
            report = runner.run_once(sender)
            if report.delivered or report.failed or once:
                self.stdout.write(f"{report.delivered} delivered, {report.failed} failed")
            if once:
                return
            # Between two looks there is no need for a connection that may grow stale.
            at = next_due(datetime.now(UTC))
            connections.close_all()
            seconds = (at - datetime.now(UTC)).total_seconds() if at is not None else _IDLE_SECONDS
            sender.stop.wait(min(max(seconds, 0.0), _IDLE_SECONDS))
