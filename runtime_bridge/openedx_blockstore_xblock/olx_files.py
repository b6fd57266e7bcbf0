"""OLX files of bundles: each is read once by a runtime, and parsed once by a process."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.block_classes import is_container
from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.olx import MAX_BYTES, OlxDocument, check_size, parse_document
from openedx_blockstore_xblock.shared_cache import SharedCache

#: Files that are kept parsed in a process.
_DOCUMENTS = 256

#: Files that are fetched from the storage at a time.
_FETCHERS = 8

#: By digest and path: what is wrong with a document names its file.
documents: SharedCache[OlxDocument] = SharedCache(_DOCUMENTS)


class OlxFiles:
    """Reads files of bundles, for one runtime."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def read(self, contents: BundleContents, path: str) -> bytes:
        """Return the bytes of a file that is there.

        Raises:
            BadOlx: It is too large.
            StorageError: The storage failed.
        """
        file = contents.files[path]
        if file.digest not in self._bytes:
            check_size(file.size, file=path)
            self._bytes[file.digest] = contents.read(path)
        return self._bytes[file.digest]

    def document(self, contents: BundleContents, path: str) -> OlxDocument:
        """Return an OLX file.

        Raises:
            BadOlx: It is not there, or can not be read.
            StorageError: The storage failed.
        """
        if path not in contents.files:
            raise BadOlx(path, "it is not there")

        def parse() -> OlxDocument:
            return parse_document(self.read(contents, path), file=path, is_container=is_container)

        return documents.get((contents.files[path].digest, path), parse)

    def fetch(self, files: Iterable[tuple[BundleContents, str]]) -> None:
        """Read files that are there, and not known yet, several at a time.

        Raises:
            StorageError: The storage failed.
        """
        wanted = {contents.files[path].digest: (contents, path) for contents, path in files}
        missing = [
            (digest, contents, path)
            for digest, (contents, path) in wanted.items()
            # What is too large is told when it is its turn.
            if digest not in self._bytes
            and (digest, path) not in documents
            and contents.files[path].size <= MAX_BYTES
        ]
        if len(missing) < 2:  # noqa: PLR2004 - one file needs no help
            return
        with ThreadPoolExecutor(max_workers=_FETCHERS) as pool:
            read = pool.map(lambda each: (each[0], each[1].read(each[2])), missing)
            self._bytes.update(read)
