"""Fetches contents: each once, in parallel, from where it stopped, verified before it counts."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

import requests
from attrs import frozen

from openedx_blockstore.cli.digests import CHUNK_BYTES, Digester
from openedx_blockstore.cli.errors import ServerError
from openedx_blockstore.cli.files import local_errors
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.values import VersionKey


@frozen
class Content:
    """A content that is wanted.

    Attributes:
        key: A version that has it.
        path: Under which it has it.
        targets: Where it goes.
        source: Where it is on this machine already, or None.
    """

    digest: str
    size: int
    key: VersionKey
    path: str
    targets: Sequence[Path]
    source: Path | None = None


class Downloader:
    """Fetches contents into a folder, and puts them into their places.

    Args:
        partial: The folder for what is not complete.
        progress: Is told how many more bytes are there, by several threads.
    """

    def __init__(self, server: Server, partial: Path, progress: Callable[[int], None]) -> None:
        self._server = server
        self._partial = partial
        self._lock = threading.Lock()
        self._progress = progress
        self._stopped = threading.Event()
        self.received = 0

    def fetch_all(self, contents: Sequence[Content], *, jobs: int) -> None:
        """Fetch contents.

        Raises:
            ClientError: One could not be fetched; the others that are complete stay.
        """
        with local_errors("A download can not be kept"):
            self._partial.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(jobs) as pool:
            futures: list[Future[None]] = []
            try:
                futures += [pool.submit(self._fetch, content) for content in contents]
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:
                self._stopped.set()
                for future in futures:
                    future.cancel()
                raise

    def _fetch(self, content: Content) -> None:
        if self._stopped.is_set():
            return
        with local_errors(f"{content.path} can not be kept"):
            first, *others = content.targets
            if content.source is not None:
                self._copy(content, content.source, first)
            else:
                unfinished = self._partial / content.digest
                self._download(content, unfinished)
                first.parent.mkdir(parents=True, exist_ok=True)
                unfinished.replace(first)
            for other in others:
                self._copy(content, first, other)

    def _copy(self, content: Content, source: Path, target: Path) -> None:
        """Copy what is here already. A link would make one edit change both."""
        unfinished = self._partial / f"{content.digest}.{threading.get_ident()}.copy"
        shutil.copyfile(source, unfinished)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.replace(target)

    def _download(self, content: Content, unfinished: Path) -> None:
        transport = self._server.transport
        for attempt in range(1, transport.attempts + 1):
            last = attempt == transport.attempts
            try:
                digest = self._go_on(content, unfinished)
            except requests.RequestException as error:
                if last:
                    raise ServerError(
                        f"The connection was lost while {content.path} of {content.key} came in.",
                        "Run the same again: it goes on where it stopped.",
                        code="unreachable",
                    ) from error
                transport.wait(attempt, "The connection was lost")
                continue
            if digest == content.digest:
                return
            # Damaged on the way, or what was here was something else.
            self._progress(-content.size)
            unfinished.unlink(missing_ok=True)
        raise ServerError(
            f"{content.path} of {content.key} arrives damaged: its bytes do not have the digest "
            f"{content.digest}.",
            "Tell those who run the server to verify their storage.",
            code="damaged",
        )

    def _go_on(self, content: Content, unfinished: Path) -> str:
        """Fetch what is missing; return the digest of all there is then."""
        digester = Digester()
        start = 0
        with contextlib.suppress(FileNotFoundError), unfinished.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digester.feed(chunk)
                start += len(chunk)
        if start > content.size:
            unfinished.unlink()
            start, digester = 0, Digester()
        if start == content.size:
            unfinished.touch()
            self._report(start, received=False)
            return digester.digest
        response = self._server.open_file(content.key, content.path, start=start)
        with response:
            if start and response.status_code != requests.codes.partial_content:
                start, digester = 0, Digester()
            self._report(start, received=False)
            try:
                return self._receive(response, unfinished, start, digester)
            except BaseException:
                # What came stays, and is counted again when it goes on.
                self._report(-unfinished.stat().st_size, received=False)
                raise

    def _receive(
        self, response: requests.Response, unfinished: Path, start: int, digester: Digester
    ) -> str:
        with unfinished.open("r+b" if start else "wb") as file:
            file.seek(start)
            for chunk in response.iter_content(CHUNK_BYTES):
                if self._stopped.is_set():
                    break
                file.write(chunk)
                digester.feed(chunk)
                self._report(len(chunk), received=True)
        return digester.digest

    def _report(self, count: int, *, received: bool) -> None:
        with self._lock:
            if received:
                self.received += count
            self._progress(count)
