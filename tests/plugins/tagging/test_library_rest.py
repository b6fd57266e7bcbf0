"""The library's own REST API neither shows nor changes what our roles forbid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.urls import include, path
from openedx_tagging import api as library
from pytest_django import Settings
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, Visibility
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.object_ids import bundle_object_id, collection_object_id
from tests.core.helpers import make_version
from tests.plugins.tagging.conftest import Taxonomies
from tests.urls import urlpatterns as ours

#: As a host mounts the library.
urlpatterns = [*ours, path("library/", include("openedx_tagging.urls"))]

BASE = "/library/v1/"


@pytest.fixture(autouse=True)
def host(settings: Settings) -> None:
    """A host with the library's REST API, and its rules."""
    settings.ROOT_URLCONF = __name__
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "rules.permissions.ObjectPermissionBackend",
    ]


@pytest.fixture
def names(bundle: BundleData, collection: CollectionData, taxonomies: Taxonomies) -> dict[str, str]:
    """The library's names for things that have tags."""
    tagging.tag_bundle(bundle.uuid, "subjects", ["Optics"], version=1)
    tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], version=3)
    tagging.tag_bundle(bundle.uuid, "keywords", ["Lens"], part="p1.xml")
    tagging.tag_collection(collection.uuid, "subjects", ["Physics"])
    return {
        "Art": bundle_object_id(bundle.uuid),
        "Lens": bundle_object_id(bundle.uuid, "p1.xml"),
        "Physics": collection_object_id(collection.uuid),
    }


def make_bundle_elsewhere(visibility: Visibility) -> UUID:
    """Make a bundle in a collection of others."""
    other = api.create_collection("Elsewhere", visibility=visibility)
    made = api.create_bundle(other.uuid, "elsewhere", "Elsewhere").uuid
    make_version(made, {"a.txt": "a"})
    return made


def client_of(collection: CollectionData, role: Any, **user: Any) -> APIClient:
    """A client that is logged in as somebody with a role on the collection."""
    made = User.objects.create_user(f"{role}", **user)
    if role is not None:
        api.set_role(collection.uuid, role, user=made)
    client = APIClient()
    client.force_authenticate(made)
    return client


def test_readers_see_tags(names: dict[str, str], collection: CollectionData) -> None:
    client = client_of(collection, "reader")
    for value, object_id in names.items():
        answer = client.get(f"{BASE}object_tags/{object_id}/")
        assert answer.status_code == 200
        (taxonomy,) = answer.json()[object_id]["taxonomies"]
        assert [tag["value"] for tag in taxonomy["tags"]] == [value]
        assert taxonomy["can_tag_object"] is False


def test_strangers_see_nothing_and_not_whether_there_is(
    names: dict[str, str], collection: CollectionData
) -> None:
    client = client_of(collection, None)
    unknown = bundle_object_id(collection.uuid, "nothing")
    answers = {
        object_id: client.get(f"{BASE}object_tags/{object_id}/")
        for object_id in (*names.values(), unknown)
    }
    assert {answer.status_code for answer in answers.values()} == {403}
    assert len({answer.content for answer in answers.values()}) == 1


def test_deleted_bundles_show_nothing(
    names: dict[str, str], collection: CollectionData, bundle: BundleData
) -> None:
    client = client_of(collection, "reader")
    api.delete_bundle(bundle.uuid)
    assert client.get(f"{BASE}object_tags/{names['Art']}/").status_code == 403


@pytest.mark.parametrize("role", [None, "reader", "author", "admin"])
def test_nobody_tags_through_the_library(
    names: dict[str, str], collection: CollectionData, taxonomies: Taxonomies, role: Any
) -> None:
    client = client_of(collection, role)
    body = {"tagsData": [{"taxonomy": taxonomies.subjects.pk, "tags": ["Science"]}]}
    for object_id in names.values():
        answer = client.put(f"{BASE}object_tags/{object_id}/", body, format="json")
        assert answer.status_code == 403
    assert client.post(f"{BASE}taxonomies/", {"name": "Mine", "export_id": "m"}).status_code == 403


@pytest.mark.parametrize("pattern", ["blockstore:*", "*", "names"])
def test_counts_are_those_of_what_one_may_see(
    names: dict[str, str],
    collection: CollectionData,
    bundle: BundleData,
    taxonomies: Taxonomies,
    pattern: str,
) -> None:
    """Not even those who know a UUID are told whether there is something."""
    library.tag_object("course-v1:a+b+c", taxonomies.subjects, ["Art"])
    tagging.tag_bundle(
        make_bundle_elsewhere("private"), "subjects", ["Art"]
    )  # nobody here may see it
    address = f"{BASE}object_tag_counts/{pattern.replace('names', ','.join(names.values()))}/"
    course = {"course-v1:a+b+c": 1} if pattern == "*" else {}
    assert client_of(collection, None).get(address).json() == course
    found = client_of(collection, "reader").get(address).json()
    now = {name: count for name, count in found.items() if ":past:" not in name}
    assert now == {**dict.fromkeys(names.values(), 1), **course}
    assert str(bundle.uuid) not in str(found)
    api.delete_bundle(bundle.uuid)
    found = client_of(collection, "author").get(address).json()
    assert found == {names["Physics"]: 1, **course}
    implicit = client_of(collection, "admin").get(f"{address}?count_implicit").json()
    assert implicit[names["Physics"]] == 2


def test_what_superusers_do_through_the_library_breaks_nothing(
    names: dict[str, str], collection: CollectionData, bundle: BundleData, taxonomies: Taxonomies
) -> None:
    """Nobody is asked whether they may; it follows no versions, and ours go on."""
    client = client_of(collection, None, is_staff=True, is_superuser=True)
    body = {"tagsData": [{"taxonomy": taxonomies.subjects.pk, "tags": ["Science"]}]}
    for object_id in names.values():
        answer = client.put(f"{BASE}object_tags/{object_id}/", body, format="json")
        assert answer.status_code == 200
    tagging.tag_bundle(bundle.uuid, "subjects", ["Chemistry"], version=3)
    found = tagging.get_all_tags(bundle.uuid, 3)
    assert "Chemistry" in {tag.value for tag in found.tags}
    tagging.tag_collection(collection.uuid, "subjects", ["Chemistry"])
    assert [tag.value for tag in tagging.get_collection_tags(collection.uuid)] == ["Chemistry"]


def test_what_is_not_ours_is_as_it_was(collection: CollectionData, taxonomies: Taxonomies) -> None:
    library.tag_object("course-v1:a+b+c", taxonomies.subjects, ["Art"])
    client = client_of(collection, None)
    answer = client.get(f"{BASE}object_tags/course-v1:a+b+c/")
    assert answer.status_code == 200
    assert "Art" in answer.content.decode()
    body = {"tagsData": [{"taxonomy": taxonomies.subjects.pk, "tags": ["Science"]}]}
    answer = client.put(f"{BASE}object_tags/course-v1:a+b+c/", body, format="json")
    assert answer.status_code == 403


def test_staff_manage_taxonomies(collection: CollectionData, taxonomies: Taxonomies) -> None:
    client = client_of(collection, None, is_staff=True)
    answer = client.post(
        f"{BASE}taxonomies/", {"name": "New", "description": "", "export_id": "new"}
    )
    assert answer.status_code == 201
    assert "new" in {taxonomy.export_id for taxonomy in tagging.get_taxonomies()}
