"""Without consumers a change costs one row of the log, and nobody looks for anybody."""

from __future__ import annotations

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from openedx_blockstore.models import Event, EventConsumerState
from tests.counting import counting

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_asked_after_a_commit(bundle: BundleData) -> None:
    api.import_version(bundle.uuid, {"a": "1"})
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
    api.write_draft_file(draft.uuid, "a", "2")
    count = Event.objects.count()
    with counting() as cost:
        api.commit_draft(draft.uuid)
    assert cost.statements <= 7
    assert Event.objects.count() == count + 1
    assert not EventConsumerState.objects.exists()
