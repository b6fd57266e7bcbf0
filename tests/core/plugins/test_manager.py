"""Plugins are found, made once, and where they can not be, it is said why and how to mend it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any, cast

import pytest
from attrs import frozen
from django.core.checks import run_checks
from django.core.management import call_command

from openedx_blockstore import api, plugin_manager
from openedx_blockstore.builtin_types import Video
from openedx_blockstore.data import BundleData
from openedx_blockstore.exceptions import PluginError, PluginNotFound
from openedx_blockstore.plugin_api import (
    CONTRACTS,
    AnnotationSource,
    BundleType,
    EventConsumer,
    ImportValidator,
)
from openedx_blockstore.plugin_tools import check_plugin_settings
from openedx_blockstore.settings import environment
from tests.core.helpers import make_version
from tests.core.plugins.conftest import Installer

CONSUMERS = CONTRACTS[EventConsumer]
TYPES = CONTRACTS[BundleType]

STRANGER = """
'''Of a stranger.'''
from openedx_blockstore.plugin_api import BundleType, EventConsumer

MADE = []

class Counter(EventConsumer):
    '''Counts events.

    And nothing else.
    '''
    def __init__(self):
        MADE.append(self)

    def handle(self, events):
        pass

class Film(BundleType):
    title = "Film"
    max_files = 3

class Lazy(EventConsumer):
    pass

class Nothing:
    pass

class Choosy(EventConsumer):
    def __init__(self, what):
        pass

    def handle(self, events):
        pass

function = len
"""


def install(installer: Installer, *names: str, **points: dict[str, str]) -> None:
    """Install strangers that register what is asked for, by the last part of the groups."""
    for name in names or ("stranger",):
        groups = {
            f"openedx_blockstore.{group}": {
                key: value if ":" in value else f"{name}:{value}" for key, value in given.items()
            }
            for group, given in points.items()
        }
        installer.install(f"{name}-dist", groups, {f"{name}.py": STRANGER})


def problem(contract: type) -> str:
    """What is wrong, as it is said when somebody asks."""
    with pytest.raises(PluginError) as caught:
        plugin_manager.plugins(contract)
    return str(caught.value)


# What goes well -----------------------------------------------------------------------------------


def test_the_core_has_its_own_types_and_nothing_else() -> None:
    assert list(plugin_manager.plugins(BundleType)) == [
        "assets",
        "course",
        "library",
        "problem",
        "sequence",
        "unit",
        "video",
    ]
    for contract in CONTRACTS:
        assert plugin_manager.plugins(contract) == {} or contract is BundleType


def test_a_stranger_is_found_and_made_once(installer: Installer) -> None:
    install(installer, event_consumers={"counter": "Counter", "another": "Counter"})
    installer.turn_on("stranger")
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _n: plugin_manager.plugins(EventConsumer), range(16)))
    assert list(found[0]) == ["another", "counter"]
    assert all(each["counter"] is found[0]["counter"] for each in found)
    assert len(sys.modules["stranger"].MADE) == 2
    assert plugin_manager.plugin(EventConsumer, "counter") is found[0]["counter"]
    assert plugin_manager.package_of(found[0]["counter"]) == "stranger"
    with pytest.raises(PluginNotFound, match="another, counter"):
        plugin_manager.plugin(EventConsumer, "unknown")


def test_nobody_can_change_what_is_returned() -> None:
    found: Any = plugin_manager.plugins(BundleType)
    with pytest.raises(TypeError):
        found["own"] = Video()


@pytest.mark.parametrize(
    ("values", "is_on"),
    [
        ({"PLUGINS": "all"}, True),
        ({"PLUGINS": ["stranger"]}, True),
        ({"PLUGINS": []}, False),
        ({"PLUGINS": "all", "DISABLED_PLUGINS": ["stranger"]}, False),
        ({"PLUGINS": ["stranger"], "DISABLED_PLUGINS": ["stranger"]}, False),
    ],
)
def test_settings_turn_it_on_and_off(
    installer: Installer, values: dict[str, Any], is_on: bool
) -> None:
    install(installer, event_consumers={"counter": "Counter"})
    installer.set(**values)
    assert ("counter" in plugin_manager.plugins(EventConsumer)) is is_on
    assert plugin_manager.is_enabled("stranger") is is_on
    # What is off is not even imported.
    assert ("stranger" in sys.modules) is is_on


def test_a_type_of_another_package_takes_the_place_of_the_built_in_one(
    installer: Installer,
) -> None:
    install(installer, bundle_types={"video": "Film"})
    installer.turn_on("stranger")
    types = plugin_manager.plugins(BundleType)
    assert types["video"].title == "Film"
    assert {each.name: each.max_files for each in api.get_bundle_types()}["video"] == 3
    installer.set(DISABLED_PLUGINS=["stranger"])
    assert plugin_manager.plugins(BundleType)["video"].title == "Video"


# What goes wrong ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("stranger:Missing", "can not be imported: AttributeError"),
        ("stranger.nowhere:Counter", "can not be imported: ModuleNotFoundError"),
        ("stranger:function", "is stranger:function, which is no class"),
        ("stranger:Nothing", "is the class stranger:Nothing, which is no EventConsumer"),
        ("stranger:Film", "is the class stranger:Film, which is no EventConsumer"),
        ("stranger:Lazy", "lacks what every EventConsumer has: handle"),
        ("stranger:Choosy", r"can not be made: stranger:Choosy\(\) raised TypeError"),
    ],
)
def test_a_broken_one_is_named_with_the_mend(installer: Installer, value: str, reason: str) -> None:
    install(installer, event_consumers={"odd": value, "fine": "Counter"})
    installer.turn_on("stranger")
    with pytest.raises(PluginError, match=reason) as caught:
        plugin_manager.plugins(EventConsumer)
    (wrong,) = caught.value.problems
    assert (wrong.package, wrong.group, wrong.name) == ("stranger", CONSUMERS, "odd")
    assert "stranger-dist 1.0" in wrong.reason
    assert "DISABLED_PLUGINS" in wrong.mend
    # Shown at start, too; and those of other contracts go on.
    (message,) = run_checks(tags=["openedx_blockstore"])
    assert (message.id, message.msg) == ("openedx_blockstore.E007", wrong.reason)
    assert plugin_manager.plugins(ImportValidator) == {}
    assert list(plugin_manager.usable_plugins(EventConsumer)) == ["fine"]


def test_a_module_that_raises_while_it_is_imported(installer: Installer) -> None:
    points = {CONSUMERS: {"odd": "stranger_odd:Counter"}}
    installer.install("odd", points, {"stranger_odd.py": "raise OSError('no disk')"})
    installer.turn_on("stranger_odd")
    assert "OSError: no disk" in problem(EventConsumer)


@pytest.mark.parametrize("name", ["a/b", "..", "-x", "x" * 61, "ü"])
def test_a_name_must_be_one_of_a_folder(installer: Installer, name: str) -> None:
    install(installer, event_consumers={name: "Counter"})
    installer.turn_on("stranger")
    assert "no name of a folder" in problem(EventConsumer)


def test_two_with_one_name_are_both_named(installer: Installer) -> None:
    install(installer, "stranger", "stranger2", event_consumers={"counter": "Counter"})
    installer.turn_on("stranger", "stranger2")
    said = problem(EventConsumer)
    assert "stranger (stranger-dist 1.0)" in said
    assert "stranger2 (stranger2-dist 1.0)" in said
    assert "DISABLED_PLUGINS'] = ['stranger2']" in said
    installer.set(DISABLED_PLUGINS=["stranger2"])
    assert list(plugin_manager.plugins(EventConsumer)) == ["counter"]


def test_one_that_is_not_installed_is_named_with_those_that_are(installer: Installer) -> None:
    install(installer, event_consumers={"counter": "Counter"})
    installer.turn_on("stranger", "strangr")
    said = problem(AnnotationSource)
    assert "'strangr', and no such plugin is installed" in said
    there = said.partition("there are:")[2]
    assert "stranger" in there
    assert "xblocks_contrib" not in there, "it is an app of the platform, and no plugin of ours"
    (message,) = run_checks(tags=["openedx_blockstore"])
    assert message.id == "openedx_blockstore.E007"


def test_settings_about_what_is_not_installed_are_warned_of(installer: Installer) -> None:
    installer.set(DISABLED_PLUGINS=["strangr", "openedx_blockstore"], PLUGIN_SETTINGS={"foo": {}})
    found = [message.id for message in run_checks(tags=["openedx_blockstore"])]
    assert found == ["openedx_blockstore.W002"] * 2 + ["openedx_blockstore.W003"]


@frozen
class NoSettings:
    """A plugin that has none."""


def test_a_wrong_setting_of_the_core_is_said_once(installer: Installer) -> None:
    """And not again by every plugin that has settings of its own."""
    check_plugin_settings("stranger_settings", NoSettings)
    installer.set(PLUGINS=5)
    (message,) = run_checks(tags=["openedx_blockstore", "stranger_settings"])
    assert "PLUGINS is 5" in message.msg


def test_one_that_is_an_app_must_be_among_the_apps(installer: Installer) -> None:
    points = {CONSUMERS: {"counter": "stranger:Counter"}}
    apps = {"cms.djangoapp": {"stranger": "stranger.apps:StrangerConfig"}}
    installer.install("stranger-dist", {**points, **apps}, {"stranger.py": STRANGER})
    installer.turn_on("stranger")
    said = problem(EventConsumer)
    assert "not in INSTALLED_APPS" in said
    assert "stranger" not in sys.modules


@pytest.mark.parametrize(("plugins", "state"), [("all", "left out"), (None, "broken")])
def test_one_of_ours_without_its_library(
    installer: Installer, monkeypatch: pytest.MonkeyPatch, plugins: Any, state: str
) -> None:
    """With "all", nobody has asked for it; by name, somebody has."""
    package = "openedx_blockstore_licensing"
    # The others of ours may be installed, and then are known as ours still.
    monkeypatch.setitem(cast(Any, environment._PLUGINS), package, (["no_such_library"], []))
    points = {CONSUMERS: {"of_ours": f"{package}:Counter"}}
    installer.install("ours", points)
    installer.set(PLUGINS=plugins or [package])
    (listed,) = [each for each in plugin_manager.list_plugins() if each.name == "of_ours"]
    assert listed.state == state
    assert "no_such_library" in listed.reason
    assert listed.mend == "pip install 'openedx-blockstore[licensing]'"
    messages = run_checks(tags=["openedx_blockstore"])
    if state == "left out":
        assert "of_ours" not in plugin_manager.plugins(EventConsumer)
        assert [each.id for each in messages if "no_such_library" in each.msg] == [
            "openedx_blockstore.I001"
        ]
    else:
        assert "no_such_library" in problem(EventConsumer)
        assert "openedx_blockstore.E007" in [each.id for each in messages]


@pytest.mark.django_db
def test_a_broken_type_keeps_no_author_from_writing(
    installer: Installer, bundle: BundleData
) -> None:
    install(installer, bundle_types={"video": "Missing", "own": "Missing"})
    installer.turn_on("stranger")
    make_version(bundle.uuid, {"a": "1"})
    video = api.create_bundle(bundle.collection_uuid or "", "v", "V", type="video")
    # The built-in one stands in for the one that should have taken its place.
    made = make_version(video.uuid, {str(number): "x" for number in range(101)})
    assert len(made.files) == 101
    with pytest.raises(PluginError):
        api.get_bundle_types()


# The command --------------------------------------------------------------------------------------


def listed(*arguments: str) -> str:
    """What the command prints."""
    output = StringIO()
    call_command("list_plugins", *arguments, stdout=output, no_color=True)
    return output.getvalue()


def test_the_command_lists_everything(installer: Installer) -> None:
    install(installer, "stranger", event_consumers={"counter": "Counter", "odd": "Lazy"})
    install(installer, "stranger2", event_consumers={"other": "Counter"})
    installer.turn_on("stranger", "strangr")
    text = listed()
    assert "stranger (stranger-dist 1.0)" in text
    assert "enabled  event_consumers  counter: Counts events.\n" in text
    assert "broken  event_consumers  odd\n" in text
    assert "lacks what every EventConsumer has: handle" in text
    assert "disabled  event_consumers  other\n" in text
    assert "OPENEDX_BLOCKSTORE['PLUGINS'] does not name it" in text
    assert "enabled  bundle_types  video: A video with its transcripts" in text
    assert "'strangr', and no such plugin is installed" in text
    entries = {each["name"]: each for each in json.loads(listed("--json"))}
    assert entries["counter"]["distribution"] == "stranger-dist"
    assert entries["counter"]["state"] == "enabled"
    assert entries["odd"]["mend"]


@pytest.mark.slow
def test_the_stand_alone_project_says_what_is_wrong(tmp_path: Any) -> None:
    """At start, and in no other way than any setting."""
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = "
        "'openedx_blockstore.settings.standalone';"
        "from django.conf import settings;"
        "settings.OPENEDX_BLOCKSTORE['PLUGINS'] = ['nobody'];"
        "from django.core.management import execute_from_command_line;"
        "execute_from_command_line(['manage.py', 'check'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"BLOCKSTORE_DATA_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "names 'nobody', and no such plugin is installed" in done.stderr
    assert "Install it, or take it out of the setting" in done.stderr
