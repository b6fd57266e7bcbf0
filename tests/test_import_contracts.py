"""The contract for plugins of ``.importlinter`` finds what it must not let through."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="it checks the code, and is not among what tests need")

from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

configure()

PLUGINS = {
    "plugin_one/__init__.py": "",
    "plugin_one/fine.py": (
        "import openedx_blockstore\n"
        "from openedx_blockstore import api\n"
        "from openedx_blockstore.plugin_api.events import EventConsumer\n"
        "from plugin_one import deep\n"
    ),
    "plugin_one/deep.py": "",
    "plugin_two/__init__.py": "",
    "plugin_two/wrong.py": (
        "from openedx_blockstore.models import Bundle\n"
        "from openedx_blockstore.api._lookup import find_bundle\n"
        "from plugin_one import fine\n"
    ),
}

CONFIGURATION = """
[importlinter]
contract_types =
    plugin_doors: tests.import_contracts.PluginDoors
root_packages =
    openedx_blockstore
    {plugins}
include_external_packages = True

[importlinter:contract:plugins]
name = Plugins
type = plugin_doors
doors =
    openedx_blockstore.api
    openedx_blockstore.plugin_api
"""


def lint(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *plugins: str,
) -> tuple[bool, str]:
    """Whether the contract is kept, and what is printed."""
    for path, text in PLUGINS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    config = tmp_path / "importlinter.ini"
    config.write_text(CONFIGURATION.format(plugins="\n    ".join(plugins)))
    kept = lint_imports(config_filename=str(config), cache_dir=None)
    return kept, capsys.readouterr().out


@pytest.fixture(autouse=True)
def _forget_modules() -> None:
    for name in [name for name in sys.modules if name.startswith("plugin_")]:
        del sys.modules[name]


def test_the_doors_are_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, said = lint(tmp_path, monkeypatch, capsys, "plugin_one")
    assert kept, said


def test_everything_else_is_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, said = lint(tmp_path, monkeypatch, capsys, "plugin_one", "plugin_two")
    assert not kept
    assert "plugin_two.wrong imports openedx_blockstore.models (line 1)" in said
    # Below a door, but private.
    assert "plugin_two.wrong imports openedx_blockstore.api._lookup (line 2)" in said
    assert "plugin_two.wrong imports plugin_one.fine (line 3)" in said
    assert "plugin_one.fine" not in said.partition("imports openedx")[0]
