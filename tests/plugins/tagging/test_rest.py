"""The REST API: who may see content sees its tags, who may edit it may change them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore_tagging import api as tagging
from tests.plugins.tagging.conftest import LANGUAGES, Taxonomies
from tests.plugins.tagging.telling import Told

BASE = "/api/v1/tagging/"
CALLERS = ("anonymous", "stranger", "reader", "author", "staff")


@frozen
class World:
    """Something to tag, and who may ask."""

    bundle: BundleData
    collection: CollectionData
    users: dict[str, User]

    def client(self, caller: str) -> APIClient:
        """A client that is logged in as somebody, or as nobody."""
        client = APIClient()
        if caller != "anonymous":
            client.force_authenticate(self.users[caller])
        return client


@pytest.fixture
def world(bundle: BundleData, collection: CollectionData, taxonomies: Taxonomies) -> World:
    """The bundle, its private collection, and a user of each kind."""
    users = {name: User.objects.create_user(name) for name in CALLERS[1:-1]}
    users["staff"] = User.objects.create_user("staff", is_staff=True)
    api.set_role(collection.uuid, "reader", user=users["reader"])
    api.set_role(collection.uuid, "author", user=users["author"])
    return World(bundle, collection, users)


def bundle_url(world: World) -> str:
    return f"{BASE}bundles/{world.bundle.uuid}"


def collection_url(world: World) -> str:
    return f"{BASE}collections/{world.collection.uuid}"


def values(tags: Any) -> list[str]:
    return [tag["value"] for tag in tags]


@pytest.mark.parametrize(
    ("caller", "reading", "tagging_status"),
    [
        ("anonymous", 401, 401),
        ("stranger", 404, 404),
        ("reader", 200, 403),
        ("author", 200, 200),
        ("staff", 200, 200),
    ],
)
def test_tags_follow_the_roles(
    world: World, caller: str, reading: int, tagging_status: int
) -> None:
    client = world.client(caller)
    for url in (bundle_url(world), collection_url(world)):
        assert client.get(url).status_code == reading
        answer = client.put(url, {"taxonomy": "subjects", "values": ["Art"]})
        assert answer.status_code == tagging_status
        assert ("Art" in str(answer.json())) is (tagging_status == 200)
    assert client.get(f"{bundle_url(world)}/history").status_code == reading


def test_what_one_may_not_see_answers_as_what_is_not_there(world: World) -> None:
    client = world.client("stranger")
    for kind, uuid in (("bundles", world.bundle.uuid), ("collections", world.collection.uuid)):
        hidden = client.get(f"{BASE}{kind}/{uuid}")
        other = uuid4()
        missing = client.get(f"{BASE}{kind}/{other}")
        assert hidden.json() == {
            **missing.json(),
            "message": missing.json()["message"].replace(str(other), str(uuid)),
            "facts": {next(iter(missing.json()["facts"])): str(uuid)},
        }


def test_tags_of_versions_and_parts(world: World, told: Told) -> None:
    client = world.client("author")
    url = bundle_url(world)
    body: dict[str, Any] = {"taxonomy": "subjects", "values": ["Optics", "art"], "version": 2}
    answer = client.put(url, body)
    assert answer.status_code == 200
    assert answer.json()["parts"] == {}
    assert answer.json()["tags"][1] == {
        "taxonomy": "subjects",
        "taxonomy_id": tagging.get_taxonomies()[-1].id,
        "taxonomy_name": "Subjects",
        "value": "Optics",
        "lineage": ["Science", "Physics", "Optics"],
        "external_id": "opt",
    }
    assert told.bundles() == [(world.bundle.uuid, "author")]
    client.put(url, {"taxonomy": "keywords", "values": ["Lens"], "part": "p1.xml#one"})
    client.put(url, {"taxonomy": LANGUAGES, "values": ["French"], "versions": [1, 1]})
    assert values(client.get(f"{url}?version=1").json()["tags"]) == ["French"]
    assert values(client.get(f"{url}?version=2").json()["tags"]) == ["Art", "Optics"]
    latest = client.get(url).json()
    assert values(latest["parts"]["p1.xml#one"]) == ["Lens"]
    part = client.get(f"{url}?part=p1.xml%23one").json()
    assert part == {"tags": [], "parts": latest["parts"]}
    assert client.get(f"{url}?part=other.xml").json() == {"tags": [], "parts": {}}
    history = client.get(f"{url}/history").json()["spans"]
    assert [
        (span["tag"]["value"], span["part"], span["first_version"], span["last_version"])
        for span in history
    ] == [
        ("French", "", 1, 1),
        ("Art", "", 2, None),
        ("Optics", "", 2, None),
        ("Lens", "p1.xml#one", 3, None),
    ]
    assert len(client.get(f"{url}/history?part=p1.xml%23one").json()["spans"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, None),
        ([], None),
        ({"taxonomy": "subjects"}, None),
        ({"taxonomy": "subjects", "values": "Art"}, None),
        ({"taxonomy": "subjects", "values": [["Art"]]}, None),
        ({"taxonomy": {}, "values": []}, None),
        ({"taxonomy": True, "values": []}, None),
        ({"taxonomy": "", "values": []}, None),
        ({"taxonomy": "nothing", "values": []}, "taxonomy_not_found"),
        ({"taxonomy": 10**30, "values": []}, "taxonomy_not_found"),
        ({"taxonomy": "9" * 5000, "values": []}, "taxonomy_not_found"),
        ({"taxonomy": "\x00", "values": []}, None),
        ({"taxonomy": "\ud800", "values": []}, None),
        ({"taxonomy": "keywords", "values": [1]}, None),
        ({"taxonomy": "subjects", "values": [], "part": 5}, None),
        ({"taxonomy": "subjects", "values": ["Alchemy"]}, "tag_not_found"),
        ({"taxonomy": "level", "values": ["Easy", "Hard"]}, "single_tag_taxonomy"),
        ({"taxonomy": "keywords", "values": ["a;b"]}, "invalid_tag"),
        ({"taxonomy": "keywords", "values": ["\ud800"]}, None),
        ({"taxonomy": "keywords", "values": [str(n) for n in range(101)]}, "too_many_tags"),
        ({"taxonomy": "subjects", "values": [], "version": 0}, None),
        ({"taxonomy": "subjects", "values": [], "version": 9}, "bundle_version_not_found"),
        ({"taxonomy": "subjects", "values": [], "versions": [1]}, None),
        ({"taxonomy": "subjects", "values": [], "versions": [2, 1]}, "invalid"),
        ({"taxonomy": "subjects", "values": [], "versions": [1, 2], "version": 1}, "invalid"),
        ({"taxonomy": "subjects", "values": [], "part": "x" * 1001}, "invalid_part"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, (dict, list)) else None,
)
def test_what_can_not_be_tagged(world: World, body: Any, code: str | None) -> None:
    client = world.client("author")
    # Half a surrogate pair is a text that JSON has, and UTF-8 does not.
    answer = client.put(bundle_url(world), json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert code is None or answer.json()["code"] == code
    assert set(answer.json()) == {"code", "message", "facts"}
    assert tagging.get_tag_history(world.bundle.uuid) == []


def test_disabled_taxonomies_are_not_there_for_authors(
    world: World, taxonomies: Taxonomies
) -> None:
    taxonomies.subjects.enabled = False
    taxonomies.subjects.save()
    body = {"taxonomy": "subjects", "values": ["Art"]}
    answers = {
        caller: world.client(caller).put(bundle_url(world), body).json()["code"]
        for caller in ("author", "staff")
    }
    assert answers == {"author": "taxonomy_not_found", "staff": "taxonomy_disabled"}
    listed = world.client("author").get(f"{BASE}taxonomies").json()["results"]
    assert [taxonomy["export_id"] for taxonomy in listed] == ["languages-v1", "level", "keywords"]
    found = world.client("author").get(f"{BASE}bundles?taxonomy=subjects")
    assert (found.status_code, found.json()["code"]) == (400, "taxonomy_not_found")


def test_taxonomies_come_in_pages(world: World) -> None:
    client = world.client("stranger")
    names, url = [], f"{BASE}taxonomies?limit=3"
    while url:
        page = client.get(url).json()
        names += [taxonomy["name"] for taxonomy in page["results"]]
        url = page["next"]
    assert names == ["Languages", "Level", "Keywords", "Subjects"]
    assert world.client("anonymous").get(f"{BASE}taxonomies").status_code == 401


def test_only_what_one_may_see_is_found(world: World) -> None:
    tagging.tag_bundle(world.bundle.uuid, "subjects", ["Optics"])
    tagging.tag_bundle(world.bundle.uuid, "subjects", ["Physics"], part="p1.xml")
    tagging.tag_collection(world.collection.uuid, "subjects", ["Optics"])
    for caller, there in (("reader", True), ("stranger", False)):
        client = world.client(caller)
        found = client.get(f"{BASE}bundles?taxonomy=subjects&value=Science").json()
        assert found["next"] is None
        assert [(hit["bundle_uuid"], hit["whole"], hit["parts"]) for hit in found["results"]] == (
            [(str(world.bundle.uuid), True, ["p1.xml"])] if there else []
        )
        found = client.get(f"{BASE}collections?taxonomy=subjects").json()
        assert len(found["results"]) == int(there)
        inside = client.get(f"{BASE}bundles?taxonomy=subjects&collection={world.collection.uuid}")
        assert inside.status_code == (200 if there else 400)


def test_found_bundles_come_in_pages(world: World) -> None:
    for number in range(4):
        bundle = api.create_bundle(world.collection.uuid, f"b{number}", f"B{number}")
        tagging.tag_bundle(bundle.uuid, "subjects", ["Optics"])
    client = world.client("reader")
    found, url = [], f"{BASE}bundles?taxonomy=subjects&limit=3"
    while url:
        page = client.get(url).json()
        found += [hit["url"] for hit in page["results"]]
        url = page["next"]
    assert len(set(found)) == 4
    assert client.get(found[0]).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?taxonomy=",
        "?taxonomy=nothing",
        "?taxonomy=subjects&value=Alchemy",
        "?taxonomy=subjects&value=%00",
        "?taxonomy=subjects&limit=0",
        "?taxonomy=subjects&cursor=nonsense",
        "?taxonomy=subjects&collection=nonsense",
    ],
)
def test_what_can_not_be_looked_for(world: World, query: str) -> None:
    assert world.client("author").get(f"{BASE}bundles{query}").status_code == 400
    if "collection" not in query:
        assert world.client("author").get(f"{BASE}collections{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [("version=0", 400), ("version=x", 400), ("version=9", 404), ("part=%00", 400)],
)
def test_what_can_not_be_read(world: World, query: str, status: int) -> None:
    assert world.client("reader").get(f"{bundle_url(world)}?{query}").status_code == status
