"""What a caller may not see is not there: in lists, counts, borrowers, dependencies and errors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from attrs import frozen
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from openedx_blockstore import api
from tests.rest_api.conftest import BASE


@frozen
class Secret:
    """A collection that the caller may edit, with content that uses and is used by a hidden one."""

    client: APIClient
    user: User
    mine: UUID
    lender: UUID
    borrower: UUID
    hidden_lender: UUID
    hidden_borrower: UUID

    def get(self, path: str) -> Any:
        """Ask, and expect an answer."""
        response: Any = self.client.get(BASE + path)
        assert response.status_code == 200, response.content
        assert str(self.hidden_lender) not in response.content.decode()
        assert str(self.hidden_borrower) not in response.content.decode()
        return response.json()


def _bundle(collection: UUID, slug: str, **links: UUID) -> UUID:
    bundle = api.create_bundle(collection, slug, slug.title()).uuid
    draft = api.get_or_create_bundle_draft(bundle, "d").uuid
    api.write_draft_file(draft, "a.txt", slug * 100)
    for alias, lender in links.items():
        api.set_draft_link(draft, alias, lender, 1)
    api.commit_draft(draft)
    return bundle


@pytest.fixture
def secret(db: None, file_storage: object) -> Secret:
    """Hidden borrower → mine → lender → hidden lender; and mine → hidden lender directly."""
    user = User.objects.create_user("ada")
    mine = api.create_collection("Mine").uuid
    hidden = api.create_collection("Hidden").uuid
    api.set_role(mine, "author", user=user)
    hidden_lender = _bundle(hidden, "far")
    lender = _bundle(mine, "near", far=hidden_lender)
    borrower = _bundle(mine, "borrower", near=lender, far=hidden_lender)
    hidden_borrower = _bundle(hidden, "spy", borrower=borrower)
    client = APIClient()
    client.force_authenticate(user)
    return Secret(client, user, mine, lender, borrower, hidden_lender, hidden_borrower)


def test_lists_do_not_show_it(secret: Secret) -> None:
    """Nor do searches, by UUID or text."""
    names = {bundle["slug"] for bundle in secret.get("bundles")}
    assert names == {"near", "borrower"}
    assert len(secret.get("collections")) == 1
    assert len(secret.get("bundle_versions")) == 2
    assert secret.get("bundle_versions?limit=9")["next"] is None
    assert secret.get("bundles?text_search=far") == []
    found: Any = secret.client.post(
        f"{BASE}bundles/search", {"uuid": [str(secret.hidden_lender)]}, format="json"
    )
    assert found.json() == {"next": None, "results": []}


def test_borrowers_and_their_number_leave_it_out(secret: Secret) -> None:
    """Through others as well."""
    assert secret.get(f"bundles/{secret.borrower}/borrowers")["results"] == []
    assert secret.get(f"bundles/{secret.borrower}/borrowers/count") == {"count": 0}
    assert secret.get(f"bundles/{secret.lender}/affected")["results"] == [
        {"bundle_uuid": str(secret.borrower)}
    ]


def test_versions_dependencies_changes_and_sizes_leave_it_out(secret: Secret) -> None:
    """Direct and indirect links, and the bytes behind them."""
    version = secret.get(f"bundle_versions/{secret.borrower},1")
    assert set(version["snapshot"]["links"]) == {"near"}
    assert version["snapshot"]["links"]["near"]["indirect"] == []
    dependencies = secret.get(f"bundle_versions/{secret.borrower},1/dependencies")
    assert [each["bundle_uuid"] for each in dependencies["dependencies"]] == [str(secret.lender)]
    changes = secret.get(f"bundle_versions/{secret.borrower},1/changes")
    assert [each["alias"] for each in changes["links"]] == ["near"]
    size = secret.get(f"bundle_versions/{secret.borrower},1/size")
    assert size == {"bytes": 800 + 400, "files": 2, "bundle_versions": 2}


def test_outdated_links_leave_it_out(secret: Secret) -> None:
    """Though it has a newer version."""
    draft = api.get_or_create_bundle_draft(secret.hidden_lender, "d").uuid
    api.write_draft_file(draft, "a.txt", "new")
    api.commit_draft(draft)
    assert secret.get(f"bundles/{secret.borrower}/outdated_links")["results"] == []
    api.set_role(_collection_of(secret.hidden_lender), "reader", user=secret.user)
    outdated: Any = secret.client.get(f"{BASE}bundles/{secret.borrower}/outdated_links")
    assert len(outdated.json()["results"]) == 1


def _collection_of(bundle: UUID) -> UUID:
    found = api.get_bundle(bundle).collection_uuid
    assert found is not None
    return found


def test_drafts_leave_it_out_but_keep_it(secret: Secret) -> None:
    """A link that an author does not see stays when they commit something else."""
    draft = api.get_or_create_bundle_draft(secret.borrower, "d").uuid
    staged = secret.get(f"drafts/{draft}")["staged_draft"]
    assert set(staged["links"]) == {"near"}
    api.write_draft_file(draft, "b.txt", "b")
    assert secret.client.post(f"{BASE}drafts/{draft}/commit").status_code == 201
    version = api.get_bundle_version(secret.borrower)
    assert version is not None
    assert set(version.links) == {"near", "far"}


@pytest.mark.parametrize("number", [1, 7])
def test_a_link_to_it_fails_as_if_it_were_not_there(secret: Secret, number: int) -> None:
    """Whether there is such a version or not."""
    draft = api.get_or_create_bundle_draft(secret.lender, "d").uuid
    body = {"links": {"x": {"bundle_uuid": str(secret.hidden_lender), "version": number}}}
    response: Any = secret.client.patch(f"{BASE}drafts/{draft}", body, format="json")
    assert response.status_code == 400
    assert response.json() == {
        "code": "invalid_link",
        "message": (
            f"The link 'x' is not possible: bundle {secret.hidden_lender} has no version {number}."
        ),
        "facts": {
            "alias": "x",
            "reason": f"bundle {secret.hidden_lender} has no version {number}",
        },
    }


def test_what_may_be_read_but_not_reused_is_not_linked_to(secret: Secret) -> None:
    """It is seen, so this is 403; with `public_reuse` it works."""
    draft = api.get_or_create_bundle_draft(secret.lender, "d").uuid
    body = {"links": {"x": {"bundle_uuid": str(secret.hidden_lender), "version": 1}}}
    collection = _collection_of(secret.hidden_lender)
    for visibility, status in (("public_read", 403), ("public_reuse", 204)):
        api.update_collection(collection, visibility=visibility)
        response = secret.client.patch(f"{BASE}drafts/{draft}", body, format="json")
        assert response.status_code == status


def test_errors_do_not_name_it(secret: Secret) -> None:
    """A circle through hidden bundles is reported without them."""
    # lender → hidden lender is there; now let the hidden lender's new version need mine.
    draft = api.get_or_create_bundle_draft(secret.hidden_lender, "d").uuid
    base = _bundle(secret.mine, "base")
    api.set_draft_link(draft, "base", base, 1)
    api.commit_draft(draft)
    near = api.get_or_create_bundle_draft(secret.lender, "d").uuid
    api.set_draft_link(near, "far", secret.hidden_lender, 2)
    api.commit_draft(near)
    mine = api.get_or_create_bundle_draft(base, "d").uuid
    body = {"links": {"near": {"bundle_uuid": str(secret.lender), "version": 2}}}
    response: Any = secret.client.patch(f"{BASE}drafts/{mine}", body, format="json")
    assert response.status_code == 400
    assert response.json()["code"] == "link_cycle"
    assert str(secret.hidden_lender) not in response.content.decode()
    assert "(hidden)" in response.json()["message"]


@pytest.mark.parametrize("query", ["", "?with_dependencies=1"])
def test_what_depends_on_it_is_not_exported(secret: Secret, query: str) -> None:
    """The archive would name it, or hold it; the error does not say which it is."""
    response: Any = secret.client.get(f"{BASE}bundle_versions/{secret.borrower},1/export{query}")
    assert response.status_code == 403
    assert str(secret.hidden_lender) not in response.content.decode()
    assert secret.client.get(f"{BASE}collections/{secret.mine}/export").status_code == 403
