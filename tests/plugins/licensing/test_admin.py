"""Admin pages: they are there, and go through the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.models import BundleLicense, Publisher
from tests.plugins.licensing.telling import told

BASE = "/admin/openedx_blockstore_licensing"


@pytest.fixture
def admin(db: None) -> Client:
    """A client of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_every_page_can_be_seen(
    admin: Client, collection: CollectionData, bundle: BundleData
) -> None:
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1)
    api.set_publisher(PublisherData("https://a.example/", "A"))
    copy = api.copy_bundle(bundle.uuid, None, collection.uuid)
    for table in ("collectionlicense", "bundlelicense", "publisher", "derivation"):
        listed = admin.get(f"{BASE}/{table}/")
        assert listed.status_code == 200
        assert admin.get(f"{BASE}/{table}/?q=a").status_code == 200
    for table in ("collectionlicense", "bundlelicense", "publisher"):
        assert admin.get(f"{BASE}/{table}/add/").status_code == 200
    assert admin.get(f"{BASE}/derivation/add/").status_code == 403
    row = BundleLicense.objects.get(bundle__uuid=bundle.uuid)
    assert admin.get(f"{BASE}/bundlelicense/{row.pk}/change/").status_code == 200
    report = admin.get(f"{BASE}/bundlelicense/report/{copy.uuid}/")
    assert "“Newton” by Ann" in report.content.decode()
    assert admin.get(f"{BASE}/bundlelicense/report/{collection.uuid}/").status_code == 404


def test_licences_are_offered_with_creative_commons_first(admin: Client, db: None) -> None:
    page = admin.get(f"{BASE}/collectionlicense/add/").content.decode()
    assert page.index('<option value="CC-BY-4.0">') < page.index('<option value="MIT">')


def test_a_collection_is_licensed(admin: Client, collection: CollectionData) -> None:
    key = Collection.objects.get(uuid=collection.uuid).pk
    values = {"collection": key, "expression": "cc-by-4.0"}
    with told() as events:
        for _twice in range(2):
            assert admin.post(f"{BASE}/collectionlicense/add/", values).status_code == 302
    assert len(events) == 1
    (said,) = api.get_collection_licenses(collection.uuid)
    assert (said.expression, said.actor) == ("CC-BY-4.0", "root")
    nothing = {"collection": key, "expression": ""}
    assert admin.post(f"{BASE}/collectionlicense/add/", nothing).status_code == 302
    assert api.get_collection_license(collection.uuid) == ""


def test_nothing_said_of_nothing_is_no_trouble(admin: Client, collection: CollectionData) -> None:
    key = Collection.objects.get(uuid=collection.uuid).pk
    answer = admin.post(f"{BASE}/collectionlicense/add/", {"collection": key, "expression": ""})
    assert "could be taken back" in answer.content.decode()
    assert api.get_collection_licenses(collection.uuid) == []


def test_what_can_not_be_said_is_said_on_the_page(
    admin: Client, collection: CollectionData, bundle: BundleData
) -> None:
    key = Collection.objects.get(uuid=collection.uuid).pk
    unknown = {"collection": key, "expression": "NOASSERTION"}
    answer = admin.post(f"{BASE}/collectionlicense/add/", unknown)
    assert "say nothing of a collection" in answer.content.decode()
    key = Bundle.objects.get(uuid=bundle.uuid).pk
    blockstore.delete_bundle(bundle.uuid)
    gone = {"bundle": key, "path": "", "expression": "MIT", "first_version": 1}
    answer = admin.post(f"{BASE}/bundlelicense/add/", gone)
    assert "was deleted" in answer.content.decode()


def test_a_bundle_is_licensed(admin: Client, bundle: BundleData) -> None:
    key = Bundle.objects.get(uuid=bundle.uuid).pk
    values = {"bundle": key, "path": "*.js", "expression": "mit", "first_version": 1}
    assert admin.post(f"{BASE}/bundlelicense/add/", values).status_code == 302
    assert api.get_version_license(bundle.uuid).paths == {"*.js": "MIT"}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"expression": "CC-BY4"}, "Did you mean"),
        ({"path": "/etc"}, "relative"),
        ({"first_version": 0}, "are no span"),
        ({"first_version": 3, "last_version": 2}, "are no span"),
        ({"first_version": 1, "last_version": 2**31}, "are no span"),
    ],
)
def test_what_is_wrong_is_said_on_the_page(
    admin: Client, bundle: BundleData, change: dict[str, object], word: str
) -> None:
    key = Bundle.objects.get(uuid=bundle.uuid).pk
    values = {"bundle": key, "path": "", "expression": "MIT", "first_version": 1, **change}
    answer = admin.post(f"{BASE}/bundlelicense/add/", values)
    assert answer.status_code == 200
    assert word in answer.content.decode()
    assert BundleLicense.objects.count() == 0


def test_publishers_are_looked_at_as_by_the_api(admin: Client, db: None) -> None:
    values = {"iri": "https://a.example/", "name": "A"}
    assert admin.post(f"{BASE}/publisher/add/", values).status_code == 302
    first = Publisher.objects.get()
    child = {"iri": "https://b.example/", "name": "B", "parent": first.pk}
    assert admin.post(f"{BASE}/publisher/add/", child).status_code == 302
    second = Publisher.objects.get(name="B")
    circle = admin.post(f"{BASE}/publisher/{first.pk}/change/", {**values, "parent": second.pk})
    assert "part of itself" in circle.content.decode()
    bad = admin.post(f"{BASE}/publisher/add/", {"iri": "nonsense", "name": "N"})
    assert "scheme" in bad.content.decode()
    kept = admin.post(f"{BASE}/publisher/{first.pk}/delete/", {"post": "yes"})
    assert kept.status_code == 200
    assert Publisher.objects.count() == 2
