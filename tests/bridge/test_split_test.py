"""Experiments: who is in which group, and who sees what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import Published, usage

pytestmark = pytest.mark.django_db

MakeBundle = Callable[..., UUID]
MakeRuntime = Callable[..., BlockstoreRuntime]
MakeUser = Callable[[str], BlockUser]

PARTITION = {
    "id": 50,
    "name": "Hoots",
    "scheme": "random",
    "active": True,
    "groups": [{"id": number, "name": f"Group {number}", "version": 1} for number in (1, 2, 3)],
}


def attribute(value: Any) -> str:
    """Return a value as JSON in an attribute."""
    return json.dumps(value).replace("&", "&amp;").replace('"', "&quot;")


def experiment(name: str, *, groups: tuple[int, ...] = (1, 2, 3), partition: int = 50) -> str:
    """Return an experiment as the platform exports it."""
    children = {
        str(group): f"block-v1:Org+Course+Run+type@vertical+block@{name}{group}" for group in groups
    }
    verticals = "".join(
        f'<vertical url_name="{name}{group}" display_name="{name} {group}">'
        f'<html url_name="{name}h{group}"><p>{name} for {group}</p></html></vertical>'
        for group in groups
    )
    return (
        f'<split_test url_name="{name}" user_partition_id="{partition}" '
        f'group_id_to_child="{attribute(children)}">{verticals}</split_test>'
    )


def course(make_bundle: MakeBundle, unit: str, partitions: Any = (PARTITION,)) -> UUID:
    """Make a course with one unit, in a bundle of its own."""
    lender = make_bundle({"unit.xml": f"<unit>{unit}</unit>"})
    element = f'<course user_partitions="{attribute(list(partitions))}"/>'
    return make_bundle({"course.xml": element}, {"unit": LinkTarget(lender, 1)})


def in_course(uuid: UUID) -> BlockstoreUsageKey:
    """Return the usage of the unit of a course."""
    lender = api.get_bundle_contents(uuid).links["unit"]
    return BlockstoreUsageKey(
        GLOBAL_CONTEXT, "unit", lender.bundle_uuid, "unit.xml", route=(str(uuid), "unit")
    )


def text(runtime: BlockstoreRuntime, key: BlockstoreUsageKey, view: str = "student_view") -> str:
    """Return what is shown."""
    return str(runtime.render(runtime.get_block(key), view, {}).content)


def test_a_learner_is_in_one_group_in_all_of_a_course(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser, published: Published
) -> None:
    """Each time; and all groups have learners."""
    uuid = course(make_bundle, experiment("a") + experiment("b"))
    groups = set()
    for number in range(30):
        learner = make_user(f"owl-{number}")
        content = text(make_runtime(learner), in_course(uuid))
        (group,) = [each for each in (1, 2, 3) if f"a for {each}" in content]
        assert f"b for {group}" in content
        assert content.count("<p>") == 2
        assert text(make_runtime(learner), in_course(uuid)) == content
        groups.add(group)
    assert groups == {1, 2, 3}
    told = [data for _key, kind, data in published if kind == "edx.split_test.group.assigned"]
    assert len(told) == 30
    assert told[0]["user_partition_id"] == 50


def test_a_learners_group_stays_when_groups_are_added(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Also for blocks of the experiment that the learner meets only then."""
    lender = make_bundle({"unit.xml": f"<unit>{experiment('a') + experiment('b')}</unit>"})
    few = f'<course user_partitions="{attribute([PARTITION])}"/>'
    uuid = make_bundle({"course.xml": few}, {"unit": LinkTarget(lender, 1)})
    learners = [make_user(f"owl-{number}") for number in range(12)]
    before = [text(make_runtime(each), in_course(uuid)) for each in learners]
    groups = [{"id": number, "name": f"Group {number}"} for number in range(1, 40)]
    more = {**PARTITION, "groups": groups}
    draft = api.get_or_create_bundle_draft(uuid, "work").uuid
    api.write_draft_file(draft, "course.xml", f'<course user_partitions="{attribute([more])}"/>')
    api.commit_draft(draft)
    assert [text(make_runtime(each), in_course(uuid)) for each in learners] == before


def test_the_policy_of_the_run_says_which_groups_there_are(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """It overrides the course's own file, as in the platform."""
    lender = make_bundle({"unit.xml": f"<unit>{experiment('a')}</unit>"})
    only = {**PARTITION, "groups": [{"id": 2, "name": "The only one"}]}
    uuid = make_bundle(
        {
            "course.xml": f'<course user_partitions="{attribute([PARTITION])}"/>',
            "olx-layout.json": json.dumps({"run": "2026"}),
            "policies/2026/policy.json": json.dumps({"course/2026": {"user_partitions": [only]}}),
        },
        {"unit": LinkTarget(lender, 1)},
    )
    for number in range(8):
        assert "a for 2" in text(make_runtime(make_user(f"owl-{number}")), in_course(uuid))


def test_without_a_course_the_block_itself_says_which_groups_there_are(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """A unit may be mounted by itself."""
    uuid = make_bundle({"unit.xml": f"<unit>{experiment('a', groups=(7, 8))}</unit>"})
    found: set[int] = set()
    for number in range(20):
        learner = make_user(f"owl-{number}")
        content = text(make_runtime(learner), usage(uuid, "unit.xml"))
        assert text(make_runtime(learner), usage(uuid, "unit.xml")) == content
        found.update(group for group in (7, 8) if f"a for {group}" in content)
        assert content.count("<p>") == 1
    assert found == {7, 8}


def test_without_any_groups_each_child_is_for_one(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Such as authors write it by hand."""
    blocks = "".join(f'<html url_name="h{each}"><p>owl {each}</p></html>' for each in range(3))
    uuid = make_bundle({"unit.xml": f"<unit><split_test>{blocks}</split_test></unit>"})
    found = set()
    for number in range(20):
        content = text(make_runtime(make_user(f"owl-{number}")), usage(uuid, "unit.xml"))
        (group,) = [each for each in range(3) if f"owl {each}" in content]
        found.add(group)
    assert found == {0, 1, 2}


def test_visitors_without_an_account_are_in_a_group(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """As long as their session lasts."""
    uuid = course(make_bundle, experiment("a") + experiment("b"))
    for number in range(6):
        visitor = BlockUser(visitor=f"visitor-{number}")
        first, second = titles = titles_in(make_runtime(visitor), uuid)
        assert first.replace("a", "b") == second
        assert titles_in(make_runtime(visitor), uuid) == titles


def titles_in(runtime: BlockstoreRuntime, uuid: UUID) -> list[str]:
    """Return the titles of what experiments show."""
    unit = runtime.get_block(in_course(uuid))
    return [shown.display_name for each in unit.get_children() for shown in each.get_children()]


def test_a_group_without_content_sees_nothing(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Nobody is moved to another group for it, and the rest of the unit is there."""
    uuid = course(make_bundle, experiment("a", groups=(1,)) + '<html url_name="rest">rest</html>')
    contents = [
        text(make_runtime(make_user(f"owl-{number}")), in_course(uuid)) for number in range(20)
    ]
    assert all("rest" in content for content in contents)
    assert 0 < sum("a for 1" in content for content in contents) < 20


def test_authors_see_all_groups_with_their_names(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser, published: Published
) -> None:
    """And are in none."""
    uuid = course(make_bundle, experiment("a"))
    content = text(make_runtime(make_user("athene"), author_mode=True), in_course(uuid))
    for group in (1, 2, 3):
        assert f"<h3>Group {group}</h3>" in content
        assert f"a for {group}" in content
    assert published == []


@pytest.mark.parametrize(
    "partitions",
    [
        "nonsense",
        [1, None, "x", {}],
        [{"id": "x", "groups": []}, {"id": 50}],
        [{"id": 50, "groups": [{"id": 1}]}],
        {"50": 1},
    ],
)
def test_a_course_may_have_nonsense_for_experiments(
    partitions: Any, make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Then it is as if the course knew none."""
    lender = make_bundle({"unit.xml": f"<unit>{experiment('a')}</unit>"})
    element = f'<course user_partitions="{attribute(partitions)}"/>'
    uuid = make_bundle({"course.xml": element}, {"unit": LinkTarget(lender, 1)})
    content = text(make_runtime(make_user("athene")), in_course(uuid))
    assert content.count("<p>a for") == 1


def test_broken_choices_of_the_platform_show_nothing_or_something_but_no_failure(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Keys that lead nowhere, and values that are none."""
    uuid = make_bundle(
        {
            "unit.xml": "<unit><split_test group_id_to_child="
            f'"{attribute({"1": "i4x://x", "2": 5})}">'
            '<html url_name="h"><p>h</p></html></split_test>'
            '<html url_name="rest">rest</html></unit>'
        }
    )
    assert "rest" in text(make_runtime(make_user("athene")), usage(uuid, "unit.xml"))
