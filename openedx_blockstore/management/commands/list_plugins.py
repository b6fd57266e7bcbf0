"""``manage.py list_plugins``: what is installed, what is on, and why something is not."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import attrs
from django.core.management.base import CommandParser

from openedx_blockstore import plugin_manager
from openedx_blockstore.management.output import to_json
from openedx_blockstore.plugin_manager import Registration
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand


class Command(BlockstoreCommand):
    """Lists plugins."""

    help = (
        "List the plugins that are installed: their packages, what they do, and whether they are "
        "on. What can not be used is shown with the reason and the mend. Exits with 0."
    )
    # That a plugin is broken is what this is to say.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help="print the list as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the list."""
        registrations = plugin_manager.list_plugins()
        named = {each.package for each in registrations}
        missing = [
            problem for problem in plugin_manager.all_problems() if problem.package not in named
        ]
        if options["json"]:
            listed = [{**attrs.asdict(each), "about": _about(each)} for each in registrations]
            self.stdout.write(to_json(listed))
            return
        for package in dict.fromkeys(each.package for each in registrations):
            self._print(package, [each for each in registrations if each.package == package])
        for problem in missing:
            self.stdout.write(self.style.ERROR(str(problem)))

    def _print(self, package: str, registrations: Iterable[Registration]) -> None:
        some = list(registrations)
        owner = f" ({some[0].distribution} {some[0].version})" if some[0].distribution else ""
        self.stdout.write(self.style.MIGRATE_HEADING(f"{package}{owner}"))
        for each in some:
            group = each.group.partition(".")[2]
            style = {
                "enabled": self.style.SUCCESS,
                "broken": self.style.ERROR,
                "left out": self.style.WARNING,
                "disabled": self.style.WARNING,
            }[each.state]
            about = _about(each)
            self.stdout.write(
                f"  {style(each.state)}  {group}  {each.name}{f': {about}' if about else ''}"
            )
        for reason, mend in dict.fromkeys((each.reason, each.mend) for each in some):
            if reason:
                self.stdout.write(f"  {reason} {mend}")


def _about(registration: Registration) -> str:
    """Return the first line of what a plugin says of itself; nothing of what is not on."""
    if registration.state != "enabled":
        return ""
    module, _, name = registration.value.partition(":")
    found: Any = import_module(module.strip())
    for part in name.strip().split("."):
        found = getattr(found, part)
    return (inspect.getdoc(found) or "").partition("\n")[0]
