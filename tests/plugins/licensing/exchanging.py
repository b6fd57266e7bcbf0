"""Takes what exports say of licences, as imports do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData, Finding
from openedx_blockstore_licensing.annotations import LicensingAnnotations
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.documents import FILE
from tests.core.helpers import contents_of

SOURCE = LicensingAnnotations()
HARVARD = PublisherData("https://harvard.example/", "Harvard", "Harvard")


def document(bundle: BundleData, version: int = 1) -> dict[str, Any]:
    """Return what an export says of a version."""
    return dict(json.loads(SOURCE.export_files(bundle.uuid, version)[FILE]))


def take(bundle: BundleData, given: object, version: int = 1) -> list[Finding]:
    """Take a document for a version, as an import does."""
    contents = given if isinstance(given, bytes) else json.dumps(given).encode()
    return list(SOURCE.import_files(bundle.uuid, version, {FILE: contents}))


def elsewhere(bundle: BundleData, collection: CollectionData, tmp_path: Path) -> BundleData:
    """Return the bundle as another installation has it: with a UUID and versions of its own."""
    copy = blockstore.create_bundle(collection.uuid, "imported", bundle.title)
    version = blockstore.get_bundle_version(bundle.uuid)
    assert version is not None
    files: Mapping[str, bytes] = contents_of(bundle.uuid)
    blockstore.import_version(copy.uuid, files, origin_version=version.version)
    return blockstore.get_bundle(copy.uuid)


def take_collection(collection: CollectionData, files: Mapping[str, bytes]) -> list[Finding]:
    """Take what was said of a collection, as an import does."""
    return list(SOURCE.import_collection_files(collection.uuid, files))
