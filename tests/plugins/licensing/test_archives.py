"""Licences, publishers and attribution through real archives, into an empty store."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import CollectionData, LinkTarget
from openedx_blockstore.models import Bundle, BundleLink, Collection
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.models import CollectionLicense, Publisher
from tests.core.helpers import make_version
from tests.plugins.licensing.conftest import MakeBundle

HARVARD = PublisherData("https://harvard.example/", "Harvard", "H")
HKS = PublisherData("https://hks.example/", "Kennedy School", "H", parent=HARVARD.iri)


def empty_the_store() -> None:
    """Let nothing of anything be left."""
    BundleLink.objects.all().delete()
    Bundle.objects.all().delete()
    Collection.objects.all().delete()
    Publisher.objects.filter(parent__isnull=False).delete()
    Publisher.objects.all().delete()
    assert CollectionLicense.objects.count() == 0


def lines(uuid: object) -> list[str]:
    """Return the credit lines of a bundle's versions."""
    latest = blockstore.get_bundle(str(uuid)).latest_version
    return [
        api.to_text(api.credit_line(api.get_credit(str(uuid), number)))
        for number in range(1, latest + 1)
    ]


@pytest.mark.parametrize("form", ["tar.gz", "zip"])
def test_everything_arrives_in_an_empty_store(
    collection: CollectionData,
    other: CollectionData,
    make_bundle: MakeBundle,
    tmp_path: Path,
    form: str,
) -> None:
    api.set_publisher(HARVARD)
    api.set_publisher(HKS)
    blockstore.update_collection(collection.uuid, publisher=HKS.iri)
    api.set_collection_license(collection.uuid, "CC-BY-4.0", since=api.ALWAYS)
    bobs = make_bundle(other.uuid, "Bob's")
    api.set_bundle_license(bobs.uuid, "CC-BY-SA-4.0", first_version=1)
    copy = api.copy_bundle(bobs.uuid, None, collection.uuid, title="Ann's changed copy")
    make_version(copy.uuid, {"a.xml": "changed by Ann"})
    own = make_bundle(collection.uuid, "Ann's own")
    api.set_bundle_license(own.uuid, "MIT", first_version=1, path="*.js")
    top = make_bundle(collection.uuid, "Top")
    links = {"copy": LinkTarget(copy.uuid, 2), "own": LinkTarget(own.uuid, 1)}
    make_version(top.uuid, links=links)
    before = api.get_license_report(top.uuid)
    archive = tmp_path / f"archive.{form}"
    blockstore.export_collection(collection.uuid, to=archive, format=form)  # type: ignore[arg-type]
    empty_the_store()

    target = blockstore.create_collection("Elsewhere", author="Cleo")
    result = blockstore.import_archive(archive, collection_uuid=target.uuid)
    found = {each.title: each.bundle_uuid for each in result.bundles}
    assert api.get_publishers() == [HARVARD, HKS]
    assert api.get_collection_license(target.uuid) == "CC-BY-4.0"
    after = api.get_license_report(found["Top"])
    assert [group.expression for group in after.groups] == [
        group.expression for group in before.groups
    ]
    for old, new in zip(before.groups, after.groups, strict=True):
        assert [item.title for item in new.items] == [item.title for item in old.items]
        assert [item.paths for item in new.items] == [item.paths for item in old.items]
    changed = lines(found["Ann's changed copy"])[-1]
    assert changed.startswith("“Ann's changed copy” by Ann (Kennedy School)")
    assert "Based on “Bob's” by Bob" in changed
    assert changed.endswith("modified.")
    assert lines(found["Ann's own"])[-1].startswith("“Ann's own” by Ann (Kennedy School)")
    assert "Cleo" not in api.report_to_text(after)


def test_importing_again_changes_nothing(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle, tmp_path: Path
) -> None:
    bundle = make_bundle(collection.uuid)
    api.set_bundle_license(bundle.uuid, "CC-BY-4.0", first_version=1)
    archive = tmp_path / "archive.tar.gz"
    blockstore.export_bundle(bundle.uuid, to=archive)
    first = blockstore.import_bundle(archive, collection_uuid=other.uuid)
    before = (api.get_bundle_licenses(first.bundle_uuid), lines(first.bundle_uuid))
    again = blockstore.import_bundle(archive, collection_uuid=other.uuid)
    assert not again.created
    assert (api.get_bundle_licenses(first.bundle_uuid), lines(first.bundle_uuid)) == before
    assert before[1][0].startswith("“Newton” by Ann")
