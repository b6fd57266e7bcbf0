"""``manage.py validate_olx``: authors and their CI check OLX before anybody imports it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from openedx_blockstore import api as core
from openedx_blockstore.data import BundleFindings, Finding, Severity
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand
from openedx_blockstore_validation import api
from openedx_blockstore_validation.checking import Progress
from openedx_blockstore_validation.disk import CheckedTree, check_path
from openedx_blockstore_validation.stored import count, plain

#: The exit codes: something is wrong with the content; the command could not do what it was told.
FAULTY, UNUSABLE = 1, 2

#: What GitHub calls the severities.
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


class Command(BlockstoreCommand):
    """Checks OLX."""

    failed = UNUSABLE

    help = (
        "Check a course, a library or bundles: an OLX export (a folder, a .tar.gz or a .zip), an "
        "archive of bundles, a folder as the client pulls it, or, with --bundle, a version in the "
        "store. Exits with 0 if it can be imported, 1 if an error was found, and 2 if there is "
        "nothing that could be checked. No database is needed, except for --bundle."
    )
    # An author's machine has neither the database nor the settings of a server.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", metavar="PATH", nargs="?", help="what to check")
        parser.add_argument("--bundle", metavar="UUID", help="check a bundle in the store instead")
        parser.add_argument(
            "--version-number", metavar="N", type=int, help="its version; the latest by default"
        )
        parser.add_argument(
            "--type", metavar="TYPE", help="take the bundle to be of this type, such as unit"
        )
        parser.add_argument(
            "--previous",
            metavar="PATH",
            help="what it was before: warn about blocks whose ids have changed since",
        )
        parser.add_argument("--strict", action="store_true", help="warnings are errors, too")
        parser.add_argument(
            "--format",
            choices=("text", "json", "github"),
            default="text",
            help="text for people, json for programs, github for annotations in GitHub Actions",
        )
        parser.add_argument("--json", action="store_true", help="the same as --format=json")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, print the findings, and end with the exit code that they ask for."""
        if (wrong := _wrong(options)) is not None:
            raise CommandError(wrong, returncode=UNUSABLE)
        form = "json" if options["json"] else options["format"]
        quiet = form != "text" or options["verbosity"] == 0
        with _progress(self.stderr, quiet=quiet) as progress:
            checked = self._check(options, progress)
        findings = [finding for tree in checked for finding in tree.found.findings]
        if form == "json":
            self.stdout.write(_json(checked, findings))
        elif form == "github":
            self._print_github(findings)
        elif options["verbosity"] > 0:
            self._print(checked, findings, everything=options["verbosity"] > 1)
        faults = {Severity.ERROR, Severity.WARNING} if options["strict"] else {Severity.ERROR}
        if any(finding.severity in faults for finding in findings):
            sys.exit(FAULTY)

    def _check(self, options: dict[str, Any], progress: Progress) -> list[CheckedTree]:
        if options["bundle"] is None:
            return check_path(
                options["path"],
                bundle_type=options["type"],
                previous=options["previous"],
                progress=progress,
            )
        bundle = core.get_bundle(options["bundle"])
        number = options["version_number"]
        if number is None:
            number = bundle.latest_version
        contents, before = api.version_contents(bundle.uuid, number)
        if options["type"] is not None:
            contents.bundle_type = options["type"]
        found = api.validate_contents(contents, before, progress=progress)
        return [
            CheckedTree(
                "bundle",
                contents.bundle_type,
                number,
                BundleFindings(bundle.uuid, bundle.title, found),
            )
        ]

    # Printing ------------------------------------------------------------------------------------

    def _print(
        self, checked: list[CheckedTree], findings: list[Finding], *, everything: bool
    ) -> None:
        style = {
            Severity.ERROR: self.style.ERROR,
            Severity.WARNING: self.style.WARNING,
            Severity.INFO: self.style.HTTP_INFO,
        }
        for tree in checked:
            if len(checked) > 1:
                version = f", version {tree.version}" if tree.version is not None else ""
                self.stdout.write(f"{tree.found.title} ({tree.found.bundle_uuid}{version})")
            for finding in tree.found.findings:
                if everything or finding.severity is not Severity.INFO:
                    self.stdout.write(style[finding.severity](_printable(str(finding))))
        for code, number in sorted(Counter(finding.code for finding in findings).items()):
            self.stdout.write(f"{number:>6,} {code}")
        counts = count(findings)
        self.stdout.write(
            f"{counts['error']:,} errors, {counts['warning']:,} warnings, {counts['info']:,} notes"
            + ("" if everything or not counts["info"] else " (--verbosity 2 shows the notes)")
        )

    def _print_github(self, findings: list[Finding]) -> None:
        for finding in findings:
            place = f"file={_escaped(finding.file, property_=True)}," if finding.file else ""
            if finding.line is not None:
                place += f"line={finding.line},"
            text = _escaped(f"{finding.message} {finding.mend}".strip())
            self.stdout.write(f"::{_GITHUB[finding.severity]} {place}title={finding.code}::{text}")


def _wrong(options: dict[str, Any]) -> str | None:
    """Return what is wrong with the arguments together."""
    if (options["path"] is None) == (options["bundle"] is None):
        return "Give a PATH or --bundle UUID."
    if options["version_number"] is not None and options["bundle"] is None:
        return "--version-number needs --bundle."
    if options["previous"] is not None and options["bundle"] is not None:
        return "--previous goes with a PATH; a version is compared with the one before it."
    return None


def _json(checked: list[CheckedTree], findings: list[Finding]) -> str:
    document = {
        "counts": count(findings),
        "checked": [
            {
                "kind": tree.kind,
                "type": tree.type,
                "title": tree.found.title,
                "bundle_uuid": str(tree.found.bundle_uuid) if tree.found.bundle_uuid else None,
                "version": tree.version,
                "findings": plain(tree.found.findings),
            }
            for tree in checked
        ],
    }
    return json.dumps(document, indent=2)


def _printable(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


def _escaped(text: str, *, property_: bool = False) -> str:
    """Return a text as GitHub's commands want it."""
    text = text.encode("utf-8", "backslashreplace").decode()
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")]
    for raw, safe in [*pairs, (":", "%3A"), (",", "%2C")] if property_ else pairs:
        text = text.replace(raw, safe)
    return text


@contextlib.contextmanager
def _progress(stream: Any, *, quiet: bool) -> Iterator[Progress]:
    """Give a function that shows how far the work is, to people only."""
    is_terminal = bool(getattr(stream, "isatty", lambda: False)())
    with tqdm(unit=" files", file=stream, disable=quiet or not is_terminal, leave=False) as bar:

        def advance(done: int, total: int, _path: str) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield advance
