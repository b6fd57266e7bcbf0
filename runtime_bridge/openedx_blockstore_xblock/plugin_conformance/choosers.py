"""The suite for choosers.

::

    class TestMyChooser(ChooserConformance):
        plugin = MyChooser
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from django.db import connection

from openedx_blockstore.plugin_conformance import PluginConformance
from openedx_blockstore_xblock.plugin_api import ChoiceOption, ChoiceRequest, Chooser

_BUNDLE = UUID("0b000000-0000-4000-8000-000000000001")
_THREADS = 8


def _options(number: int) -> tuple[ChoiceOption, ...]:
    return tuple(
        ChoiceOption(f"key-{each}", "problem", _BUNDLE, f"problem/p{each}/definition.xml")
        for each in range(number)
    )


_BLOCKS = ChoiceRequest(
    kind="blocks",
    context_key="blockstore:owls-2026",
    learner="7",
    user_id=7,
    subject="f0" * 32,
    options=_options(20),
    count=5,
)

#: What is asked → how.
REQUESTS = {
    "five of twenty": _BLOCKS,
    "five of twenty, two of which are known": evolve(_BLOCKS, chosen=("key-3", "key-17")),
    "five of twenty, all of which are known": evolve(
        _BLOCKS, chosen=("key-9", "key-1", "key-3", "key-17", "key-0")
    ),
    "all": evolve(_BLOCKS, count=20),
    "more than there are": evolve(_BLOCKS, count=21),
    "one of one": evolve(_BLOCKS, options=_options(1), count=1),
    "some of nothing": evolve(_BLOCKS, options=(), count=3),
    "none": evolve(_BLOCKS, count=0),
    "other ones": evolve(_BLOCKS, draw=3),
    "for a visitor": evolve(_BLOCKS, learner="a1b2c3", user_id=None),
    "some of very many": evolve(_BLOCKS, options=_options(10_000)),
    "a group": evolve(
        _BLOCKS,
        kind="group",
        subject="owls-2026/user_partition/50",
        options=tuple(ChoiceOption(str(each), path=f"Group {each}") for each in (11, 12, 13)),
        count=1,
    ),
}


class ChooserConformance(PluginConformance):
    """Everything that every chooser must bear and do."""

    contract = Chooser

    def test_it_says_whether_it_revises(self, made: Chooser) -> None:
        """With a plain yes or no."""
        assert isinstance(made.revises, bool), f"revises must be a bool, not {made.revises!r}."

    @pytest.mark.django_db
    @pytest.mark.parametrize("what", REQUESTS)
    def test_it_answers(self, made: Chooser, what: str) -> None:
        """With as many of the options as are asked for, each once, and what is known among them."""
        request = REQUESTS[what]
        _check(made, request, _ask(made, request, what), what)

    @pytest.mark.django_db
    def test_learners_get_answers_of_their_own(self, made: Chooser) -> None:
        """Each is asked about alone, and the order in which they come must not break anything."""
        for learner in range(50):
            request = evolve(_BLOCKS, learner=str(learner), user_id=learner)
            _check(made, request, _ask(made, request, f"learner {learner}"), f"learner {learner}")

    @pytest.mark.django_db(transaction=True)
    def test_several_threads_ask_at_a_time(self, made: Chooser) -> None:
        """There is one instance in a process."""
        with ThreadPoolExecutor(_THREADS) as pool:
            for answer in pool.map(lambda _: _in_thread(made), range(4 * _THREADS)):
                _check(made, _BLOCKS, answer, "five of twenty, in threads")


def _in_thread(made: Chooser) -> Any:
    try:
        return _ask(made, _BLOCKS, "five of twenty, in threads")
    finally:
        connection.close()


def _ask(made: Chooser, request: ChoiceRequest, what: str) -> Any:
    try:
        return made.choose(request)
    except Exception as error:  # noqa: BLE001  (whatever it raises)
        pytest.fail(f"choose() must answer every question, but raised {error!r} ({what}).")


def _check(made: Chooser, request: ChoiceRequest, answer: Any, what: str) -> None:
    assert isinstance(answer, (list, tuple)), (
        f"choose() must return a list of keys, not {answer!r:.200} ({what})."
    )
    known = {option.key for option in request.options}
    unknown = [key for key in answer if key not in known]
    assert not unknown, f"choose() gave {unknown[0]!r}, which is none of the options ({what})."
    assert len(set(answer)) == len(answer), f"choose() gave a key twice ({what}): {answer!r:.200}"
    assert len(answer) <= request.count, (
        f"choose() gave {len(answer)} keys, and was asked for {request.count} ({what})."
    )
    if made.revises:
        return
    wanted = min(request.count, len(request.options))
    assert len(answer) == wanted, (
        f"choose() gave {len(answer)} keys of {wanted} ({what}). Only one that revises may give "
        f"fewer."
    )
    gone = set(request.chosen) - set(answer)
    assert not gone, (
        f"choose() let go of {min(gone)!r}, which was chosen before ({what}). Only one that "
        f"revises may do that."
    )
