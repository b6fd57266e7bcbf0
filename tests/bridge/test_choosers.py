"""Who decides what learners are shown: the default, others, and what if they fail."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from openedx_blockstore import plugin_manager
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.choosing import deciding
from openedx_blockstore_xblock.choosing.chance import RandomChooser
from openedx_blockstore_xblock.choosing.deciding import decide
from openedx_blockstore_xblock.plugin_api import ChoiceOption, ChoiceRequest, Chooser
from openedx_blockstore_xblock.plugin_conformance.choosers import ChooserConformance
from openedx_blockstore_xblock.publishing import publish
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import usage

EXAMPLE = Path(__file__).resolve().parent.parent / "example_chooser"

REQUEST = ChoiceRequest(
    kind="blocks",
    context_key="blockstore:owls",
    learner="7",
    user_id=7,
    subject="bank",
    options=tuple(ChoiceOption(f"k{number}") for number in range(10)),
    count=3,
)


class TestRandomChooser(ChooserConformance):
    """The default fulfils the contract."""

    plugin = RandomChooser


def test_one_option_more_or_less_moves_few_learners() -> None:
    """So that authors can add groups and blocks without dealing everything anew."""
    many = ChoiceRequest(
        **{
            **_values(REQUEST),
            "count": 1,
            "options": tuple(ChoiceOption(f"k{number}") for number in range(11)),
        }
    )
    moved = 0
    for learner in range(400):
        who = {"learner": str(learner), "user_id": learner}
        few = RandomChooser().choose(ChoiceRequest(**{**_values(REQUEST), "count": 1, **who}))
        now = RandomChooser().choose(ChoiceRequest(**{**_values(many), **who}))
        assert now in (few, ["k10"])
        moved += few != now
    assert 10 < moved < 80


def _values(request: ChoiceRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in ChoiceRequest.__annotations__}


class Stubborn(Chooser):
    """Answers whatever it is made to."""

    answer: Any = ()

    def choose(self, request: ChoiceRequest) -> Any:
        """Answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(request) if callable(self.answer) else self.answer


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("engine is down"),
        None,
        5,
        ["nobody"],
        ["k1", "k1", "k2"],
        ["k1"],
        [f"k{number}" for number in range(10)],
        [["k1"], ["k2"], ["k3"]],
        lambda _request: (_ for _ in ()).throw(KeyError("late")),
    ],
)
def test_whatever_a_chooser_does_a_learner_gets_an_answer(
    answer: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Chance decides instead, and operators find it in the log."""
    stubborn = Stubborn()
    stubborn.answer = answer
    monkeypatch.setattr(deciding, "plugins_of", lambda _contract: {"stubborn": stubborn})
    decision = decide(REQUEST, chooser="stubborn")
    assert list(decision.keys) == RandomChooser().choose(REQUEST)
    assert "'stubborn'" in decision.problem
    assert "stubborn" in caplog.text


@pytest.mark.django_db
def test_authors_are_told_of_a_chooser_that_there_is_not(
    make_bundle: Callable[..., UUID],
    make_runtime: Callable[..., BlockstoreRuntime],
    make_user: Callable[[str], BlockUser],
) -> None:
    """Learners are shown what chance decides."""
    uuid = make_bundle(
        {
            "bank.xml": '<library_content chooser="oracle" max_count="1">'
            '<html url_name="a">a</html><html url_name="b">b</html></library_content>'
        }
    )
    key = usage(uuid, "bank.xml", block_type="library_content")
    learner = make_user("athene")
    assert len(make_runtime(learner).get_block(key).children) == 1
    assert decide(REQUEST, chooser="oracle").problem == (
        "There is no chooser 'oracle'; there are: random."
    )


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Any]:
    """The example is installed, as anybody would."""
    source = tmp_path / "source"
    shutil.copytree(EXAMPLE, source)
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--target", str(site), str(source)], check=True
    )
    monkeypatch.syspath_prepend(str(site))
    plugin_manager.forget()
    assert settings.OPENEDX_BLOCKSTORE["PLUGINS"] == "all"
    yield importlib.import_module("blockstore_mastery")
    sys.modules.pop("blockstore_mastery", None)
    monkeypatch.undo()
    plugin_manager.forget()


@pytest.mark.django_db
def test_an_adaptive_chooser_decides_by_what_was_solved(
    example: Any,
    make_bundle: Callable[..., UUID],
    make_runtime: Callable[..., BlockstoreRuntime],
    make_user: Callable[[str], BlockUser],
) -> None:
    """The author names it, and it is asked each time."""
    assert issubclass(example.Mastery, Chooser)
    problems = "".join(
        f'<problem url_name="p{number}" display_name="Problem {number}"/>' for number in range(4)
    )
    uuid = make_bundle(
        {
            "bank.xml": f'<library_content max_count="4" chooser="mastery">{problems}'
            "</library_content>"
        }
    )
    key = usage(uuid, "bank.xml", block_type="library_content")
    learner = make_user("athene")
    for step in range(4):
        blocks = make_runtime(learner).get_block(key).get_children()
        titles = [block.display_name for block in blocks]
        assert titles == [f"Problem {number}" for number in range(step + 1)]
        publish(learner, blocks[-1], "grade", {"value": 1, "max_value": 2})
        assert len(make_runtime(learner).get_block(key).children) == step + 1
        publish(learner, blocks[-1], "grade", {"value": 2, "max_value": 2})
    assert len(make_runtime(learner).get_block(key).children) == 4
    assert len(make_runtime(make_user("pallas")).get_block(key).children) == 1


@pytest.mark.django_db
def test_the_site_may_have_another_default(
    example: Any,
    make_bundle: Callable[..., UUID],
    make_runtime: Callable[..., BlockstoreRuntime],
    make_user: Callable[[str], BlockUser],
    settings: Settings,
) -> None:
    """By a setting; and a block may ask for chance."""
    given = settings.OPENEDX_BLOCKSTORE
    plugins = {**given["PLUGIN_SETTINGS"], "openedx_blockstore_xblock": {"CHOOSER": "mastery"}}
    settings.OPENEDX_BLOCKSTORE = {**given, "PLUGIN_SETTINGS": plugins}
    html = "".join(f'<html url_name="h{number}">x</html>' for number in range(4))
    uuid = make_bundle(
        {
            "bank.xml": f'<library_content max_count="3">{html}</library_content>',
            "other.xml": f'<library_content max_count="3" chooser="random">{html}'
            "</library_content>",
        }
    )
    learner = make_user("athene")
    keys = [usage(uuid, path, block_type="library_content") for path in ("bank.xml", "other.xml")]
    counts = [len(make_runtime(learner).get_block(key).children) for key in keys]
    assert counts == [1, 3]


@pytest.mark.django_db
def test_grades_of_blocks_can_be_asked_for(make_user: Callable[[str], BlockUser]) -> None:
    """By the keys that choosers are given; what has none is not there."""
    learner = make_user("athene")
    assert bridge.get_grades("blockstore:owls", user_id=learner.user_id or 0, block_keys=[]) == {}
    assert bridge.get_grades("x", user_id=0, block_keys=["k"] * 2000) == {}
