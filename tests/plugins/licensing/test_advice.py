"""Authors are told where licences do not permit what they do; nothing stops them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData, Finding, LinkTarget, Severity
from openedx_blockstore.exceptions import BundleVersionNotFound
from openedx_blockstore_licensing import api
from tests.core.helpers import make_version
from tests.counting import counting
from tests.plugins.licensing.conftest import MakeBundle

pytestmark = pytest.mark.django_db

RESERVED = api.ALL_RIGHTS_RESERVED


def _codes(found: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(str(each.severity), each.code, each.file) for each in found]


@pytest.fixture
def client(db: None) -> APIClient:
    """One whom nothing is forbidden."""
    client = APIClient()
    client.force_authenticate(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.mark.parametrize(
    ("lender", "own", "expected"),
    [
        (RESERVED, "CC-BY-4.0", [("warning", "reserved", "links/lent")]),
        (RESERVED, "", [("warning", "reserved", "links/lent")]),
        ("CC-BY-NC-4.0", "CC-BY-4.0", [("warning", "non-commercial-part", "links/lent")]),
        ("", "CC-BY-4.0", [("info", "unlicensed", "links/lent")]),
        ("", "", []),
        ("CC-BY-4.0", "", []),
        ("CC-BY-SA-4.0", RESERVED, []),
        ("CC0-1.0", "CC-BY-4.0", []),
    ],
)
def test_a_link_that_a_licence_forbids_is_told_when_it_is_set_and_when_it_is_committed(
    collection: CollectionData,
    other: CollectionData,
    make_bundle: MakeBundle,
    lender: str,
    own: str,
    expected: list[tuple[str, str, str]],
) -> None:
    api.set_collection_license(collection.uuid, own)
    api.set_collection_license(other.uuid, lender)
    bundle, lent = make_bundle(collection.uuid), make_bundle(other.uuid, "Owls")
    links = {"lent": LinkTarget(lent.uuid, 1)}
    assert _codes(blockstore.get_link_advice(bundle.uuid, links)) == expected
    assert blockstore.get_bundle(bundle.uuid).latest_version == 1, "nothing was done yet"
    make_version(bundle.uuid, {}, links)
    assert _codes(blockstore.get_advice(bundle.uuid)) == expected
    assert _codes(blockstore.get_advice(bundle.uuid, 1)) == []


def test_the_licence_that_the_next_version_will_have_counts(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(other.uuid, "CC-BY-NC-4.0")
    bundle, lent = make_bundle(collection.uuid), make_bundle(other.uuid)
    links = {"lent": LinkTarget(lent.uuid, 1)}
    assert blockstore.get_link_advice(bundle.uuid, links) == ()
    api.set_bundle_license(bundle.uuid, "CC-BY-4.0", first_version=2)
    assert [each.code for each in blockstore.get_link_advice(bundle.uuid, links)] == [
        "non-commercial-part"
    ]
    empty = blockstore.create_bundle(collection.uuid, "empty", "Empty")
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    assert [each.code for each in blockstore.get_link_advice(empty.uuid, links)] == [
        "non-commercial-part"
    ]


def test_ones_own_work_may_be_linked(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(collection.uuid, RESERVED)
    api.set_collection_license(other.uuid, RESERVED)
    one, two = make_bundle(collection.uuid), make_bundle(collection.uuid)
    links = {"lent": LinkTarget(two.uuid, 1)}
    assert blockstore.get_link_advice(one.uuid, links) == ()
    third = make_bundle(other.uuid)
    blockstore.update_collection(other.uuid, owner="Ann's university")
    assert blockstore.get_link_advice(third.uuid, links) == (), "both are the university's"


def test_files_under_another_licence_are_told_without_their_names(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(other.uuid, "CC-BY-4.0")
    lent = make_bundle(other.uuid)
    api.set_bundle_license(lent.uuid, RESERVED, first_version=1, path="secret/*.png")
    bundle = make_bundle(collection.uuid)
    (found,) = blockstore.get_link_advice(bundle.uuid, {"lent": LinkTarget(lent.uuid, 1)})
    assert found == Finding(
        Severity.WARNING,
        "reserved",
        "links/lent",
        None,
        "Some files behind this link: All rights are reserved: ask whoever holds them for "
        "permission.",
        "Ask whoever holds the rights for permission, or do without it.",
    )


def test_a_copy_and_what_is_made_of_it_are_told(
    collection: CollectionData, other: CollectionData, bundle: BundleData
) -> None:
    api.set_bundle_license(bundle.uuid, RESERVED, first_version=1)
    copy = api.copy_bundle(bundle.uuid, 1, other.uuid)
    (found,) = api.get_license_advice(copy.uuid)
    assert (found.code, found.file) == ("reserved", "")
    assert found.message.startswith("This is a copy of “Newton”: All rights are reserved")
    again = api.copy_bundle(bundle.uuid, 1, collection.uuid)
    assert api.get_license_advice(again.uuid) == (), "the same people hold the rights"
    make_version(copy.uuid, {"a.xml": "<problem>changed</problem>"})
    (found,) = api.get_license_advice(copy.uuid)
    assert found.message.startswith("This is a changed copy of “Newton”")


def test_publication_under_another_licence_is_told(
    other: CollectionData, bundle: BundleData, client: APIClient
) -> None:
    api.set_bundle_license(bundle.uuid, "CC-BY-SA-4.0", first_version=1)
    copy = api.copy_bundle(bundle.uuid, 1, other.uuid).uuid
    api.set_bundle_license(copy, "CC0-1.0", first_version=1, last_version=1)
    assert _codes(api.get_license_advice(copy)) == [("warning", "share-alike", "")]
    make_version(copy, {"a.xml": "<problem>changed</problem>"})
    assert api.get_license_advice(copy) == (), "it is still under the licence of the original"
    answer = client.put(
        f"/api/v1/licensing/bundles/{copy}",
        {"expression": "CC-BY-NC-4.0", "first_version": 2},
        format="json",
    )
    assert answer.status_code == 200
    assert [(each["severity"], each["code"]) for each in answer.json()["advice"]] == [
        ("warning", "share-alike")
    ]
    assert api.get_version_license(copy).expression == "CC-BY-NC-4.0", "nothing was refused"
    draft = blockstore.get_or_create_bundle_draft(copy, "work").uuid
    blockstore.write_draft_file(draft, "a.xml", "<problem>again</problem>")
    answer = client.post(f"/api/v1/drafts/{draft}/commit", {}, format="json")
    assert [each["code"] for each in answer.json()["advice"]] == ["share-alike"]


def test_authors_are_told_over_rest(
    collection: CollectionData,
    other: CollectionData,
    make_bundle: MakeBundle,
    client: APIClient,
) -> None:
    api.set_collection_license(other.uuid, RESERVED)
    bundle, lent = make_bundle(collection.uuid), make_bundle(other.uuid)
    draft = blockstore.get_or_create_bundle_draft(bundle.uuid, "work").uuid
    links = {"lent": {"bundle_uuid": str(lent.uuid), "version": 1}}
    answer = client.patch(f"/api/v1/drafts/{draft}", {"links": links}, format="json")
    assert answer.status_code == 200
    (advice,) = answer.json()["advice"]
    assert (advice["file"], advice["code"]) == ("links/lent", "reserved")
    assert set(blockstore.get_draft(draft).links) == {"lent"}
    empty = blockstore.create_bundle(collection.uuid, "empty", "Empty").uuid
    answer = client.put(
        f"/api/v1/licensing/bundles/{empty}",
        {"expression": "CC-BY-4.0", "first_version": 1},
        format="json",
    )
    assert (answer.status_code, answer.json()["advice"]) == (200, [])


def test_a_bundle_without_versions_has_no_advice_of_its_own(collection: CollectionData) -> None:
    empty = blockstore.create_bundle(collection.uuid, "empty", "Empty").uuid
    with pytest.raises(BundleVersionNotFound):
        api.get_license_advice(empty)


def test_advice_asks_the_database_little(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(collection.uuid)
    links = {f"lent-{number}": LinkTarget(make_bundle(other.uuid).uuid, 1) for number in range(30)}
    with counting() as cost:
        blockstore.get_link_advice(bundle.uuid, links)
    assert cost.statements <= 12
