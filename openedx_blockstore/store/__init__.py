"""Bytes, manifests and link closures, over any Django storage. Knows no database and no drafts.

Outside this package, import from here.
"""

from openedx_blockstore.store.backends import Stored, make_backend, storage_errors
from openedx_blockstore.store.cache import DigestCache
from openedx_blockstore.store.closures import (
    EMPTY_CLOSURE,
    Closure,
    check_acyclic,
    check_links,
    close_over,
    diamonds,
    parse_node,
)
from openedx_blockstore.store.content_store import ContentStore
from openedx_blockstore.store.digests import (
    CHUNK_BYTES,
    DIGEST_ALGORITHM,
    HashingReader,
    VerifiedFile,
    digest_of,
    is_digest,
)
from openedx_blockstore.store.direct import (
    DirectBlobs,
    DownloadHeaders,
    PresigningStorage,
    UploadedPart,
    make_direct,
)
from openedx_blockstore.store.layout import blob_name
from openedx_blockstore.store.manifests import (
    FileEntry,
    LinkEntry,
    Manifest,
    RemovedEntry,
    canonical_json,
    next_manifest,
    tree_of,
)
from openedx_blockstore.store.paths import (
    LINKS_FOLDER,
    METADATA_FOLDER,
    case_clashes,
    link_path,
    normalize_alias,
    normalize_path,
    split_link_path,
)
from openedx_blockstore.store.trees import (
    EMPTY_TREE,
    Change,
    Disagreement,
    Tree,
    TreeFile,
    apply_changes,
    merge,
    token,
)

__all__ = [
    "CHUNK_BYTES",
    "DIGEST_ALGORITHM",
    "EMPTY_CLOSURE",
    "EMPTY_TREE",
    "LINKS_FOLDER",
    "METADATA_FOLDER",
    "Change",
    "Closure",
    "ContentStore",
    "DigestCache",
    "DirectBlobs",
    "Disagreement",
    "DownloadHeaders",
    "FileEntry",
    "HashingReader",
    "LinkEntry",
    "Manifest",
    "PresigningStorage",
    "RemovedEntry",
    "Stored",
    "Tree",
    "TreeFile",
    "UploadedPart",
    "VerifiedFile",
    "apply_changes",
    "blob_name",
    "canonical_json",
    "case_clashes",
    "check_acyclic",
    "check_links",
    "close_over",
    "diamonds",
    "digest_of",
    "is_digest",
    "link_path",
    "make_backend",
    "make_direct",
    "merge",
    "next_manifest",
    "normalize_alias",
    "normalize_path",
    "parse_node",
    "split_link_path",
    "storage_errors",
    "token",
    "tree_of",
]
