"""``manage.py rebuild_search_index``: the index is made anew from the store."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from openedx_blockstore_search.indexing.engines import get_engine
from openedx_blockstore_search.indexing.rebuilding import rebuild
from openedx_blockstore_search.management.base import SearchCommand


class Command(SearchCommand):
    """Makes the index anew."""

    help = (
        "Make the search index anew from what is in the store. Searches go on in the old one until "
        "the new one is complete, and nothing that is committed meanwhile is lost."
    )
    interrupted = "What was done stays; go on with --resume."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        group = parser.add_mutually_exclusive_group()
        group.add_argument(
            "--resume", action="store_true", help="go on with a rebuild that did not end, if any"
        )
        group.add_argument(
            "--restart", action="store_true", help="give up a rebuild that did not end, if any"
        )
        parser.add_argument(
            "--engine", metavar="NAME", help="fill this engine; by default the one that is set"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the index anew."""
        engine = get_engine(options["engine"])
        with self.progress("bundles", options) as progress:
            done = rebuild(
                engine,
                resume=options["resume"],
                restart=options["restart"],
                progress=progress,
            )
        self.say(
            f"{'Resumed and completed' if done.resumed else 'Rebuilt'}: {done.documents:,} "
            f"documents of {done.bundles:,} bundles in {done.engine} ({done.generation}).",
            options,
        )
