"""The URLs of files: who may open them, and what they answer."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, DraftData
from tests.core.helpers import make_lender, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    """A browser of somebody of the staff."""
    client = Client()
    user = get_user_model().objects.create_user("staff", password="x", is_staff=True)
    client.force_login(user)
    return client


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_a_file_of_a_version_is_served_under_its_url(bundle: BundleData, staff: Client) -> None:
    make_version(bundle.uuid, {"a.txt": "old"})
    url = api.get_bundle_file_metadata(bundle.uuid, "a.txt").url
    make_version(bundle.uuid, {"a.txt": "new"})
    response = staff.get(url)
    assert (response.status_code, body(response)) == (200, b"old")
    assert body(staff.get(api.get_bundle_file_metadata(bundle.uuid, "a.txt").url)) == b"new"


def test_a_file_of_a_draft_is_served_as_the_draft_shows_it(draft: DraftData, staff: Client) -> None:
    make_version(draft.bundle_uuid, {"a": "published", "b": "published", "c": "1"})
    api.write_draft_file(draft.uuid, "a", "draft")
    api.write_draft_file(draft.uuid, "c", None)
    files = api.get_draft(draft.uuid).files
    assert {path: body(staff.get(file.url)) for path, file in files.items()} == {
        "a": b"draft",
        "b": b"published",
    }
    assert body(staff.get(f"/api/v1/drafts/{draft.uuid}/files/b")) == b"published"
    assert staff.get(f"/api/v1/drafts/{draft.uuid}/files/c").status_code == 404


@pytest.mark.parametrize(
    "path", ["ünï/cödé 🎉.txt", "100%.txt", "a?b#c.txt", "a+b&c.txt", '"quoted";.txt', "a..b"]
)
def test_any_path_can_be_in_a_url(bundle: BundleData, staff: Client, path: str) -> None:
    made = make_version(bundle.uuid, {path: "x"})
    response = staff.get(made.files[path].url)
    assert (response.status_code, body(response)) == (200, b"x")


def test_both_spellings_of_an_accent_are_one_url(bundle: BundleData, staff: Client) -> None:
    make_version(bundle.uuid, {"caf\u00e9": "x"})
    for spelling in ("caf%C3%A9", "cafe%CC%81"):
        url = f"/api/v1/bundle_versions/{bundle.uuid},1/files/{spelling}"
        assert staff.get(url).status_code == 200


def test_a_large_file_is_streamed_whole(bundle: BundleData, staff: Client) -> None:
    contents = bytes(range(256)) * 2000
    made = make_version(bundle.uuid, {"large.bin": contents})
    response = staff.get(made.files["large.bin"].url)
    assert response.streaming
    assert response["Content-Length"] == str(len(contents))
    assert body(response) == contents
    assert staff.head(made.files["large.bin"].url)["Content-Length"] == str(len(contents))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("page.html", "text/html"),
        ("drawing.svg", "image/svg+xml"),
        ("definition.xml", "text/xml"),
        ("picture.png", "image/png"),
        ("no extension", "application/octet-stream"),
    ],
)
def test_a_file_is_offered_for_download_and_never_runs_on_this_site(
    bundle: BundleData, staff: Client, path: str, kind: str
) -> None:
    made = make_version(bundle.uuid, {f"folder/{path}": "<script>"})
    response = staff.get(made.files[f"folder/{path}"].url)
    assert response["Content-Type"] in (kind, kind.replace("text/xml", "application/xml"))
    assert response["Content-Disposition"].startswith("attachment")
    assert path in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "private" in response["Cache-Control"]
    body(response)


def test_a_name_that_is_not_ascii_is_told_to_the_browser(bundle: BundleData, staff: Client) -> None:
    made = make_version(bundle.uuid, {"cödé.txt": "x"})
    response = staff.get(made.files["cödé.txt"].url)
    assert "filename*=utf-8''c%C3%B6d%C3%A9.txt" in response["Content-Disposition"]
    body(response)


def test_a_browser_that_has_the_contents_is_told_so(bundle: BundleData, staff: Client) -> None:
    file = make_version(bundle.uuid, {"a": "x"}).files["a"]
    response = staff.get(file.url)
    etag = f'"{file.hash_digest}"'
    assert response["ETag"] == etag
    body(response)
    for given in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        response = staff.get(file.url, headers={"If-None-Match": given})
        assert response.status_code == 304
        assert not response.getvalue()
        assert response["ETag"] == etag
    response = staff.get(file.url, headers={"If-None-Match": '"other"'})
    assert (response.status_code, body(response)) == (200, b"x")


@pytest.mark.parametrize(
    "path",
    [
        "bundle_versions/{bundle},1/files/missing",
        "bundle_versions/{bundle},1/files/../a",
        "bundle_versions/{bundle},1/files/a/",
        "bundle_versions/{bundle},1/files/%00",
        "bundle_versions/{bundle},0/files/a",
        "bundle_versions/{bundle},2/files/a",
        "bundle_versions/{bundle},99999999999999999999/files/a",
        "bundle_versions/{unknown},1/files/a",
        "bundle_versions/nonsense,1/files/a",
        "drafts/{unknown}/files/a",
        "drafts/{draft}/files/missing",
        "drafts/{draft}/files/",
    ],
)
def test_what_is_not_there_is_a_404(draft: DraftData, staff: Client, path: str) -> None:
    make_version(draft.bundle_uuid, {"a": "x"})
    names = {"bundle": draft.bundle_uuid, "draft": draft.uuid, "unknown": uuid.uuid4()}
    assert staff.get(f"/api/v1/{path.format(**names)}").status_code == 404


def test_a_deleted_bundle_is_a_404_but_its_pinned_version_is_not(
    bundle: BundleData, collection: CollectionData, staff: Client
) -> None:
    lender = make_lender(collection.uuid)
    make_version(bundle.uuid, {"a": "x"}, {"lib": lender})
    urls = [
        api.get_bundle_file_metadata(bundle.uuid, "a").url,
        api.get_bundle_file_metadata(bundle.uuid, "links/lib/file.txt").url,
    ]
    api.delete_bundle(bundle.uuid)
    api.delete_bundle(lender.bundle_uuid)
    assert [staff.get(url).status_code for url in urls] == [404, 200]


@pytest.mark.parametrize("user", [None, "learner"])
def test_nobody_but_the_staff_sees_anything(draft: DraftData, user: str | None) -> None:
    """What is there and what is not look the same to others."""
    file = make_version(draft.bundle_uuid, {"a": "x"}).files["a"]
    client = Client()
    if user is not None:
        client.force_login(get_user_model().objects.create_user(user, password="x"))
    answers = {
        (response.status_code, response["Location"].partition("?")[0])
        for response in (
            client.get(file.url),
            client.get(f"{file.url}-missing"),
            client.get(f"/api/v1/drafts/{draft.uuid}/files/a"),
            client.get(f"/api/v1/drafts/{uuid.uuid4()}/files/a"),
        )
    }
    assert answers == {(302, "/admin/login/")}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_files_can_only_be_read_here(bundle: BundleData, staff: Client, method: str) -> None:
    file = make_version(bundle.uuid, {"a": "x"}).files["a"]
    assert getattr(staff, method)(file.url).status_code == 405
