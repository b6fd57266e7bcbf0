"""Where a bundle of a type is previewed and edited."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.bundle_types import find_page
from openedx_blockstore.conf import get_settings
from openedx_blockstore.plugin_api import PageRequest
from tests.rest_api.conftest import BASE, Place, World


def _pages(settings: Any, pages: Any) -> None:
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "BUNDLE_TYPE_PAGES": pages}


def _ask(client: APIClient, place: Place, page: str, **query: Any) -> tuple[int, str]:
    """The status, and the address or the code of the error."""
    response = client.get(f"{BASE}bundles/{place.bundle}/{page}", query)
    body = response.json()
    return response.status_code, body.get("url") or body["code"]


_STUDIO = "https://studio.example.com"


def test_the_preview_is_of_the_latest_version_or_the_one_that_is_asked_for(
    world: World, private: Place
) -> None:
    """For readers."""
    reader = world.client("reader")
    page = f"{_STUDIO}/see/{private.bundle}"
    assert _ask(reader, private, "preview") == (200, f"{page}?v=2&d=")
    assert _ask(reader, private, "preview", version=1) == (200, f"{page}?v=1&d=")
    for unknown in (0, 3):
        expected = (404, "bundle_version_not_found")
        assert _ask(reader, private, "preview", version=unknown) == expected
    assert _ask(reader, private, "preview", version="last") == (400, "invalid")


def test_a_draft_is_previewed_and_edited_by_its_authors(
    world: World, author: APIClient, private: Place
) -> None:
    """For others it is not there."""
    draft = private.draft
    expected = (200, f"{_STUDIO}/see/{private.bundle}?v=2&d={draft}")
    assert _ask(author, private, "preview", draft=draft) == expected
    assert _ask(author, private, "edit", draft=draft) == (
        200,
        f"{_STUDIO}/edit/{private.bundle}?d={draft}",
    )
    reader = world.client("reader")
    assert _ask(reader, private, "preview", draft=draft) == (404, "draft_not_found")
    assert _ask(author, private, "preview", draft=draft, version=1) == (400, "invalid")


@pytest.mark.parametrize("page", ["preview", "edit"])
def test_a_draft_of_another_bundle_is_none(
    world: World, author: APIClient, private: Place, page: str
) -> None:
    """Though the caller is an author of it."""
    other = world.places["public_read"].draft
    assert _ask(author, private, page, draft=other) == (404, "draft_not_found")
    assert _ask(author, private, page, draft="mine") == (404, "draft_not_found")


def test_without_a_version_there_is_nothing_to_preview_but_something_to_edit(
    author: APIClient, private: Place
) -> None:
    """A bundle that was just made."""
    bundle = api.create_bundle(private.collection, "new", "New", type="problem").uuid
    url = f"{BASE}bundles/{bundle}"
    assert author.get(f"{url}/preview").json()["code"] == "bundle_version_not_found"
    assert author.get(f"{url}/edit").json() == {"url": f"{_STUDIO}/edit/{bundle}?d="}


def test_a_type_without_a_page_is_told_from_a_bundle_that_is_not_there(
    settings: Any, author: APIClient, private: Place
) -> None:
    """By the code; and the facts say what is lacking."""
    _pages(settings, {"problem": {"preview": "https://lms.example.com/{bundle_uuid}"}})
    response = author.get(f"{BASE}bundles/{private.bundle}/edit")
    assert response.status_code == 404
    assert response.json() == {
        "code": "bundle_page_not_found",
        "message": (
            "Bundles of the type 'problem' have no page to edit them "
            "(OPENEDX_BLOCKSTORE['BUNDLE_TYPE_PAGES'])."
        ),
        "facts": {"bundle_type": "problem", "page": "edit", "lacking": None},
    }
    _pages(settings, {})
    assert _ask(author, private, "preview") == (404, "bundle_page_not_found")


def test_a_page_is_not_given_for_what_it_can_not_show(
    settings: Any, author: APIClient, private: Place
) -> None:
    """An address without a place for the version is about the latest one, always."""
    _pages(settings, {"problem": {"preview": "https://lms.example.com/{bundle_uuid}"}})
    page = f"https://lms.example.com/{private.bundle}"
    assert _ask(author, private, "preview") == (200, page)
    assert _ask(author, private, "preview", version=2) == (200, page)
    assert _ask(author, private, "preview", version=1) == (404, "bundle_page_not_found")
    response = author.get(f"{BASE}bundles/{private.bundle}/preview", {"draft": str(private.draft)})
    assert response.json()["facts"]["lacking"] == "draft"


def test_browsers_are_sent_there(author: APIClient, private: Place) -> None:
    """Caches keep the answers for them and for programs apart."""
    url = f"{BASE}bundles/{private.bundle}/edit"
    response = author.get(url, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert response.status_code == 302
    assert response["Location"] == f"{_STUDIO}/edit/{private.bundle}?d="
    assert "Accept" in response["Vary"]
    refused = author.get(f"{BASE}bundles/{private.borrower}/edit", headers={"accept": "text/html"})
    assert refused.json()["code"] == "bundle_page_not_found"


def test_a_page_of_this_site_gets_its_root(
    settings: Any, author: APIClient, private: Place
) -> None:
    """What is set may begin with a slash."""
    _pages(settings, {"problem": {"edit": "/edit?next=https://x/&c={collection_uuid}&t={type}"}})
    query = f"/edit?next=https://x/&c={private.collection}&t=problem"
    assert _ask(author, private, "edit") == (200, f"http://testserver{query}")
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PUBLIC_ROOT_URL": "https://lms.example.com",
    }
    assert _ask(author, private, "edit") == (200, f"https://lms.example.com{query}")


def test_types_are_quoted(settings: Any, private: Place) -> None:
    """A type is any text."""
    _pages(settings, {"a/b&c": {"edit": "/{type}/{{{version}}}"}})
    request = PageRequest(
        page="edit",
        bundle_uuid=private.bundle,
        bundle_type="a/b&c",
        collection_uuid=private.collection,
        latest_version=4,
    )
    assert find_page(request) == "/a%2Fb%26c/{4}"


def test_types_are_listed(settings: Any, author: APIClient) -> None:
    """Those of plugins, and those that the settings name."""
    _pages(settings, {"own": {"edit": "/{bundle_uuid}"}})
    listed = author.get(f"{BASE}bundle_types").json()
    names = [each["name"] for each in listed]
    assert names == sorted(names)
    assert {"name": "video", "title": "Video", "max_files": 10_000} in listed
    assert {"name": "own", "title": "", "max_files": 100} in listed


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ("https://example.com", "BUNDLE_TYPE_PAGES"),
        ({"video": "https://example.com"}, "BUNDLE_TYPE_PAGES"),
        ({5: {}}, "BUNDLE_TYPE_PAGES"),
        ({"video": {"show": "https://example.com"}}, "'preview', 'edit'.*'show'"),
        ({"video": {"edit": 5}}, "BUNDLE_TYPE_PAGES.*5"),
        ({"video": {"edit": "javascript:alert(1)"}}, "BUNDLE_TYPE_PAGES.*begins neither"),
        ({"video": {"edit": "//example.com"}}, "begins neither"),
        ({"video": {"edit": "studio/{bundle_uuid}"}}, "begins neither"),
        ({"video": {"edit": "/{uuid}"}}, r"\{uuid\}, which is unknown; there are: \{bundle_uuid\}"),
        ({"video": {"edit": "/{}"}}, "unknown"),
        ({"video": {"edit": "/{bundle_uuid.hex}"}}, "unknown"),
        ({"video": {"edit": "/{version:04}"}}, "unknown"),
        ({"video": {"edit": "/{version!r}"}}, "unknown"),
        ({"video": {"edit": "/{version"}}, "single brace"),
        ({"video": {"edit": "/version}"}}, "single brace"),
    ],
)
def test_a_wrong_setting_is_named_with_the_mend(settings: Any, pages: Any, reason: str) -> None:
    """At start, not when somebody asks."""
    _pages(settings, pages)
    with pytest.raises(ImproperlyConfigured, match=reason):
        get_settings()
