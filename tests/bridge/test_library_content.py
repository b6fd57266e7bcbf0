"""Blocks drawn from many: who sees which, for how long, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import Published, usage
from tests.bridge.olx import MULTIPLE_CHOICE

pytestmark = pytest.mark.django_db

MakeBundle = Callable[..., UUID]
MakeRuntime = Callable[..., BlockstoreRuntime]
MakeUser = Callable[[str], BlockUser]

NUMERICAL = (
    '<problem display_name="Number"><numericalresponse answer="2"><formulaequationinput/>'
    "</numericalresponse></problem>"
)


def html(number: int) -> str:
    """Return a block that tells its number."""
    return f'<html display_name="Owl {number}"><p>Owl {number}</p></html>'


def bank(numbers: range, attributes: str = 'max_count="2"', more: str = "") -> dict[str, str]:
    """Return the files of a bundle with a bank of blocks."""
    includes = "".join(f'<xblock-include definition="html/h{each}"/>' for each in numbers)
    files = {f"html/h{each}/definition.xml": html(each) for each in numbers}
    return {
        "bank.xml": f"<library_content {attributes}>{includes}{more}</library_content>",
        **files,
    }


def rewrite(bundle_uuid: UUID, files: Mapping[str, str | None]) -> None:
    """Make another version of a bundle."""
    draft = api.get_or_create_bundle_draft(bundle_uuid, "work").uuid
    api.write_draft_files(draft, dict(files))
    api.commit_draft(draft)


def shown(runtime: BlockstoreRuntime, bundle_uuid: UUID, **where: Any) -> list[str]:
    """Return the titles of what is drawn."""
    where = {"block_type": "library_content", **where}
    block = runtime.get_block(usage(bundle_uuid, "bank.xml", **where))
    return [child.display_name_with_default for child in block.get_children()]


def test_a_learner_sees_the_same_each_time(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Learners differ, and none of the blocks is left out for all of them."""
    bundle = make_bundle(bank(range(10)))
    seen = {}
    for number in range(40):
        learner = make_user(f"owl-{number}")
        seen[number] = shown(make_runtime(learner), bundle)
        assert len(seen[number]) == 2
        assert shown(make_runtime(learner), bundle) == seen[number]
    assert {title for titles in seen.values() for title in titles} == {
        f"Owl {number}" for number in range(10)
    }
    assert len({tuple(titles) for titles in seen.values()}) > 20


def test_a_visitor_without_an_account_sees_the_same_each_time(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """As long as the session lasts."""
    bundle = make_bundle(bank(range(10)))
    visitors = [BlockUser(visitor=f"visitor-{number}") for number in range(10)]
    first = [shown(make_runtime(visitor), bundle) for visitor in visitors]
    assert [shown(make_runtime(visitor), bundle) for visitor in visitors] == first
    assert len({tuple(titles) for titles in first}) > 1


def test_what_is_there_still_is_kept_when_blocks_come_and_go(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser, published: Published
) -> None:
    """What has gone is replaced, more are drawn when more are wanted, and the rest is dropped."""
    bundle = make_bundle(bank(range(10), 'max_count="3"'))
    learner = make_user("athene")
    first = shown(make_runtime(learner), bundle)
    numbers = [int(title.split()[1]) for title in first]
    published.clear()

    left = [number for number in range(10) if number != numbers[0]]
    includes = "".join(f'<xblock-include definition="html/h{each}"/>' for each in left)
    rewrite(bundle, {"bank.xml": f'<library_content max_count="3">{includes}</library_content>'})
    second = shown(make_runtime(learner), bundle)
    assert set(first[1:]) < set(second)
    assert first[0] not in second
    assert len(second) == 3
    removed, assigned = published
    assert removed[1] == "edx.librarycontentblock.content.removed"
    assert removed[2]["reason"] == "invalid"
    assert removed[2]["previous_count"] == 3
    assert len(removed[2]["removed"]) == 1
    assert assigned[1] == "edx.librarycontentblock.content.assigned"
    assert len(assigned[2]["added"]) == 1
    assert len(assigned[2]["result"]) == 3
    published.clear()

    rewrite(bundle, {"bank.xml": f'<library_content max_count="5">{includes}</library_content>'})
    third = shown(make_runtime(learner), bundle)
    assert set(second) < set(third)
    assert len(third) == 5
    assert [kind for _key, kind, _data in published] == ["edx.librarycontentblock.content.assigned"]
    published.clear()

    rewrite(bundle, {"bank.xml": f'<library_content max_count="1">{includes}</library_content>'})
    fourth = shown(make_runtime(learner), bundle)
    assert fourth == third[:1]
    ((_key, kind, data),) = published
    assert kind == "edx.librarycontentblock.content.removed"
    assert (data["reason"], len(data["removed"]), data["max_count"]) == ("overlimit", 4, 1)
    published.clear()
    assert shown(make_runtime(learner), bundle) == fourth
    assert published == []


def test_a_block_that_an_include_does_not_lead_to_is_replaced(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """A file can go although the include has stayed; what is there is shown."""
    bundle = make_bundle(bank(range(4), 'max_count="-1"'))
    rewrite(bundle, {"html/h2/definition.xml": None})
    for number in range(5):
        titles = shown(make_runtime(make_user(f"owl-{number}")), bundle)
        assert sorted(titles) == ["Owl 0", "Owl 1", "Owl 3"]


def test_minus_one_shows_all_in_an_order_of_the_learners_own(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """As the platform has it."""
    bundle = make_bundle(bank(range(6), 'max_count="-1"'))
    orders = [tuple(shown(make_runtime(make_user(f"owl-{number}")), bundle)) for number in range(8)]
    assert {tuple(sorted(order)) for order in orders} == {tuple(f"Owl {n}" for n in range(6))}
    assert len(set(orders)) > 1


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 1), (99, 4)])
def test_the_count(
    count: int,
    expected: int,
    make_bundle: MakeBundle,
    make_runtime: MakeRuntime,
    make_user: MakeUser,
) -> None:
    """None, one, and all where there are fewer."""
    bundle = make_bundle(bank(range(4), f'max_count="{count}"'))
    assert len(shown(make_runtime(make_user("athene")), bundle)) == expected


def test_a_context_can_set_the_count(
    make_bundle: MakeBundle,
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: MakeRuntime,
    make_user: MakeUser,
) -> None:
    """As every other setting; and in each context, and each attempt, learners draw anew."""
    bundle = make_bundle(bank(range(20)))
    learner = make_user("athene")
    first, second = make_context("day", bundle), make_context("night", bundle)
    key = usage(bundle, "bank.xml", block_type="library_content", context=second)
    bridge.set_usage_settings(key, {"max_count": 6})
    assert len(shown(make_runtime(learner), bundle, context=first)) == 2
    drawn = shown(make_runtime(learner), bundle, context=second)
    assert len(drawn) == 6
    attempt = bridge.start_attempt(second).key
    again = shown(make_runtime(learner), bundle, context=attempt)
    assert len(again) == 6
    assert set(again) != set(drawn)


def library(make_bundle: MakeBundle, problems: Mapping[str, str]) -> UUID:
    """Make a library as an import does: each component in a bundle of its own."""
    lenders = {name: make_bundle({"problem.xml": olx}) for name, olx in problems.items()}
    includes = "".join(
        f'<xblock-include definition="problem.xml" source="{name}"/>' for name in lenders
    )
    links = {name: LinkTarget(uuid, 1) for name, uuid in lenders.items()}
    return make_bundle({"library.xml": f"<library>{includes}</library>"}, links)


@pytest.mark.parametrize("tag", ["library_content", "itembank", "legacy_library_content"])
def test_all_blocks_of_a_linked_library_can_be_drawn(
    tag: str, make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Nothing is copied; blocks of its own may stand beside."""
    owls = library(
        make_bundle,
        {f"p{n}": MULTIPLE_CHOICE.replace("Owls", f"Problem {n}") for n in range(4)},
    )
    bundle = make_bundle(
        {
            "bank.xml": f'<{tag} max_count="-1"><html url_name="own" display_name="Own"/>'
            f'<xblock-include definition="library.xml" source="owls"/></{tag}>'
        },
        {"owls": LinkTarget(owls, 1)},
    )
    titles = shown(make_runtime(make_user("athene")), bundle, block_type=tag)
    assert sorted(titles) == ["Own", *(f"Problem {number}" for number in range(4))]
    assert api.get_bundle_files_dict(bundle).keys() == {"bank.xml"}


def test_only_problems_of_one_kind_can_be_drawn(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """``capa_type`` is the tag of the response."""
    owls = library(make_bundle, {"a": MULTIPLE_CHOICE, "b": NUMERICAL, "c": MULTIPLE_CHOICE})
    bundle = make_bundle(
        bank(
            range(3),
            'max_count="-1" capa_type="multiplechoiceresponse"',
            '<xblock-include definition="library.xml" source="owls"/>'
            '<problem url_name="inline"><optionresponse/></problem>',
        ),
        {"owls": LinkTarget(owls, 1)},
    )
    for _twice in range(2):
        assert shown(make_runtime(make_user(f"athene{_twice}")), bundle) == ["Owls", "Owls"]


def test_learners_can_draw_anew_where_authors_allow_it(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Their answers are forgotten; where it is not allowed, nothing happens."""
    from webob import Request  # noqa: PLC0415 - one test needs it

    bundle = make_bundle(bank(range(30), 'max_count="3" allow_resetting_children="true"'))
    learner = make_user("athene")
    key = usage(bundle, "bank.xml", block_type="library_content")
    first = shown(make_runtime(learner), bundle)
    runtime = make_runtime(learner)
    fragment = runtime.render(runtime.get_block(key), "student_view", {})
    assert "blockstore-draw-anew" in fragment.content
    runtime = make_runtime(learner)
    answer = runtime.handle(
        runtime.get_block(key), "reset_selected_children", Request.blank("/", method="POST")
    )
    assert answer.status_code == 200
    second = shown(make_runtime(learner), bundle)
    assert (len(second), set(second) == set(first)) == (3, False)

    rewrite(bundle, {"bank.xml": bank(range(30), 'max_count="3"')["bank.xml"]})
    runtime = make_runtime(learner)
    answer = runtime.handle(
        runtime.get_block(key), "reset_selected_children", Request.blank("/", method="POST")
    )
    assert answer.status_code == 400
    assert shown(make_runtime(learner), bundle) == second


def test_grades_of_what_was_drawn_before_are_taken_back(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser, published: Published
) -> None:
    """As the answers that they were for."""
    from webob import Request  # noqa: PLC0415 - one test needs it

    bundle = make_bundle(
        {
            "bank.xml": '<library_content allow_resetting_children="true">'
            '<problem url_name="p"><p>Hoo?</p></problem></library_content>'
        }
    )
    runtime = make_runtime(make_user("athene"))
    bank_block = runtime.get_block(usage(bundle, "bank.xml", block_type="library_content"))
    (drawn,) = bank_block.children
    runtime.handle(bank_block, "reset_selected_children", Request.blank("/", method="POST"))
    assert (drawn, "grade", {"score_deleted": True}) in published


def test_authors_see_everything_and_a_note(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser, published: Published
) -> None:
    """Also what is broken; nothing is drawn for them."""
    bundle = make_bundle(
        bank(range(5), 'max_count="2"', '<xblock-include definition="html/gone"/>')
    )
    runtime = make_runtime(make_user("athene"), author_mode=True)
    block = runtime.get_block(usage(bundle, "bank.xml", block_type="library_content"))
    content = runtime.render(block, "student_view", {}).content
    assert [f"Owl {number}</p>" in content for number in range(5)] == [True] * 5
    assert "Each learner sees 2 of these" in content
    assert "html/gone/definition.xml" in content
    assert block.selected == []
    assert published == []


def test_a_circle_of_libraries_ends(make_bundle: MakeBundle, make_runtime: MakeRuntime) -> None:
    """A library that includes itself has the rest of its blocks."""
    bundle = make_bundle(
        {
            "bank.xml": '<library_content max_count="-1">'
            '<xblock-include definition="library.xml"/></library_content>',
            "library.xml": '<library><xblock-include definition="library.xml"/>'
            '<html url_name="own" display_name="Own"/></library>',
        }
    )
    assert "Own" in shown(make_runtime(), bundle)
