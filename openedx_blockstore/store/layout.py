"""Where things lie in the storage.

The layout is a contract: any tool may rely on it, and a bundle's files stay where they are when
the storage behind them is replaced. A bundle's UUID leads, so that object stores spread the load,
a takedown is a prefix, and the garbage of one bundle is found without looking at another one::

    {bundle_uuid}/data/{digest}                                  contents of files
    {bundle_uuid}/versions/{version_num}/{digest}.json           manifests, gzip-compressed
    {bundle_uuid}/versions/dependencies/{digest}.json            link closures, gzip-compressed
    {bundle_uuid}/uploads/{anything}                             incoming, until it is complete
"""

from __future__ import annotations

from uuid import UUID


def blob_name(bundle_uuid: UUID, digest: str) -> str:
    """Return the storage name of a blob. It depends on nothing but the digest of its bytes."""
    return f"{bundle_uuid}/data/{digest}"


def blobs_folder(bundle_uuid: UUID) -> str:
    """Return the folder of a bundle's blobs."""
    return f"{bundle_uuid}/data"


def manifest_name(bundle_uuid: UUID, version_num: int, digest: str) -> str:
    """Return the storage name of a manifest; the digest is of the uncompressed JSON."""
    return f"{bundle_uuid}/versions/{version_num}/{digest}.json"


def closure_name(bundle_uuid: UUID, digest: str) -> str:
    """Return the storage name of a link closure; the digest is of the uncompressed JSON."""
    return f"{bundle_uuid}/versions/dependencies/{digest}.json"


def upload_name(bundle_uuid: UUID, upload_id: str) -> str:
    """Return the storage name of something that is still arriving."""
    return f"{bundle_uuid}/uploads/{upload_id}"
