"""Whose state is whose: the same rules in the bridge's tables and in the platform's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from typing import Any
from uuid import UUID

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey
from pytest_django import Settings
from xblock import plugin
from xblock.core import XBlock
from xblock.fields import Dict, Integer, Scope, String

from openedx_blockstore import api
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.block_classes import forget_classes
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.models import BlockState
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from openedx_blockstore_xblock.state import state_store
from openedx_blockstore_xblock.state_keys import BlockstoreStateKey
from tests.bridge.conftest import usage
from tests.bridge.platform.models import StudentModule

pytestmark = pytest.mark.django_db

MakeRuntime = Callable[..., BlockstoreRuntime]
MakeUser = Callable[[str], BlockUser]

PLATFORM = "tests.bridge.platform.store.StoreOfTests"
FILES = {
    "unit.xml": (
        '<unit><xblock-include definition="stateful/a"/>'
        '<xblock-include definition="stateful/a" usage="again"/>'
        '<xblock-include definition="stateful/b"/></unit>'
    ),
    "stateful/a/definition.xml": "<stateful/>",
    "stateful/b/definition.xml": "<stateful/>",
}


class StatefulBlock(XBlock):  # type: ignore[misc]
    """A field of each scope of users."""

    title = String(default="", scope=Scope.settings)
    answer = String(default="", scope=Scope.user_state)
    tries = Integer(default=0, scope=Scope.user_state)
    notes = Dict(default={}, scope=Scope.user_state)
    tally = Integer(default=0, scope=Scope.user_state_summary)
    speed = Integer(default=1, scope=Scope.preferences)
    nickname = String(default="", scope=Scope.user_info)


@pytest.fixture(autouse=True)
def _stateful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package that has this block."""
    point = EntryPoint("stateful", f"{__name__}:StatefulBlock", "xblock.v1")
    monkeypatch.setattr(XBlock, "extra_entry_points", [("stateful", point)])
    monkeypatch.setattr(plugin, "PLUGIN_CACHE", {})
    forget_classes()
    yield
    forget_classes()


def keep_in(settings: Settings, path: str) -> None:
    """Say what keeps state."""
    ours = {"openedx_blockstore_xblock": {"STATE_STORE": path}}
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "PLUGIN_SETTINGS": ours}


@pytest.fixture(params=["tables", "platform"])
def store(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Where state is kept."""
    if request.param == "platform":
        keep_in(settings, PLATFORM)
    return str(request.param)


@pytest.fixture
def bundle(make_bundle: Callable[..., UUID]) -> UUID:
    """A unit with one block twice, and another of its type."""
    return make_bundle(FILES)


@pytest.fixture
def here(bundle: UUID, make_context: Callable[..., BlockstoreContextKey]) -> BlockstoreUsageKey:
    """The block in a context."""
    return a_block(bundle, make_context("here", bundle))


@pytest.fixture
def there(bundle: UUID, make_context: Callable[..., BlockstoreContextKey]) -> BlockstoreUsageKey:
    """The block in another context."""
    return a_block(bundle, make_context("there", bundle))


def a_block(
    bundle: UUID, context: BlockstoreContextKey, name: str = "a", **more: Any
) -> BlockstoreUsageKey:
    """A usage of a block of the bundle."""
    path = f"stateful/{name}/definition.xml"
    return usage(bundle, path, context=context, block_type="stateful", **more)


def change(runtime: BlockstoreRuntime, key: BlockstoreUsageKey, **fields: Any) -> None:
    """Set fields as a handler does."""
    block = runtime.get_block(key)
    for name, value in fields.items():
        setattr(block, name, value)
    block.save()


def state(runtime: BlockstoreRuntime, key: BlockstoreUsageKey) -> tuple[Any, ...]:
    """All fields of a block that belong to users."""
    block = runtime.get_block(key)
    return (block.answer, block.tally, block.speed, block.nickname)


CHANGED = {"answer": "mice", "tally": 7, "speed": 2, "nickname": "Bubo"}


@pytest.mark.usefixtures("store")
def test_what_a_learner_leaves_belongs_to_what_its_scope_says(
    here: BlockstoreUsageKey,
    there: BlockstoreUsageKey,
    bundle: UUID,
    make_runtime: MakeRuntime,
    make_user: MakeUser,
) -> None:
    """The table of the rules: what one learner has left, seen from everywhere."""
    learner, other = make_user("athene"), make_user("strix")
    change(make_runtime(learner), here, **CHANGED)
    again = a_block(bundle, here.context_key, place="again")
    beside = a_block(bundle, here.context_key, "b")
    assert state(make_runtime(learner), here) == ("mice", 7, 2, "Bubo")
    assert state(make_runtime(learner), again) == ("mice", 7, 2, "Bubo")
    assert state(make_runtime(learner), beside) == ("", 0, 2, "Bubo")
    assert state(make_runtime(learner), there) == ("", 0, 2, "Bubo")
    assert state(make_runtime(other), here) == ("", 7, 1, "")
    assert state(make_runtime(other), there) == ("", 0, 1, "")
    assert state(make_runtime(BlockUser(visitor="x")), here) == ("", 0, 1, "")


@pytest.mark.usefixtures("store")
def test_the_state_of_visitors_is_theirs(
    here: BlockstoreUsageKey, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Even what learners share."""
    one, two = BlockUser(visitor="one"), BlockUser(visitor="two")
    change(make_runtime(one), here, **CHANGED)
    assert state(make_runtime(one), here) == ("mice", 7, 2, "Bubo")
    assert state(make_runtime(two), here) == ("", 0, 1, "")
    assert state(make_runtime(make_user("athene")), here) == ("", 0, 1, "")


@pytest.mark.usefixtures("store")
def test_state_outlives_versions_and_is_left_behind_by_attempts(
    here: BlockstoreUsageKey, bundle: UUID, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """The old attempt keeps it."""
    learner = make_user("athene")
    change(make_runtime(learner), here, **CHANGED)
    api.import_version(bundle, {**FILES, "stateful/a/definition.xml": "<stateful title='New'/>"})
    assert make_runtime(learner).get_block(here).title == "New"
    assert state(make_runtime(learner), here) == ("mice", 7, 2, "Bubo")
    attempt = here.in_context(bridge.start_attempt(here.context_key).key)
    assert state(make_runtime(learner), attempt) == ("", 0, 2, "Bubo")
    change(make_runtime(learner), attempt, answer="stones")
    assert state(make_runtime(learner), here) == ("mice", 7, 2, "Bubo")


@pytest.mark.usefixtures("store")
def test_a_field_goes_back_to_its_default_and_all_of_them_when_state_is_reset(
    here: BlockstoreUsageKey, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """What learners share, and what belongs to the user alone, stays."""
    learner = make_user("athene")
    change(make_runtime(learner), here, **CHANGED, tries=3)
    block = make_runtime(learner).get_block(here)
    block.fields["answer"].delete_from(block)
    assert make_runtime(learner).get_block(here).answer == ""
    assert make_runtime(learner).get_block(here).tries == 3
    assert learner.user_id is not None
    assert bridge.reset_state(here, user_id=learner.user_id)
    assert not bridge.reset_state(here, user_id=learner.user_id)
    assert make_runtime(learner).get_block(here).tries == 0
    assert state(make_runtime(learner), here) == ("", 7, 2, "Bubo")


@pytest.mark.usefixtures("store")
def test_a_value_that_was_saved_is_nobody_elses(
    here: BlockstoreUsageKey, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """To change it afterwards changes nothing that is kept."""
    learner = make_user("athene")
    notes = {"a": ["b"]}
    change(make_runtime(learner), here, notes=notes)
    notes["a"].append("c")
    first, second = make_runtime(learner).get_block(here), make_runtime(learner).get_block(here)
    first.notes["a"].append("mine")
    assert second.notes == {"a": ["b"]}
    assert make_runtime(learner).get_block(here).notes == {"a": ["b"]}


def test_state_is_where_the_setting_says(
    store: str, here: BlockstoreUsageKey, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """And nowhere else; in the platform's tables under the block's key, not the usage's."""
    change(make_runtime(make_user("athene")), here, **CHANGED)
    assert (BlockState.objects.count(), StudentModule.objects.count()) == (
        (1, 0) if store == "tables" else (0, 1)
    )
    if store == "platform":
        row = StudentModule.objects.get()
        key: Any = UsageKey.from_string(row.module_state_key)
        assert key == BlockstoreStateKey.of(here)
        assert (row.course_id, row.module_type) == (str(here.context_key), "stateful")
        assert (key.course_key, key.map_into_course(here.context_key)) == (here.context_key, key)
        with pytest.raises(ValueError, match="is not of"):
            key.map_into_course(BlockstoreContextKey("there"))


@pytest.mark.django_db(transaction=True)
def test_two_threads_that_save_different_fields_of_a_block_lose_nothing(
    here: BlockstoreUsageKey, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """In the bridge's own tables; the platform's are the platform's affair."""
    learner, rounds = make_user("athene"), 8
    change(make_runtime(learner), here, tries=0)
    barrier = threading.Barrier(2)
    failures: list[BaseException] = []

    def save(**fields: Any) -> None:
        try:
            for number in range(rounds):
                runtime = make_runtime(learner)
                runtime.get_block(here)
                barrier.wait(20)
                change(runtime, here, **{name: make(number) for name, make in fields.items()})
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=save, kwargs={"tries": int}),
        threading.Thread(target=save, kwargs={"answer": str}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    block = make_runtime(learner).get_block(here)
    assert (block.tries, block.answer) == (rounds - 1, str(rounds - 1))


# What keeps state ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.Store", "fails"),
        ("builtins.dict", "no StateStore"),
        ("x", "fails"),
        (
            "openedx_blockstore_xblock.state.platform.PlatformStateStore",
            "there is no lms.djangoapps.courseware.model_data here",
        ),
    ],
)
def test_what_can_not_keep_state_is_told_at_start(settings: Settings, path: str, said: str) -> None:
    """With the mend."""
    keep_in(settings, path)
    errors = [each for each in run_checks() if each.id == "openedx_blockstore_xblock.E003"]
    assert len(errors) == 1
    assert said in errors[0].msg
    with pytest.raises(ImproperlyConfigured, match="STATE_STORE"):
        state_store()


@given(st.from_regex(r"[a-z][a-z0-9_.\-]{0,90}", fullmatch=True), st.text(max_size=300))
def test_the_key_of_a_state_fits_and_comes_back(context: str, path: str) -> None:
    """However long the path of the block is."""
    key = BlockstoreUsageKey(
        BlockstoreContextKey(context), "x" * 100, UUID(int=1), f"f{path}", route=("main",)
    )
    text = str(BlockstoreStateKey.of(key))
    assert len(text) <= 255
    assert UsageKey.from_string(text) == BlockstoreStateKey.of(key)


@pytest.mark.parametrize(
    "text",
    ["a:b", "a:b:c:d", f"a/b:html:{'0' * 32}", f"a:html:{'0' * 31}", f"a:ht/ml:{'0' * 32}"],
)
def test_a_malformed_key_of_a_state_is_refused(text: str) -> None:
    """With the error that everybody who parses keys expects."""
    with pytest.raises(InvalidKeyError):
        UsageKey.from_string(f"blockstore-state:{text}")
