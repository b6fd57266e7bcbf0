"""Blocks are loaded out of bundles for learning contexts, shown, answered and remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import webob

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.exceptions import BlockNotFound, MountNotFound, ReadOnlyBlock
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import Published, usage
from tests.bridge.olx import MULTIPLE_CHOICE

pytestmark = pytest.mark.django_db

MakeBundle = Callable[..., UUID]
MakeContext = Callable[..., BlockstoreContextKey]
MakeRuntime = Callable[..., BlockstoreRuntime]
MakeUser = Callable[[str], BlockUser]

UNIT = """
<unit display_name="At night">
  <html url_name="intro"><![CDATA[<p>Owls <img src="/static/owl.png"/> hoot.</p>]]></html>
  <xblock-include definition="problem/food"/>
  <xblock-include definition="problem/food" usage="again"/>
</unit>
"""
FILES = {
    "unit.xml": UNIT,
    "problem/food/definition.xml": MULTIPLE_CHOICE,
    "static/owl.png": "not really",
}


def answer(runtime: BlockstoreRuntime, key: Any, choice: str) -> dict[str, Any]:
    """Answer the multiple-choice problem as its script does."""
    block = runtime.get_block(key)
    name = f"input_{block.lcp.problem_id}_2_1"
    request = webob.Request.blank("/", POST={name: choice})
    response = runtime.handle(block, "xmodule_handler", request, "problem_check")
    result: dict[str, Any] = json.loads(response.body)
    return result


def answers(runtime: BlockstoreRuntime, key: Any) -> dict[str, Any]:
    """Return what a block knows of its learner's answers."""
    return dict(runtime.get_block(key).student_answers)


# Children -----------------------------------------------------------------------------------------


def test_children_belong_to_the_context_in_which_their_parent_is(
    make_bundle: MakeBundle, make_context: MakeContext, make_runtime: MakeRuntime
) -> None:
    """The file is parsed once for all contexts; what it means in each is each one's own."""
    bundle = make_bundle(FILES)
    contexts = [make_context(name, bundle) for name in ("a", "b")]
    for context in (*contexts, contexts[0]):
        children = make_runtime().get_block(usage(bundle, "unit.xml", context=context)).children
        assert {child.context_key for child in children} == {context}
        assert {child.route for child in children} == {("main",)}


def test_a_child_knows_its_parent(make_bundle: MakeBundle, make_runtime: MakeRuntime) -> None:
    """As far as somebody has asked for it as a child."""
    unit = usage(make_bundle(FILES), "unit.xml")
    parent = make_runtime().get_block(unit)
    child = parent.get_children()[0]
    assert child.parent == unit
    assert child.get_parent() is parent
    assert parent.get_parent() is None


# Showing ------------------------------------------------------------------------------------------


def test_a_unit_shows_its_blocks_in_order(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Those in its file and those in others."""
    runtime = make_runtime()
    unit = runtime.get_block(usage(make_bundle(FILES), "unit.xml"))
    shown = runtime.render(unit, "student_view").content
    assert shown.index("hoot") < shown.index("What do owls eat?")
    assert [child.scope_ids.block_type for child in unit.get_children()] == [
        "html",
        "problem",
        "problem",
    ]


def test_a_file_below_static_has_an_address_that_a_browser_can_fetch(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, client: Any
) -> None:
    """It needs no login, and is the file."""
    runtime = make_runtime()
    unit = runtime.get_block(usage(make_bundle(FILES), "unit.xml"))
    shown = runtime.render(unit, "student_view").content
    address = shown.split('<img src="')[1].split('"')[0]
    assert address != "/static/owl.png"
    response = client.get(address)
    assert b"".join(response.streaming_content) == b"not really"


def test_a_child_in_a_linked_bundle_is_the_pinned_version_of_it(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Whatever its lender does later."""
    lender = make_bundle({"html/a/definition.xml": "<html>old</html>"})
    borrower = make_bundle(
        {"unit.xml": '<unit><xblock-include definition="html/a" source="art"/></unit>'},
        {"art": LinkTarget(lender, 1)},
    )
    api.import_version(lender, {"html/a/definition.xml": "<html>new</html>"})
    runtime = make_runtime()
    unit = runtime.get_block(usage(borrower, "unit.xml"))
    assert "old" in runtime.render(unit, "student_view").content


# Where something is wrong -------------------------------------------------------------------------

BROKEN = {
    "missing": '<xblock-include definition="html/none"/>',
    "no-link": '<xblock-include definition="html/a" source="nowhere"/>',
    "unknown": '<no-such-block url_name="x"/>',
    "refused": '<problem url_name="x" max_attempts="many"/>',
    "malformed": '<xblock-include definition="html/broken"/>',
}


@pytest.mark.parametrize("child", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_leaves_the_rest_of_the_unit_alone(
    child: str, make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Authors are told what is wrong, learners are not bothered with it."""
    bundle_uuid = make_bundle(
        {
            "unit.xml": f'<unit>{child}<html url_name="ok">fine</html></unit>',
            "html/broken/definition.xml": "<html>",
        }
    )
    shown = {}
    for author_mode in (False, True):
        runtime = make_runtime(author_mode=author_mode)
        unit = runtime.get_block(usage(bundle_uuid, "unit.xml"))
        shown[author_mode] = runtime.render(unit, "student_view").content
        assert "fine" in shown[author_mode]
        assert "blockstore-placeholder" in shown[author_mode]
    assert shown[False] != shown[True]


@pytest.mark.parametrize("path", ["none.xml", "static/owl.png"])
def test_a_block_that_is_not_there_is_not_found(
    path: str, make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Or its file holds none, which authors are told."""
    key = usage(make_bundle(FILES), path)
    if path == "none.xml":
        with pytest.raises(BlockNotFound, match=r"no file 'none.xml'"):
            make_runtime().get_block(key)
    else:
        assert "well-formed" in make_runtime().get_block(key).reason


def test_a_route_that_leads_elsewhere_now_finds_nothing(
    make_bundle: MakeBundle, make_context: MakeContext, make_runtime: MakeRuntime
) -> None:
    """A usage is of one bundle: another one in the same place is another block."""
    first, second = make_bundle(FILES), make_bundle(FILES)
    key = usage(first, "unit.xml", context=make_context("night", first))
    make_runtime().get_block(key)
    bridge.mount_bundle(key.context_key, "main", second)
    with pytest.raises(BlockNotFound, match="another bundle"):
        make_runtime().get_block(key)
    bridge.unmount_bundle(key.context_key, "main")
    with pytest.raises(MountNotFound):
        make_runtime().get_block(key)


# State --------------------------------------------------------------------------------------------


def test_an_answer_is_there_when_the_learner_comes_back(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser, published: Published
) -> None:
    """And what it is worth is published."""
    learner = make_user("athene")
    key = usage(make_bundle(FILES), "problem/food/definition.xml", block_type="problem")
    result = answer(make_runtime(learner), key, "choice_0")
    assert result["success"] == "correct"
    assert list(answers(make_runtime(learner), key).values()) == ["choice_0"]
    grades = [data for _key, kind, data in published if kind == "grade"]
    assert grades[-1]["value"] == grades[-1]["max_value"] == 1


def test_one_block_at_two_places_of_a_context_has_one_state(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """The second include of the unit shows the answer given in the first."""
    learner = make_user("athene")
    unit = make_runtime(learner).get_block(usage(make_bundle(FILES), "unit.xml"))
    _intro, first, second = unit.children
    assert first != second
    answer(make_runtime(learner), first, "choice_1")
    assert list(answers(make_runtime(learner), second).values()) == ["choice_1"]


def test_in_another_context_the_learner_begins_anew(
    make_bundle: MakeBundle,
    make_context: MakeContext,
    make_runtime: MakeRuntime,
    make_user: MakeUser,
) -> None:
    """And another learner in the same one does, too."""
    learner, other = make_user("athene"), make_user("strix")
    bundle_uuid = make_bundle(FILES)
    path = "problem/food/definition.xml"
    here = usage(bundle_uuid, path, block_type="problem", context=make_context("a", bundle_uuid))
    there = usage(bundle_uuid, path, block_type="problem", context=make_context("b", bundle_uuid))
    answer(make_runtime(learner), here, "choice_0")
    assert not answers(make_runtime(learner), there)
    assert not answers(make_runtime(other), here)


def test_state_survives_a_new_version(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """It belongs to the block, whatever the version."""
    learner = make_user("athene")
    bundle_uuid = make_bundle(FILES)
    key = usage(bundle_uuid, "problem/food/definition.xml", block_type="problem")
    answer(make_runtime(learner), key, "choice_0")
    changed = MULTIPLE_CHOICE.replace("Owls", "Owls, corrected")
    api.import_version(bundle_uuid, {**FILES, "problem/food/definition.xml": changed})
    again = make_runtime(learner).get_block(key)
    assert again.display_name == "Owls, corrected"
    assert list(again.student_answers.values()) == ["choice_0"]


def test_a_new_attempt_begins_anew_and_the_old_one_is_kept(
    make_bundle: MakeBundle,
    make_context: MakeContext,
    make_runtime: MakeRuntime,
    make_user: MakeUser,
) -> None:
    """It is a context of its own, with the same mounts."""
    learner = make_user("athene")
    bundle_uuid = make_bundle(FILES)
    path = "problem/food/definition.xml"
    context = make_context("first", bundle_uuid)
    key = usage(bundle_uuid, path, block_type="problem", context=context)
    answer(make_runtime(learner), key, "choice_0")
    attempt = bridge.start_attempt(context)
    assert attempt.parent == context
    again = key.in_context(attempt.key)
    assert not answers(make_runtime(learner), again)
    answer(make_runtime(learner), again, "choice_1")
    assert list(answers(make_runtime(learner), key).values()) == ["choice_0"]


def test_the_state_of_a_visitor_without_an_account_is_the_visitors(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """It is kept for a while, and nobody else sees it."""
    key = usage(make_bundle(FILES), "problem/food/definition.xml", block_type="problem")
    answer(make_runtime(BlockUser(visitor="one")), key, "choice_0")
    assert list(answers(make_runtime(BlockUser(visitor="one")), key).values()) == ["choice_0"]
    assert not answers(make_runtime(BlockUser(visitor="two")), key)


def test_state_can_be_reset(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Of one learner and one block."""
    learner = make_user("athene")
    key = usage(make_bundle(FILES), "problem/food/definition.xml", block_type="problem")
    answer(make_runtime(learner), key, "choice_0")
    assert learner.user_id is not None
    assert bridge.reset_state(key, user_id=learner.user_id)
    assert not answers(make_runtime(learner), key)
    assert not bridge.reset_state(key, user_id=learner.user_id)


# Isolation ----------------------------------------------------------------------------------------


def test_what_one_block_does_to_a_value_no_other_sees(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Neither in the same runtime nor in another, though the file was parsed once."""
    poll = '<poll question=\'Hoot?\' answers=\'[["R", {"label": "Yes"}]]\'/>'
    key = usage(make_bundle({"poll.xml": poll}), "poll.xml", block_type="poll")
    runtime = make_runtime()
    runtime.get_block(key).answers.append("mine")
    assert len(runtime.get_block(key).answers) == 1
    assert len(make_runtime().get_block(key).answers) == 1


def test_a_learners_block_can_not_change_what_authors_have_written(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """It is an error, and nothing changes."""
    key = usage(make_bundle(FILES), "problem/food/definition.xml", block_type="problem")
    block = make_runtime().get_block(key)
    block.display_name = "Mine"
    with pytest.raises(ReadOnlyBlock, match="display_name"):
        block.save()
    assert make_runtime().get_block(key).display_name == "Owls"


def test_contexts_set_fields_of_one_block_differently(
    make_bundle: MakeBundle, make_context: MakeContext, make_runtime: MakeRuntime
) -> None:
    """And the bundle stays as it is."""
    bundle_uuid = make_bundle(FILES)
    path = "problem/food/definition.xml"
    keys = [
        usage(bundle_uuid, path, block_type="problem", context=make_context(each, bundle_uuid))
        for each in ("a", "b")
    ]
    bridge.set_usage_settings(keys[0], {"max_attempts": 1, "due": "2026-12-24T00:00:00Z"})
    bridge.set_usage_settings(keys[1], {"max_attempts": 9})
    first, second = (make_runtime().get_block(key) for key in keys)
    assert (first.max_attempts, second.max_attempts) == (1, 9)
    assert (first.due.year, second.due) == (2026, None)
    everywhere = usage(bundle_uuid, path, block_type="problem", context=GLOBAL_CONTEXT)
    assert make_runtime().get_block(everywhere).max_attempts == 3
