"""What becomes of grades and completion that blocks publish."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings
from webob import Request
from xblock.completable import XBlockCompletionMode
from xblock.core import XBlock
from xblock.fields import ScopeIds

from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock import platform, signals
from openedx_blockstore_xblock import requests as bridge_requests
from openedx_blockstore_xblock.data import CompletionData, GradeData
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.models import BlockState
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.results import get_completions
from openedx_blockstore_xblock.services import BlockUser
from openedx_blockstore_xblock.state_keys import BlockstoreStateKey
from tests.bridge.conftest import usage
from tests.bridge.olx import MULTIPLE_CHOICE
from tests.bridge.test_state import PLATFORM, keep_in

pytestmark = pytest.mark.django_db

UNIT = (
    "<unit>"
    + MULTIPLE_CHOICE.replace("<problem ", '<problem url_name="p" ')
    + '<html url_name="h"><p>Owls</p></html></unit>'
)


class Speaker(XBlock):  # type: ignore[misc]
    """Publishes whatever it is told."""


class OwnCompletion(Speaker):
    """Knows itself when it is complete."""

    has_custom_completion = True
    completion_mode = XBlockCompletionMode.COMPLETABLE


class Holder(Speaker):
    """Is complete when what it holds is."""

    completion_mode = XBlockCompletionMode.AGGREGATOR


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """What is told of grades and completion."""
    values: list[Any] = []

    def hear(**data: Any) -> None:
        values.append(data.get("grade") or data.get("completion"))

    signals.grade_published.connect(hear)
    signals.completion_published.connect(hear)
    yield values
    signals.grade_published.disconnect(hear)
    signals.completion_published.disconnect(hear)


@pytest.fixture
def learner(make_user: Callable[[str], BlockUser]) -> BlockUser:
    """Somebody with an account."""
    return make_user("athene")


@pytest.fixture
def context(
    make_bundle: Callable[..., UUID], make_context: Callable[..., BlockstoreContextKey]
) -> tuple[UUID, BlockstoreContextKey]:
    """A unit in a context."""
    uuid = make_bundle({"unit.xml": UNIT})
    return uuid, make_context("night", uuid)


def speak(
    user: BlockUser, kind: str, data: Any, *, speaker: type[XBlock] = Speaker, **more: Any
) -> None:
    """Let a block publish something."""
    key = usage(UUID(int=7), "speaker.xml", block_type="speaker")
    runtime = bridge_requests.make_runtime(user, **more)
    block = runtime.construct_xblock_from_class(speaker, ScopeIds(1, "speaker", key, key))
    runtime.publish(block, kind, data)


def test_an_answer_is_a_grade_and_completes_the_problem(
    context: tuple[UUID, BlockstoreContextKey], learner: BlockUser, told: list[Any]
) -> None:
    """Through the problem's own handler; what is told has numbers in it, and is in the table."""
    uuid, context_key = context
    key = usage(uuid, "unit.xml", block_type="problem", inner_id="problem/p", context=context_key)
    for choice, points in (("choice_1", 0.0), ("choice_0", 1.0)):
        runtime = bridge_requests.make_runtime(learner)
        block = runtime.get_block(key)
        name = f"input_{key.html_id()}_2_1"
        request = Request.blank("/", POST={name: choice})
        answer = runtime.handle(block, "xmodule_handler", request, "problem_check")
        assert answer.status_code == 200
        state = BlockState.objects.get(block_digest=key.block_digest)
        assert (state.grade, state.max_grade, state.completion) == (points, 1.0, 1.0)
        assert state.fields["attempts"] >= 1
    assert told == [
        GradeData(key, learner.user_id or 0, 0.0, 1.0),
        CompletionData(key, learner.user_id or 0, 1.0),
        GradeData(key, learner.user_id or 0, 1.0, 1.0),
    ]


@pytest.mark.parametrize(
    "data",
    [
        None,
        "1/2",
        [],
        {},
        {"value": 1},
        {"max_value": 1},
        {"value": "1", "max_value": 1},
        {"value": True, "max_value": 1},
        {"value": float("nan"), "max_value": 1},
        {"value": 1, "max_value": float("inf")},
        {"value": 1, "max_value": -1},
        {"value": 10**400, "max_value": 1},
        {"value": None, "max_value": None},
    ],
)
def test_what_is_no_number_is_no_grade(data: Any, learner: BlockUser, told: list[Any]) -> None:
    """Nothing is kept, nothing is told, and the block goes on."""
    speak(learner, "grade", data)
    assert told == []
    assert not BlockState.objects.exists()


@pytest.mark.parametrize("value", [None, "1", -0.1, 1.1, float("nan"), True, [1]])
def test_what_is_not_from_0_to_1_is_no_completion(
    value: Any, learner: BlockUser, told: list[Any]
) -> None:
    """Likewise."""
    speak(learner, "completion", {"completion": value})
    assert told == []
    assert not BlockState.objects.exists()


def test_only_a_higher_grade_counts_where_the_block_says_so(
    learner: BlockUser, told: list[Any]
) -> None:
    """Compared as parts of what can be had; a deleted grade is none."""
    for earned, possible, only in ((3, 4, False), (5, 10, True), (9, 10, True), (0, 10, False)):
        data = {"value": earned, "max_value": possible, "only_if_higher": only}
        speak(learner, "grade", data)
    grades = [each for each in told if isinstance(each, GradeData)]
    assert [(each.raw_earned, each.raw_possible) for each in grades] == [(3, 4), (9, 10), (0, 10)]
    speak(learner, "grade", {"value": 0, "max_value": 10, "score_deleted": True})
    state = BlockState.objects.get()
    assert (state.grade, state.max_grade, state.completion) == (None, None, 0.0)


def test_visitors_and_previews_have_no_grades(learner: BlockUser, told: list[Any]) -> None:
    """There is nobody to whom they could belong; nor completion."""
    for kind, data in (
        ("grade", {"value": 1, "max_value": 1}),
        ("completion", {"completion": 1.0}),
        ("progress", {}),
    ):
        speak(BlockUser(visitor="owl"), kind, data)
        speak(learner, kind, data, preview=Preview())
    assert told == []
    assert not BlockState.objects.exists()


def test_who_completes_what(learner: BlockUser, told: list[Any]) -> None:
    """Progress completes what does not know better; a holder is complete when its blocks are."""
    speak(learner, "progress", {}, speaker=OwnCompletion)
    speak(learner, "grade", {"value": 1, "max_value": 1}, speaker=OwnCompletion)
    speak(learner, "completion", {"completion": 1.0}, speaker=Holder)
    assert not any(isinstance(each, CompletionData) for each in told)
    speak(learner, "completion", {"completion": 0.5}, speaker=OwnCompletion)
    speak(learner, "completion", {"completion": 0.5}, speaker=OwnCompletion)
    speak(learner, "completion", {"completion": 0.25}, speaker=OwnCompletion)
    speak(learner, "progress", {})
    completions = [each.completion for each in told if isinstance(each, CompletionData)]
    assert completions == [0.5, 0.25, 1.0]


def test_the_completion_service(
    context: tuple[UUID, BlockstoreContextKey], learner: BlockUser
) -> None:
    """A unit is complete when all that can be completed in it is."""
    uuid, context_key = context
    runtime = bridge_requests.make_runtime(learner)
    unit = runtime.get_block(usage(uuid, "unit.xml", context=context_key))
    problem, html = unit.get_children()
    video = runtime.construct_xblock_from_class(_Asking, problem.scope_ids)
    service = runtime.service(video, "completion")
    assert service.completion_tracking_enabled()
    assert service.get_completable_children(unit) == [problem, html]
    assert service.vertical_is_complete(unit) is False
    assert service.blocks_to_mark_complete_on_view([problem, html]) == [html]
    keys = [each.scope_ids.usage_id for each in (problem, html)]
    assert service.get_completions(keys) == dict.fromkeys(keys, 0.0)
    request = Request.blank("/", method="POST", body=json.dumps({"completion": 1}).encode())
    assert runtime.handle(html, "publish_completion", request).status_code == 200
    assert runtime.handle(problem, "publish_completion", request).status_code == 400
    assert service.blocks_to_mark_complete_on_view([problem, html]) == []
    runtime.publish(problem, "grade", {"value": 1, "max_value": 2})
    assert service.vertical_is_complete(unit) is True
    with pytest.raises(ValueError, match="is no unit"):
        service.vertical_is_complete(html)
    assert get_completions(learner.user_id or 0, keys) == dict.fromkeys(keys, 1.0)


@XBlock.wants("completion")
class _Asking(XBlock):  # type: ignore[misc]
    """Asks for the service."""


@pytest.mark.parametrize("body", ["", "x", "[]", "{}", '{"completion": "1"}', '{"completion": 2}'])
def test_a_page_can_not_complete_by_nonsense(
    body: str, context: tuple[UUID, BlockstoreContextKey], learner: BlockUser
) -> None:
    """It is told what is wrong, and nothing is kept."""
    uuid, context_key = context
    runtime = bridge_requests.make_runtime(learner)
    html = runtime.get_block(
        usage(uuid, "unit.xml", block_type="html", inner_id="html/h", context=context_key)
    )
    request = Request.blank("/", method="POST", body=body.encode())
    assert runtime.handle(html, "publish_completion", request).status_code == 400
    assert not BlockState.objects.exists()


def test_completion_goes_to_the_platforms_table_where_tracking_is_on(learner: BlockUser) -> None:
    """By ``edx-completion``, under the block's own key, which fits however long a usage is."""
    from completion.models import BlockCompletion  # noqa: PLC0415 - of an app
    from completion.waffle import ENABLE_COMPLETION_TRACKING_SWITCH  # noqa: PLC0415
    from edx_toggles.toggles.testutils import override_waffle_switch  # noqa: PLC0415

    speak(learner, "completion", {"completion": 0.5})
    assert not BlockCompletion.objects.exists()
    with override_waffle_switch(ENABLE_COMPLETION_TRACKING_SWITCH, active=True):
        speak(learner, "completion", {"completion": 0.75})
        speak(learner, "completion", {"completion": 1})
    kept = BlockCompletion.objects.get()
    assert (kept.user_id, kept.completion, kept.block_type) == (learner.user_id, 1.0, "speaker")
    key = usage(UUID(int=7), "speaker.xml", block_type="speaker")
    assert (kept.block_key, kept.context_key) == (BlockstoreStateKey.of(key), key.context_key)


def test_grades_go_to_lms_where_there_is_one(
    learner: BlockUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[Any]
) -> None:
    """By its own signal; what its receivers do wrong does not reach the learner."""
    module = tmp_path / "lms" / "djangoapps" / "grades" / "signals" / "signals.py"
    module.parent.mkdir(parents=True)
    module.write_text("from django.dispatch import Signal\nSCORE_PUBLISHED = Signal()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    platform._score_published.cache_clear()
    try:
        from lms.djangoapps.grades.signals.signals import SCORE_PUBLISHED  # type: ignore[import-not-found]  # noqa: PLC0415

        heard: list[dict[str, Any]] = []

        key = usage(UUID(int=7), "speaker.xml", block_type="speaker")

        def hear(**data: Any) -> None:
            heard.append(data)
            raise RuntimeError("no such course")

        SCORE_PUBLISHED.connect(hear)
        speak(learner, "grade", {"value": 3, "max_value": 4})
        bridge.reset_state(key, user_id=learner.user_id or 0)
    finally:
        platform._score_published.cache_clear()
        for name in [each for each in sys.modules if each.partition(".")[0] == "lms"]:
            del sys.modules[name]
    data, retracted = heard
    assert (data["raw_earned"], data["raw_possible"]) == (3.0, 4.0)
    assert data["user"] == get_user_model().objects.get(username=learner.username)
    assert data["block"].scope_ids.block_type == "speaker"
    assert data["block"].location == retracted["block"].location == BlockstoreStateKey.of(key)
    assert (retracted["raw_earned"], retracted["score_deleted"]) == (0.0, True)
    assert getattr(retracted["block"], "weight", None) is None
    assert len(told) == 4


@pytest.mark.parametrize("store", ["tables", "platform"])
def test_a_learner_who_begins_anew_has_no_grade_and_has_completed_nothing(
    store: str,
    context: tuple[UUID, BlockstoreContextKey],
    learner: BlockUser,
    told: list[Any],
    settings: Settings,
) -> None:
    """Wherever state is kept; and whoever was told of the grade is told that it is gone."""
    if store == "platform":
        keep_in(settings, PLATFORM)
    uuid, context_key = context
    key = usage(uuid, "unit.xml", block_type="problem", inner_id="problem/p", context=context_key)
    user_id = learner.user_id or 0
    assert not bridge.reset_state(key, user_id=user_id)
    runtime = bridge_requests.make_runtime(learner)
    runtime.publish(runtime.get_block(key), "grade", {"value": 1, "max_value": 2})
    assert bridge.get_grades(context_key, user_id=user_id, block_keys=[key.block_digest])
    told.clear()
    assert bridge.reset_state(key, user_id=user_id)
    assert not bridge.reset_state(key, user_id=user_id)
    assert not bridge.get_grades(context_key, user_id=user_id, block_keys=[key.block_digest])
    assert get_completions(user_id, [key]) == {key: 0.0}
    grade, completion = told
    assert (grade.usage_key, grade.is_deleted, grade.raw_earned) == (key, True, 0.0)
    assert (completion.usage_key, completion.completion) == (key, 0.0)
