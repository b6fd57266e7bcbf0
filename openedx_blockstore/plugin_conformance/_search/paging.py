"""Pages: nothing twice, nothing left out, whatever is written in the meantime."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from openedx_blockstore.plugin_api.search_backends import (
    InvalidQuery,
    Patch,
    Put,
    Remove,
    SearchBackend,
    SearchDocument,
    Selection,
)
from openedx_blockstore.plugin_conformance._search.base import (
    SearchBackendSuite,
    document,
    ids,
    moment,
    where,
)

_SORTS = ["relevance", "title", "newest"]


def _numbered(number: int, prefix: str = "stays") -> SearchDocument:
    """Return documents of equal length, of which some are equal in everything but their id."""
    often = 1 + number % 7
    text = " ".join(["word"] * often + ["filler"] * (10 - often))
    return document(
        f"{prefix} {number:03}",
        text,
        title=f"Title {number % 50}",
        modified_at=moment(number % 40),
    )


class PagingSuite(SearchBackendSuite):
    """Pages."""

    @pytest.mark.parametrize("sort", _SORTS)
    @pytest.mark.parametrize("text", ["", "word"])
    def test_pages_are_the_whole(self, backend: SearchBackend, sort: str, text: str) -> None:
        self.fill(backend, *(_numbered(number) for number in range(95)))
        whole = ids(self.search(backend, text, sort=sort, limit=100))
        assert len(whole) == 95
        for limit in (10, 19, 94, 95):
            found: list[str] = []
            cursor: str | None = ""
            while cursor is not None:
                page = self.search(backend, text, sort=sort, limit=limit, cursor=cursor)
                assert page.total == 95
                found += ids(page)
                assert len(found) <= len(whole)
                cursor = page.next_cursor
            assert found == whole

    @pytest.mark.parametrize("sort", _SORTS)
    def test_pages_hold_while_others_write(self, backend: SearchBackend, sort: str) -> None:
        """What is there all the time is on one page; nothing is on two."""
        self.fill(backend, *(_numbered(number) for number in range(120)))
        self.fill(backend, *(_numbered(number, "goes") for number in range(60)))
        found: list[str] = []
        cursor: str | None = ""
        turn = 0
        while cursor is not None:
            page = self.search(backend, "word", sort=sort, limit=10, cursor=cursor)
            found += ids(page)
            cursor = page.next_cursor
            # Also the one with which the page ended may go.
            backend.write(
                "one",
                [
                    Put(_numbered(turn, "new")),
                    Put(_numbered(500 + turn, "new")),
                    Put(document(f"other {turn}", "nothing of that kind is in this text here at")),
                    Patch(Selection(ids=(f"stays {turn:03}",)), {"tags": ("x",)}),
                    Remove(Selection(ids=(f"goes {turn * 3:03}", f"goes {59 - turn:03}"))),
                ],
            )
            backend.refresh("one")
            turn += 1
            assert turn < 100
        assert len(found) == len(set(found))
        stayed = {f"stays {number:03}" for number in range(120)}
        assert stayed - set(found) == set()

    @pytest.mark.parametrize("sort", _SORTS)
    def test_a_cursor_bears_that_its_result_is_gone(
        self, backend: SearchBackend, sort: str
    ) -> None:
        self.fill(backend, *(_numbered(number) for number in range(20)))
        whole = ids(self.search(backend, "word", sort=sort))
        page = self.search(backend, "word", sort=sort, limit=8)
        backend.write("one", [Remove(Selection(ids=(whole[7],)))])
        backend.refresh("one")
        assert page.next_cursor is not None
        rest = self.search(backend, "word", sort=sort, cursor=page.next_cursor)
        if sort != "relevance":
            assert ids(rest) == whole[8:]
        assert set(ids(rest)) <= set(whole)

    def test_a_cursor_holds_after_a_rebuild(
        self, backend: SearchBackend, make_backend: Callable[[], SearchBackend]
    ) -> None:
        documents = [_numbered(number) for number in range(40)]
        self.fill(backend, *documents)
        for sort in _SORTS:
            whole = ids(self.search(backend, "word", sort=sort, limit=100))
            page = self.search(backend, "word", sort=sort, limit=15)
            assert page.next_cursor is not None
            name = f"after_{sort}"
            backend.create(name)
            # In another order, and in pieces.
            for number in range(39, -1, -1):
                backend.write(name, [Put(documents[number])])
            backend.swap(name)
            rest = self.search(
                make_backend(), "word", sort=sort, limit=100, cursor=page.next_cursor
            )
            assert ids(page) + ids(rest) == whole

    def test_the_size_of_a_page_may_change(self, backend: SearchBackend) -> None:
        self.fill(backend, *(_numbered(number) for number in range(30)))
        page = self.search(backend, "word", limit=7)
        assert page.next_cursor is not None
        rest = self.search(backend, "word", limit=100, cursor=page.next_cursor)
        assert ids(page) + ids(rest) == ids(self.search(backend, "word", limit=100))
        assert rest.next_cursor is None

    def test_no_results_can_be_asked_for(self, backend: SearchBackend) -> None:
        self.fill(backend, *(_numbered(number) for number in range(3)))
        found = self.search(backend, "word", limit=0, facets=("kind",))
        assert (found.hits, found.total, found.next_cursor) == ((), 3, None)
        assert found.facets["kind"][0].count == 3

    def test_a_cursor_is_of_one_query(self, backend: SearchBackend) -> None:
        self.fill(backend, *(_numbered(number) for number in range(30)))
        cursor = self.search(backend, "word", limit=5).next_cursor
        assert cursor is not None
        for text, options in (
            ("other", {}),
            ("", {}),
            ("word", {"sort": "title"}),
            ("word", {"sort": "newest"}),
            ("word", {"versions": "all"}),
            ("word", {"filters": where(tag="x")}),
        ):
            with pytest.raises(InvalidQuery, match="cursor"):
                self.search(backend, text, cursor=cursor, **options)

    def test_what_is_no_cursor_is_refused(self, backend: SearchBackend) -> None:
        self.fill(backend, _numbered(1))
        for cursor in (
            "x",
            "é",
            "====",
            "AAAA",
            "bnVsbA",
            "W10",
            "WzFd" * 50,
            "[1]",
            "\ud800",
            " ",
        ):
            for text in ("", "word", "—"):
                with pytest.raises(InvalidQuery, match="cursor"):
                    self.search(backend, text, cursor=cursor)

    @pytest.mark.parametrize("sort", _SORTS)
    def test_a_cursor_that_somebody_made_up_does_no_harm(
        self, backend: SearchBackend, sort: str
    ) -> None:
        """Where it can be read and written as JSON, here is what may be in it."""
        self.fill(backend, *(_numbered(number) for number in range(30)))
        cursor = self.search(backend, "word", limit=5, sort=sort).next_cursor
        assert cursor is not None
        try:
            parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except ValueError:
            pytest.skip("its cursors are of another kind")
        odd: list[object] = [
            None,
            True,
            0,
            -1,
            10**400,
            1e308,
            float("nan"),
            float("inf"),
            "",
            "\ud800",
            "x" * 9,
            [],
            {},
        ]
        for at in range(len(parts)):
            for value in odd:
                made_up = [*parts[:at], value, *parts[at + 1 :]]
                text = base64.urlsafe_b64encode(json.dumps(made_up).encode()).decode()
                try:
                    self.search(backend, "word", sort=sort, cursor=text)
                except InvalidQuery:
                    continue
