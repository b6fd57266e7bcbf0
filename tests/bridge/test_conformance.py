"""The suites of the bridge's contracts: who writes a broken plugin is told what is wrong."""

from __future__ import annotations

import pytest

from tests.broken_plugins import told_about

BROKEN = """
import pytest
from django.contrib.auth import get_user_model
from openedx_blockstore_xblock.plugin_api import *
from openedx_blockstore_xblock.plugin_conformance.choosers import ChooserConformance
from openedx_blockstore_xblock.plugin_conformance.learning_contexts import (
    LearningContextConformance)

class Generous(Chooser):
    '''Gives everybody the same.'''
    revises = "no"
    def choose(self, request):
        if request.kind == "group":
            raise RuntimeError("no groups")
        return ["key-0", "key-0"]

class TestGenerous(ChooserConformance):
    plugin = Generous

class Stranger(Chooser):
    '''Makes options up.'''
    def choose(self, request):
        return ("key-x",)

class TestStranger(ChooserConformance):
    plugin = Stranger

class Stingy(Chooser):
    '''Gives as little as there is.'''
    def choose(self, request):
        return [option.key for option in request.options][:1]

class TestStingy(ChooserConformance):
    plugin = Stingy

class OpenHouse(LearningContextKind):
    '''Lets everybody do everything.'''
    def describe(self, context_key):
        return LearningContextData(context_key, "Open house", ())
    def may_view(self, user, context_key, mount):
        return None

class TestOpenHouse(LearningContextConformance):
    plugin = OpenHouse
    @pytest.fixture
    def context(self, bundle):
        return BlockstoreContextKey.of_kind("house", "1")

class Shut(LearningContextKind):
    '''Nobody gets in.'''
    def may_view(self, user, context_key, mount):
        return False

class TestShut(LearningContextConformance):
    plugin = Shut
"""

MESSAGES = {
    "Generous": [
        "revises must be a bool, not 'no'",
        "choose() must answer every question, but raised RuntimeError('no groups') (a group)",
        "choose() gave a key twice (five of twenty)",
        "No entry point in the group 'openedx_blockstore.choosers' names 'test_broken:Generous'",
    ],
    "Stranger": ["choose() gave 'key-x', which is none of the options (five of twenty)"],
    "Stingy": [
        "choose() gave 1 keys of 5 (five of twenty). Only one that revises may give fewer",
    ],
    "OpenHouse": [
        "describe(blockstore:house~1) says nothing of the bundle",
        "describe() must raise LearningContextNotFound for what is not there, but gave Learning",
    ],
    "Shut": [
        "Shut must define describe",
        "Define the fixture `context` in TestShut: let it make a context that mounts the bundle",
    ],
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest prints about the broken plugins."""
    return told_about(BROKEN, tmp_path_factory.mktemp("broken"))


@pytest.mark.slow
@pytest.mark.parametrize("name", MESSAGES)
def test_the_author_of_a_broken_one_is_told_what_is_wrong(told: str, name: str) -> None:
    missing = [message for message in MESSAGES[name] if message not in told]
    assert missing == [], told
