"""Where the index of a test lies: the settings that lead there, and what may happen to it."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import elasticsearch
import pytest

from tests.conftest import do_without
from tests.services.base import ServerFailedError, ServerMissingError
from tests.services.search_engines import SearchEngine

#: Parameters of fixtures: what searches can stand on.
ENGINES = ["sqlite", pytest.param("elasticsearch", marks=pytest.mark.services)]


class Host(ABC):
    """Where the index of one test lies."""

    #: The engine, as the settings name it.
    engine: ClassVar[str]

    @property
    @abstractmethod
    def options(self) -> Mapping[str, Any]:
        """What the engine is told."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the plugin."""
        return {"ENGINE": self.engine, "ENGINES": {self.engine: self.options}}

    @abstractmethod
    def lose(self) -> None:
        """Leave nothing of the index."""

    @abstractmethod
    def halt(self) -> None:
        """Let the engine answer nobody."""

    @abstractmethod
    def resume(self) -> None:
        """Let it answer again, with what it had."""


class Folder(Host):
    """A folder of the embedded engine."""

    engine = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder.with_name("aside")

    @property
    def options(self) -> Mapping[str, Any]:
        """The folder."""
        return {"PATH": str(self._folder)}

    def lose(self) -> None:
        """Remove the files."""
        for file in self._folder.iterdir():
            file.unlink()

    def halt(self) -> None:
        """Put something else in the place of the folder, as a disk does that is not mounted."""
        self._folder.rename(self._aside)
        self._folder.write_text("nothing is mounted here")

    def resume(self) -> None:
        """Put the folder back."""
        self._folder.unlink()
        self._aside.rename(self._folder)


class Node(Host):
    """A part of a real server, under a prefix of its own.

    Args:
        url: Of the server.
        server: The server itself, if nobody else uses it.
    """

    engine = "elasticsearch"

    def __init__(self, url: str, server: SearchEngine | None = None) -> None:
        self._url = url
        self._server = server
        self._prefix = f"test-{uuid4().hex}"

    @property
    def options(self) -> Mapping[str, Any]:
        """The server and the prefix."""
        return {"HOSTS": self._url, "INDEX_PREFIX": self._prefix, "REPLICAS": 0, "TIMEOUT": 60}

    def lose(self) -> None:
        """Remove the indices."""
        client = elasticsearch.Elasticsearch(self._url, timeout=60)
        with contextlib.closing(client.transport):
            client.indices.delete(f"{self._prefix}-*")

    def halt(self) -> None:
        """Kill the process of the server."""
        self._own.halt()

    def resume(self) -> None:
        """Start the server again."""
        self._own.resume()

    @property
    def _own(self) -> SearchEngine:
        assert self._server is not None, "others use it, too"
        return self._server


@contextlib.contextmanager
def running(kind: type[SearchEngine]) -> Iterator[SearchEngine]:
    """Start a server; skip the test where there is none."""
    server = kind()
    try:
        server.start()
    except (ServerMissingError, ServerFailedError) as error:
        do_without(f"no search engine: {error}")
    try:
        yield server
    finally:
        server.stop()
