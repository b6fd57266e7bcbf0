"""OpenSearch, which is what became of Elasticsearch 7.10: a real node, from Maven Central."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import ClassVar

from tests.services.base import Server, ServerMissingError, find_program

_HINT = "`make services`, or: python -m tests.services --install opensearch"

_SOURCES = Path(__file__).resolve().parent / "java"
#: As in pom.xml there.
_VERSION = "2.19.1.0"

#: Enough for the tests and for the benchmark.
_HEAP = "512m"


class OpenSearch(Server):
    """A cluster of one node, without passwords."""

    name: ClassVar[str] = "opensearch"
    packages: ClassVar[tuple[str, ...]] = ("maven", "openjdk-17-jdk-headless")

    @classmethod
    def check(cls) -> None:
        """Look for Java and for what Maven has fetched."""
        find_program("java", hint=_HINT)
        if not _jars().is_dir():
            raise ServerMissingError(f"OpenSearch is not installed ({_HINT})")

    @classmethod
    def install(cls) -> None:
        """Fetch OpenSearch from Maven Central into the user's cache, once."""
        if _jars().is_dir():
            return
        maven = find_program("mvn", hint="on Debian: apt-get install maven")
        _jars().parent.mkdir(parents=True, exist_ok=True)
        # Whoever looks finds all of it or nothing.
        with tempfile.TemporaryDirectory(dir=_jars().parent) as name:
            print(f"Fetching OpenSearch {_VERSION} from Maven Central", flush=True)
            # -C: what was damaged on the way is refused.
            command = [maven, "-B", "-q", "-C", "-f", str(_SOURCES / "pom.xml")]
            goal = ["dependency:copy-dependencies", f"-DoutputDirectory={name}/jars"]
            if subprocess.run([*command, *goal], check=False).returncode:
                raise ServerMissingError("Maven could not fetch OpenSearch")
            try:
                Path(name, "jars").rename(_jars())
            except OSError:
                if not _jars().is_dir():
                    raise

    def prepare(self) -> None:
        """Nothing: it lays out its folder by itself."""

    def command(self) -> list[str]:
        """A node on loopback; Java compiles those few lines that start it by itself."""
        return [
            find_program("java", hint=_HINT),
            f"-Xms{_HEAP}",
            f"-Xmx{_HEAP}",
            f"-Djava.io.tmpdir={self.folder}",
            "-cp",
            f"{_jars()}/*",
            str(_SOURCES / "StartOpenSearch.java"),
            str(self.folder / "node"),
            str(self.port),
            str(self.pick_port()),
        ]

    def answers(self) -> bool:
        """Whether it says that it is well."""
        try:
            with urllib.request.urlopen(f"{self.url}/_cluster/health", timeout=5) as answer:
                return bool(json.load(answer)["status"] in {"green", "yellow"})
        except (urllib.error.URLError, OSError, ValueError):
            return False

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The variable that the tests look for."""
        return {"BLOCKSTORE_TEST_OPENSEARCH": self.url}


def _jars() -> Path:
    """The folder for what Maven fetches."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "openedx-blockstore-tests" / f"opensearch-{_VERSION}"
