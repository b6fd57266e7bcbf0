"""The processes that tests start are where the test is."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from tests.processes import processes


def leave_a_trace(name: str) -> int:
    """Write a row and a file; return how many rows there are."""
    Group.objects.create(name=name)
    storages["openedx_blockstore"].save(name, ContentFile(b"here"))
    return Group.objects.count()


@pytest.mark.django_db(transaction=True)
def test_processes_share_the_database_and_the_storage(file_storage: Storage) -> None:
    """What each of them writes, all of them and the test can read."""
    Group.objects.create(name="the test")
    names = [f"process {number}" for number in range(16)]
    with processes(4) as executor:
        counts = list(executor.map(leave_a_trace, names))

    assert max(counts) == 17
    assert Group.objects.count() == 17
    assert set(file_storage.listdir("")[1]) == set(names)
