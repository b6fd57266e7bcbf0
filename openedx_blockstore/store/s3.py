"""Direct downloads from S3 and uploads to it, through the client that django-storages has made.

URLs are signed for the endpoint that the storage talks to. Where browsers reach the same bucket at
another address, ``DOWNLOAD_STORAGE_ALIAS`` names a storage with that one.
"""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from openedx_blockstore.store.direct import DownloadHeaders, PresigningStorage, UploadedPart

_MEBIBYTE = 2**20

#: What S3 copies in one request is at most 5 GiB; beyond this, it is copied in parts.
_COPY = TransferConfig(multipart_threshold=1024 * _MEBIBYTE, multipart_chunksize=512 * _MEBIBYTE)

_GONE = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})


class S3Presigning(PresigningStorage):
    """The S3 bucket, and the folder in it, that a storage of django-storages is about.

    Args:
        storage: A ``storages.backends.s3.S3Storage``.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def download_url(self, name: str, headers: DownloadHeaders, *, expires_in: int) -> str:
        """Sign a GET that overrides the headers of the answer."""
        return cast(
            str,
            self._client.generate_presigned_url(
                "get_object",
                Params={
                    **self._at(name),
                    "ResponseContentType": headers.content_type,
                    "ResponseContentDisposition": headers.content_disposition,
                    "ResponseCacheControl": headers.cache_control,
                },
                ExpiresIn=expires_in,
            ),
        )

    def open_range(self, name: str, start: int, length: int) -> BinaryIO:
        """Open the body of a ranged GET: what is not read is not fetched."""
        answer = self._client.get_object(
            **self._at(name), Range=f"bytes={start}-{start + length - 1}"
        )
        return cast(BinaryIO, answer["Body"])

    def begin_upload(self, name: str) -> str:
        """Begin a multipart upload."""
        return cast(str, self._client.create_multipart_upload(**self._at(name))["UploadId"])

    def part_url(self, name: str, key: str, number: int, *, size: int, expires_in: int) -> str:
        """Sign the PUT of a part of exactly this size."""
        return cast(
            str,
            self._client.generate_presigned_url(
                "upload_part",
                Params={
                    **self._at(name),
                    "UploadId": key,
                    "PartNumber": number,
                    "ContentLength": size,
                },
                ExpiresIn=expires_in,
            ),
        )

    def list_parts(self, name: str, key: str) -> list[UploadedPart] | None:
        """List the parts of a multipart upload, a thousand a request."""
        pages = self._client.get_paginator("list_parts").paginate(**self._at(name), UploadId=key)
        try:
            listed = [part for page in pages for part in page.get("Parts", ())]
        except ClientError as error:
            if _is_gone(error):
                return None
            raise
        # Some servers list a part that was sent twice twice; the later one is what counts.
        listed.sort(key=lambda part: (part["PartNumber"], part["LastModified"]))
        latest = {part["PartNumber"]: part for part in listed}
        return [UploadedPart(number, part["Size"], part["ETag"]) for number, part in latest.items()]

    def complete_upload(self, name: str, key: str, parts: list[UploadedPart]) -> None:
        """Complete a multipart upload."""
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        self._client.complete_multipart_upload(
            **self._at(name), UploadId=key, MultipartUpload={"Parts": listed}
        )

    def abort_upload(self, name: str, key: str) -> None:
        """Abort a multipart upload."""
        try:
            self._client.abort_multipart_upload(**self._at(name), UploadId=key)
        except ClientError as error:
            if not _is_gone(error):
                raise

    def size(self, name: str) -> int | None:
        """Ask for the headers of an object."""
        try:
            return cast(int, self._client.head_object(**self._at(name))["ContentLength"])
        except ClientError as error:
            if _is_gone(error):
                return None
            raise

    def copy(self, name: str, to: str) -> None:
        """Copy on the server, in parts if it is large."""
        source, target = self._at(name), self._at(to)
        self._client.copy(source, target["Bucket"], target["Key"], Config=_COPY)

    def delete(self, name: str) -> None:
        """Delete an object; S3 does not mind if there is none."""
        self._client.delete_object(**self._at(name))

    @property
    def _client(self) -> Any:
        # The storage keeps one for each thread.
        return self._storage.connection.meta.client

    def _at(self, name: str) -> dict[str, str]:
        key = self._storage._normalize_name(name)  # noqa: SLF001  (puts its `location` in front)
        return {"Bucket": self._storage.bucket_name, "Key": key}


def _is_gone(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in _GONE
