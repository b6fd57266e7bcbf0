"""The clients of the first Blockstore are served unchanged.

What they send, and what they do with the answers, is as the platform's HTTP client did it: it made
objects of its own with exactly the fields that the answers had.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from openedx_blockstore import api

pytestmark = pytest.mark.django_db


@frozen
class Reference:
    """What the platform made of a dependency."""

    bundle_uuid: str
    version: int
    snapshot_digest: str


@frozen
class OldFile:
    """What the platform made of a file of a version."""

    path: str
    url: str
    size: int
    hash_digest: str


@frozen
class OldDraftFile(OldFile):
    """What the platform made of a file of a draft."""

    modified: bool


class OldClient:
    """The requests that the platform sent, and what it read in the answers."""

    def __init__(self) -> None:
        user = User.objects.create_user("lms", is_staff=True)
        self.http = APIClient()
        self.http.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")

    def call(self, method: str, path: str, status: int, **data: Any) -> Any:
        """Send JSON, and expect a status."""
        response = getattr(self.http, method)(f"/api/v1/{path}", data, format="json")
        assert response.status_code == status, response.content
        return response.json() if status != 204 else None

    def get_bundles(self, uuids: list[UUID] | None = None, text_search: str = "") -> list[Any]:
        """Ask with a body in a GET, since long lists of UUIDs break an address."""
        query = f"?text_search={text_search}" if text_search else "?"
        body = {"uuid": ",".join(map(str, uuids))} if uuids else {}
        response = self.http.generic(
            "GET",
            f"/api/v1/bundles{query}",
            json.dumps(body),
            content_type="application/json",
        )
        assert response.status_code == 200, response.content
        return [self.read_bundle(bundle) for bundle in response.json()]

    def read_bundle(self, data: Any) -> Any:
        """Read drafts and the latest version out of addresses."""
        return {
            "uuid": UUID(data["uuid"]),
            "title": data["title"],
            "description": data["description"],
            "slug": data["slug"],
            "drafts": {name: UUID(url.rsplit("/", 1)[-1]) for name, url in data["drafts"].items()},
            "latest_version": (
                int(data["versions"][-1].rsplit(",", 1)[-1]) if data["versions"] else 0
            ),
        }

    def write(self, draft: str, **changes: Any) -> None:
        """Patch a draft."""
        self.call("patch", f"drafts/{draft}", 204, **changes)

    def read_draft(self, draft: str) -> dict[str, OldDraftFile]:
        """Read the files of a draft."""
        staged = self.call("get", f"drafts/{draft}", 200)["staged_draft"]
        return {path: OldDraftFile(path=path, **file) for path, file in staged["files"].items()}


def encoded(text: str) -> str:
    """Text as the first Blockstore took it."""
    return base64.b64encode(text.encode()).decode()


def read_without_login(url: str) -> bytes:
    """Fetch a file as the first clients did."""
    response: Any = APIClient().get(url)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


@pytest.fixture
def client(file_storage: object) -> OldClient:
    """A client with the token of a service's account."""
    return OldClient()


@pytest.fixture
def collection(client: OldClient) -> str:
    """The UUID of a collection."""
    return str(client.call("post", "collections", 201, title="Physics")["uuid"])


def make_bundle(client: OldClient, collection: str, slug: str) -> str:
    """Make a bundle; return its UUID."""
    created = client.call(
        "post",
        "bundles",
        201,
        collection_uuid=collection,
        slug=slug,
        title=slug.title(),
        description="",
    )
    return str(created["uuid"])


def make_draft(client: OldClient, bundle: str) -> str:
    """Make a draft; return its UUID."""
    return str(client.call("post", "drafts", 201, bundle_uuid=bundle, name="studio_draft")["uuid"])


def test_collections_live_and_die(client: OldClient, collection: str) -> None:
    """With the fields and statuses of old."""
    data = client.call("get", f"collections/{collection}", 200)
    assert {"title", "url", "uuid"} <= set(data)
    assert data["url"] == f"http://testserver/api/v1/collections/{collection}"
    assert [each["uuid"] for each in client.call("get", "collections", 200)] == [collection]
    client.call("patch", f"collections/{collection}", 200, title="Optics")
    assert client.call("put", f"collections/{collection}", 200, title="Waves")["title"] == "Waves"
    client.call("put", f"collections/{collection}", 400)
    client.call("delete", f"collections/{collection}", 204)
    client.call("get", f"collections/{collection}", 404)


def test_bundles_are_found_by_uuid_and_text(client: OldClient, collection: str) -> None:
    """In a plain list, with filters in the address or in the body of a GET."""
    first, second = (UUID(make_bundle(client, collection, slug)) for slug in ("alpha", "beta"))
    assert [bundle["uuid"] for bundle in client.get_bundles()] == [first, second]
    assert [bundle["uuid"] for bundle in client.get_bundles([second])] == [second]
    assert [bundle["uuid"] for bundle in client.get_bundles(text_search="ALPH")] == [first]
    found = client.call("get", f"bundles?uuid={first},{second},nonsense", 200)
    assert len(found) == 2
    assert len(client.call("get", f"bundles?collection__uuid={collection}", 200)) == 2
    bundle = client.call("get", f"bundles/{first}", 200)
    assert {
        "collection",
        "collection_uuid",
        "description",
        "drafts",
        "slug",
        "title",
        "url",
        "uuid",
        "versions",
    } <= set(bundle)
    changed = client.call("patch", f"bundles/{first}", 200, title="New", description="Better")
    assert (changed["title"], changed["description"]) == ("New", "Better")
    client.call("delete", f"bundles/{first}", 204)
    client.call("get", f"bundles/{first}", 404)


@pytest.mark.parametrize(
    "body",
    [
        {"collection_uuid": None},
        {"collection_uuid": "nonsense"},
        {"collection_uuid": "11111111-1111-4111-8111-111111111111"},
        {"slug": "no blanks"},
        {"slug": None},
        {"title": ""},
        {"title": "x" * 181},
    ],
)
def test_impossible_bundles_are_400(client: OldClient, collection: str, body: Any) -> None:
    """Whether the collection is missing, unknown or no UUID."""
    possible = {"collection_uuid": collection, "slug": "a", "title": "A"}
    client.call("post", "bundles", 400, **{**possible, **body})


def test_a_draft_is_written_committed_and_deleted(client: OldClient, collection: str) -> None:
    """As Studio does with a library."""
    bundle = make_bundle(client, collection, "alpha")
    draft = make_draft(client, bundle)
    empty = client.call("get", f"drafts/{draft}", 200)
    assert empty["bundle_uuid"] == bundle
    assert empty["name"] == "studio_draft"
    assert empty["staged_draft"]["base_snapshot"] is None
    assert empty["staged_draft"]["files"] == {}
    client.write(draft, files={"a.txt": encoded("one"), "b.txt": encoded("two")})
    files = client.read_draft(draft)
    assert {path: file.modified for path, file in files.items()} == {"a.txt": True, "b.txt": True}
    committed = client.call("post", f"drafts/{draft}/commit", 201)
    assert committed["bundle_version"].endswith(f"/bundle_versions/{bundle},1")
    assert committed["updated_draft"].endswith(f"/drafts/{draft}")
    client.call("post", f"drafts/{draft}/commit", 400)
    client.write(draft, files={"a.txt": None})
    assert set(client.read_draft(draft)) == {"b.txt"}
    # They fetch files from where they are told to, without logging in.
    assert read_without_login(client.read_draft(draft)["b.txt"].url) == b"two"
    version = client.call("get", f"bundle_versions/{bundle},1", 200)
    assert {
        "bundle",
        "bundle_uuid",
        "change_description",
        "url",
        "version_num",
        "snapshot",
    } <= set(version)
    snapshot = version["snapshot"]
    files_of_version = {
        path: OldFile(path=path, **file) for path, file in snapshot["files"].items()
    }
    assert files_of_version["a.txt"].size == 3
    assert read_without_login(files_of_version["a.txt"].url) == b"one"
    stored = api.get_bundle_version(bundle, 1)
    assert stored is not None
    assert snapshot["hash_digest"] == stored.manifest_digest
    assert client.call("get", f"drafts/{draft}", 200)["staged_draft"]["base_snapshot"] == (
        stored.manifest_digest
    )
    assert client.get_bundles([UUID(bundle)])[0]["latest_version"] == 1
    assert client.get_bundles([UUID(bundle)])[0]["drafts"] == {"studio_draft": UUID(draft)}
    client.call("delete", f"drafts/{draft}", 204)
    client.call("get", f"drafts/{draft}", 404)


def test_a_second_draft_of_the_same_name_is_400(client: OldClient, collection: str) -> None:
    """Clients look among the bundle's drafts first."""
    bundle = make_bundle(client, collection, "alpha")
    make_draft(client, bundle)
    client.call("post", "drafts", 400, bundle_uuid=bundle, name="studio_draft")
    assert [set(draft) for draft in client.call("get", "drafts", 200)] == [
        {"uuid", "url", "bundle", "bundle_uuid", "name"}
    ]


def test_links_are_set_shown_and_deleted(client: OldClient, collection: str) -> None:
    """Direct and indirect, with the digests of manifests."""
    bundles = [make_bundle(client, collection, slug) for slug in ("one", "two", "three")]
    drafts = [make_draft(client, bundle) for bundle in bundles]
    client.write(drafts[0], files={"a.txt": encoded("a")})
    client.call("post", f"drafts/{drafts[0]}/commit", 201)
    client.write(drafts[1], links={"one": {"bundle_uuid": bundles[0], "version": 1}})
    client.call("post", f"drafts/{drafts[1]}/commit", 201)
    client.write(drafts[2], links={"two": {"bundle_uuid": bundles[1], "version": 1}})
    links = client.call("get", f"drafts/{drafts[2]}", 200)["staged_draft"]["links"]
    assert links["two"]["modified"] is True
    assert Reference(**links["two"]["direct"]).bundle_uuid == bundles[1]
    assert [Reference(**each).bundle_uuid for each in links["two"]["indirect"]] == [bundles[0]]
    client.call("post", f"drafts/{drafts[2]}/commit", 201)
    version = client.call("get", f"bundle_versions/{bundles[2]},1", 200)
    direct = Reference(**version["snapshot"]["links"]["two"]["direct"])
    lender = client.call("get", f"bundle_versions/{bundles[1]},1", 200)
    assert direct.snapshot_digest == lender["snapshot"]["hash_digest"]
    client.write(drafts[2], links={"two": None})
    assert client.call("get", f"drafts/{drafts[2]}", 200)["staged_draft"]["links"] == {}
    # A link back would close a circle, one to nothing leads nowhere.
    for target in (
        {"bundle_uuid": bundles[2], "version": 1},
        {"bundle_uuid": bundles[2], "version": 9},
        {"bundle_uuid": "11111111-1111-4111-8111-111111111111", "version": 1},
        {"bundle_uuid": bundles[2], "version": True},
        {"bundle_uuid": bundles[2], "version": "1"},
        {"bundle_uuid": "nonsense", "version": 1},
        {"bundle_uuid": bundles[2]},
        {"version": 1},
        7,
    ):
        client.call("patch", f"drafts/{drafts[0]}", 400, links={"back": target})


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"../x": ""}},
        {"files": {"/x": ""}},
        {"files": {"a//b": ""}},
        {"files": {"x" * 501: ""}},
        {"files": {"x": "no base64!"}},
        {"files": {"x": 7}},
        {"files": ["x"]},
        {"links": ["x"]},
        {"links": {"a/b": None}},
    ],
)
def test_impossible_changes_are_400_and_change_nothing(
    client: OldClient, collection: str, changes: Any
) -> None:
    """Not even what was possible among them."""
    draft = make_draft(client, make_bundle(client, collection, "alpha"))
    files = changes.get("files")
    if isinstance(files, dict):
        changes = {"files": {"good.txt": encoded("good"), **files}}
    client.call("patch", f"drafts/{draft}", 400, **changes)
    assert client.read_draft(draft) == {}


def test_versions_are_listed_and_described(client: OldClient, collection: str) -> None:
    """The list has no snapshots; what is said of a version can be changed."""
    bundle = make_bundle(client, collection, "alpha")
    draft = make_draft(client, bundle)
    for text in ("one", "two"):
        client.write(draft, files={"a.txt": encoded(text)})
        client.call("post", f"drafts/{draft}/commit", 201)
    versions = client.call("get", f"bundle_versions?bundle__uuid={bundle}", 200)
    assert [version["version_num"] for version in versions] == [1, 2]
    assert all("snapshot" not in version for version in versions)
    client.call("patch", f"bundle_versions/{bundle},1", 200, change_description="First")
    version = client.call("get", f"bundle_versions/{bundle},1", 200)
    assert version["change_description"] == "First"
    client.call("get", f"bundle_versions/{bundle},3", 404)
    client.call("get", f"bundle_versions/{bundle},0", 404)


def test_nobody_else_is_let_in(client: OldClient) -> None:
    """Not even with a wrong token."""
    nobody = APIClient()
    response: Any = nobody.get("/api/v1/bundles")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    nobody.credentials(HTTP_AUTHORIZATION="Token wrong")
    wrong: Any = nobody.get("/api/v1/bundles")
    assert wrong.status_code == 401
    assert wrong.json()["code"] == "authentication_failed"
