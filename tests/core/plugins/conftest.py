"""Plugins that are installed for one test, as a stranger's distribution is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from openedx_blockstore import plugin_manager

#: By group, what each name of an entry point stands for.
EntryPoints = Mapping[str, Mapping[str, str]]


class Installer:
    """Installs distributions until the test ends, and turns their plugins on."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._settings = settings

    def install(
        self,
        distribution: str,
        entry_points: EntryPoints,
        modules: Mapping[str, str] | None = None,
    ) -> None:
        """Install a distribution of the version 1.0.

        Args:
            modules: The contents of its modules, by their paths.
        """
        site = self._folder / f"{distribution}-site"
        info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        (info / "METADATA").write_text(metadata)
        lines = [
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
            for group, points in entry_points.items()
        ]
        (info / "entry_points.txt").write_text("".join(lines))
        for path, text in (modules or {}).items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text)
        self._monkeypatch.syspath_prepend(str(site))
        plugin_manager.forget()

    def turn_on(self, *packages: str) -> None:
        """Turn exactly these packages on."""
        self.set(PLUGINS=list(packages))

    def set(self, **values: Any) -> None:
        """Change some of Blockstore's settings."""
        self._settings.OPENEDX_BLOCKSTORE = {**self._settings.OPENEDX_BLOCKSTORE, **values}


@pytest.fixture
def installer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Iterator[Installer]:
    """Installs plugins; all is forgotten in the end."""
    before = set(sys.modules)
    # What is remembered of plugins by file would fill somebody's home.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield Installer(tmp_path, monkeypatch, settings)
    for name in set(sys.modules) - before:
        if name.partition(".")[0].startswith("stranger"):
            del sys.modules[name]
    monkeypatch.undo()
    plugin_manager.forget()


@pytest.fixture
def use_plugins(installer: Installer) -> Callable[[EntryPoints], None]:
    """Install and turn on plugins of the tests' own modules."""

    def use(entry_points: EntryPoints) -> None:
        installer.install("tests-of-blockstore", entry_points)
        installer.turn_on("tests")

    return use
