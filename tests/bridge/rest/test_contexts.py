"""Learning contexts through REST: made, pinned, un-pinned, attempted anew."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore_xblock import api as bridge
from tests.bridge.rest.conftest import BASE, FILES, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(world: World) -> APIClient:
    """A client of somebody on the staff."""
    return world.client("staff")


@pytest.fixture
def here(world: World) -> str:
    """The address of the context."""
    return f"{BASE}contexts/{world.context}"


def test_a_context_is_made_renamed_and_deleted(world: World) -> None:
    """By whoever may; the maker owns it."""
    maker = world.client("maker")
    made = maker.post(f"{BASE}contexts", {"id": "new", "title": "New"})
    assert made.json() == {
        "key": "blockstore:new",
        "title": "New",
        "owner": "maker",
        "parent": None,
        "may_administer": True,
        "mounts": [],
    }
    address = made["Location"]
    assert maker.get(address).json() == made.json()
    assert world.client("reader").get(address).status_code == 404
    assert maker.patch(address, {"title": "Newer"}).json()["title"] == "Newer"
    assert maker.delete(address).status_code == 204
    assert maker.get(address).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"id": 5}, 400, "invalid"),
        ({"id": ""}, 400, "invalid"),
        ({"id": "a b"}, 400, "invalid_learning_context"),
        ({"id": "x" * 100}, 400, "invalid_learning_context"),
        ({"id": "class~owls"}, 400, "invalid_learning_context"),
        ({"id": "a", "title": "x" * 181}, 400, "invalid_learning_context"),
        ({"id": "a", "title": "\0"}, 400, "invalid"),
        ({"id": "owls"}, 409, "learning_context_exists"),
        ({"id": "global"}, 409, "learning_context_exists"),
        ([], 400, "invalid"),
    ],
)
def test_what_can_be_no_context_is_refused(
    staff: APIClient, body: Any, status: int, code: str
) -> None:
    """With a reason."""
    response = staff.post(f"{BASE}contexts", body)
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "key", ["x", "blockstore:none", "blockstore:class~none", "course-v1:a+b+c", "blockstore:%00"]
)
def test_a_context_that_is_not_there_is_not_found(staff: APIClient, key: str) -> None:
    """Whatever is in the address."""
    response = staff.get(f"{BASE}contexts/{key}")
    assert (response.status_code, response.json()["code"]) == (404, "learning_context_not_found")


def test_contexts_come_in_pages_and_only_those_that_one_may_know_of(world: World) -> None:
    """With those mounts that one may view."""
    for number in range(5):
        bridge.create_learning_context(f"empty-{number}", owner=world.users["maker"])
    found, address = [], f"{BASE}contexts?limit=2"
    while address:
        page = world.client("maker").get(address).json()
        found += [each["key"] for each in page["results"]]
        address = page["next"]
    assert found == [f"blockstore:empty-{number}" for number in range(5)]
    (seen,) = world.client("reader").get(f"{BASE}contexts").json()["results"]
    assert [each["alias"] for each in seen["mounts"]] == ["main", "pinned"]
    (authored,) = world.client("author").get(f"{BASE}contexts").json()["results"]
    assert [each["alias"] for each in authored["mounts"]] == ["draft", "main", "pinned"]


def test_a_page_of_contexts_takes_no_more_statements_for_more_of_them(
    world: World, django_assert_max_num_queries: Any
) -> None:
    """However many mounts they have."""
    for number in range(30):
        key = bridge.create_learning_context(f"c{number}").key
        bridge.mount_bundle(key, "main", world.bundle)
    client = world.client("reader")
    with django_assert_max_num_queries(10):
        assert len(client.get(f"{BASE}contexts").json()["results"]) == 31


def test_the_built_in_context_is_there_for_everybody_and_stays_as_it_is(
    world: World, staff: APIClient
) -> None:
    """It mounts every bundle, under its UUID."""
    address = f"{BASE}contexts/blockstore:global"
    assert world.client("stranger").get(address).json()["mounts"] == []
    mount = world.client("reader").get(f"{address}/mounts/{world.bundle}").json()
    assert (mount["title"], mount["is_author"], mount["outline"]) == ("Night", False, None)
    assert world.client("stranger").get(f"{address}/mounts/{world.bundle}").status_code == 404
    for response in (
        staff.patch(address, {"title": "Mine"}),
        staff.delete(address),
        staff.post(f"{address}/attempts", {}),
        staff.put(f"{address}/mounts/x", {"bundle_uuid": str(world.bundle)}),
    ):
        assert (response.status_code, response.json()["code"]) == (400, "invalid_learning_context")


# Mounts -------------------------------------------------------------------------------------------


def title_of(world: World, alias: str) -> str:
    """The title of the unit as somebody who learns sees it through a mount."""
    usage = world.usage(route=(alias,))
    title: str = world.client("reader").get(f"{BASE}blocks/{usage}").json()["title"]
    return title


def test_a_mount_is_pinned_and_un_pinned(world: World, here: str) -> None:
    """Learners see what it is pinned to, and from then on what is published."""
    owner = world.client("owner")
    assert (title_of(world, "main"), title_of(world, "pinned")) == ("At dawn", "At night")
    assert owner.patch(f"{here}/mounts/main", {"version": 1}).json()["version"] == 1
    assert owner.patch(f"{here}/mounts/pinned", {"version": None}).json()["version"] is None
    assert (title_of(world, "main"), title_of(world, "pinned")) == ("At night", "At dawn")
    noon = FILES["unit.xml"].replace("At night", "At noon")
    api.import_version(world.bundle, {**FILES, "unit.xml": noon})
    assert (title_of(world, "main"), title_of(world, "pinned")) == ("At night", "At noon")


def test_what_is_pinned_and_has_news_is_told_with_what_changed(world: World, here: str) -> None:
    """Until it is pinned to the news."""
    reader, owner = world.client("reader"), world.client("owner")
    (update,) = reader.get(f"{here}/updates").json()["results"]
    assert (update["alias"], update["version"], update["latest_version"]) == ("pinned", 1, 2)
    assert update["files"] == [{"path": "unit.xml", "kind": "modified"}]
    assert update["links"] == []
    owner.patch(f"{here}/mounts/pinned", {"version": 2})
    assert reader.get(f"{here}/updates").json() == {"results": []}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"bundle_uuid": "x"}, "invalid"),
        ({"bundle_uuid": "00000000-0000-4000-8000-000000000001"}, "bundle_not_found"),
        ({"bundle_uuid": None, "version": 0}, "invalid"),
        ({"bundle_uuid": None, "version": 99}, "bundle_version_not_found"),
        ({"bundle_uuid": None, "version": True}, "invalid"),
        ({"bundle_uuid": None, "version": 1, "draft": "x"}, "invalid_learning_context"),
    ],
)
def test_what_can_not_be_mounted_is_refused(
    world: World, staff: APIClient, here: str, body: dict[str, Any], code: str
) -> None:
    """And what was mounted before stays."""
    if "bundle_uuid" in body and body["bundle_uuid"] is None:
        body["bundle_uuid"] = str(world.bundle)
    response = staff.put(f"{here}/mounts/main", body)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert title_of(world, "main") == "At dawn"


@pytest.mark.parametrize("alias", ["x" * 181, "%00", "%0a" * 100])
def test_an_alias_that_can_be_none_is_refused(
    world: World, staff: APIClient, here: str, alias: str
) -> None:
    """Or is one, if it is only odd."""
    response = staff.put(f"{here}/mounts/{alias}", {"bundle_uuid": str(world.bundle)})
    assert response.status_code == (200 if "0a" in alias else 400)
    assert staff.get(f"{here}/mounts/{alias}").status_code == (200 if "0a" in alias else 404)


def test_a_course_is_mounted_with_its_outline(world: World, staff: APIClient, here: str) -> None:
    """With the usage of each sequence."""
    course = api.create_bundle(world.collection, "owls", "Owls", type="course")
    navigation = '{"title": "Owls", "chapters": [{"title": "One", "sequences": [{"title": "No"}]}]}'
    api.import_version(course.uuid, {"navigation.json": navigation})
    staff.put(f"{here}/mounts/course", {"bundle_uuid": str(course.uuid)})
    mount = staff.get(f"{here}/mounts/course").json()
    assert mount["outline"] == {
        "title": "Owls",
        "chapters": [{"title": "One", "sequences": [{"title": "No", "usage_key": None}]}],
    }


# Attempts -----------------------------------------------------------------------------------------


def test_a_further_attempt_has_the_same_mounts_and_settings_and_no_state(
    world: World, here: str
) -> None:
    """The old one is kept, and can not be deleted before the new one."""
    owner, reader = world.client("owner"), world.client("reader")
    owner.put(f"{BASE}blocks/{world.problem()}/settings", {"values": {"max_attempts": 2}})
    answer(reader, world.problem())
    made = owner.post(f"{here}/attempts", {"title": "Again"}).json()
    assert (made["parent"], made["title"], len(made["mounts"])) == (
        str(world.context),
        "Again",
        3,
    )
    again = world.problem().in_context(type(world.context).from_string(made["key"]))
    assert bridge.get_usage_settings(again) == {"max_attempts": 2}
    assert not has_answered(reader, again)
    assert has_answered(reader, world.problem())
    (listed,) = reader.get(f"{here}/attempts").json()["results"]
    assert listed["key"] == made["key"]
    assert owner.delete(here).status_code == 400
    assert owner.delete(f"{BASE}contexts/{made['key']}").status_code == 204
    assert owner.delete(here).status_code == 204


def handler(client: APIClient, usage: Any) -> str:
    """The address of a problem's handler."""
    response = client.get(f"{BASE}blocks/{usage}/handlers/xmodule_handler")
    url: str = response.json()["url"]
    return url


def answer(client: APIClient, usage: Any) -> str:
    """Answer a problem rightly."""
    values = {f"input_{usage.html_id()}_2_1": "choice_0"}
    response = client.post(f"{handler(client, usage)}problem_check", values, format="multipart")
    said: str = response.json().get("success", "")
    return said


def has_answered(client: APIClient, usage: Any) -> bool:
    """Whether a problem shows an answer."""
    shown = client.post(f"{handler(client, usage)}problem_get").json()["html"]
    return 'value="choice_0" checked' in shown


# Deadlines and policies ---------------------------------------------------------------------------


def test_two_contexts_show_one_block_with_different_deadlines_and_attempts(world: World) -> None:
    """In what there is to know of it, and in what it does; the bundle stays as it is."""
    other = bridge.create_learning_context("strict", owner=world.users["owner"]).key
    bridge.mount_bundle(other, "main", world.bundle)
    here, there = world.problem(), world.problem().in_context(other)
    owner, reader = world.client("owner"), world.client("reader")
    strict = {"values": {"max_attempts": 1, "due": "2100-12-24T00:00:00Z"}}
    over = {"values": {"due": "2000-12-24T00:00:00Z"}}
    assert owner.put(f"{BASE}blocks/{there}/settings", strict).json() == strict
    assert reader.get(f"{BASE}blocks/{here}").json()["due"] is None
    assert reader.get(f"{BASE}blocks/{there}").json()["due"] == "2100-12-24T00:00:00Z"
    assert [answer(reader, here), answer(reader, here)] == ["correct", "correct"]
    assert answer(reader, there) == "correct"
    assert answer(reader, there) == ""  # that was the one attempt
    owner.put(f"{BASE}blocks/{here}/settings", over)
    assert answer(reader, here) == ""  # too late
    assert owner.delete(f"{BASE}blocks/{here}/settings").status_code == 204
    assert answer(reader, here) == "correct"


@pytest.mark.parametrize(
    "values",
    [
        {"no_such_field": 1},
        {"max_attempts": "many"},
        {"due": "never"},
        {"due": {"a": 1}},
        {"markdown": "x" * 70_000},
        {"student_answers": {}},
    ],
)
def test_a_setting_that_the_block_does_not_take_is_refused(
    world: World, values: dict[str, Any]
) -> None:
    """And nothing changes."""
    address = f"{BASE}blocks/{world.problem()}/settings"
    response = world.client("owner").put(address, {"values": values})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_learning_context")
    assert world.client("owner").get(address).json() == {"values": {}}


def test_state_is_reset_by_those_who_administer_the_context(world: World) -> None:
    """Of one learner and one block."""
    reader, owner = world.client("reader"), world.client("owner")
    answer(reader, world.problem())
    answer(owner, world.problem())
    address = f"{BASE}blocks/{world.problem()}/state"
    assert owner.delete(f"{address}?user=reader").status_code == 204
    assert not has_answered(reader, world.problem())
    assert has_answered(owner, world.problem())
    assert owner.delete(address).status_code == 204
    assert not has_answered(owner, world.problem())
    for name in ("nobody", "%00", ""):
        assert owner.delete(f"{address}?user={name}").status_code == 400
