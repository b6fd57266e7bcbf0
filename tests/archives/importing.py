"""What the tests of imports share: archives in memory, and a look at what became of them."""

from __future__ import annotations

import io
from typing import Any

from openedx_blockstore import api
from openedx_blockstore.data import (
    ArchiveImportData,
    BundleData,
    BundleImportData,
    BundleVersionData,
    CollectionData,
)
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion, Collection, Draft
from tests.archives.conftest import count_rows


def exported(bundle: BundleData, version: int | None = None, **options: Any) -> io.BytesIO:
    """Export a bundle into memory."""
    buffer = io.BytesIO()
    api.export_bundle(bundle.uuid, version, to=buffer, **options)
    buffer.seek(0)
    return buffer


def imported(archive: io.BytesIO, collection: CollectionData) -> ArchiveImportData:
    """Import from memory; a dry run before must tell the same."""
    archive.seek(0)
    before = count_rows()
    promised = api.import_archive(archive, collection_uuid=collection.uuid, dry_run=True)
    assert promised.dry_run
    assert count_rows() == before
    archive.seek(0)
    result = api.import_archive(archive, collection_uuid=collection.uuid)
    assert not result.dry_run
    assert [(b.version, b.created, b.bundle_created) for b in result.bundles] == [
        (b.version, b.created, b.bundle_created) for b in promised.bundles
    ]
    return result


def one(archive: io.BytesIO, collection: CollectionData) -> BundleImportData:
    """Import an archive of one bundle from memory."""
    (bundle,) = imported(archive, collection).bundles
    return bundle


def version_of(result: BundleImportData) -> BundleVersionData:
    """Return the version that an import made or found."""
    version = api.get_bundle_version(result.bundle_uuid, result.version)
    assert version is not None
    return version


def targets(result: BundleImportData) -> dict[str, str]:
    """Return where the links of an imported version lead."""
    return {alias: str(link.direct) for alias, link in version_of(result).links.items()}


def content_of(result: BundleImportData) -> dict[str, tuple[str, bool]]:
    """Return the files of an imported version by digest and publicity."""
    return {path: (f.hash_digest, f.public) for path, f in version_of(result).files.items()}


def forget_everything() -> None:
    """Empty the database, as if this were another server."""
    for model in (BundleLink, Draft, BundleVersion, Bundle, Collection):
        model.objects.all().delete()
