"""Sends the contents of files: through the server; large ones straight to its object store.

Both read the file bit by bit. A direct upload that was cut goes on with the parts that are missing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from attrs import frozen

from openedx_blockstore.cli.errors import ClientError, ConflictError, NotFoundError, RefusedError
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.transport import SizedBody, Transport
from openedx_blockstore.cli.values import FileEntry

#: Bytes from which on it is worth asking for a direct upload.
DIRECT_BYTES = 16 * 2**20
_URLS = 100


@frozen
class Upload:
    """A file to be sent.

    Attributes:
        before: The digest of what it replaces in the draft, or None.
        begun: A direct upload of it that was begun earlier, or None.
    """

    draft_uuid: str
    path: str
    source: Path
    file: FileEntry
    before: str | None
    begun: str | None = None


class Uploader:
    """Sends files to drafts.

    Args:
        progress: Is told how many more bytes were sent, by several threads.
        remember: Is told of a direct upload that was begun, for the case that it is cut.
    """

    def __init__(
        self,
        server: Server,
        *,
        jobs: int,
        progress: Callable[[int], None],
        remember: Callable[[str, str, str], None],
    ) -> None:
        self._server = server
        self._jobs = jobs
        self._progress = progress
        self._remember = remember
        # Where parts are sent is no business of the token's.
        self._stranger = Transport("")
        self._takes_direct = True

    def send(self, upload: Upload) -> None:
        """Send a file.

        Raises:
            ConflictError: The draft does not have any more what it replaces.
            ClientError: It could not be sent.
        """
        if upload.file.size >= DIRECT_BYTES and self._takes_direct:
            begun = self._begin(upload)
            if begun is not None:
                self._send_parts(upload, begun)
                return
        self._put(upload)

    def _put(self, upload: Upload) -> None:
        size = upload.file.size

        def body() -> SizedBody:
            return SizedBody(upload.source.open("rb"), size, self._progress)

        try:
            digest = self._server.write_draft_file(
                upload.draft_uuid,
                upload.path,
                body,
                public=upload.file.public,
                before=upload.before,
            )
        except ConflictError:
            # An attempt whose answer was lost may have done it.
            if self._is_there(upload):
                return
            raise
        if digest != upload.file.digest:
            raise ConflictError(
                f"{upload.source} changed while it was sent.",
                "Push again.",
                code="changed_meanwhile",
            )

    def _is_there(self, upload: Upload) -> bool:
        shown = self._server.draft(upload.draft_uuid).files.get(upload.path)
        return shown == upload.file

    # Straight to the object store

    def _begin(self, upload: Upload) -> dict[str, Any] | None:
        if upload.begun is not None:
            try:
                known: dict[str, Any] = self._server.get(f"uploads/{upload.begun}")
            except NotFoundError:
                pass
            else:
                return known
        try:
            made: dict[str, Any] = self._server.post(
                f"drafts/{upload.draft_uuid}/uploads",
                {
                    "path": upload.path,
                    "size": upload.file.size,
                    "hash_digest": upload.file.digest,
                    "public": upload.file.public,
                },
            )
        except (NotFoundError, RefusedError) as error:
            self._takes_direct = error.code not in {"direct_upload_unavailable", "not_found"}
            return None
        self._remember(upload.path, upload.file.digest, made["uuid"])
        return made

    def _send_parts(self, upload: Upload, begun: dict[str, Any]) -> None:
        part_size = int(begun["part_size"])
        arrived = set(begun["parts"])
        missing = [n for n in range(1, int(begun["part_count"]) + 1) if n not in arrived]
        self._progress(upload.file.size - part_size * len(missing) if arrived else 0)
        with ThreadPoolExecutor(min(self._jobs, 4)) as pool:
            for start in range(0, len(missing), _URLS):
                numbers = missing[start : start + _URLS]
                answer = self._server.post(f"uploads/{begun['uuid']}/parts", {"parts": numbers})
                for _sent in pool.map(
                    lambda part: self._send_part(upload, part, part_size), answer["parts"]
                ):
                    pass
        self._complete(upload, begun["uuid"])

    def _send_part(self, upload: Upload, part: dict[str, Any], part_size: int) -> None:
        size = int(part["size"])

        def body() -> SizedBody:
            file = upload.source.open("rb")
            file.seek((int(part["number"]) - 1) * part_size)
            return SizedBody(file, size, self._progress)

        self._stranger.send("PUT", part["url"], body=body)

    def _complete(self, upload: Upload, uuid: str) -> None:
        expected = {"If-Match": f'"{upload.before}"'}
        if upload.before is None:
            # There is no way to demand that, so it is looked at as late as can be.
            expected = {}
            if upload.path in self._server.draft(upload.draft_uuid).files:
                raise ConflictError(f"Somebody else has just put {upload.path!r} into the draft.")
        try:
            self._server.transport.send(
                "POST", self._server.url(f"uploads/{uuid}/complete"), headers=expected
            )
        except RefusedError as error:
            if error.code == "digest_mismatch":
                raise ConflictError(
                    f"{upload.source} changed while it was sent.", "Push again."
                ) from error
            raise
        except ClientError:
            if self._is_there(upload):
                return
            raise
