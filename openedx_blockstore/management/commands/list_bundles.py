"""``manage.py list_bundles``: what is in the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.management.output import counted, to_json
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand

_PAGE = 500


class Command(BlockstoreCommand):
    """Lists collections and their bundles."""

    help = "List the bundles in the store, collection by collection."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--collection", metavar="UUID", help="only this collection")
        parser.add_argument("--type", help="only bundles of this type, such as sequence")
        parser.add_argument("--search", metavar="TEXT", help="only bundles with this text in them")
        parser.add_argument("--json", action="store_true", help="print JSON, for programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the bundles."""
        if options["collection"] is not None:
            collections = [api.get_collection(options["collection"])]
        else:
            collections = api.get_collections()
        if options["json"]:
            found = [bundle for c in collections for bundle in _bundles(c, options)]
            self.stdout.write(to_json(found))
        else:
            self._print(collections, options)

    def _print(self, collections: list[CollectionData], options: dict[str, Any]) -> None:
        total = 0
        for collection in collections:
            self.stdout.write(self.style.MIGRATE_HEADING(collection.title))
            self.stdout.write(f"  collection {collection.uuid}, {collection.visibility}")
            for bundle in _bundles(collection, options):
                total += 1
                version = f"v{bundle.latest_version}" if bundle.latest_version else "no version"
                self.stdout.write(
                    f"  {bundle.uuid}  {bundle.type:<9}  {version:<5}  {bundle.title}"
                )
        self.stdout.write(
            f"{counted(total, 'bundle')} in {counted(len(collections), 'collection')}"
        )


def _bundles(collection: CollectionData, options: dict[str, Any]) -> Iterator[BundleData]:
    after = None
    while page := api.get_bundles(
        text_search=options["search"],
        collection_uuid=collection.uuid,
        type=options["type"],
        after=after,
        limit=_PAGE,
    ):
        yield from page
        after = page[-1].uuid
