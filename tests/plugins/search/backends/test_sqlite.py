"""SQLite as a search engine."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from openedx_blockstore.plugin_api.search_backends import (
    Patch,
    Put,
    SearchQuery,
    SearchUnavailable,
    Selection,
)
from openedx_blockstore.plugin_conformance._search.base import document, ids
from openedx_blockstore.plugin_conformance.search_backends import SearchBackendConformance
from openedx_blockstore_search.backends.sqlite import SqliteBackend
from openedx_blockstore_search.backends.sqlite.connections import Connections


class TestSqlite(SearchBackendConformance):
    """It does what every engine must."""

    plugin = SqliteBackend

    @pytest.fixture
    def search_options(self, tmp_path: Path) -> Mapping[str, Any]:
        """A folder of the test's own."""
        return {"PATH": tmp_path / "search"}


@pytest.fixture
def backend(tmp_path: Path) -> SqliteBackend:
    """An engine with one document."""
    backend = make(tmp_path)
    backend.create("one")
    backend.swap("one")
    backend.write("one", [Put(document("a", "word"))])
    return backend


def make(folder: Path, **options: object) -> SqliteBackend:
    """An engine that stands for one process."""
    backend = SqliteBackend()
    backend.configure({"PATH": folder, **options})
    return backend


@pytest.mark.parametrize(
    ("options", "message"),
    [({"FOLDER": "x"}, "it has PATH, TIMEOUT"), ({"TIMEOUT": "long"}, "could not convert")],
)
def test_wrong_settings_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        SqliteBackend().configure(options)


def test_by_default_it_is_beside_the_data(settings: Any, tmp_path: Path) -> None:
    entry = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = {**settings.STORAGES, "openedx_blockstore": entry}
    backend = SqliteBackend()
    backend.create("one")
    assert (tmp_path / "search" / "catalog.sqlite3").exists()
    backend.close()


def test_where_nothing_is_local_the_setting_is_asked_for(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "openedx_blockstore": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.mysql")
    with pytest.raises(ImproperlyConfigured, match="PATH"):
        SqliteBackend().create("one")


def test_a_damaged_file_is_said_to_be_one(backend: SqliteBackend, tmp_path: Path) -> None:
    """Readers get the contract's error, and another generation can be made."""
    backend.close()
    (file,) = tmp_path.glob("one-*.sqlite3")
    file.write_bytes(b"This is no database." * 1_000)
    for each in (backend, make(tmp_path)):
        with pytest.raises(SearchUnavailable, match="not a database"):
            each.search(SearchQuery(visible=None))
        with pytest.raises(SearchUnavailable, match="not a database"):
            each.write("one", [Put(document("b"))])
    backend.create("two")
    backend.write("two", [Put(document("b"))])
    backend.swap("two")
    backend.drop("one")
    assert ids(backend.search(SearchQuery(visible=None))) == ["b"]
    assert not file.exists()
    backend.close()


def test_a_folder_that_can_not_be_written_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SearchUnavailable, match="file"):
        make(tmp_path / "file").create("one")


def test_a_writer_waits_for_another_and_then_says_so(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    (file,) = tmp_path.glob("one-*.sqlite3")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = make(tmp_path, TIMEOUT=0.1)
    try:
        with pytest.raises(SearchUnavailable, match="locked"):
            impatient.write("one", [Put(document("b"))])
        # Readers do not wait.
        assert ids(impatient.search(SearchQuery(visible=None))) == ["a"]
    finally:
        other.close()
    impatient.write("one", [Put(document("b"))])
    for each in (backend, impatient):
        assert each.count("one") == 2
        each.close()


def test_a_write_is_all_or_nothing(backend: SqliteBackend) -> None:
    """Whatever goes wrong in the middle."""
    wrong = Patch(Selection(ids=("a",)), {"last_version": object()})
    with pytest.raises(TypeError, match="JSON"):
        backend.write("one", [Put(document("b")), wrong])
    assert backend.count("one") == 1
    backend.write("one", [Put(document("b"))])
    assert backend.count("one") == 2
    backend.close()


_KILLED = """
import django, sys
django.setup()
from openedx_blockstore.plugin_api.search_backends import Put
from openedx_blockstore.plugin_conformance._search.base import document
from openedx_blockstore_search.backends.sqlite import SqliteBackend

backend = SqliteBackend()
backend.configure({"PATH": sys.argv[1]})
backend.create("two")
number = 0
while True:
    changes = [Put(document(f"{number}-{each}", "word " * 50)) for each in range(100)]
    backend.write("two", changes)
    number += 1
    print(number, flush=True)
"""


def test_a_process_killed_while_it_writes_leaves_whole_batches(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    """Everything that it knew to be written is there, and somebody else goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    ) as process:
        assert process.stdout is not None
        written = 0
        while written < 3:
            written = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        written = int(rest[-1]) if rest else written
    count = backend.count("two")
    assert count % 100 == 0
    assert count >= written * 100
    assert ids(backend.search(SearchQuery(visible=None))) == ["a"]
    backend.write("two", [Put(document("more", "word"))])
    backend.swap("two")
    found = backend.search(SearchQuery(visible=None, text="word", limit=0))
    assert found.total == min(count + 1, 10_000)
    backend.close()


_WORKING = """
import django, sys
django.setup()
from openedx_blockstore.plugin_api.search_backends import Put
from openedx_blockstore.plugin_conformance._search.base import document
from openedx_blockstore_search.backends.sqlite import SqliteBackend

backend = SqliteBackend()
backend.configure({"PATH": sys.argv[1]})
backend.create("shared")
for number in range(10):
    backend.write("shared", [Put(document(f"{sys.argv[2]}-{number}", "word"))])
backend.close()
"""


def test_processes_make_and_write_the_same_generation(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKING, str(tmp_path), str(which)],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        )
        for which in range(4)
    ]
    assert [process.wait(120) for process in processes] == [0] * 4
    backend = make(tmp_path)
    assert backend.count("shared") == 40
    backend.close()


def test_a_fork_uses_no_connection_of_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = Connections(timeout=1)
    path = tmp_path / "file.sqlite3"
    with connections.use(path, make=True) as of_parent:
        pass
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with connections.use(path) as of_child:
        assert of_child is not of_parent
    connections.forget()
    monkeypatch.undo()
    # It was not closed, either.
    assert of_parent.execute("SELECT 1").fetchone() == (1,)
    of_parent.close()


def test_an_index_of_older_code_is_outdated(backend: SqliteBackend, tmp_path: Path) -> None:
    """It is searched all the same."""
    with sqlite3.connect(tmp_path / "catalog.sqlite3") as catalog:
        catalog.execute("UPDATE generations SET version = 0")
    catalog.close()
    (generation,) = backend.generations()
    assert generation.outdated
    assert ids(backend.search(SearchQuery(visible=None, text="word"))) == ["a"]
    backend.close()
