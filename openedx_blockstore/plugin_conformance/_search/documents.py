"""What is written is there, once, as it was written last."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from openedx_blockstore.plugin_api.search_backends import (
    Parent,
    Patch,
    Put,
    Remove,
    SearchBackend,
    Selection,
    StoredDocument,
)
from openedx_blockstore.plugin_conformance._search.base import (
    BUNDLE,
    OTHER,
    OURS,
    THEIRS,
    SearchBackendSuite,
    document,
    moment,
    where,
)

_FULL = document(
    "full",
    "Some text.",
    last_version=7,
    first_version=3,
    path="problems/é 1.xml",
    key="problem/1",
    bundle_type="sequence",
    block_type="problem",
    title="A <b>title</b> & more",
    languages=("en-GB", "fr"),
    traits={"response": ("choice", "numeric"), "grading.by": ("machine",)},
    tags=("algebra", "Δ"),
    licence="CC-BY-4.0",
    parents=(Parent("chapter/1", "chapter", "One"), Parent("vertical/2")),
    references=("static/a.png", "links/x/b.png"),
    digest="abc",
    modified_at=moment(1),
)


class DocumentSuite(SearchBackendSuite):
    """Writing, and reading what was written."""

    def test_a_document_comes_back_as_it_was_given(self, backend: SearchBackend) -> None:
        self.fill(backend, _FULL, document("plain"))
        found = self.search(backend, versions="all", sort="title")
        by_id = {hit.document.id: hit.document for hit in found.hits}
        assert by_id["full"] == evolve(_FULL, text="")
        assert by_id["plain"] == document("plain")

    def test_the_same_again_changes_nothing(self, backend: SearchBackend) -> None:
        for _ in range(3):
            self.fill(backend, _FULL, document("b", "word"), document("b", "word"))
        assert backend.count("one") == 2
        assert self.find(backend, "word") == ["b"]

    def test_the_last_of_the_same_id_counts(self, backend: SearchBackend) -> None:
        self.fill(backend, document("a", "first", tags=("x",)), document("a", "second"))
        self.fill(backend, document("b", "first"))
        self.fill(backend, document("b", "third", block_type="video"))
        assert self.find(backend, "first") == []
        assert self.find(backend, "second") == ["a"]
        assert self.find(backend, filters=where(tag="x")) == []
        assert self.find(backend, filters=where(block_type="video")) == ["b"]

    def test_changes_are_done_in_their_order(self, backend: SearchBackend) -> None:
        backend.write(
            "one",
            [
                Put(document("a", "word")),
                Remove(Selection(ids=("a",))),
                Put(document("b", "word")),
                Patch(Selection(bundle_uuid=BUNDLE), {"tags": ("x",)}),
                Put(document("c", "word")),
                Remove(Selection(bundle_uuid=OTHER)),
                Put(document("d", bundle_uuid=OTHER)),
                Patch(Selection(ids=("c", "none")), {"last_version": 4}),
                Patch(Selection(ids=("c",)), {"last_version": None}),
                Put(document("e", "word")),
                Remove(Selection(ids=("e", "none"))),
            ],
        )
        backend.refresh("one")
        assert self.find(backend) == ["b", "c", "d"]
        assert self.find(backend, filters=where(tag="x")) == ["b"]

    def test_nothing_to_do_is_no_error(self, backend: SearchBackend) -> None:
        backend.write("one", [])
        backend.write("one", [Remove(Selection()), Patch(Selection(), {"tags": ()})])
        backend.write("one", [Patch(Selection(ids=("none",)), {"licence": "MIT"})])
        backend.refresh("one")
        assert backend.count("one") == 0

    @pytest.mark.parametrize(
        "selection",
        [
            Selection(ids=("a", "b")),
            Selection(bundle_uuid=BUNDLE),
            Selection(collection_uuid=OURS),
        ],
        ids=["ids", "bundle", "collection"],
    )
    def test_documents_are_changed_and_removed_by_each_selection(
        self, backend: SearchBackend, selection: Selection
    ) -> None:
        stays = document("z", "word", bundle_uuid=OTHER, collection_uuid=THEIRS, tags=("x",))
        self.fill(backend, document("a", "word"), document("b", "word", tags=("x",)), stays)
        values: dict[str, Any] = {
            "last_version": 5,
            "bundle_type": "library",
            "tags": ("y", "z"),
            "licence": "MIT",
            "digest": "new",
        }
        backend.write("one", [Patch(selection, values)])
        backend.refresh("one")
        assert self.find(backend, "word") == ["z"]
        for filters in (
            where(tag="z"),
            where(licence="MIT"),
            where(bundle_type="library"),
        ):
            assert self.find(backend, "word", versions="all", filters=filters) == ["a", "b"]
        assert self.find(backend, filters=where(tag="x")) == ["z"]
        found = self.search(backend, versions=5, filters=where(tag="y")).hits
        assert {hit.document.digest for hit in found} == {"new"}
        assert {hit.document.tags for hit in found} == {("y", "z")}
        backend.write("one", [Remove(selection)])
        backend.refresh("one")
        assert self.find(backend, versions="all") == ["z"]
        assert backend.count("one") == 1

    def test_a_bundle_can_move_to_another_collection(self, backend: SearchBackend) -> None:
        self.fill(backend, document("a", "word"))
        backend.write("one", [Patch(Selection(bundle_uuid=BUNDLE), {"collection_uuid": THEIRS})])
        backend.refresh("one")
        assert self.find(backend, "word", visible=frozenset([OURS])) == []
        assert self.find(backend, "word", visible=frozenset([THEIRS])) == ["a"]

    def test_a_scan_tells_what_is_there_in_order(self, backend: SearchBackend) -> None:
        documents = [
            document(f"{bundle.hex[-1]}-{number:03}", bundle_uuid=bundle, digest=str(number))
            for bundle in (OTHER, BUNDLE)
            for number in range(30)
        ]
        self.fill(backend, *documents, _FULL)
        expected = sorted((each.bundle_uuid, each.id) for each in [*documents, _FULL])
        found: list[StoredDocument] = []
        while True:
            after = (found[-1].bundle_uuid, found[-1].id) if found else None
            page = backend.scan("one", after=after, limit=7)
            found.extend(page)
            if not page:
                break
        assert [(each.bundle_uuid, each.id) for each in found] == expected
        assert next(each for each in found if each.id == "full") == StoredDocument(
            "full", BUNDLE, OURS, 3, 7, "sequence", ("algebra", "Δ"), "CC-BY-4.0", "abc"
        )
        of_other = backend.scan("one", bundles=[OTHER])
        assert [each.id for each in of_other] == sorted(
            each.id for each in documents if each.bundle_uuid == OTHER
        )
        assert backend.scan("one", bundles=[]) == ()
        assert backend.scan("one", bundles=[UUID(int=7)]) == ()

    def test_ten_thousand_documents_at_once(self, backend: SearchBackend) -> None:
        backend.write(
            "one",
            [
                Put(document(f"{number:05}", f"word number{number}", tags=(str(number % 10),)))
                for number in range(10_000)
            ],
        )
        backend.refresh("one")
        assert backend.count("one") == 10_000
        found = self.search(backend, "word", facets=("tag",), limit=0)
        assert found.total == 10_000
        assert found.total_is_exact
        assert [each.count for each in found.facets["tag"]] == [1_000] * 10
        assert self.find(backend, "number7777") == ["07777"]
        self.fill(backend, document("one more", "word"))
        found = self.search(backend, "word", limit=0)
        assert (found.total, found.total_is_exact) == (10_000, False)
        backend.write("one", [Remove(Selection(ids=tuple(f"{each:05}" for each in range(9_990))))])
        backend.refresh("one")
        assert self.search(backend, "word", limit=0).total == 11

    def test_several_can_write_at_once(
        self, backend: SearchBackend, make_backend: Callable[[], SearchBackend]
    ) -> None:

        def work(which: int) -> None:
            writer = make_backend()
            for number in range(5):
                name = f"{which}-{number}"
                writer.write("one", [Put(document(name, "word")), Put(document("shared", name))])
                writer.write("one", [Patch(Selection(ids=("shared",)), {"digest": name})])

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        backend.refresh("one")
        assert backend.count("one") == 21
        assert len(self.find(backend, "word")) == 20
