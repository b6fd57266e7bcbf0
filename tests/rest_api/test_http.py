"""What holds of all requests: pages, sparse fields, caches, throttles and errors."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import OperationalError
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.exceptions import BlockstoreError, StorageError
from openedx_blockstore.rest_api.errors import STATUSES
from openedx_blockstore.rest_api.pagination import encode
from tests.rest_api.conftest import BASE, Place, World

# Pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["bundles", "collections", "bundle_versions", "drafts"])
def test_lists_come_in_pages_or_whole(staff: APIClient, resource: str) -> None:
    """Page by page one gets the same as all at once, and each once."""
    everything = staff.get(BASE + resource).json()
    assert isinstance(everything, list)
    assert len(everything) > 2
    pages, url = [], f"{BASE}{resource}?limit=2"
    while url:
        page = staff.get(url).json()
        assert len(page["results"]) <= 2
        pages += page["results"]
        url = page["next"]
    assert pages == everything


def test_searches_by_post_go_on_with_the_cursor(world: World, staff: APIClient) -> None:
    """As many UUIDs as one likes."""
    uuids = [str(place.bundle) for place in world.places.values()]
    body: dict[str, Any] = {"uuid": uuids, "limit": 2, "text_search": "unit"}
    first: Any = staff.post(f"{BASE}bundles/search", body, format="json")
    assert len(first.json()["results"]) == 2
    cursor = urlsplit(first.json()["next"]).query.removeprefix("cursor=")
    second: Any = staff.post(f"{BASE}bundles/search", {**body, "cursor": cursor}, format="json")
    assert len(second.json()["results"]) == 1
    assert second.json()["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=",
        "cursor=nonsense",
        f"cursor={encode(2**63)}",
        "cursor=%00",
        "fields=",
        "fields=nothing",
        "text_search=%00",
        "collection_uuid=x",
        "text_search=" + "x" * 501,
    ],
)
def test_impossible_questions_are_400(staff: APIClient, query: str) -> None:
    """Not an empty list, and not everything."""
    response: Any = staff.get(f"{BASE}bundles?{query}")
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"


def test_a_list_that_is_too_long_is_to_be_asked_for_in_pages(
    staff: APIClient, settings: Any
) -> None:
    """Nobody gets a part of it and takes it for all."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "REST_MAX_LIST": 2}
    response: Any = staff.get(f"{BASE}bundles")
    assert response.status_code == 400
    assert response.json()["code"] == "limit_exceeded"
    assert "`limit`" in response.json()["message"]


def test_fields_can_be_chosen(staff: APIClient, private: Place) -> None:
    """Inner ones as well."""
    assert set(staff.get(f"{BASE}bundles?fields=uuid,title").json()[0]) == {"uuid", "title"}
    version = staff.get(
        f"{BASE}bundle_versions/{private.bundle},1?fields=url,snapshot.hash_digest"
    ).json()
    assert set(version) == {"url", "snapshot"}
    assert set(version["snapshot"]) == {"hash_digest"}
    draft = staff.get(f"{BASE}drafts/{private.draft}?fields=name").json()
    assert draft == {"name": "studio_draft"}


# Caches ------------------------------------------------------------------------------------------


def test_a_version_that_is_known_is_not_sent_again(staff: APIClient, private: Place) -> None:
    """304, with the same ETag; another one once there is something else to say."""
    url = f"{BASE}bundle_versions/{private.bundle},2"
    response = staff.get(url)
    assert response["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))
    again: Any = staff.get(url, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == response["ETag"]
    staff.patch(url, {"change_description": "New"})
    assert staff.get(url, headers={"If-None-Match": response["ETag"]}).status_code == 200


# Throttles ---------------------------------------------------------------------------------------


def test_who_asks_too_often_is_told_when_to_come_back(world: World, settings: Any) -> None:
    """429, with Retry-After."""
    cache.clear()
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "REST_THROTTLE_RATES": {"user": "2/minute"},
    }
    client = world.client("reader")
    answers: list[Any] = [client.get(f"{BASE}me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "throttled"
    assert 0 < int(answers[2]["Retry-After"]) <= 61
    assert world.client("author").get(f"{BASE}me").status_code == 200
    cache.clear()


def test_passwords_can_not_be_tried_one_after_the_other(world: World, settings: Any) -> None:
    """Whoever they are tried for."""
    cache.clear()
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "REST_THROTTLE_RATES": {"login": "3/minute"},
    }
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Basic cmVhZGVyOndyb25n")
    statuses = [client.post(f"{BASE}token").status_code for _ in range(5)]
    assert statuses[-1] == 429
    cache.clear()


# Errors ------------------------------------------------------------------------------------------


def _families(cls: type[BlockstoreError]) -> set[type[BlockstoreError]]:
    return {cls}.union(*(_families(each) for each in cls.__subclasses__()))


def test_every_error_of_blockstore_has_a_status_and_a_code_of_its_own() -> None:
    """So clients need not read messages."""
    errors = {
        each
        for each in _families(BlockstoreError)
        if each.__module__ == "openedx_blockstore.exceptions"
    }
    for error in errors:
        assert any(issubclass(error, family) for family, _status in STATUSES)
    codes = [error.code for error in errors]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ('"text"', "application/json", 400),
        ("[]", "application/json", 400),
        ("null", "application/json", 400),
        ("NaN", "application/json", 400),
        (b"\xff", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"title": "\\ud800"}', "application/json", 400),
        ('{"title": "\\u0000"}', "application/json", 400),
        ('{"title": 7, "visibility": []}', "application/json", 400),
        # Quoted by the answer, which must be UTF-8 all the same.
        ('{"title": "x", "visibility": "ä \\ud800"}', "application/json", 400),
        ("title=New", "application/x-www-form-urlencoded", 415),
        ("title", "text/plain", 415),
        ("x", "nonsense", 415),
    ],
)
def test_impossible_bodies_are_refused(
    staff: APIClient, body: str | bytes, content_type: str, status: int
) -> None:
    """With the form that all errors have."""
    anything: Any = staff
    response = anything.generic("POST", f"{BASE}collections", body, content_type=content_type)
    assert response.status_code == status, response.content
    assert set(response.json()) == {"code", "message", "facts"}


def test_a_body_that_is_too_large_is_413(staff: APIClient, private: Place, settings: Any) -> None:
    """The error names the setting."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "REST_MAX_JSON_BYTES": 100}
    response: Any = staff.patch(
        f"{BASE}drafts/{private.draft}", {"files": {"a": "A" * 200}}, format="json"
    )
    assert response.status_code == 413
    assert response.json()["facts"] == {"limit": 100, "setting": "REST_MAX_JSON_BYTES"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StorageError("secret/name", "password wrong"), "storage_error"),
        (OperationalError("locked"), "database_unavailable"),
    ],
)
def test_what_fails_behind_the_scenes_is_503_and_says_nothing_of_them(
    staff: APIClient, private: Place, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    """The log says it to those who run the server."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr(api, "get_draft", fail)
    response: Any = staff.get(f"{BASE}drafts/{private.draft}")
    assert response.status_code == 503
    assert response.json()["code"] == code
    assert "secret" not in response.content.decode()
    assert "password" not in response.content.decode()


def test_methods_that_are_not_there_are_405(staff: APIClient) -> None:
    """With those that are."""
    response: Any = staff.delete(f"{BASE}bundles")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert "GET" in response["Allow"]


def test_who_makes_a_collection_is_its_admin(world: World) -> None:
    """With Django's permission to add collections one need not be on the staff."""
    user = User.objects.get(username="stranger")
    user.user_permissions.add(Permission.objects.get(codename="add_collection"))
    client = APIClient()
    client.force_authenticate(User.objects.get(username="stranger"))
    created: Any = client.post(f"{BASE}collections", {"title": "Mine"}, format="json")
    uuid = created.json()["uuid"]
    roles = client.get(f"{BASE}collections/{uuid}/roles").json()["results"]
    assert roles == [{"role": "admin", "user": "stranger", "group": None}]
    audit = client.get(f"{BASE}collections/{uuid}/audit?limit=1").json()
    assert audit["results"][0]["actor"] == "stranger"
    assert client.get(audit["next"]).json()["results"][0]["action"] == "roles"


def test_a_list_of_many_bundles_costs_few_statements(
    world: World, django_assert_max_num_queries: Any
) -> None:
    """However many there are, and whatever the caller may see of them."""
    place = world.places["private"]
    for number in range(50):
        api.create_bundle(place.collection, f"b{number}", "Bundle")
    client = world.client("reader")
    with django_assert_max_num_queries(6):
        assert len(client.get(f"{BASE}bundles?limit=1000").json()["results"]) == 56
