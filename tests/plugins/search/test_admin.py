"""The admin pages of search can be looked at, whatever state the index is in."""

from __future__ import annotations

import pytest
from django.test import Client

from openedx_blockstore.data import CollectionData
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore_search.models import IndexedBundle, IndexState
from tests.core.helpers import make_version
from tests.plugins.search.helpers import index_everything, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)

_PAGES = "/admin/openedx_blockstore_search"


def test_the_state_of_the_index_is_shown(
    engine: SearchBackend, collection: CollectionData, admin_client: Client
) -> None:
    bundle = make_bundle(collection.uuid, {"problem.xml": "<problem><oops", "a.txt": "a"})
    index_everything()
    make_version(bundle, {"a.txt": "b"})
    state = IndexState.objects.get()
    assert engine.name.encode() in admin_client.get(f"{_PAGES}/indexstate/").content
    page = admin_client.get(f"{_PAGES}/indexstate/{state.pk}/change/").content.decode()
    assert state.current in page
    assert "1 bundles, of those with the newest 1,000 versions" in page
    assert engine.check() in page


def test_a_bundle_in_the_index_is_shown_with_what_could_not_be_read(
    engine: SearchBackend, collection: CollectionData, admin_client: Client
) -> None:
    make_bundle(collection.uuid, {"problem.xml": "<problem><oops"})
    index_everything()
    row = IndexedBundle.objects.get()
    assert admin_client.get(f"{_PAGES}/indexedbundle/?q=x").status_code == 200
    page = admin_client.get(f"{_PAGES}/indexedbundle/{row.pk}/change/").content.decode()
    assert "problem.xml (malformed-xml)" in page
    assert admin_client.get(f"{_PAGES}/indexedbundle/add/").status_code == 403


def test_an_engine_that_is_not_there_any_more_is_said_so(
    engine: SearchBackend, admin_client: Client
) -> None:
    state = IndexState.objects.create(engine="gone")
    page = admin_client.get(f"{_PAGES}/indexstate/{state.pk}/change/").content.decode()
    assert "There is no search engine" in page
