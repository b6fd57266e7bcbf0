"""``manage.py show_bundle``: one bundle, with the files and links of a version."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, BundleVersionData
from openedx_blockstore.management.output import counted, human_size, to_json
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand


class Command(BlockstoreCommand):
    """Shows a bundle."""

    help = "Show a bundle: what is said of it, its files and links, and who uses it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("bundle", metavar="UUID", help="the bundle")
        parser.add_argument(
            "--version-num", type=int, metavar="N", help="this version; by default the latest one"
        )
        parser.add_argument("--json", action="store_true", help="print JSON, for programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the bundle."""
        bundle = api.get_bundle(options["bundle"])
        version = api.get_bundle_version(bundle.uuid, options["version_num"])
        if options["json"]:
            borrowers = api.count_borrowers(bundle.uuid)
            self.stdout.write(
                to_json({"bundle": bundle, "version": version, "borrowers": borrowers})
            )
            return
        self._print_bundle(bundle)
        if version is not None:
            self._print_version(version)

    def _print_bundle(self, bundle: BundleData) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(bundle.title))
        drafts = ", ".join(f"{name} ({uuid})" for name, uuid in bundle.drafts.items())
        self._print_fields(
            {
                "bundle": str(bundle.uuid),
                "collection": str(bundle.collection_uuid),
                "type": bundle.type or "none",
                "slug": bundle.slug,
                "origin": bundle.origin or "made here",
                "versions": str(bundle.latest_version),
                "drafts": drafts or "none",
                "used by": counted(api.count_borrowers(bundle.uuid), "bundle"),
            }
        )

    def _print_version(self, version: BundleVersionData) -> None:
        size = api.get_size(version.bundle_uuid, version.version)
        self.stdout.write(self.style.MIGRATE_HEADING(f"Version {version.version}"))
        self._print_fields(
            {
                "made": f"{version.created_at:%Y-%m-%d %H:%M:%S} UTC",
                "change": version.change_description or "no description",
                "manifest": version.manifest_digest,
                "size": f"{human_size(size.bytes)}, dependencies "
                f"({size.bundle_versions - 1:,}) included",
            }
        )
        for link in version.links.values():
            weak = ", weak" if link.weak else ""
            self.stdout.write(
                f"  links/{link.name} → {link.direct} (and {len(link.indirect):,} more{weak})"
            )
        for file in version.files.values():
            public = ", public" if file.public else ""
            self.stdout.write(f"  {file.path} ({human_size(file.size)}{public})")

    def _print_fields(self, fields: dict[str, str]) -> None:
        for name, value in fields.items():
            self.stdout.write(f"  {name:<11} {value}")
