"""A kind of contract of ``.importlinter``: what plugins may import.

Every root package there that is neither the core nor Django is a plugin, so that a new one only
has to be added to that list.
"""

from __future__ import annotations

from typing import cast

from attrs import frozen
from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output
from importlinter.domain import fields

CORE = "openedx_blockstore"
NO_PLUGINS = frozenset({CORE, "django"})


@frozen
class Forbidden:
    """An import that must not be.

    Attributes:
        line: Where it is, in the importing module's file.
    """

    importer: str
    imported: str
    line: int | None


class PluginDoors(Contract):
    """Plugins import of the core nothing but its public doors, and never one another."""

    type_name = "plugin_doors"

    doors = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import of every plugin."""
        roots: list[str] = self.session_options["root_packages"]
        plugins = set(roots) - NO_PLUGINS
        doors = self._doors()
        found = [
            forbidden
            for importer in sorted(graph.modules)
            if _root(importer) in plugins
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if _is_forbidden(importer, imported, plugins=plugins, doors=doors)
            for forbidden in _lines(graph, importer, imported)
        ]
        return ContractCheck(kept=not found, metadata={"forbidden": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which imports must not be."""
        for each in check.metadata["forbidden"]:
            output.print_error(f"{each.importer} imports {each.imported} (line {each.line}).")
        output.new_line()
        output.print_error(f"Plugins may import {', '.join(self._doors())}, and no other plugin.")

    def _doors(self) -> list[str]:
        # The library puts lists into the places of the fields that declare them.
        return [str(door) for door in cast("list[str]", self.doors)]


def _root(module: str) -> str:
    return module.partition(".")[0]


def _is_forbidden(importer: str, imported: str, *, plugins: set[str], doors: list[str]) -> bool:
    root = _root(imported)
    if root in plugins:
        return root != _root(importer)
    if root != CORE or imported == CORE:
        return False
    within = next(
        (imported.removeprefix(d) for d in doors if f"{imported}.".startswith(f"{d}.")), None
    )
    # What is private is so behind a door, too.
    return within is None or "._" in within


def _lines(graph: ImportGraph, importer: str, imported: str) -> list[Forbidden]:
    details = graph.get_import_details(importer=importer, imported=imported)
    return [Forbidden(importer, imported, each["line_number"]) for each in details] or [
        Forbidden(importer, imported, None)
    ]
