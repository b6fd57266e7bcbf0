"""The suite for kinds of learning contexts.

::

    class TestMyKind(LearningContextConformance):
        plugin = MyKind

        @pytest.fixture
        def context(self, bundle):
            return my_api.make_course("Owls", bundle.uuid).key

        @pytest.fixture
        def learner(self, context):
            return my_api.enrol(User.objects.create_user("athene"), context)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from openedx_blockstore.data import BundleData
from openedx_blockstore.plugin_conformance import (
    PluginConformance,
    check_json,
    counting,
    statements,
)
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.plugin_api import (
    BlockstoreContextKey,
    BlockstoreUsageKey,
    LearningContextData,
    LearningContextKind,
    LearningContextNotFound,
    MountData,
    MountNotFound,
)

#: What may stand in an address.
_NAMES = ("x", "no such", "..", "%00", "\0", "ü/é", "course-v1:A+B+C", "0", "-1", "x" * 40)


class LearningContextConformance(PluginConformance):
    """Everything that every kind of learning contexts must bear and do."""

    contract = LearningContextKind

    @pytest.fixture
    def context(self, bundle: BundleData) -> BlockstoreContextKey:
        """A context that mounts the bundle: for you to define, through your plugin's own API."""
        pytest.skip(
            f"Define the fixture `context` in {type(self).__name__}: let it make a context that "
            f"mounts the bundle {bundle.uuid}, and return its key."
        )

    @pytest.fixture
    def learner(self, context: BlockstoreContextKey) -> Any:
        """A user who may learn there: for you to define, likewise."""
        pytest.skip(
            f"Define the fixture `learner` in {type(self).__name__}: let it return a user who may "
            f"view what {context} mounts."
        )

    @pytest.fixture
    def mounted(
        self, made: LearningContextKind, context: BlockstoreContextKey, bundle: BundleData
    ) -> MountData:
        """What the context has of the bundle."""
        mounts = [each for each in made.describe(context).mounts if each.bundle_uuid == bundle.uuid]
        assert mounts, f"describe({context}) says nothing of the bundle {bundle.uuid}."
        return mounts[0]

    def test_its_keys_are_texts_and_come_back(self, context: BlockstoreContextKey) -> None:
        """They name the kind by its entry point."""
        assert isinstance(context, BlockstoreContextKey), (
            f"A context's key must be a BlockstoreContextKey, not {context!r}."
        )
        assert context.kind, (
            f"{context} is of no kind. Make keys by BlockstoreContextKey.of_kind(kind, name)."
        )
        assert BlockstoreContextKey.of_kind(context.kind, context.name) == context
        assert BlockstoreContextKey.from_string(str(context)) == context
        assert ALL_CONTEXTS.describe(context).key == context, (
            f"The kind of {context} must be the name of the plugin's entry point."
        )

    def test_a_context_is_described(
        self, made: LearningContextKind, context: BlockstoreContextKey, mounted: MountData
    ) -> None:
        """Its own key, a title, and aliases that are there once."""
        found = made.describe(context)
        assert isinstance(found, LearningContextData), f"describe() must not return {found!r}."
        assert found.key == context, f"describe({context}) returned {found.key}."
        assert isinstance(found.title, str), f"A title is a text, not {found.title!r}."
        aliases = [mount.alias for mount in found.mounts]
        assert len(set(aliases)) == len(aliases), f"Aliases must be unique: {aliases!r}."
        for mount in found.mounts:
            assert isinstance(mount, MountData), f"Mounts must be MountData, not {mount!r}."
            assert mount.alias, "An alias must not be empty."
            assert "/" not in mount.alias, f"The alias {mount.alias!r} must have no slash."
            assert made.mount(context, mount.alias) == mount, (
                f"mount() must return for {mount.alias!r} what describe() says of it."
            )
        assert mounted in found.mounts

    @pytest.mark.parametrize("name", _NAMES)
    def test_what_is_not_there_is_not_found(
        self, made: LearningContextKind, context: BlockstoreContextKey, name: str
    ) -> None:
        """With the errors that say so, whatever was asked for."""
        nowhere = BlockstoreContextKey.of_kind(context.kind, f"{name}\N{SNOWMAN}")
        alias = f"{name}\N{SNOWMAN}"
        _must_raise(LearningContextNotFound, lambda: made.describe(nowhere), "describe()")
        _must_raise(LearningContextNotFound, lambda: made.mount(nowhere, "main"), "mount()")
        _must_raise(MountNotFound, lambda: made.mount(context, alias), "mount()")

    def test_it_sets_fields_of_usages_it_is_asked_about_alone(
        self, made: LearningContextKind, context: BlockstoreContextKey, mounted: MountData
    ) -> None:
        """As JSON has them; and for twenty usages it asks the database no more than for one."""
        keys = [
            BlockstoreUsageKey(
                context,
                "problem",
                mounted.bundle_uuid,
                "definition.xml",
                f"b{number}",
                route=(mounted.alias,),
            )
            for number in range(20)
        ]
        assert dict(made.settings(context, [])) == {}, "settings() of no usages must be empty."
        with counting() as one:
            made.settings(context, keys[:1])
        with counting() as many:
            found = made.settings(context, keys)
        assert set(found) <= set(keys), "settings() told of usages nobody asked for."
        for values in found.values():
            check_json(dict(values), of="settings()")
        assert len(statements(many)) <= len(statements(one)) + 1, (
            "settings() takes more statements for more usages:\n" + "\n".join(statements(many)[:10])
        )

    def test_a_learner_may_view_and_do_nothing_else(
        self,
        made: LearningContextKind,
        context: BlockstoreContextKey,
        mounted: MountData,
        learner: Any,
    ) -> None:
        """Each answer is yes or no."""
        assert made.may_view(learner, context, mounted) is True, (
            f"may_view() must be True for the learner {learner!r}."
        )
        assert made.may_author(learner, context, mounted) is False
        assert made.may_administer(learner, context) is False

    def test_who_is_nobody_changes_nothing(
        self, made: LearningContextKind, context: BlockstoreContextKey, mounted: MountData
    ) -> None:
        """Neither a visitor without an account, nor a stranger, nor an account that is locked."""
        users: list[Any] = [AnonymousUser(), get_user_model()(username="stranger", pk=10**6)]
        users.append(get_user_model()(username="locked", pk=10**6 + 1, is_active=False))
        for user in users:
            assert made.may_view(user, context, mounted) in (True, False)
            assert made.may_author(user, context, mounted) is False, f"{user!r} may author."
            assert made.may_administer(user, context) is False, f"{user!r} may administer."


def _must_raise(error: type[Exception], ask: Callable[[], object], call: str) -> None:
    try:
        given = ask()
    except error:
        return
    except Exception as other:  # noqa: BLE001  (whatever it raises)
        pytest.fail(f"{call} must raise {error.__name__} for what is not there, not {other!r}.")
    pytest.fail(f"{call} must raise {error.__name__} for what is not there, but gave {given!r}.")
