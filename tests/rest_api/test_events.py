"""What happened in a collection, and what outside applications tell of."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.models import Event
from tests.rest_api.conftest import World


def events_url(collection: Any) -> str:
    return reverse("openedx_blockstore:events", kwargs={"collection_uuid": collection})


ANNOTATIONS = "openedx_blockstore:annotations-changed"


def kinds(response: Any) -> list[str]:
    return [event["kind"] for event in response.json()["results"]]


def test_events_are_listed_newest_first_in_pages(world: World) -> None:
    place = world.places["private"]
    api.update_bundle(place.bundle, title="Newest", actor="author")
    expected = [str(event.uuid) for event in api.get_events(place.collection)]
    client = world.client("admin")
    found: list[str] = []
    url: str | None = events_url(place.collection) + "?limit=3"
    while url is not None:
        body = client.get(url).json()
        assert len(body["results"]) <= 3
        found += [event["uuid"] for event in body["results"]]
        url = body["next"]
    assert found == expected
    first = client.get(events_url(place.collection)).json()["results"][0]
    assert (first["kind"], first["actor"]) == ("bundle.updated", "author")
    assert first["facts"]["changes"]["title"][1] == "Newest"


def test_changes_by_rest_name_who_made_them(world: World) -> None:
    place = world.places["private"]
    client = world.client("author")
    bundle = reverse("openedx_blockstore:bundle", kwargs={"bundle_uuid": place.bundle})
    assert client.patch(bundle, {"title": "New"}).status_code == 200
    version = reverse(
        "openedx_blockstore:bundle-version", kwargs={"bundle_uuid": place.bundle, "version_num": 1}
    )
    assert client.patch(version, {"change_description": "Better"}).status_code == 200
    assert client.delete(bundle).status_code == 204
    undelete = reverse("openedx_blockstore:undelete", kwargs={"bundle_uuid": place.bundle})
    assert client.post(undelete).status_code == 200
    revert = reverse("openedx_blockstore:revert", kwargs={"bundle_uuid": place.bundle})
    assert client.post(revert, {"version": 1}).status_code == 201
    made = client.post(
        reverse("openedx_blockstore:bundles"),
        {"collection_uuid": str(place.collection), "slug": "x", "title": "X"},
    )
    assert made.status_code == 201
    newest = api.get_events(place.collection, limit=6)
    assert [event.kind.value for event in newest] == [
        "bundle.created",
        "version.created",
        "bundle.undeleted",
        "bundle.deleted",
        "bundle.updated",
        "bundle.updated",
    ]
    assert {event.actor for event in newest} == {"author"}


def test_roles_are_the_business_of_admins(world: World) -> None:
    place = world.places["private"]
    api.set_role(place.collection, "reader", user="stranger")
    assert "collection.roles_changed" in kinds(
        world.client("admin").get(events_url(place.collection))
    )
    seen = kinds(world.client("author").get(events_url(place.collection)))
    assert "collection.roles_changed" not in seen
    assert "bundle.created" in seen


def test_what_the_caller_may_not_see_is_left_out(world: World) -> None:
    hidden = api.create_collection("Hidden")
    lender = api.create_bundle(hidden.uuid, "lender")
    api.import_version(lender.uuid, {"a": "1"})
    place = world.places["private"]
    api.import_version(place.bundle, {"a": "1"}, {"lib": LinkTarget(lender.uuid, 1)})
    api.update_bundle(place.bundle, collection_uuid=hidden.uuid)
    api.update_bundle(place.bundle, collection_uuid=place.collection)
    for caller, sees in (("author", False), ("staff", True)):
        moved, version = (
            world.client(caller).get(events_url(place.collection) + "?limit=2").json()["results"]
        )
        assert [link["alias"] for link in version["links"]] == (["lib"] if sees else [])
        assert moved["facts"]["changes"]["collection_uuid"] == [
            str(hidden.uuid) if sees else None,
            str(place.collection),
        ]
        assert str(lender.uuid) in str(version) or not sees


@pytest.mark.parametrize("about", ["collection", "bundle", "version"])
def test_an_outside_application_tells_of_its_changes(world: World, about: str) -> None:
    place = world.places["private"]
    bodies: dict[str, dict[str, Any]] = {
        "collection": {"collection_uuid": str(place.collection)},
        "bundle": {"bundle_uuid": str(place.bundle)},
        "version": {"bundle_uuid": str(place.bundle), "version": 2},
    }
    body = bodies[about]
    response = world.client("author").post(reverse(ANNOTATIONS), {**body, "namespace": "my-tags"})
    assert response.status_code == 201
    event = api.get_events(place.collection, limit=1)[0]
    assert response.json()["uuid"] == str(event.uuid)
    assert response.json()["facts"] == {"namespace": "my-tags"}
    assert (event.actor, event.version) == ("author", body.get("version"))
    assert event.bundle_uuid == (None if about == "collection" else place.bundle)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"namespace": "x"},
        {"bundle_uuid": "BUNDLE"},
        {"bundle_uuid": "BUNDLE", "namespace": ""},
        {"bundle_uuid": "BUNDLE", "namespace": "two words"},
        {"bundle_uuid": "BUNDLE", "namespace": "x" * 101},
        {"bundle_uuid": "BUNDLE", "namespace": 5},
        {"bundle_uuid": "BUNDLE", "collection_uuid": "COLLECTION", "namespace": "x"},
        {"collection_uuid": "COLLECTION", "version": 1, "namespace": "x"},
        {"bundle_uuid": "BUNDLE", "version": 0, "namespace": "x"},
        {"bundle_uuid": "BUNDLE", "version": 99, "namespace": "x"},
        {"bundle_uuid": "BUNDLE", "version": 2**40, "namespace": "x"},
        {"bundle_uuid": "nonsense", "namespace": "x"},
        {"bundle_uuid": "11111111-1111-4111-8111-111111111111", "namespace": "x"},
    ],
)
def test_what_can_not_be_passed_on_is_refused(world: World, body: dict[str, Any]) -> None:
    place = world.places["private"]
    names = {"BUNDLE": str(place.bundle), "COLLECTION": str(place.collection)}
    filled = {key: names.get(str(value), value) for key, value in body.items()}
    count = Event.objects.count()
    response = world.client("author").post(reverse(ANNOTATIONS), filled)
    assert response.status_code == 400, response.content
    assert response.json()["code"]
    assert Event.objects.count() == count
