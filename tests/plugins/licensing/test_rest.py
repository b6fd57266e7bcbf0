"""The plugin's REST API: what it takes and gives, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from attrs import frozen
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from openedx_blockstore import api as blockstore
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.urls import urlpatterns
from tests.core.helpers import make_version
from tests.rest_api.conftest import CALLERS, VISIBILITIES, Place, World, make_place, world

__all__ = ["make_place", "world"]

BASE = "/api/v1/licensing"
HARVARD = PublisherData("https://harvard.example/", "Harvard")
_IRI = quote(HARVARD.iri, safe="")
_LEVELS = {"reader": "reuse", "author": "author", "admin": "admin", "member": "author"}
_ORDER = ("nothing", "read", "reuse", "author", "admin")


@frozen
class Row:
    """One method of one address.

    Attributes:
        needs: What the caller must be allowed to do with the collection; ``login`` for nothing,
            ``staff`` for what is of the whole installation.
    """

    method: str
    path: Callable[[Place], str]
    needs: str
    status: int
    body: Callable[[Place], Any] | None = None


TABLE = [
    Row("get", lambda _p: "licenses", "login", 200),
    Row("get", lambda _p: "check?use=link&license=MIT&into=CC-BY-4.0", "login", 200),
    Row("get", lambda p: f"collections/{p.collection}", "read", 200),
    Row(
        "put",
        lambda p: f"collections/{p.collection}",
        "admin",
        200,
        lambda _p: {"expression": "CC-BY-4.0"},
    ),
    Row("get", lambda p: f"bundles/{p.bundle}", "read", 200),
    Row(
        "put",
        lambda p: f"bundles/{p.bundle}",
        "author",
        200,
        lambda _p: {"expression": "CC-BY-4.0", "first_version": 1},
    ),
    Row("get", lambda p: f"bundle_versions/{p.bundle},1", "read", 200),
    Row("get", lambda p: f"bundle_versions/{p.bundle},1/report", "read", 200),
    Row("get", lambda _p: "publishers", "login", 200),
    Row("get", lambda _p: f"publisher?iri={_IRI}", "login", 200),
    Row(
        "post",
        lambda _p: "publishers",
        "staff",
        201,
        lambda _p: {"iri": "https://new.example/", "name": "New"},
    ),
    Row("delete", lambda _p: f"publisher?iri={_IRI}", "staff", 204),
]


def _level(caller: str, visibility: str) -> str:
    if caller == "staff":
        return "admin"
    public = {"public_read": "read", "public_reuse": "reuse"}.get(visibility, "nothing")
    return max(public, _LEVELS.get(caller, "nothing"), key=_ORDER.index)


def _expected(row: Row, caller: str, visibility: str) -> int:
    if caller == "anonymous":
        return 401
    if row.needs == "login":
        return row.status
    if row.needs == "staff":
        return row.status if caller == "staff" else 403
    level = _ORDER.index(_level(caller, visibility))
    if level >= _ORDER.index(row.needs):
        return row.status
    return 403 if level >= _ORDER.index("read") else 404


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.needs}")
def test_who_may_do_what(world: World, row: Row) -> None:
    for caller in CALLERS:
        for visibility in VISIBILITIES:
            api.set_publisher(HARVARD)
            place = world.places[visibility]
            ask = getattr(world.client(caller), row.method)
            answer = ask(f"{BASE}/{row.path(place)}", row.body(place) if row.body else None)
            expected = _expected(row, caller, visibility)
            assert answer.status_code == expected, (caller, visibility, answer.content)


def test_the_table_is_about_every_address() -> None:
    in_table = {
        row.path(Place(*[uuid4()] * 6)).partition("/")[0].partition("?")[0] for row in TABLE
    }
    served = {str(each.pattern).removeprefix("^").split("/")[2] for each in urlpatterns}
    assert served == {*in_table, "copies"}


@pytest.mark.parametrize("target", ["private", "public_reuse"])
def test_who_may_copy(world: World, target: str) -> None:
    for caller in CALLERS:
        for source in VISIBILITIES:
            body = {
                "bundle_uuid": str(world.places[source].bundle),
                "version": 1,
                "collection_uuid": str(world.places[target].collection),
            }
            answer = world.client(caller).post(f"{BASE}/copies", body)
            expected = _expected_of_copy(caller, source, target)
            assert answer.status_code == expected, (caller, source, answer.content)


def _expected_of_copy(caller: str, source: str, target: str) -> int:
    if caller == "anonymous":
        return 401
    there, here = (_ORDER.index(_level(caller, each)) for each in (source, target))
    if there == 0:
        return 400
    if there < _ORDER.index("reuse"):
        return 403
    if here >= _ORDER.index("author"):
        return 201
    return 403 if here else 400


# What is given -----------------------------------------------------------------------------------


def test_licences_come_in_pages_with_creative_commons_first(author: APIClient) -> None:
    page = author.get(f"{BASE}/licenses?limit=3").json()
    assert [each["key"] for each in page["results"]] == [
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
    ]
    second = author.get(page["next"]).json()
    assert second["results"][0]["key"] == "CC-BY-NC-SA-4.0"
    found = author.get(f"{BASE}/licenses?search=zero+1.0").json()["results"]
    assert [each["key"] for each in found] == ["CC0-1.0"]
    assert found[0]["group"] == "creative-commons"


@pytest.fixture
def private(world: World) -> Place:
    """The private collection."""
    return world.places["private"]


@pytest.fixture
def author(world: World) -> APIClient:
    """A client of the author."""
    return world.client("author")


@pytest.fixture
def admin(world: World) -> APIClient:
    """A client of the collection's admin."""
    return world.client("admin")


def test_a_collection_has_a_licence_and_a_history(admin: APIClient, private: Place) -> None:
    url = f"{BASE}/collections/{private.collection}"
    assert admin.get(url).json() == {"expression": "", "history": []}
    admin.put(url, {"expression": "cc-by-4.0"})
    answer = admin.put(url, {"expression": "MIT", "since": "2001-02-03T04:05:06Z"}).json()
    assert answer["expression"] == "CC-BY-4.0"
    assert [(each["expression"], each["actor"]) for each in answer["history"]] == [
        ("MIT", "admin"),
        ("CC-BY-4.0", "admin"),
    ]
    assert answer["history"][0]["since"] == "2001-02-03T04:05:06Z"
    assert admin.put(url, {"expression": None}).json()["expression"] == ""


def test_a_bundle_has_licences_by_version_and_path(author: APIClient, private: Place) -> None:
    url = f"{BASE}/bundles/{private.bundle}"
    author.put(url, {"expression": "MIT", "first_version": 2, "path": "*.js"})
    answer = author.put(url, {"expression": "CC-BY-4.0", "first_version": 1, "last_version": 1})
    assert answer.json() == {
        "licenses": [
            {
                "expression": "CC-BY-4.0",
                "path": "",
                "first_version": 1,
                "last_version": 1,
                "source": "author",
            },
            {
                "expression": "MIT",
                "path": "*.js",
                "first_version": 2,
                "last_version": None,
                "source": "author",
            },
        ],
        "advice": [],
    }
    version = author.get(f"{BASE}/bundle_versions/{private.bundle},2").json()
    assert version["paths"] == {"*.js": "MIT"}
    assert version["expression"] == ""
    assert version["credit_line"].startswith("“Unit” by an author who is not named")
    assert version["credit"]["title"] == "Unit"


def test_the_report_comes_in_three_forms(author: APIClient, private: Place) -> None:
    url = f"{BASE}/bundle_versions/{private.borrower},1/report"
    report = api.get_license_report(private.borrower, 1)
    assert author.get(url).json() == api.report_to_json(report)
    text = author.get(f"{url}?as=text")
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert text.content.decode() == api.report_to_text(report)
    html = author.get(f"{url}?as=html")
    assert html.content.decode() == api.report_to_html(report)
    assert "default-src 'none'" in html["Content-Security-Policy"]
    assert author.get(f"{url}?as=pdf").status_code == 400


def test_the_report_hides_what_the_caller_may_not_see(world: World) -> None:
    hidden = world.places["private"]
    shown = world.places["public_read"]
    draft = blockstore.get_or_create_bundle_draft(shown.borrower, "studio_draft")
    blockstore.set_draft_link(draft.uuid, "hidden", hidden.bundle, 1)
    blockstore.commit_draft(draft.uuid)
    url = f"{BASE}/bundle_versions/{shown.borrower},2/report"
    report = world.client("stranger").get(url)
    assert report.json()["hidden"] == 1
    assert str(hidden.bundle) not in report.content.decode()
    assert world.client("author").get(url).json()["hidden"] == 0


def test_a_check_says_why(author: APIClient) -> None:
    answer = author.get(f"{BASE}/check?use=publish&license=CC-BY-SA-4.0&into=CC-BY-4.0").json()
    assert answer["verdict"] == "no"
    assert answer["reasons"][0]["source"].startswith("https://creativecommons.org/")
    assert author.get(f"{BASE}/check?use=link&license=").json()["verdict"] == "unknown"


def test_a_copy_says_what_its_licence_says(world: World, author: APIClient) -> None:
    source, target = world.places["public_reuse"], world.places["private"]
    api.set_bundle_license(source.bundle, "CC-BY-NC-4.0", first_version=1)
    api.set_collection_license(target.collection, "CC-BY-4.0")
    body = {
        "bundle_uuid": str(source.bundle),
        "collection_uuid": str(target.collection),
        "title": "A copy",
    }
    answer = author.post(f"{BASE}/copies", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["check"]["verdict"] == "discouraged"
    assert answer.json()["title"] == "A copy"
    assert answer.json()["version"] == 1
    copied = blockstore.get_bundle_version(answer.json()["bundle_uuid"])
    assert copied is not None
    assert copied.author == "author"
    # Nothing is enforced.
    assert copied.files


def test_a_copy_needs_its_links(world: World) -> None:
    public, hidden = world.places["public_reuse"], world.places["public_read"]
    make_version(public.borrower, links={"unit": None})
    draft = blockstore.get_or_create_bundle_draft(public.borrower, "helper")
    blockstore.set_draft_link(draft.uuid, "read", hidden.bundle, 1)
    blockstore.commit_draft(draft.uuid)
    target = blockstore.create_collection("Stranger's")
    blockstore.set_role(target.uuid, "author", user=world.users["stranger"])
    body = {"bundle_uuid": str(public.borrower), "collection_uuid": str(target.uuid)}
    answer = world.client("stranger").post(f"{BASE}/copies", body)
    assert answer.status_code == 403
    assert str(hidden.bundle) not in answer.content.decode()
    assert blockstore.get_bundles(collection_uuid=target.uuid) == []


def test_publishers_are_kept_by_iri(world: World) -> None:
    staff = world.client("staff")
    made = staff.post(
        f"{BASE}/publishers", {"iri": HARVARD.iri, "name": "Harvard", "id_string": "H"}
    )
    assert made.status_code == 201
    assert staff.get(made["Location"]).json() == made.json()
    child = {"iri": "https://hks.example/", "name": "HKS", "id_string": "H", "parent": HARVARD.iri}
    assert staff.post(f"{BASE}/publishers", child).status_code == 201
    found = staff.get(f"{BASE}/publishers?id_string=H").json()["results"]
    assert [each["name"] for each in found] == ["Harvard", "HKS"]
    used = staff.delete(f"{BASE}/publisher?iri={_IRI}")
    assert (used.status_code, used.json()["code"]) == (409, "publisher_in_use")
    circle = staff.post(
        f"{BASE}/publishers", {"iri": HARVARD.iri, "name": "Harvard", "parent": child["iri"]}
    )
    assert (circle.status_code, circle.json()["code"]) == (400, "invalid_publisher")
    gone = staff.get(f"{BASE}/publisher?iri=nobody")
    assert (gone.status_code, gone.json()["code"]) == (404, "publisher_not_found")


def test_djangos_permissions_let_one_change_publishers(world: World) -> None:
    user = world.users["stranger"]
    for name in ("add_publisher", "change_publisher"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    body = {"iri": HARVARD.iri, "name": "Harvard"}
    assert world.client("stranger").post(f"{BASE}/publishers", body).status_code == 201
    assert world.client("stranger").delete(f"{BASE}/publisher?iri={_IRI}").status_code == 403


# What is wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        4,
        {"expression": "CC-BY4"},
        {"expression": 4},
        {"expression": ["MIT"]},
        {"expression": "MIT", "since": "yesterday"},
        {"expression": "MIT", "since": "2999-01-01T00:00:00Z"},
        {"expression": "x" * 100_000},
        {"expression": "\0"},
    ],
)
def test_bad_collection_licences_are_answered_with_400(
    admin: APIClient, private: Place, body: object
) -> None:
    answer = admin.put(f"{BASE}/collections/{private.collection}", body)
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {"code", "message", "facts"}


def test_a_bad_licence_is_answered_with_its_place_and_a_mend(
    admin: APIClient, private: Place
) -> None:
    url = f"{BASE}/collections/{private.collection}"
    answer = admin.put(url, {"expression": "MIT AND CC-BY4.0"}).json()
    assert answer["code"] == "invalid_license"
    assert answer["facts"]["position"] == 8
    assert "CC-BY-4.0" in answer["facts"]["suggestions"]


@pytest.mark.parametrize(
    "body",
    [
        {"expression": "MIT"},
        {"expression": "MIT", "first_version": 0},
        {"expression": "MIT", "first_version": "1"},
        {"expression": "MIT", "first_version": True},
        {"expression": "MIT", "first_version": 2**31},
        {"expression": "MIT", "first_version": 2, "last_version": 1},
        {"expression": "MIT", "first_version": 1, "path": "/etc"},
        {"expression": "MIT", "first_version": 1, "path": "a\0b"},
        {"expression": "", "first_version": 1},
        {"first_version": 1},
    ],
)
def test_bad_bundle_licences_are_answered_with_400(
    author: APIClient, private: Place, body: object
) -> None:
    answer = author.put(f"{BASE}/bundles/{private.bundle}", body)
    assert answer.status_code == 400, answer.content
    assert api.get_bundle_licenses(private.bundle) == []


@pytest.mark.parametrize(
    "path",
    [
        "collections/nonsense",
        "bundles/nonsense",
        "bundle_versions/nonsense,1",
        "bundle_versions/{bundle},0",
        "bundle_versions/{bundle},3",
        "bundle_versions/{bundle},x",
        "bundle_versions/{bundle},99999999999",
        "bundle_versions/{bundle},9/report",
        "bundle_versions/{deleted},1/report",
        "nothing",
    ],
)
def test_what_is_not_there_is_answered_with_404(
    author: APIClient, private: Place, path: str
) -> None:
    where = path.format(bundle=private.bundle, deleted=private.deleted)
    assert author.get(f"{BASE}/{where}").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["", "use=eat&license=MIT", "use=link", "use=link&license=CC-BY4", "use=link&license=%00"],
)
def test_bad_questions_are_answered_with_400(author: APIClient, query: str) -> None:
    assert author.get(f"{BASE}/check?{query}").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"bundle_uuid": "nonsense", "collection_uuid": "nonsense"},
        {"bundle_uuid": "00000000-0000-4000-8000-000000000000", "collection_uuid": "{c}"},
        {"bundle_uuid": "{b}", "collection_uuid": "00000000-0000-4000-8000-000000000000"},
        {"bundle_uuid": "{b}", "collection_uuid": "{c}", "version": 9},
        {"bundle_uuid": "{b}", "collection_uuid": "{c}", "version": "1"},
        {"bundle_uuid": "{b}", "collection_uuid": "{c}", "title": "x" * 181},
    ],
)
def test_bad_copies_are_answered_with_400(
    author: APIClient, private: Place, body: dict[str, Any]
) -> None:
    filled = {
        name: value.replace("{b}", str(private.bundle)).replace("{c}", str(private.collection))
        if isinstance(value, str)
        else value
        for name, value in body.items()
    }
    before = len(blockstore.get_bundles(collection_uuid=private.collection))
    answer = author.post(f"{BASE}/copies", filled)
    assert answer.status_code == 400, answer.content
    assert len(blockstore.get_bundles(collection_uuid=private.collection)) == before


def test_the_openapi_document_has_it(author: APIClient) -> None:
    document = author.get("/api/v1/schema").json()
    paths = {path for path in document["paths"] if "/licensing/" in path}
    assert len(paths) == len(urlpatterns)
    for path in paths:
        for operation in document["paths"][path].values():
            assert operation.get("description") or operation.get("summary")
