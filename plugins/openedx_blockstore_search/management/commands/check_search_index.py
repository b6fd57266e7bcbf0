"""``manage.py check_search_index``: is everything in the index that is in the store?"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandParser

from openedx_blockstore_search.indexing.checking import Drift, check
from openedx_blockstore_search.indexing.engines import get_engine
from openedx_blockstore_search.management.base import SearchCommand

#: Bundles of one kind that are named before the rest is only counted.
_SHOWN = 20


class Command(SearchCommand):
    """Compares the index with the store."""

    help = (
        "Compare the search index with the store, bundle by bundle. Exits with 1 if something "
        "differs and was not mended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--mend", action="store_true", help="index anew what differs")
        parser.add_argument(
            "--engine", metavar="NAME", help="look at this engine; by default the one that is set"
        )
        parser.add_argument("--json", action="store_true", help="print JSON, for programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare, and print what differs."""
        with self.progress("bundles", options) as progress:
            drift = check(get_engine(options["engine"]), mend=options["mend"], progress=progress)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(drift), indent=2))
        else:
            self._print(drift, options)
        if drift.count and not drift.mended:
            sys.exit(1)

    def _print(self, drift: Drift, options: dict[str, Any]) -> None:
        self.say(f"{drift.documents:,} documents, {drift.bundles:,} bundles.", options)
        found = {
            "not indexed yet as they are now": [str(uuid) for uuid in drift.behind],
            "damaged": [f"{uuid}: {reason}" for uuid, reason in drift.damaged.items()],
            "in the index alone": [str(uuid) for uuid in drift.strangers],
        }
        for title, lines in found.items():
            if lines:
                self.say(f"{len(lines):,} {title}:", options)
            for line in lines[:_SHOWN]:
                self.say(f"  {line}", options)
            if len(lines) > _SHOWN:
                self.say(f"  … and {len(lines) - _SHOWN:,} more", options)
        if not drift.count:
            self.say("The index is as it should be.", options)
        elif drift.mended:
            self.say("All of that was mended.", options)
        else:
            self.say("Mend it with --mend.", options)


def _as_json(drift: Drift) -> dict[str, Any]:
    return {
        "bundles": drift.bundles,
        "documents": drift.documents,
        "behind": [str(uuid) for uuid in drift.behind],
        "damaged": {str(uuid): reason for uuid, reason in drift.damaged.items()},
        "strangers": [str(uuid) for uuid in drift.strangers],
        "mended": drift.mended,
    }
