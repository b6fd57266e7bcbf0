"""Several processes import the same archive at the same time."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.storage import Storage

from openedx_blockstore import api
from openedx_blockstore.data import ArchiveImportData, LinkTarget
from openedx_blockstore.models import Bundle, BundleVersion
from tests.processes import processes


def import_it(path: Path, collection_uuid: UUID) -> ArchiveImportData:
    """Import an archive."""
    return api.import_archive(path, collection_uuid=collection_uuid)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("free", [True, False], ids=["free UUIDs", "taken UUIDs"])
def test_importers_who_race_make_everything_once(
    file_storage: Storage, tmp_path: Path, *, free: bool
) -> None:
    """Whoever loses finds what the winner made."""
    here, there = api.create_collection("Here"), api.create_collection("There")
    path = tmp_path / "archive.zip"
    lender = api.create_bundle(here.uuid, "lender")
    api.import_version(lender.uuid, {"a.txt": b"a" * 100_000})
    borrower = api.create_bundle(here.uuid, "borrower")
    for number in (1, 2):
        links = {"lent": LinkTarget(lender.uuid, 1)}
        api.import_version(borrower.uuid, {"b.txt": f"{number}".encode()}, links)
    course = api.create_bundle(here.uuid, "course")
    api.import_version(course.uuid, {"c.txt": b"c"}, {"b": LinkTarget(borrower.uuid, 2)})
    api.export_bundle(course.uuid, to=path, with_dependencies=True)
    if free:
        for uuid in (course.uuid, borrower.uuid, lender.uuid):
            Bundle.objects.get(uuid=uuid).links.all().delete()
        Bundle.objects.all().delete()

    before = Bundle.objects.count(), BundleVersion.objects.count()
    with processes(4) as executor:
        futures = [executor.submit(import_it, path, there.uuid) for _ in range(8)]
        results = [future.result() for future in futures]

    assert Bundle.objects.count() == before[0] + 3
    assert BundleVersion.objects.count() == before[1] + 3
    assert sum(bundle.created for result in results for bundle in result.bundles) == 3
    assert len({result.roots[0].bundle_uuid for result in results}) == 1
    root = results[0].roots[0]
    assert (root.bundle_uuid == root.origin_uuid) == free
    linked = api.get_bundle_file_data(root.bundle_uuid, "links/b/links/lent/a.txt")
    assert linked == b"a" * 100_000
