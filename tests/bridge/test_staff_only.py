"""What is only for staff: authors see that it is, and for everybody else it is not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock import requests as bridge_requests
from openedx_blockstore_xblock.exceptions import BlockNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.placeholders import PlaceholderBlock
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser, CompletionService
from tests.bridge.conftest import usage
from tests.bridge.courses import NAVIGATION, SmallCourse, logged_in, make_course, text
from tests.bridge.rest.conftest import BASE
from tests.bridge.test_pages import handler_of, mount_page
from tests.counting import counting

pytestmark = pytest.mark.django_db

MakeBundle = Callable[..., UUID]
MakeRuntime = Callable[..., BlockstoreRuntime]

MARK = "Only for staff: learners do not see this."
HIDDEN = 'visible_to_staff_only="true"'


def titles(block: Any) -> list[str]:
    """Return the titles of a block's children."""
    return [child.display_name for child in block.get_children()]


def set_policy(course: SmallCourse, **settings: Any) -> None:
    """Let a course say something of its blocks, from its next version on."""
    draft = api.get_or_create_bundle_draft(course.course, "work").uuid
    document = {"settings": {name.replace("_", "/"): each for name, each in settings.items()}}
    api.write_draft_file(draft, "policy.json", json.dumps(document))
    api.commit_draft(draft)


def in_context(course: SmallCourse, name: str = "night") -> BlockstoreContextKey:
    """Make a context that mounts a course."""
    key = bridge.create_learning_context(name).key
    bridge.mount_bundle(key, "main", course.course)
    return key


def test_what_says_so_itself_is_there_for_authors_alone(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """It is no child for anybody else, and asked for by itself it is not found."""
    bundle = make_bundle(
        {
            "unit.xml": f'<unit><html url_name="a" display_name="A" {HIDDEN}>x</html>'
            '<html url_name="b" display_name="B" visible_to_staff_only="false">y</html></unit>'
        }
    )
    key = usage(bundle, "unit.xml")
    hidden = usage(bundle, "unit.xml", block_type="html", inner_id="html/a")
    runtime = make_runtime()
    unit = runtime.get_block(key)
    assert titles(unit) == ["B"]
    assert isinstance(runtime.get_block(hidden, for_parent=unit), PlaceholderBlock)
    with pytest.raises(BlockNotFound):
        make_runtime().get_block(hidden)
    for author in (
        make_runtime(author_mode=True),
        make_runtime(BlockUser(visitor="m", is_author=True)),
    ):
        assert titles(author.get_block(key)) == ["A", "B"]
        assert author.get_block(hidden).visible_to_staff_only is True


def test_what_is_inside_a_hidden_container_is_not_there_whatever_it_says(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Nothing leads there; an address that somebody has kept is of no use."""
    bundle = make_bundle(
        {
            "sequence.xml": '<sequential><xblock-include definition="units/a.xml"/>'
            '<unit url_name="b" display_name="B"/></sequential>',
            "units/a.xml": f'<unit display_name="A" {HIDDEN}>'
            '<html url_name="c" visible_to_staff_only="false">x</html></unit>',
        }
    )
    sequence = usage(bundle, "sequence.xml", block_type="sequential")
    assert titles(make_runtime().get_block(sequence)) == ["B"]
    for key in (
        usage(bundle, "units/a.xml"),
        usage(bundle, "units/a.xml", block_type="html", inner_id="html/c"),
    ):
        with pytest.raises(BlockNotFound):
            make_runtime().get_block(key)
        assert make_runtime(author_mode=True).get_block(key) is not None


def test_a_course_hides_by_its_policy() -> None:
    """A chapter, a sequence or a unit; the outline has nothing of it for learners."""
    course = make_course()
    reader, author = logged_in(course.reader), logged_in(course.author)
    page = course.page("block", usage=course.key())
    set_policy(course, vertical_v1={"visible_to_staff_only": "true"})
    assert "Dawn</h2>" in text(reader, page)
    assert "Dusk" not in text(reader, page)
    rest = APIClient()
    rest.force_login(course.reader)
    address = f"{BASE}contexts/blockstore:global/mounts/{course.course}"
    draft = api.get_or_create_bundle_draft(course.course, "work").uuid
    named = json.loads(NAVIGATION)
    named["chapters"][0]["id"] = "one"
    api.write_draft_file(draft, "navigation.json", json.dumps(named))
    for name in ("chapter_one", "sequential_n"):
        set_policy(course, **{name: {"visible_to_staff_only": True}})
        text(reader, page, status=404)
        outline = text(reader, course.outline)
        assert "Night" not in outline
        assert "One" not in outline
        assert rest.get(address).json()["outline"]["chapters"] == []
        assert "learners do not see this" in text(author, course.outline)
        assert MARK in text(author, page)
    set_policy(course)
    assert "Night</a>" in text(reader, course.outline)
    assert rest.get(address).json()["outline"]["chapters"][0]["title"] == "One"
    assert "learners do not see this" not in text(author, course.outline)


def test_a_context_hides_and_shows_what_others_do_not() -> None:
    """The nearest counts: a sequence of a hidden chapter is shown where the context says so."""
    course = make_course()
    context, other = in_context(course), in_context(course, "day")
    client = logged_in(course.reader)
    pages = [course.page("block", usage=course.key(each)) for each in (context, other)]
    bridge.set_usage_settings(course.key(context), {"visible_to_staff_only": True})
    text(client, pages[0], status=404)
    text(client, course.page("mount", context=context, alias="main"))
    text(client, pages[1])
    set_policy(course, course_2026={"visible_to_staff_only": "true"})
    text(client, pages[1], status=404)
    bridge.set_usage_settings(course.key(context), {"visible_to_staff_only": False})
    assert "Dusk" in text(client, pages[0])
    outline = course.page("mount", context=context, alias="main")
    assert "Night</a>" in text(client, outline)
    assert "Night" not in text(client, course.page("mount", context=other, alias="main"))


def test_a_context_hides_one_unit(
    make_bundle: MakeBundle,
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: MakeRuntime,
) -> None:
    """And what is in it; nothing is written in the bundle."""
    bundle = make_bundle(
        {
            "sequence.xml": '<sequential><unit url_name="a" display_name="A">'
            '<html url_name="c">x</html></unit><unit url_name="b" display_name="B"/></sequential>',
        }
    )
    context = make_context("night", bundle)
    sequence = usage(bundle, "sequence.xml", context=context, block_type="sequential")
    unit = usage(bundle, "sequence.xml", context=context, inner_id="unit/a")
    bridge.set_usage_settings(unit, {"visible_to_staff_only": True})
    assert titles(make_runtime().get_block(sequence)) == ["B"]
    for key in (unit, unit.replace(block_type="html", inner_id="html/c")):
        with pytest.raises(BlockNotFound):
            make_runtime().get_block(key)
    bridge.set_usage_settings(unit, {})
    assert titles(make_runtime().get_block(sequence)) == ["A", "B"]


def test_pages_rest_and_handlers_answer_learners_404() -> None:
    """Also a handler whose address was made before; those of authors go on."""
    course = make_course()
    key = course.problem_key()
    page = course.page("block", usage=key)
    handlers: dict[str, str] = {}
    for user in (course.reader, course.author):
        handlers[user.username] = handler_of(text(logged_in(user), page), "xmodule_handler")
    rest = APIClient()
    rest.force_login(course.reader)
    assert len(rest.get(f"{BASE}blocks/{course.key()}").json()["children"]) == 2
    set_policy(course, vertical_v2={"visible_to_staff_only": "true"})
    text(logged_in(course.reader), page, status=404)
    for address in ("", "/view/student_view", "/handlers", "/assets"):
        response = rest.get(f"{BASE}blocks/{key}{address}")
        assert (response.status_code, response.json()["code"]) == (404, "block_not_found")
    shown = rest.get(f"{BASE}blocks/{course.key()}?depth=2").json()
    assert len(shown["children"]) == 1
    assert str(key) not in json.dumps(shown)
    answer = Client().post(f"{handlers['athene']}problem_get")
    assert (answer.status_code, answer.json()["code"]) == (404, "block_not_found")
    assert Client().post(f"{handlers['minerva']}problem_get").status_code == 200


def test_authors_read_once_that_learners_do_not_see_something(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Above the whole, not above each block in it; and above nothing that learners see."""
    bundle = make_bundle(
        {
            "unit.xml": f'<unit><html url_name="a">x</html><vertical url_name="v" {HIDDEN}>'
            '<html url_name="b">y</html><html url_name="c">z</html></vertical></unit>',
        }
    )
    author = make_runtime(author_mode=True)
    content = author.render(author.get_block(usage(bundle, "unit.xml")), "student_view").content
    before, after = content.split(MARK)
    assert ">x" in before
    assert ">y" in after
    alone = usage(bundle, "unit.xml", block_type="html", inner_id="html/b")
    author = make_runtime(author_mode=True)
    assert MARK in author.render(author.get_block(alone), "student_view").content
    learner = make_runtime()
    unit = learner.get_block(usage(bundle, "unit.xml"))
    assert MARK not in learner.render(unit, "student_view").content


def test_a_learner_finds_everything_again_once_it_is_shown_again() -> None:
    """What was answered stays where it is in the meantime."""
    course = make_course()
    key = course.problem_key()
    learner = BlockUser(user_id=course.reader.pk, username="athene")
    block = bridge_requests.make_runtime(learner).get_block(key)
    block.attempts = 2
    block.save()
    set_policy(course, problem_food={"visible_to_staff_only": "true"})
    with pytest.raises(BlockNotFound):
        bridge_requests.make_runtime(learner).get_block(key)
    set_policy(course)
    assert bridge_requests.make_runtime(learner).get_block(key).attempts == 2


def test_a_unit_is_complete_without_what_is_hidden(
    make_bundle: MakeBundle, make_user: Callable[[str], BlockUser]
) -> None:
    """Nobody could complete it otherwise."""
    bundle = make_bundle(
        {
            "unit.xml": '<unit><html url_name="a">x</html>'
            f'<html url_name="b" {HIDDEN}>y</html></unit>'
        }
    )
    learner = make_user("athene")
    unit = bridge_requests.make_runtime(learner).get_block(usage(bundle, "unit.xml"))
    service = CompletionService(learner, is_tracked=True)
    assert service.vertical_is_complete(unit) is False
    (text_block,) = unit.get_children()
    unit.runtime.publish(text_block, "completion", {"completion": 1.0})
    assert service.vertical_is_complete(unit) is True


def test_nothing_hidden_is_drawn_from_a_library(
    make_bundle: MakeBundle, make_user: Callable[[str], BlockUser], make_runtime: MakeRuntime
) -> None:
    """Others are drawn in its place; and a bank that is hidden itself draws nothing."""
    pool = "".join(
        f'<problem url_name="p{number}" display_name="{number}" {HIDDEN if number % 2 else ""}>'
        "<p/></problem>"
        for number in range(10)
    )
    bundle = make_bundle(
        {
            "unit.xml": f'<unit><library_content url_name="bank" max_count="4">{pool}'
            f'</library_content><library_content url_name="other" {HIDDEN}>'
            '<problem url_name="q"><p/></problem></library_content></unit>'
        }
    )
    for number in range(5):
        learner = make_user(f"athene{number}")
        (bank,) = make_runtime(learner).get_block(usage(bundle, "unit.xml")).get_children()
        drawn = titles(bank)
        assert len(drawn) == 4
        assert all(int(each) % 2 == 0 for each in drawn)
        (again,) = make_runtime(learner).get_block(usage(bundle, "unit.xml")).get_children()
        assert titles(again) == drawn


def test_a_date_on_which_something_starts_hides_nothing(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Dates of courses that are used again are the business of whoever shows them."""
    olx = '<unit start="2999-01-01T00:00:00Z"><html url_name="a" display_name="A">x</html></unit>'
    unit = make_runtime().get_block(usage(make_bundle({"unit.xml": olx}), "unit.xml"))
    assert (unit.start.year, titles(unit)) == (2999, ["A"])


def test_an_outline_takes_no_more_statements_for_more_sequences(make_bundle: MakeBundle) -> None:
    """Whether they are hidden is found out for all of them at a time."""
    costs = []
    for count in (2, 20):
        sequences = [
            make_bundle({"sequence.xml": f"<sequential {HIDDEN if number else ''}/>"})
            for number in range(count)
        ]
        entries = [
            {"id": f"s{number}", "title": f"T{number}.", "link": f"l{number}", "file": path}
            for number in range(count)
            for path in ["sequence.xml"]
        ]
        course = make_bundle(
            {"navigation.json": json.dumps({"chapters": [{"sequences": entries}]})},
            {f"l{number}": LinkTarget(uuid, 1) for number, uuid in enumerate(sequences)},
        )
        client = logged_in(_reader(course))
        address = mount_page(course)
        text(client, address)
        with counting() as cost:
            shown = text(client, address)
        assert ("T0." in shown, "T1." in shown) == (True, False)
        costs.append(cost.statements)
    assert costs[0] == costs[1]


def _reader(bundle: UUID) -> Any:
    """Return somebody who may read a bundle."""
    name = f"athene-{bundle}"
    user = get_user_model().objects.create_user(name)
    collection = api.get_bundle(bundle).collection_uuid
    assert collection is not None
    api.set_role(collection, "reader", user=name)
    return user
