"""What the suites of all contracts share."""

from __future__ import annotations

import inspect
import json
import pkgutil
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, Finding, Severity
from openedx_blockstore.plugin_api import CONTRACTS
from openedx_blockstore.plugin_conformance.contents import PROBLEM
from openedx_blockstore.plugin_manager import list_plugins


class PluginConformance:
    """What is true of every plugin."""

    #: The class that is tested.
    plugin: ClassVar[type[Any]]
    #: What it must inherit.
    contract: ClassVar[type[Any]]

    @pytest.fixture
    def made(self) -> Any:
        """The plugin, as Blockstore makes it."""
        return type(self).plugin()

    @pytest.fixture
    def collection(self, db: None) -> CollectionData:  # noqa: ARG002  (a fixture)
        """A collection."""
        return api.create_collection("Conformance")

    @pytest.fixture
    def bundle(self, collection: CollectionData) -> BundleData:
        """A bundle with three versions."""
        bundle = api.create_bundle(collection.uuid, "example", "Example", type="problem")
        for text in (b"<problem>1</problem>", b"<problem>2</problem>", PROBLEM["definition.xml"]):
            draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
            api.write_draft_files(draft.uuid, {**PROBLEM, "definition.xml": text})
            api.commit_draft(draft.uuid)
        return api.get_bundle(bundle.uuid)

    def test_it_inherits_the_contract(self) -> None:
        """Blockstore takes nothing else."""
        plugin, contract = self.plugin, self.contract
        assert inspect.isclass(plugin), f"`plugin` must be a class, not {plugin!r}."
        assert issubclass(plugin, contract), (
            f"{plugin.__name__} must inherit openedx_blockstore.plugin_api.{contract.__name__}."
        )
        missing = sorted(getattr(plugin, "__abstractmethods__", ()))
        assert not missing, f"{plugin.__name__} must define {', '.join(missing)}."

    def test_it_is_made_without_arguments(self) -> None:
        """Blockstore makes one instance in each process."""
        try:
            type(self).plugin()
        except Exception as error:  # noqa: BLE001  (whatever it raises)
            pytest.fail(
                f"{self.plugin.__name__}() raised {error!r}. Blockstore makes plugins without "
                f"arguments, at any time; what needs settings or a database reads them later."
            )

    def test_it_is_registered(self) -> None:
        """Otherwise nobody finds it."""
        group = CONTRACTS[self.contract]
        value = f"{self.plugin.__module__}:{self.plugin.__qualname__}"
        registered = [each.value for each in list_plugins() if each.group == group]
        assert any(_leads_to(each, self.plugin) for each in registered), (
            f"No entry point in the group {group!r} names {value!r}. Add one to the package's "
            f'pyproject.toml, [project.entry-points."{group}"] your-name = "{value}", and install '
            f"it anew. There are: {', '.join(registered) or 'none'}."
        )

    def test_it_says_what_it_does(self) -> None:
        """`manage.py list_plugins` shows the first line of its docstring."""
        assert (self.plugin.__doc__ or "").strip(), f"{self.plugin.__name__} needs a docstring."


def _leads_to(value: str, plugin: type[Any]) -> bool:
    """Tell whether an entry point names a class, where it is defined or where it is imported."""
    if value.partition(".")[0] != plugin.__module__.partition(".")[0]:
        return False
    try:
        found: object = pkgutil.resolve_name(value)
    except (AttributeError, ImportError, ValueError):
        return False
    return found is plugin


def check_types_of_bundles(plugin: Any) -> None:
    """Make sure that ``bundle_types`` is what the contract says."""
    given = plugin.bundle_types
    assert given is None or (
        isinstance(given, frozenset) and all(isinstance(each, str) for each in given)
    ), f"bundle_types must be a frozenset of texts, or None for all types, not {given!r}."


def check_finding(finding: Any, *, files: set[str]) -> None:
    """Make sure that a finding helps its reader."""
    assert isinstance(finding, Finding), (
        f"Findings must be openedx_blockstore.data.Finding, not {finding!r}."
    )
    assert isinstance(finding.severity, Severity), (
        f"The severity of {finding!r} must be one of openedx_blockstore.data.Severity."
    )
    assert finding.code, f"{finding!r} needs a code, which programs can tell it by."
    assert finding.message.strip(), f"{finding!r} needs a message for people."
    assert finding.file == "" or finding.file in files, (
        f"{finding!r} names the file {finding.file!r}, which is not there. Name a path of what "
        f"was looked at, or an empty text for all of it."
    )
    assert finding.line is None or finding.line >= 1, (
        f"{finding!r} names line {finding.line}; lines count from 1, and None is for no line."
    )


def check_json(value: Any, *, of: str) -> None:
    """Make sure that JSON has a value."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        pytest.fail(f"What {of} returns goes out as JSON, which has no {value!r}: {error}.")


def statements(context: CaptureQueriesContext) -> list[str]:
    """Return the statements that were counted, without those about transactions."""
    return [
        query["sql"]
        for query in context.captured_queries
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT"))
    ]


def counting() -> CaptureQueriesContext:
    """Count the statements of a block."""
    return CaptureQueriesContext(connection)


def or_fail(call: str, ask: Callable[[], Iterable[Any]], what: str) -> list[Any]:
    """Return everything that a plugin yields, or fail with what it raised and when."""
    try:
        return list(ask())
    except Exception as error:  # noqa: BLE001  (whatever it raises)
        pytest.fail(f"{call} must bear whatever it is given, but raised {error!r} on {what}.")
