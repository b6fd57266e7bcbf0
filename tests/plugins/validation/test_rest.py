"""The REST API of the plugin, and its admin page."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.data import Visibility
from openedx_blockstore_validation.codes import CODES
from openedx_blockstore_validation.models import VersionFindings
from tests.plugins.validation.test_checks import configure
from tests.plugins.validation.test_imports import DANGLING, GOOD, store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage")]

BASE = "/api/v1/validation"


@pytest.fixture(params=["private", "public_read"])
def visibility(request: pytest.FixtureRequest) -> Visibility:
    """Who may read without a role."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def bundle(visibility: Visibility) -> UUID:
    """A bundle with one version, in a collection with a reader and an author."""
    collection = api.create_collection("C", visibility=visibility).uuid
    for role in ("reader", "author"):
        api.set_role(collection, role, user=User.objects.create_user(role))
    User.objects.create_user("stranger")
    bundle = api.create_bundle(collection, "p", "P", type="problem").uuid
    store(bundle, {"problem.xml": DANGLING.format("a")})
    return bundle


def client_of(name: str) -> APIClient:
    """Log somebody in."""
    client = APIClient()
    client.force_authenticate(User.objects.get(username=name))
    return client


def test_findings_of_a_version(bundle: UUID, visibility: Visibility) -> None:
    url = f"{BASE}/bundle_versions/{bundle},1"
    answer = client_of("reader").get(url)
    assert answer.status_code == 200
    assert answer.json()["found_by"] == "import"
    assert answer.json()["counts"] == {"error": 0, "warning": 1, "info": 0}
    (finding,) = answer.json()["findings"]
    assert finding["code"] == "dangling-asset"
    assert (finding["file"], finding["line"]) == ("problem.xml", 1)
    expected = {"private": 404, "public_read": 200}[visibility]
    assert client_of("stranger").get(url).status_code == expected


def test_a_version_that_was_not_imported_is_checked_now(bundle: UUID) -> None:
    draft = api.get_or_create_bundle_draft(bundle, "d")
    api.write_draft_file(draft.uuid, "x.xml", "<p>")
    api.commit_draft(draft.uuid)
    answer = client_of("reader").get(f"{BASE}/bundle_versions/{bundle},2").json()
    assert answer["found_by"] == "request"
    assert answer["counts"]["error"] == 1


@pytest.mark.parametrize(
    "number", ["0", "2", "-1", "x", "1e3", "9" * 5000, "²", "1,1", "2147483648"]
)
def test_versions_that_are_not_there(bundle: UUID, number: str) -> None:
    answer = client_of("reader").get(f"{BASE}/bundle_versions/{bundle},{number}")
    assert answer.status_code == 404
    assert client_of("reader").get(f"{BASE}/bundle_versions/{uuid4()},1").status_code == 404
    assert client_of("reader").get(f"{BASE}/bundle_versions/x,1").status_code == 404


def test_findings_of_a_draft_are_for_authors(bundle: UUID) -> None:
    draft = api.get_or_create_bundle_draft(bundle, "d")
    api.write_draft_file(draft.uuid, "problem.xml", "<problem>")
    url = f"{BASE}/drafts/{draft.uuid}"
    answer = client_of("author").get(url)
    assert answer.status_code == 200
    assert [each["code"] for each in answer.json()["findings"]] == ["malformed-xml"]
    unknown = client_of("stranger").get(f"{BASE}/drafts/{uuid4()}")
    for caller in ("reader", "stranger"):
        answer = client_of(caller).get(url)
        assert answer.status_code == unknown.status_code == 404, caller
        assert answer.json()["code"] == unknown.json()["code"] == "draft_not_found"
    assert client_of("author").get(f"{BASE}/drafts/x").status_code == 404


def test_what_is_too_much_is_not_checked_while_somebody_waits(
    bundle: UUID, settings: Settings
) -> None:
    draft = api.get_or_create_bundle_draft(bundle, "d")
    api.write_draft_file(draft.uuid, "problem.xml", GOOD)
    for limits in ({"MAX_REQUEST_FILES": 1}, {"MAX_REQUEST_BYTES": 20}):
        configure(settings, **limits)
        answer = client_of("author").get(f"{BASE}/drafts/{draft.uuid}")
        assert answer.status_code == 400
        assert answer.json()["code"] == "limit_exceeded"
        assert next(iter(limits)) in answer.content.decode()


@pytest.mark.usefixtures("bundle")
def test_the_codes() -> None:
    answer = client_of("reader").get(f"{BASE}/codes").json()
    assert {each["code"] for each in answer} == set(CODES)


def test_the_admin_page(bundle: UUID, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    url = reverse("admin:openedx_blockstore_validation_versionfindings_changelist")
    assert "dangling-asset" in client.get(url).content.decode()
    shown = client.get(url, {"code": "dangling-asset", "severity": "warning", "q": str(bundle)})
    assert "1 findings of versions" in shown.content.decode()
    assert "0 findings of versions" in client.get(url, {"code": "doctype"}).content.decode()
    row = VersionFindings.objects.get()
    page = client.get(f"{url}{row.pk}/change/")
    assert "/static/a.png" in page.content.decode()
    assert client.post(f"{url}add/").status_code == 403
