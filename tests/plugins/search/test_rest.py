"""The REST API of search."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from openedx_blockstore import api as core
from openedx_blockstore.data import CollectionData, LinkTarget, Visibility
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore.rest_api.schema import build_schema
from tests.plugins.search.helpers import PROBLEM, index_everything, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)

BASE = "/api/v1/search"
CALLERS = ("anonymous", "stranger", "reader", "author", "admin", "staff")


@pytest.fixture
def users(db: None) -> dict[str, User]:
    """Callers of every kind."""
    made = {name: User.objects.create_user(name) for name in CALLERS[1:-1]}
    return {**made, "staff": User.objects.create_user("staff", is_staff=True)}


def _get(user: User | None, below: str = "", /, **query: Any) -> Any:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client.get(f"{BASE}{below}?{urlencode(query, doseq=True)}")


def _world(users: dict[str, User], visibility: Visibility) -> tuple[UUID, UUID]:
    collection = core.create_collection("Ours", visibility=visibility).uuid
    for name in ("reader", "author", "admin"):
        core.set_role(collection, name, user=users[name])
    bundle = make_bundle(
        collection,
        {
            "unit.xml": '<unit display_name="U"><problem url_name="p" display_name="Ears">'
            '<p>Owls hear</p><img src="/static/a.png"/><stringresponse/></problem></unit>',
            "static/a.png": "a",
            "static/b.png": "b",
        },
        type="unit",
    )
    index_everything()
    return collection, bundle


def test_a_result_has_everything_a_page_needs(
    engine: SearchBackend, users: dict[str, User]
) -> None:
    collection, bundle = _world(users, "private")
    answer = _get(
        users["reader"],
        q="hear",
        block_type="problem",
        response=["string", "numerical"],
        facet=["block_type", "trait:response"],
    )
    assert answer.status_code == 200
    body = answer.json()
    (hit,) = body.pop("results")
    assert body == {
        "next": None,
        "total": 1,
        "total_is_exact": True,
        "facets": {
            "block_type": [{"value": "problem", "count": 1}],
            "trait:response": [{"value": "string", "count": 1}],
        },
        "suggestions": [],
    }
    assert hit.pop("score") > 0
    assert hit.pop("modified_at")
    assert hit == {
        "kind": "part",
        "bundle_uuid": str(bundle),
        "collection_uuid": str(collection),
        "bundle_type": "unit",
        "first_version": 1,
        "last_version": None,
        "path": "unit.xml",
        "key": "unit.xml#p",
        "block_type": "problem",
        "title": "Ears",
        "title_marks": [],
        "snippets": [{"text": "Owls hear", "marks": [{"start": 5, "end": 9}]}],
        "parents": [{"key": "unit.xml", "type": "unit", "title": "U"}],
        "languages": [],
        "traits": {"response": ["string"]},
        "tags": [],
        "licence": "",
    }


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [
        ("private", {"reader", "author", "admin", "staff"}),
        ("public_read", {"stranger", "reader", "author", "admin", "staff"}),
        ("public_reuse", {"stranger", "reader", "author", "admin", "staff"}),
    ],
)
def test_who_sees_what(
    engine: SearchBackend, users: dict[str, User], visibility: Visibility, seen_by: set[str]
) -> None:
    _collection, bundle = _world(users, visibility)
    for caller in CALLERS:
        user = users.get(caller)
        found = _get(user, q="hear")
        usage = _get(user, "/file_usage", bundle_uuid=bundle, path="static/a.png")
        unused = _get(user, "/unused_files", bundle_uuid=bundle)
        if caller == "anonymous":
            assert {found.status_code, usage.status_code, unused.status_code} == {401}
        elif caller in seen_by:
            assert [len(found.json()["results"]), len(usage.json()["results"])] == [1, 1]
            assert unused.json()["results"] == ["static/b.png"]
        else:
            assert found.json()["results"] == []
            assert {usage.status_code, unused.status_code} == {404}
            assert usage.json() == {
                "code": "bundle_not_found",
                "message": f"There is no bundle {bundle}.",
                "facts": {"bundle_uuid": str(bundle)},
            }


def test_borrowers_that_the_caller_may_not_see_are_counted_only(
    engine: SearchBackend, users: dict[str, User]
) -> None:
    _collection, bundle = _world(users, "public_reuse")
    hidden = core.create_collection("Hidden").uuid
    borrower = make_bundle(
        hidden, {"x.xml": '<html>"/static/b.png"</html>'}, {"l": LinkTarget(bundle, 1)}
    )
    index_everything()
    query = {"bundle_uuid": bundle, "path": "static/b.png"}
    body = _get(users["stranger"], "/file_usage", **query)
    assert str(borrower) not in body.content.decode()
    assert (body.json()["results"], body.json()["hidden"]) == ([], 1)
    body = _get(users["staff"], "/file_usage", **query).json()
    assert (body["results"][0]["bundle_uuid"], body["hidden"]) == (str(borrower), 0)
    assert _get(users["stranger"], "/unused_files", bundle_uuid=bundle).json()["results"] == []


def test_pages_follow_one_another(
    engine: SearchBackend, users: dict[str, User], collection: CollectionData
) -> None:
    for number in range(5):
        make_bundle(collection.uuid, title=f"Nest {number}")
    index_everything()
    client = APIClient()
    client.force_authenticate(users["staff"])
    seen: list[str] = []
    address: str | None = f"{BASE}?q=nest&sort=title&limit=2&kind=bundle&kind=part"
    while address is not None:
        body = client.get(address).json()
        seen += [hit["title"] for hit in body["results"]]
        address = body["next"]
    assert seen == [f"Nest {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("", {"q": "x" * 1_001}),
        ("", {"q": "-x"}),
        ("", {"kind": "page"}),
        ("", {"collection": "x"}),
        ("", {"bundle": "12"}),
        ("", {"language": "!"}),
        ("", {"trait": "response"}),
        ("", {"trait": ":x"}),
        ("", {"versions": "newest"}),
        ("", {"versions": "0"}),
        ("", {"versions": "99999999999"}),
        ("", {"facet": "colour"}),
        ("", {"facet_size": "0"}),
        ("", {"sort": "random"}),
        ("", {"limit": "101"}),
        ("", {"limit": "many"}),
        ("", {"cursor": "x"}),
        ("/file_usage", {}),
        ("/file_usage", {"bundle_uuid": "B"}),
        ("/file_usage", {"bundle_uuid": "B", "path": "static/a.png", "cursor": "x"}),
        ("/file_usage", {"bundle_uuid": "B", "path": "static/a.png", "limit": "0"}),
        ("/unused_files", {}),
        ("/unused_files", {"bundle_uuid": "B", "limit": "x"}),
        ("/unused_files", {"bundle_uuid": "B", "cursor": "x"}),
    ],
    ids=str,
)
def test_wrong_queries_are_answered_with_a_sentence(
    engine: SearchBackend, users: dict[str, User], path: str, query: dict[str, str]
) -> None:
    _collection, bundle = _world(users, "private")
    given = {name: str(bundle) if value == "B" else value for name, value in query.items()}
    answer = _get(users["staff"], path, **given)
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {"code", "message", "facts"}


@pytest.mark.parametrize(
    ("query", "begins"),
    [
        ({"q": "*"}, "q: at least one word"),
        ({"facet": "colour"}, "facet: there is no 'colour'"),
        ({"kind": "page"}, "kind: there is no 'page'"),
    ],
)
def test_parameters_are_called_as_callers_know_them(
    engine: SearchBackend, users: dict[str, User], query: dict[str, str], begins: str
) -> None:
    _world(users, "private")
    assert _get(users["staff"], **query).json()["message"].startswith(begins)


def test_what_is_not_there_is_404(engine: SearchBackend, users: dict[str, User]) -> None:
    _collection, bundle = _world(users, "private")
    for path, query in (
        ("/file_usage", {"bundle_uuid": bundle, "path": "static/none.png"}),
        ("/file_usage", {"bundle_uuid": uuid4(), "path": "static/a.png"}),
        ("/unused_files", {"bundle_uuid": "x"}),
    ):
        assert _get(users["staff"], path, **query).status_code == 404


def test_what_is_not_read_yet_is_409(
    engine: SearchBackend, users: dict[str, User], collection: CollectionData
) -> None:
    bundle = make_bundle(collection.uuid, {"problem.xml": PROBLEM.format(title="New", label="x")})
    answer = _get(users["staff"], "/unused_files", bundle_uuid=bundle)
    assert (answer.status_code, answer.json()["code"]) == (409, "bundle_not_indexed")


def test_where_nothing_was_indexed_yet_is_503(
    engine: SearchBackend, users: dict[str, User]
) -> None:
    answer = _get(users["staff"], q="x")
    assert (answer.status_code, answer.json()["code"]) == (503, "search_index_missing")


def test_the_openapi_document_describes_it(db: None) -> None:
    paths = build_schema(server="")["paths"]
    parameters = {each["name"] for each in paths["/v1/search"]["get"]["parameters"]}
    assert {"q", "block_type", "tag", "licence", "language", "versions", "facet"} <= parameters
    assert {"/v1/search/file_usage", "/v1/search/unused_files"} <= set(paths)
    json.dumps(paths)


def test_writing_is_not_possible(users: dict[str, User]) -> None:
    client = APIClient()
    client.force_authenticate(users["staff"])
    for method in (client.post, client.put, client.delete):
        assert method(BASE).status_code == 405
