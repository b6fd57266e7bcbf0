"""The distribution is what the README, the changelog and the hosts take it for."""

from __future__ import annotations

import re
import sys
from importlib.metadata import entry_points, metadata, requires
from pathlib import Path

import pytest

import openedx_blockstore
from openedx_blockstore.plugin_api import CONTRACTS
from openedx_blockstore.settings import environment

ROOT = Path(__file__).resolve().parent.parent

EXTRAS = {
    "cli",
    "events",
    "licensing",
    "s3",
    "search",
    "tagging",
    "test",
    "validation",
    "webhooks",
    "xblock",
}


def requirements_of(extra: str) -> set[str]:
    """What an extra adds to the requirements, without the condition that says so."""
    marker = re.compile(rf"\s*;.*extra == [\"']{extra}[\"']")
    return {
        marker.sub("", requirement)
        for requirement in requires("openedx-blockstore") or ()
        if marker.search(requirement)
    }


def test_the_version_is_the_one_of_the_package() -> None:
    """The distribution has the version that the package says."""
    assert metadata("openedx-blockstore")["Version"] == openedx_blockstore.__version__


def test_the_changelog_begins_with_this_version() -> None:
    """Whoever changes the version says what has changed."""
    headings = re.findall(r"^(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.rst").read_text(), re.MULTILINE)
    assert headings[0] == openedx_blockstore.__version__


def test_every_extra_is_declared() -> None:
    """The extras that the project has promised can be asked for."""
    declared = metadata("openedx-blockstore").get_all("Provides-Extra") or []
    assert {*EXTRAS, "all"} <= set(declared)


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_all_holds_every_extra(extra: str) -> None:
    """The extra ``all`` leaves none of the others out."""
    assert requirements_of(extra) <= requirements_of("all")


@pytest.mark.parametrize("project", ["lms.djangoapp", "cms.djangoapp"])
def test_hosts_find_the_app(project: str) -> None:
    """LMS and Studio each find one app, with addresses and settings for them."""
    (entry_point,) = entry_points(group=project, name="openedx_blockstore")
    plugin_app = entry_point.load().plugin_app
    assert plugin_app["url_config"][project]["regex"].startswith("^api/blockstore/")
    assert {"common", "production"} <= set(plugin_app["settings_config"][project])


@pytest.mark.parametrize("container", ["plugins", "runtime_bridge"])
def test_containers_are_no_packages(container: str) -> None:
    """Nothing is called by the generic name of a container, however the tests were started."""
    assert not (ROOT / container / "__init__.py").exists()
    assert container not in sys.modules


def test_every_folder_with_modules_is_a_package() -> None:
    """No module is left out of the wheel because its folder lacks an ``__init__.py``."""
    folders = {path.parent for path in (ROOT / "openedx_blockstore").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_sources_hold_no_module_that_is_too_long() -> None:
    """A module that has grown beyond 500 lines is to be divided."""
    folders = ("openedx_blockstore", "plugins", "tests")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    long = [
        path.relative_to(ROOT).as_posix()
        for path in modules
        if path.parent.name != "migrations" and len(path.read_text().splitlines()) > 500
    ]
    assert long == []


# Plugins -----------------------------------------------------------------------------------------

PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/__init__.py"))


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_has_all_that_a_plugin_has(plugin: Path) -> None:
    """A README, types, a page in the documentation, an app that hosts find, and its tests."""
    name = plugin.name
    assert name.startswith("openedx_blockstore_")
    for file in ("README.rst", "py.typed", "apps.py"):
        assert (plugin / file).exists(), file
    short = name.removeprefix("openedx_blockstore_")
    assert (ROOT / "docs" / "plugins" / f"{short}.rst").exists()
    assert list((ROOT / "tests" / "plugins").glob(f"{short}*/test_*.py"))
    assert name in environment.own_plugins()
    for project in ("lms.djangoapp", "cms.djangoapp"):
        (found,) = [
            point for point in entry_points(group=project) if point.module.partition(".")[0] == name
        ]
        config = found.load().plugin_app["url_config"][project]
        assert config["regex"] == "^api/blockstore/"
        assert config["namespace"] == name


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_is_checked_like_the_core(plugin: Path) -> None:
    """Its types, and what it imports."""
    (files,) = re.findall(r"^files = (.*)$", (ROOT / "mypy.ini").read_text(), re.MULTILINE)
    assert {"plugins", f"plugins/{plugin.name}"} & set(files.split(", "))
    assert re.search(rf"^    {plugin.name}$", (ROOT / ".importlinter").read_text(), re.MULTILINE)
    folders = {path.parent for path in plugin.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_registers_something(plugin: Path) -> None:
    """And what it registers can be imported."""
    found = [
        point
        for contract_group in CONTRACTS.values()
        for point in entry_points(group=contract_group)
        if point.module.partition(".")[0] == plugin.name
    ]
    assert found


def test_no_entry_point_leads_nowhere() -> None:
    """Each module that setup.py names is there."""
    missing = [
        f"{point.group}: {point.value}"
        for group in (*CONTRACTS.values(), "lms.djangoapp", "cms.djangoapp")
        for point in entry_points(group=group)
        if point.dist is not None
        and point.dist.name == "openedx-blockstore"
        and not _module_file(point.module)
    ]
    assert missing == []


def _module_file(module: str) -> bool:
    parts = module.replace(".", "/")
    return any(
        (ROOT / root / name).exists()
        for root in (".", "plugins", "runtime_bridge")
        for name in (f"{parts}.py", f"{parts}/__init__.py")
    )
