"""What is left to tell of a changed taxonomy is told as events are handled, by nobody else."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from openedx_tagging import api as library

from openedx_blockstore import api
from openedx_blockstore_tagging import announcing
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.models import TaxonomyChange
from tests.plugins.tagging.conftest import Taxonomies
from tests.plugins.tagging.telling import Told


@pytest.mark.django_db(transaction=True)
def test_all_are_told_in_the_end(taxonomies: Taxonomies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "AT_ONCE", 1)
    monkeypatch.setattr(announcing, "AT_A_TIME", 4)
    collection = api.create_collection("Collection").uuid
    bundles = [api.create_bundle(collection, f"b{n}", f"B{n}").uuid for n in range(14)]
    for uuid in bundles:
        tagging.tag_bundle(uuid, "subjects", ["Optics"])
    call_command("blockstore_consume", "--once", "--consumer", "tagging", verbosity=0)
    told = Told.from_now_on()
    library.update_tag_in_taxonomy(taxonomies.subjects, "Optics", "Light")
    call_command("blockstore_consume", "--once", "--consumer", "tagging", verbosity=0)
    assert [uuid for uuid, _actor in told.bundles()] == bundles
    assert not TaxonomyChange.objects.exists()
