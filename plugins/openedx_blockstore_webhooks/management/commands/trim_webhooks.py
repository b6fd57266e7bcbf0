"""``manage.py trim_webhooks``: removes deliveries that were kept for long enough."""

from __future__ import annotations

from typing import Any

from openedx_blockstore.plugin_tools.commands import BlockstoreCommand
from openedx_blockstore_webhooks.trimming import trim


class Command(BlockstoreCommand):
    """Removes old deliveries. Whoever sends does it, too, some at a time."""

    help = "Remove deliveries of webhooks that are older than KEEP_DAYS."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Remove them."""
        self.stdout.write(f"{trim(limit=None)} deliveries removed")
