"""Settings that blocks inherit: from the containers around them, their course, and the context."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.exceptions import InvalidContext
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import usage
from tests.bridge.courses import logged_in, make_course, text
from tests.bridge.olx import MULTIPLE_CHOICE
from tests.counting import counting

pytestmark = pytest.mark.django_db

MakeRuntime = Callable[..., BlockstoreRuntime]

#: One that sets nothing itself.
PLAIN = MULTIPLE_CHOICE.replace(' max_attempts="3" weight="2.0"', "")
PROBLEM = "problem/food/definition.xml"
UNIT = "units/dusk.xml"
SEQUENCE = (
    '<sequential display_name="Night" showanswer="never" max_attempts="3" static_asset_path="x">'
    '<xblock-include definition="units/dusk.xml"/>'
    '<vertical url_name="dawn" max_attempts="1"><problem url_name="last"><p/></problem></vertical>'
    "</sequential>"
)
FILES = {
    "sequence.xml": SEQUENCE,
    UNIT: '<unit rerandomize="onreset"><xblock-include definition="problem/food"/>'
    '<html url_name="note" due="2026-01-01T00:00:00Z" graded="true">Hoo</html></unit>',
    PROBLEM: PLAIN,
}


def navigation(sequence: str = "night") -> str:
    return json.dumps(
        {
            "title": "Owls",
            "chapters": [
                {
                    "id": "one",
                    "title": "One",
                    "sequences": [
                        {"id": sequence, "title": "Night", "link": "night", "file": "sequence.xml"}
                    ],
                }
            ],
        }
    )


POLICY = {
    "course/2026": {"graceperiod": '"2 days"', "graded": "false"},
    "chapter/one": {"format": "Homework", "due": '"2026-12-24T00:00:00Z"'},
    "sequential/night": {"graded": "true", "due": '"2026-10-01T00:00:00Z"'},
    "vertical/dusk": {"due": "2026-09-01T00:00:00Z"},
}


@pytest.fixture
def sequence(make_bundle: Callable[..., UUID]) -> UUID:
    """A sequence that stands for itself."""
    return make_bundle(FILES)


@pytest.fixture
def course(make_bundle: Callable[..., UUID], sequence: UUID) -> UUID:
    """A course with a policy, which links to the sequence."""
    files = {
        "course.xml": '<course max_attempts="9" show_reset_button="true"/>',
        "navigation.json": navigation(),
        "policy.json": json.dumps({"settings": POLICY}),
        "olx-layout.json": json.dumps({"run": "2026"}),
        "policies/2026/policy.json": json.dumps(
            {
                "course/2026": {"rerandomize": "always"},
                "problem/food": {"weight": 7, "max_attempts": 2, "due": "soon", "nonsense": 1},
            }
        ),
    }
    return make_bundle(files, {"night": LinkTarget(sequence, 1)})


def in_course(
    course: UUID, sequence: UUID, path: str, *, block_type: str = "problem"
) -> BlockstoreUsageKey:
    """Return a usage in the sequence, through the course."""
    return usage(sequence, path, route=(str(course), "night"), block_type=block_type)


def test_a_block_inherits_what_is_set_around_it_and_the_nearest_counts(
    sequence: UUID, make_runtime: MakeRuntime
) -> None:
    """From its file and from those that include it, whether a class knows the setting or not."""
    problem = make_runtime().get_block(usage(sequence, PROBLEM, block_type="problem"))
    assert (problem.max_attempts, problem.showanswer) == (3, "never")
    assert problem.rerandomize == "onreset"
    inner = usage(sequence, "sequence.xml", block_type="problem", inner_id="problem/last")
    last = make_runtime().get_block(inner)
    assert (last.max_attempts, last.showanswer, last.rerandomize) == (1, "never", "never")


def test_what_is_around_a_block_does_not_depend_on_the_way_to_it(
    sequence: UUID, make_runtime: MakeRuntime
) -> None:
    """A page of the sequence, of the unit, and a handler of the problem itself agree."""
    by_sequence = make_runtime().get_block(usage(sequence, "sequence.xml", block_type="sequential"))
    first, second = by_sequence.get_children()
    by_unit = make_runtime().get_block(first.scope_ids.usage_id)
    keys = [child.scope_ids.usage_id for child in first.get_children()]
    for block in (*first.get_children(), *by_unit.get_children()):
        alone = make_runtime().get_block(block.scope_ids.usage_id)
        assert block.scope_ids.usage_id in keys
        for name in ("due", "graded", "format", "max_attempts", "showanswer", "rerandomize"):
            assert getattr(block, name, None) == getattr(alone, name, None)
    assert second.get_children()[0].max_attempts == 1


def test_a_field_that_a_class_does_not_declare_is_read_written_and_inherited(
    sequence: UUID, make_runtime: MakeRuntime
) -> None:
    """Such as ``due`` of a text: nothing of it is lost, and it can be edited."""
    key = usage(sequence, UNIT, block_type="html", inner_id="html/note")
    note = make_runtime().get_block(key)
    assert (note.due.year, note.graded) == (2026, True)
    assert note.fields["due"].is_set_on(note)
    changed = bridge.save_fields(key, {"due": "2027-01-01T00:00:00Z"}, draft="work")
    assert 'due="&quot;2027-01-01T00:00:00Z&quot;" graded="true">Hoo</html>' in changed.olx
    changed = bridge.save_fields(key, {"format": "Reading"}, reset=["due", "graded"], draft="work")
    assert changed.olx == '<html url_name="note" format="Reading">Hoo</html>'


def test_the_policy_of_a_course_counts_for_its_blocks(
    course: UUID, sequence: UUID, make_runtime: MakeRuntime
) -> None:
    """Of the course, the chapter, the sequence, the unit and the block; nearest first."""
    key = in_course(course, sequence, PROBLEM)
    problem = make_runtime().get_block(key)
    assert problem.due.isoformat() == "2026-09-01T00:00:00+00:00"
    assert (problem.graded, problem.format, problem.graceperiod.days) == (True, "Homework", 2)
    assert (problem.weight, problem.max_attempts) == (7, 2)
    # What is nearer counts, whoever has said it.
    assert (problem.rerandomize, problem.show_reset_button) == ("onreset", True)
    shown = make_runtime().get_block(
        in_course(course, sequence, "sequence.xml", block_type="sequential")
    )
    assert (shown.due.month, shown.graded, shown.format) == (10, True, "Homework")
    # The same sequence by itself has none of it.
    alone = make_runtime().get_block(usage(sequence, PROBLEM, block_type="problem"))
    assert (alone.due, alone.graded, alone.max_attempts) == (None, False, 3)


def test_what_a_context_sets_for_a_container_counts_inside_it(
    sequence: UUID,
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: MakeRuntime,
) -> None:
    """And so a deadline for all of a sequence is one setting; what is nearer still counts."""
    context = make_context("night", sequence)
    whole = usage(sequence, "sequence.xml", context=context, block_type="sequential")
    bridge.set_usage_settings(whole, {"due": "2026-12-24T00:00:00Z", "format": "Exam"})
    key = usage(sequence, PROBLEM, context=context, block_type="problem")
    problem = make_runtime().get_block(key)
    assert (problem.due.day, problem.format) == (24, "Exam")
    assert not problem.fields["due"].is_set_on(problem)
    note = usage(sequence, UNIT, context=context, block_type="html", inner_id="html/note")
    assert make_runtime().get_block(note).due.month == 1
    other = make_context("day", sequence)
    assert make_runtime().get_block(key.in_context(other)).due is None


def test_a_context_sets_attempts_for_a_whole_sequence(
    sequence: UUID,
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: MakeRuntime,
) -> None:
    """Though no sequence has such a field itself; a value that makes no sense is refused."""
    context = make_context("night", sequence)
    whole = usage(sequence, "sequence.xml", context=context, block_type="sequential")
    bridge.set_usage_settings(whole, {"max_attempts": 7, "showanswer": "always"})
    problem = make_runtime().get_block(
        usage(sequence, PROBLEM, context=context, block_type="problem")
    )
    assert (problem.max_attempts, problem.showanswer) == (7, "always")
    for wrong in ({"max_attempts": "many"}, {"weight": 3}):
        with pytest.raises(InvalidContext):
            bridge.set_usage_settings(whole, wrong)


def test_a_deadline_that_is_inherited_is_kept(
    sequence: UUID,
    make_user: Callable[[str], BlockUser],
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: MakeRuntime,
) -> None:
    """A problem whose sequence was due takes no answer."""
    context = make_context("night", sequence)
    key = usage(sequence, PROBLEM, context=context, block_type="problem")
    learner = make_user("athene")
    assert not make_runtime(learner).get_block(key).closed()
    whole = usage(sequence, "sequence.xml", context=context, block_type="sequential")
    bridge.set_usage_settings(whole, {"due": "2020-01-01T00:00:00Z"})
    assert make_runtime(learner).get_block(key).closed()


def test_nothing_that_is_inherited_is_written(sequence: UUID, make_runtime: MakeRuntime) -> None:
    """A change of one field does not copy the others into the block."""
    key = usage(sequence, PROBLEM, block_type="problem")
    changed = bridge.save_fields(key, {"display_name": "Prey"}, draft="work")
    assert 'display_name="Prey"' in changed.olx
    assert "max_attempts" not in changed.olx


@pytest.mark.parametrize(
    "files",
    [
        {"policy.json": "[]", "navigation.json": '{"chapters": 7}', "course.xml": "<course"},
        {"policy.json": '{"settings": {"sequential/night": 7, "vertical/dusk": {"due": [1]}}}'},
        {"policy.json": "\x00", "olx-layout.json": "[[" * 9_000, "course.xml": "<course due='x'/>"},
        {"navigation.json": '{"chapters": [{"id": 1, "sequences": [7, {"id": []}]}, null]}'},
    ],
)
def test_a_course_may_have_nonsense_for_a_policy(
    files: dict[str, str],
    sequence: UUID,
    make_bundle: Callable[..., UUID],
    make_runtime: MakeRuntime,
) -> None:
    """It sets nothing then, and blocks are shown."""
    course = make_bundle({"course.xml": "<course/>", **files}, {"night": LinkTarget(sequence, 1)})
    problem = make_runtime().get_block(in_course(course, sequence, PROBLEM))
    assert (problem.due, problem.max_attempts) == (None, 3)


def test_a_value_that_makes_no_sense_is_not_inherited(
    make_bundle: Callable[..., UUID], make_runtime: MakeRuntime
) -> None:
    """A block is not broken by what is wrong around it."""
    unit = make_bundle(
        {
            "unit.xml": '<unit due="soon" max_attempts="many" graded="[]">'
            '<html url_name="a" due="never">Hoo</html><problem url_name="p"><p/></problem></unit>'
        }
    )
    text, problem = make_runtime().get_block(usage(unit, "unit.xml")).get_children()
    assert (text.due, text.graded, problem.max_attempts) == (None, False, None)


def test_circles_and_blocks_in_two_places_have_one_answer(
    make_bundle: Callable[..., UUID], make_runtime: MakeRuntime
) -> None:
    """The first place counts; a circle ends."""
    bundle = make_bundle(
        {
            "sequence.xml": '<sequential max_attempts="1"><xblock-include definition="unit/a"/>'
            '<xblock-include definition="unit/b"/></sequential>',
            "unit/a/definition.xml": '<unit max_attempts="2">'
            '<xblock-include definition="problem/p"/><xblock-include definition="unit/b"/></unit>',
            "unit/b/definition.xml": '<unit max_attempts="3">'
            '<xblock-include definition="problem/p"/><xblock-include definition="unit/a"/></unit>',
            "problem/p/definition.xml": PLAIN,
            "problem/q/definition.xml": PLAIN,
        }
    )
    key = usage(bundle, "problem/p/definition.xml", block_type="problem")
    assert make_runtime().get_block(key).max_attempts == 2
    nowhere = usage(bundle, "problem/q/definition.xml", block_type="problem")
    assert make_runtime().get_block(nowhere).max_attempts is None


def test_what_is_drawn_from_a_library_inherits_from_where_it_is_shown(
    make_bundle: Callable[..., UUID], make_runtime: MakeRuntime
) -> None:
    """A bank of problems has no deadlines of its own; the sequence that draws from it has."""
    library = make_bundle(
        {
            "library.xml": '<library><xblock-include definition="problem/p"/></library>',
            "problem/p/definition.xml": PLAIN,
        }
    )
    unit = make_bundle(
        {
            "unit.xml": '<unit due="2026-12-24T00:00:00Z"><library_content url_name="bank" '
            'max_attempts="4"><xblock-include definition="library.xml" source="owls"/>'
            "</library_content></unit>"
        },
        {"owls": LinkTarget(library, 1)},
    )
    (bank,) = make_runtime().get_block(usage(unit, "unit.xml")).get_children()
    (problem,) = bank.get_children()
    assert (problem.max_attempts, problem.due.day) == (4, 24)


def test_an_imported_course_keeps_its_deadlines(
    course: UUID, sequence: UUID, make_runtime: MakeRuntime
) -> None:
    """A new policy counts with the next version of the course, and costs no more statements."""
    key = in_course(course, sequence, PROBLEM)
    make_runtime().get_block(key)
    draft = api.get_or_create_bundle_draft(course, "work").uuid
    settings = {"settings": {"sequential/night": {"due": "2030-01-01"}}}
    api.write_draft_file(draft, "policy.json", json.dumps(settings))
    api.commit_draft(draft)
    with counting() as cost:
        assert make_runtime().get_block(key).due.year == 2030
    assert cost.statements <= 8, cost.queries


def test_a_page_says_when_its_unit_is_due() -> None:
    """Learners can not tell otherwise why a problem takes no answer any more."""
    course = make_course()
    draft = api.get_or_create_bundle_draft(course.course, "work").uuid
    policy = {"settings": {"sequential/n": {"due": '"2026-10-01T00:00:00Z"'}}}
    api.write_draft_file(draft, "policy.json", json.dumps(policy))
    page = course.page("block", usage=course.key())
    assert "Due" not in text(logged_in(course.reader), page)
    api.commit_draft(draft)
    shown = text(logged_in(course.reader), page)
    assert 'Due <time datetime="2026-10-01T00:00:00+00:00">Oct. 1, 2026, midnight UTC<' in shown
