"""Generations come, take over without a gap, and go."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from openedx_blockstore.plugin_api.search_backends import (
    Generation,
    GenerationInUse,
    GenerationNotFound,
    IndexMissing,
    Put,
    SearchBackend,
    SearchQuery,
)
from openedx_blockstore.plugin_conformance._search.base import SearchBackendSuite, document, ids

MakeBackend = Callable[[], SearchBackend]


class GenerationSuite(SearchBackendSuite):
    """Generations."""

    def test_it_has_a_name_and_says_what_it_is(self, backend: SearchBackend) -> None:
        assert backend.name, f"{type(backend).__name__}.name must be that of its entry point."
        said = backend.check()
        assert said, f"check() must say what the engine is, with its version, and not {said!r}."

    def test_at_first_there_is_nothing(self, make_backend: MakeBackend) -> None:
        backend = make_backend()
        assert backend.generations() == ()
        assert backend.current() is None
        with pytest.raises(IndexMissing):
            self.search(backend)

    def test_a_new_generation_is_empty_and_not_current(self, make_backend: MakeBackend) -> None:
        backend = make_backend()
        backend.create("first_1")
        assert backend.generations() == (Generation("first_1"),)
        assert backend.count("first_1") == 0
        with pytest.raises(IndexMissing):
            self.search(backend)
        assert backend.search(SearchQuery(visible=None), generation="first_1").hits == ()

    def test_making_one_again_leaves_it_as_it_is(self, backend: SearchBackend) -> None:
        self.fill(backend, document("a"))
        backend.create("one")
        assert backend.count("one") == 1
        assert backend.current() == "one"

    @pytest.mark.parametrize("name", ["", "_a", "A", "a-b", "a b", "a/b", "ä", "a" * 61, "*"])
    def test_names_that_not_every_engine_knows_are_refused(
        self, backend: SearchBackend, name: str
    ) -> None:
        with pytest.raises(ValueError, match="generation"):
            backend.create(name)

    def test_what_is_not_there_is_not_found(self, backend: SearchBackend) -> None:
        calls: dict[str, Callable[[], object]] = {
            "swap": lambda: backend.swap("none"),
            "write": lambda: backend.write("none", [Put(document("a"))]),
            "refresh": lambda: backend.refresh("none"),
            "count": lambda: backend.count("none"),
            "scan": lambda: backend.scan("none"),
            "search": lambda: backend.search(SearchQuery(visible=None), generation="none"),
        }
        for name, call in calls.items():
            try:
                given = call()
            except GenerationNotFound:
                continue
            pytest.fail(f"{name}() gave {given!r} of a generation that is not there.")
        backend.drop("none")
        assert [each.name for each in backend.generations()] == ["one"]

    def test_the_current_one_can_not_be_dropped(self, backend: SearchBackend) -> None:
        with pytest.raises(GenerationInUse):
            backend.drop("one")
        assert self.find(backend) == []

    def test_a_new_one_takes_over_with_all_that_was_written(
        self, backend: SearchBackend, make_backend: MakeBackend
    ) -> None:
        self.fill(backend, document("old"))
        backend.create("two")
        backend.write("two", [Put(document("new"))])
        assert self.find(backend) == ["old"]
        backend.swap("two")
        for each in (backend, make_backend()):
            assert each.current() == "two"
            assert self.find(each) == ["new"]
        backend.swap("two")
        assert ids(backend.search(SearchQuery(visible=None), generation="one")) == ["old"]
        backend.drop("one")
        backend.drop("one")
        assert backend.generations() == (Generation("two", current=True),)

    def test_a_dropped_name_can_be_used_again(
        self, backend: SearchBackend, make_backend: MakeBackend
    ) -> None:
        other = make_backend()
        backend.create("two")
        self.fill(backend, document("a"), generation="two")
        assert other.count("two") == 1
        backend.drop("two")
        backend.create("two")
        assert other.count("two") == 0
        self.fill(other, document("b"), generation="two")
        assert backend.count("two") == 1

    def test_who_dies_before_the_swap_has_changed_nothing(
        self, backend: SearchBackend, make_backend: MakeBackend
    ) -> None:
        """What was written stays where it is, and another process can go on with it."""
        self.fill(backend, document("old"))
        dying = make_backend()
        dying.create("two")
        dying.write("two", [Put(document("a"))])
        dying.close()
        assert self.find(backend) == ["old"]
        heir = make_backend()
        heir.write("two", [Put(document("a")), Put(document("b"))])
        heir.swap("two")
        assert self.find(backend) == ["a", "b"]

    def test_readers_notice_no_swap(
        self, backend: SearchBackend, make_backend: MakeBackend
    ) -> None:
        """At each moment they find one generation's documents, all of them and no others."""
        self.fill(backend, *(document(f"0-{number}", "word") for number in range(5)))
        done = threading.Event()
        wrong: list[object] = []
        searches = [0, 0]

        def read(which: int) -> None:
            reader = make_backend()
            while not done.is_set():
                try:
                    found = ids(self.search(reader, "word"))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
                    wrong.append(error)
                    return
                searches[which] += 1
                if len(found) != 5 or len({id_.split("-")[0] for id_ in found}) != 1:
                    wrong.append(found)

        readers = [threading.Thread(target=read, args=(which,)) for which in range(2)]
        for reader in readers:
            reader.start()
        try:
            before = "one"
            for number in range(1, 6):
                name = f"next_{number}"
                backend.create(name)
                changes = [Put(document(f"{number}-{each}", "word")) for each in range(5)]
                backend.write(name, changes)
                backend.swap(name)
                backend.drop(before)
                before = name
        finally:
            done.set()
            for reader in readers:
                reader.join()
        assert wrong == []
        assert all(searches)
