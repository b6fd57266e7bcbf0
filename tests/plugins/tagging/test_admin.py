"""The admin pages, with real data."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from openedx_tagging.models import Taxonomy

from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.models import (
    BundleTag,
    CollectionTag,
    ImportedTaxonomy,
    TaxonomyChange,
)
from tests.counting import counting
from tests.plugins.tagging.conftest import Taxonomies

MODELS = (BundleTag, CollectionTag, ImportedTaxonomy, TaxonomyChange)


@pytest.fixture
def client(bundle: BundleData, collection: CollectionData, taxonomies: Taxonomies) -> Client:
    """A superuser's browser; there is a row in every table."""
    tagging.tag_bundle(bundle.uuid, "keywords", ["<b>Lens</b>"], part="p1.xml")
    tagging.tag_collection(collection.uuid, "subjects", ["Optics"])
    ImportedTaxonomy.objects.create(taxonomy=taxonomies.level)
    TaxonomyChange.objects.create(taxonomy_key=1, tag_key=2, value="Easy")
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    return browser


@pytest.mark.parametrize("model", MODELS)
def test_pages_show_what_there_is(client: Client, model: type[BundleTag]) -> None:
    name = f"admin:openedx_blockstore_tagging_{model._meta.model_name}"
    row = model.objects.get()
    for url in (
        reverse(f"{name}_changelist"),
        reverse(f"{name}_changelist") + "?q=Bundle",
        reverse(f"{name}_change", args=[row.pk]),
    ):
        answer = client.get(url)
        assert answer.status_code == 200
        assert b"<b>Lens</b>" not in answer.content
    assert client.get(reverse(f"{name}_add")).status_code == 403


def test_a_list_takes_few_statements(client: Client, bundle: BundleData) -> None:
    tagging.tag_bundle(bundle.uuid, "keywords", [f"k{number}" for number in range(50)])
    with counting() as cost:
        answer = client.get(reverse("admin:openedx_blockstore_tagging_bundletag_changelist"))
    assert b"k49" in answer.content
    assert cost.statements <= 8


def test_the_librarys_pages_are_there(client: Client) -> None:
    assert admin.site.is_registered(Taxonomy)
    answer = client.get(reverse("admin:oel_tagging_objecttag_changelist"))
    assert answer.status_code == 200
    assert b"Optics" in answer.content
