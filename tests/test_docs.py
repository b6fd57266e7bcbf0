"""The documentation is complete, and what it shows is true.

The reference names everything that is public, with the defaults that the code has; the code in the
how-tos is run as it stands, against a real store. That every cross-reference leads somewhere is
checked by Sphinx (``make docs``).
"""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from django.core.checks import run_checks
from django.core.files.storage import Storage, storages
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.dispatch import Signal
from pytest_django import Settings

from openedx_blockstore import (
    api,
    conf,
    courses,
    data,
    exceptions,
    plugin_api,
    plugin_manager,
    plugin_rest,
    plugin_tools,
    signals,
)
from openedx_blockstore.plugin_api import BundleType
from openedx_blockstore.plugin_manager import plugins

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
HOW_TOS = sorted((DOCS / "how-tos").glob("*.rst"))
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.rst"))
PAGES = [path for path in DOCS.rglob("*.rst") if "_build" not in path.parts]

#: What a block of settings sets; Django's checks are run with it.
_SETTINGS = {"CACHES", "DATABASES", "OPENEDX_BLOCKSTORE", "STORAGES"}


def read(path: Path) -> str:
    """The text of a page."""
    return path.read_text(encoding="utf-8")


def documented(page: str, directive: str) -> list[str]:
    """What a page of the reference documents with a directive."""
    return re.findall(rf"^\.\. {directive}:: ([\w.]+)", read(REFERENCE / page), re.MULTILINE)


def classes_of(module: ModuleType) -> list[str]:
    """The public classes that a module defines."""
    return [
        name
        for name, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and not name.startswith("_")
    ]


def code_blocks(path: Path) -> list[str]:
    """The Python code that a page shows, each block padded so that errors name its true lines."""
    lines = read(path).splitlines()
    blocks = []
    for start, line in enumerate(lines):
        if line != ".. code-block:: python":
            continue
        end = start + 1
        while end < len(lines) and (not lines[end] or lines[end].startswith("    ")):
            end += 1
        code = textwrap.dedent("\n".join(lines[start + 1 : end]))
        blocks.append("\n" * (start + 1) + code)
    return blocks


# The reference -----------------------------------------------------------------------------------


def test_the_reference_has_every_function() -> None:
    """Whoever adds a function to the public API says where in the reference it belongs."""
    assert sorted(documented("api.rst", "autofunction")) == sorted(api.__all__)


def test_the_reference_has_every_value() -> None:
    """Every class of values is documented, and every type that has a name."""
    assert sorted(documented("data.rst", "autoclass")) == classes_of(data)
    aliases = [
        name
        for name, value in vars(data).items()
        if name[0].isupper()
        and not isinstance(value, type)
        and value.__class__.__module__ != "builtins"
        and name not in {"BinaryIO", "Callable", "Literal"}
    ]
    assert sorted(documented("data.rst", "py:data")) == sorted(aliases)


def test_the_reference_has_all_of_courses() -> None:
    """Importing and exporting courses is documented like the rest of the API."""
    directives = ("autofunction", "autoclass")
    found = [name for directive in directives for name in documented("courses.rst", directive)]
    assert sorted(found) == sorted(courses.__all__)


def test_the_reference_has_all_that_plugins_are_made_of() -> None:
    """The contracts and their values, what plugins share, and what their REST is made of."""
    classes = set(documented("plugin_api.rst", "autoclass"))
    functions = set(documented("plugin_api.rst", "autofunction"))
    page = read(REFERENCE / "plugin_api.rst")
    assert set(plugin_api.__all__) - {"CONTRACTS"} <= classes | functions
    assert set(plugin_tools.__all__) <= functions | classes
    rest = set(plugin_rest.__all__) - classes - functions
    assert {name for name in rest if f"``{name}``" not in page} == set()
    suites = (ROOT / "openedx_blockstore" / "plugin_conformance").glob("[a-z]*.py")
    named = {
        f"{path.stem}.{name}"
        for path in suites
        for name in re.findall(r"^class (\w+Conformance)\b", read(path), re.MULTILINE)
    }
    assert {name for name in named if f"``{name}``" not in page} == set()


def test_the_reference_has_every_signal() -> None:
    """Every signal is in the table, with the class of its payload; and so is every kind."""
    page = read(REFERENCE / "signals.rst")
    rows = re.findall(
        r"^``(\w+)`` {2,}.*?:class:`~openedx_blockstore.data.(\w+)`", page, re.MULTILINE
    )
    defined = [name for name, value in vars(signals).items() if isinstance(value, Signal)]
    assert sorted(name for name, _ in rows) == sorted(defined)
    for name, payload in rows:
        prefix = name.partition("_")[0]
        expected = {"link": "LinkEventData", "draft": "DraftEventData"}.get(prefix, "EventData")
        assert payload == expected
    kinds = {kind.value for kind in data.EventKind} - {data.EventKind.VERSION_DELETED.value}
    assert set(re.findall(r"^``([a-z]+\.[a-z_]+)`` ", page, re.MULTILINE)) == kinds


def test_the_reference_has_every_error() -> None:
    """Every class of errors is documented."""
    assert sorted(documented("exceptions.rst", "autoclass")) == classes_of(exceptions)


@pytest.mark.parametrize(
    "name",
    [n for n in classes_of(exceptions) if issubclass(getattr(exceptions, n), Exception)],
)
def test_errors_are_documented_with_code_and_attributes(name: str) -> None:
    """The code of a class of errors is its own, and stands in the reference with its attributes."""
    error = getattr(exceptions, name)
    page = read(REFERENCE / "exceptions.rst")
    section = page.split(f".. autoclass:: {name}\n")[1].split(".. autoclass::")[0]
    assert "code" in vars(error)
    assert f"   :code: ``{error.code}``" in section
    source = inspect.getsource(error.__init__) if "__init__" in vars(error) else ""
    given = set(re.findall(r"self\.([a-z]\w*) = ", source))
    assert given <= set(re.findall(r"``(\w+)``", section))


@pytest.mark.parametrize("field", attrs.fields(conf.BlockstoreSettings), ids=lambda f: str(f.name))
def test_settings_are_documented_with_their_defaults(field: attrs.Attribute[Any]) -> None:
    """Every setting stands in the reference, and its default is the one of the code."""
    page = read(REFERENCE / "settings.rst")
    found = re.search(rf"^``{field.name}``\n    Default: ``(.*)``$", page, re.MULTILINE)
    assert found is not None
    assert ast.literal_eval(found[1]) == getattr(conf.BlockstoreSettings(), field.name)


def test_the_built_in_limits_by_type_are_documented() -> None:
    """The table of limits by bundle type is the one of the code."""
    rows = re.findall(
        r"^    ``([a-z]+)`` +([\d,]+)$", read(REFERENCE / "settings.rst"), re.MULTILINE
    )
    assert {name: int(limit.replace(",", "")) for name, limit in rows} == {
        name: each.max_files
        for name, each in plugins(BundleType).items()
        if each.max_files is not None and plugin_manager.package_of(each) == plugin_manager.CORE
    }


def test_environment_variables_are_documented() -> None:
    """Every variable that the stand-alone project reads stands in the reference."""
    page = read(REFERENCE / "settings.rst")
    sources = (ROOT / "openedx_blockstore" / "settings").glob("*.py")
    names = {
        name
        for path in sources
        for name in re.findall(
            r"\b((?:BLOCKSTORE|AWS)_[A-Z][A-Z0-9_]+|DATABASE_URL|SECRET_KEY)\b", read(path)
        )
    }
    assert [name for name in sorted(names) if f"``{name}``" not in page] == []


def test_the_checks_are_documented() -> None:
    """Every number that ``manage.py check`` may print is explained with the settings."""
    numbers = re.findall(
        r"openedx_blockstore\.([EW]\d+)", read(ROOT / "openedx_blockstore/checks.py")
    )
    page = read(REFERENCE / "settings.rst")
    assert [number for number in numbers if number not in page] == []


COMMANDS = sorted(name for name, app in get_commands().items() if app == "openedx_blockstore")


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_documented_with_their_options(name: str) -> None:
    """Every command has a section in the reference that explains all of its options."""
    page = read(REFERENCE / "commands.rst")
    section = re.search(
        rf"^``{name}``\n~+\n(.*?)(?=^\S[^\n]*\n[~-]{{4}}|\Z)", page, re.MULTILINE | re.DOTALL
    )
    assert section is not None
    options = options_of(load_command_class("openedx_blockstore", name))
    assert {option for option in options if f"``{option}" not in section[1]} == set()
    assert set(re.findall(r"^``(--[a-z-]+)", section[1], re.MULTILINE)) <= options


def options_of(command: BaseCommand) -> set[str]:
    """The options that a command has beside those of every command."""
    common = BaseCommand().create_parser("manage.py", "any")
    shared = {option for action in common._actions for option in action.option_strings}
    own = command.create_parser("manage.py", "this")
    return {option for action in own._actions for option in action.option_strings} - shared


# What the pages say ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_the_targets_that_a_page_names_exist(path: Path) -> None:
    """Every ``make`` that the documentation speaks of is there."""
    targets = makefile_targets()
    named = re.findall(r"(?:``|^    )make ([a-z-]+)", read(path), re.MULTILINE)
    assert [target for target in named if target not in targets] == []


def test_every_target_is_explained_to_developers() -> None:
    """The page for developers names all there is to make."""
    page = read(DOCS / "how-tos" / "develop.rst")
    assert [target for target in makefile_targets() if f"``make {target}``" not in page] == []


def makefile_targets() -> set[str]:
    """The targets of the Makefile that its help explains."""
    return set(re.findall(r"^([a-z-]+):.*## ", read(ROOT / "Makefile"), re.MULTILINE)) - {"help"}


@pytest.mark.parametrize("path", [p for p in HOW_TOS if code_blocks(p)], ids=lambda path: path.stem)
@pytest.mark.django_db
@pytest.mark.usefixtures("file_storage")
def test_the_code_of_a_how_to_runs(
    path: Path,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The blocks of a page are run one after the other, as by a reader, and their assertions hold.

    Settings that a block sets are taken over, and pass Django's checks.
    """
    shutil.copytree(ROOT / "sample_course", tmp_path / "sample_course")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    for block in code_blocks(path):
        exec(compile(block, str(path), "exec"), namespace)
        for name in _SETTINGS & namespace.keys():
            use_setting(settings, name, namespace.pop(name))


def use_setting(settings: Settings, name: str, value: Any) -> None:
    """Take a setting over from a page, and check it."""
    if name == "DATABASES":  # the connections are open already
        assert "default" in value
        return
    setattr(settings, name, {**getattr(settings, name), **value})
    assert run_checks(tags=["openedx_blockstore"]) == []
    if name == "STORAGES":
        assert isinstance(storages["openedx_blockstore"], Storage)


# Decisions ---------------------------------------------------------------------------------------


def test_decisions_are_numbered_without_gaps() -> None:
    """Each decision has a number of its own, also in its title."""
    assert [path.name[:4] for path in DECISIONS] == [
        f"{number:04}" for number in range(1, len(DECISIONS) + 1)
    ]
    for number, path in enumerate(DECISIONS, start=1):
        assert read(path).startswith(f"{number}. ")


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decisions_have_all_parts(path: Path) -> None:
    """Each says what was decided, why, what follows, and what was rejected."""
    headings = re.findall(r"^(.+)\n-+$", read(path), re.MULTILINE)
    assert headings == ["Status", "Context", "Decision", "Consequences", "Rejected alternatives"]


def test_decisions_are_all_listed() -> None:
    """The index takes in whatever is numbered."""
    index = read(DOCS / "decisions" / "index.rst")
    assert ":glob:" in index
    assert re.search(r"^   0\*$", index, re.MULTILINE)
