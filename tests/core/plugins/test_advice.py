"""Plugins tell authors what they should know about what they have done; it stops nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, Finding, LinkTarget, Severity
from openedx_blockstore.exceptions import BundleNotFound, BundleVersionNotFound
from tests.core.helpers import make_version
from tests.core.plugins.advisers import GROUP

pytestmark = pytest.mark.django_db

CAREFUL = {"careful": "tests.core.plugins.advisers:Careful"}
BROKEN = {f"broken-{n}": "tests.core.plugins.advisers:Broken" for n in range(3)}

LINK = {
    "severity": "warning",
    "code": "careful",
    "file": "links/lent",
    "line": None,
    "message": "Be careful with version 1.",
    "mend": "Look.",
}


@pytest.fixture
def bundles(db: None, file_storage: object) -> tuple[BundleData, BundleData]:
    """A bundle without versions, and a lender with one."""
    collection = api.create_collection("Ours").uuid
    lender = api.create_bundle(collection, "lender", "Lender")
    make_version(lender.uuid, {"a.txt": "a"})
    return api.create_bundle(collection, "bundle", "Bundle"), lender


@pytest.fixture
def client(db: None) -> APIClient:
    """One whom nothing is forbidden."""
    client = APIClient()
    client.force_authenticate(User.objects.create_user("staff", is_staff=True))
    return client


def _links(lender: BundleData) -> dict[str, Any]:
    return {"lent": {"bundle_uuid": str(lender.uuid), "version": 1}}


def test_what_plugins_say_of_links_and_versions_is_told(
    use_plugins: Any, bundles: tuple[BundleData, BundleData]
) -> None:
    bundle, lender = bundles
    use_plugins({GROUP: CAREFUL})
    links = {"lent": LinkTarget(lender.uuid, 1), "gone": None}
    expected = Finding(
        Severity.WARNING, "careful", "links/lent", None, "Be careful with version 1.", "Look."
    )
    assert api.get_link_advice(bundle.uuid, links) == (expected,)
    assert api.get_link_advice(bundle.uuid, {"gone": None}) == ()
    make_version(bundle.uuid, {}, {"lent": LinkTarget(lender.uuid, 1)})
    assert api.get_advice(bundle.uuid) == (expected,)
    make_version(bundle.uuid, {"a.txt": "a"})
    even = Finding(Severity.INFO, "even", "", None, "It is even.")
    assert api.get_advice(bundle.uuid) == (expected, even)
    assert api.get_advice(str(bundle.uuid), 1) == (expected,)


def test_advice_about_nothing_is_an_error(
    use_plugins: Any, bundles: tuple[BundleData, BundleData]
) -> None:
    use_plugins({GROUP: CAREFUL})
    for uuid in (uuid4(), UUID(int=0), "x"):
        with pytest.raises(BundleNotFound):
            api.get_advice(uuid)
        with pytest.raises(BundleNotFound):
            api.get_link_advice(uuid, {})
    for number in (None, 3):
        with pytest.raises(BundleVersionNotFound):
            api.get_advice(bundles[0].uuid, number)


def test_authors_are_told_over_rest(
    use_plugins: Any, bundles: tuple[BundleData, BundleData], client: APIClient
) -> None:
    bundle, lender = bundles
    use_plugins({GROUP: CAREFUL})
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work").uuid
    changes = {"links": _links(lender), "files": {"a.txt": "YQ=="}}
    answer = client.patch(f"/api/v1/drafts/{draft}", changes, format="json")
    assert (answer.status_code, answer.json()) == (200, {"advice": [LINK]})
    answer = client.patch(
        f"/api/v1/drafts/{draft}", {"files": {"b.txt": "YQ=="}, "links": {"x": None}}, format="json"
    )
    assert (answer.status_code, answer.content) == (204, b""), "nothing is to be said"
    assert set(api.get_draft(draft).links) == {"lent"}
    answer = client.post(f"/api/v1/drafts/{draft}/commit", {}, format="json")
    assert (answer.status_code, answer.json()["advice"]) == (201, [LINK])
    make_version(bundle.uuid, {"c.txt": "c"})
    answer = client.post(f"/api/v1/bundles/{bundle.uuid}/revert", {"version": 1}, format="json")
    assert (answer.status_code, answer.json()["advice"]) == (201, [LINK])


def test_without_plugins_nothing_is_said(
    bundles: tuple[BundleData, BundleData], client: APIClient
) -> None:
    bundle, lender = bundles
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work").uuid
    changes = {"links": _links(lender)}
    assert client.patch(f"/api/v1/drafts/{draft}", changes, format="json").status_code == 204
    answer = client.post(f"/api/v1/drafts/{draft}/commit", {}, format="json")
    assert (answer.status_code, answer.json()["advice"]) == (201, [])


def test_an_adviser_that_fails_is_heard_no_more(
    use_plugins: Any, bundles: tuple[BundleData, BundleData], client: APIClient
) -> None:
    bundle, lender = bundles
    use_plugins({GROUP: {**BROKEN, **CAREFUL}})
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work").uuid
    for _time in range(3):
        with transaction.atomic():
            answer = client.patch(
                f"/api/v1/drafts/{draft}", {"links": _links(lender)}, format="json"
            )
        assert (answer.status_code, answer.json()) == (200, {"advice": [LINK]})
    answer = client.post(f"/api/v1/drafts/{draft}/commit", {}, format="json")
    assert answer.json()["advice"] == [LINK]
    assert set(api.get_bundle_links(bundle.uuid)) == {"lent"}
