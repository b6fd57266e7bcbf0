"""Search beside the other plugins: it finds what they say, and an edit costs it little."""

from __future__ import annotations

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore_search.indexing.checking import check
from openedx_blockstore_search.indexing.rebuilding import rebuild
from tests.core.helpers import make_version
from tests.plugins.search.helpers import make_bundle, stored, titles
from tests.plugins.search.test_consumer import consume

pytestmark = pytest.mark.django_db(transaction=True)

UNIT = '<unit display_name="Unit"><problem url_name="p" display_name="Ears"/></unit>'


def test_tags(engine: SearchBackend, collection: CollectionData) -> None:
    pytest.importorskip("openedx_tagging")
    from openedx_tagging import api as library  # noqa: PLC0415

    from openedx_blockstore_tagging import api as tagging  # noqa: PLC0415 - may not be installed

    taxonomy = library.create_taxonomy("Subjects", export_id="subjects")
    physics = library.add_tag_to_taxonomy(taxonomy, "Physics")
    library.add_tag_to_taxonomy(taxonomy, "Optics", parent_tag_value=physics.value)
    bundle = make_bundle(collection.uuid, {"unit.xml": UNIT}, title="Light")
    make_bundle(collection.uuid, {"unit.xml": UNIT}, title="Sound")
    tagging.tag_bundle(bundle, "subjects", ["Optics"])
    consume()
    for tag in ("subjects:Optics", "subjects:Physics"):
        assert titles(tags=[tag]) == ["Ears", "Light", "Unit", "unit.xml"]
    tagging.tag_bundle(bundle, "subjects", ["Physics"])
    consume()
    assert titles(tags=["subjects:Optics"]) == []
    assert titles(tags=["subjects:Physics"], kinds=["bundle"]) == ["Light"]


def test_licences(engine: SearchBackend, collection: CollectionData) -> None:
    pytest.importorskip("license_expression")
    from openedx_blockstore_licensing import api as licensing  # noqa: PLC0415

    bundle = make_bundle(collection.uuid, {"unit.xml": UNIT}, title="Free")
    licensing.set_collection_license(collection.uuid, "CC-BY-4.0")
    consume()
    assert titles(licences=["CC-BY-4.0"]) == [], "it was made before"
    files = {"unit.xml": UNIT.replace("Unit", "Later"), "static/owl.png": "owl", "[1].txt": "one"}
    make_version(bundle, files)
    consume()
    assert titles(licences=["CC-BY-4.0"], kinds=["part"]) == ["Ears", "Later"]
    assert titles(licences=["CC-BY-4.0"], kinds=["part"], versions=1) == []
    licensing.set_bundle_license(bundle, "MIT", first_version=2, path="static/")
    licensing.set_bundle_license(bundle, "CC0-1.0", first_version=2, path="[1]*")
    licensing.set_bundle_license(bundle, "CC-BY-SA-4.0", first_version=2, path="u*n*i*t*.*x*m*l")
    licensing.set_bundle_license(bundle, "CC-BY-ND-4.0", first_version=2, path="unit.xml")
    consume()
    assert titles(licences=["MIT"]) == ["owl.png"]
    assert titles(licences=["CC0-1.0"]) == ["[1].txt"]
    assert titles(licences=["CC-BY-ND-4.0"]) == ["Ears", "Later", "unit.xml"], "its own path counts"
    assert titles(licences=["CC-BY-4.0"]) == ["Free"]
    before = stored(bundle)
    rebuild(engine)
    assert stored(bundle) == before
    assert check(engine).count == 0
    assert api.get_bundle(bundle).latest_version == 2
