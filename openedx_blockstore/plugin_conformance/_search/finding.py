"""What is found: by words in many languages, by filters and by versions."""

from __future__ import annotations

from uuid import UUID

import pytest

from openedx_blockstore.plugin_api.search_backends import (
    FacetValue,
    Filter,
    InvalidQuery,
    Parent,
    SearchBackend,
)
from openedx_blockstore.plugin_conformance._search.base import (
    BUNDLE,
    OTHER,
    OURS,
    THEIRS,
    SearchBackendSuite,
    document,
    ids,
    moment,
    where,
)

#: A language, what a text of it has, and what finds it as another form of the same word.
_FORMS = [
    ("ar", "قرأت الكتاب أمس", "كتاب"),
    ("ca", "els problemes grans", "problema"),
    ("da", "ligningerne er svære", "ligning"),
    ("de", "Gleichungen lösen", "Gleichung"),
    ("el", "οι υπολογιστές", "υπολογιστή"),
    ("en", "She was running there", "runs"),
    ("en-US", "differential equations", "Equation"),
    ("es", "ecuaciones diferenciales", "ecuación"),
    ("fi", "kirjassa on kuvia", "kirja"),
    ("fr", "les équations différentielles", "équation"),
    ("hu", "könyvek az asztalon", "könyv"),
    ("it", "le equazioni", "equazione"),
    ("nb", "likningene er løst", "likning"),
    ("nl", "vergelijkingen oplossen", "vergelijking"),
    ("pt_BR", "os problemas resolvidos", "problema"),
    ("ro", "ecuațiile diferențiale", "ecuații"),
    ("ru", "решить уравнения", "уравнение"),
    ("sv", "ekvationerna löses", "ekvation"),
    ("tr", "okullar zor", "okul"),
]

#: What a text has, in whatever language, and what else finds it.
_SPELLINGS = [
    ("La ECUACIÓN", "ecuacion"),
    ("la ecuacion", "Ecuación"),
    ("cafe\u0301 noir", "CAFÉ"),
    ("Große Straße", "strasse"),
    ("ΛΌΓΟΣ και μῦθος", "λογος"),
    ("والكِتَابُ", "والكتاب"),
    ("ещё один", "еще"),
    ("我在北京大学学习", "北京大学"),
    ("我在北京大学学习", "京大"),
    ("我在北京大学学习", "习"),
    ("微分方程式を解く", "方程式"),
    ("カタカナのテスト", "カナ"),
    ("ｆｕｌｌ　ｗｉｄｔｈ", "full"),
    ("미분방정식을 풀다", "방정식"),
    ("สมการเชิงอนุพันธ์", "อนุพันธ์"),
    ("हिन्दी में गणित", "गणित"),
    ("a 🔬 microscope", "🔬"),
    ("the file images/cell_wall-2.PNG there", "cell"),
    ("the file images/cell_wall-2.PNG there", "wall-2.png"),
    ("Newton's laws", "newton"),
    ("x1 and y2", "Y2"),
    ("5,000.25 units", "5,000.25"),
    ("mito\u00adchondria", "mitochondria"),
    ("\u202ebackwards\u202c", "backwards"),
]

#: Much that means something somewhere, and what of it is found in "some plain words".
_HOSTILE = [
    ('"', None),
    ('"unclosed', []),
    ("some AND words", []),
    ("plain OR words", []),
    ("NEAR(some words)", []),
    ("some*", ["a"]),
    ("*", None),
    ("* some", ["a"]),
    ("title:some", []),
    ("some^2", []),
    ("some~", ["a"]),
    ("(some)", ["a"]),
    ("some) OR (1=1", []),
    ("{title} : some", []),
    ("+some", ["a"]),
    ("some!", ["a"]),
    ("[some TO words]", []),
    ("/some/", ["a"]),
    ("some\\", ["a"]),
    ("'; DROP TABLE words; --", []),
    ("some\x00words\x01\x1f", ["a"]),
    ("some \ud800 words", ["a"]),
    ("%some%", ["a"]),
    ("<some>", ["a"]),
    ("some — words", ["a"]),
    ("—", []),
    ("…" * 900, []),
    ("x" * 1_000, []),
    ("some " * 32, ["a"]),
    ('""" some """', ["a"]),
    ("--some", None),
    ("some -", ["a"]),
    ("\u202esome\u202c", ["a"]),
    ("ﷺ", []),
]


class FindingSuite(SearchBackendSuite):
    """Queries and what they find."""

    # Making an index takes engines a while, so that one is made for many queries.

    def test_other_forms_of_a_word_are_found(self, backend: SearchBackend) -> None:
        """Each in its language, whatever other languages there are."""
        self.fill(
            backend,
            *(
                document(str(number), text, languages=(language,), bundle_uuid=UUID(int=number))
                for number, (language, text, _) in enumerate(_FORMS)
            ),
            document("other", "entirely", languages=("la",)),
        )
        for number, (language, text, query) in enumerate(_FORMS):
            found = self.search(backend, query, filters=where(bundle=str(UUID(int=number))))
            assert ids(found) == [str(number)], (language, text, query)
            assert found.hits[0].snippets[0].marks, (language, text, query)

    def test_other_spellings_of_a_word_are_found(self, backend: SearchBackend) -> None:
        """Whatever language they are in."""
        texts = [text for text, _ in _SPELLINGS]
        bundles = [UUID(int=number) for number in range(len(texts))]
        self.fill(
            backend,
            *(
                each
                for bundle, text in zip(bundles, texts, strict=True)
                for each in (
                    document(f"text {bundle}", text, bundle_uuid=bundle),
                    document(f"title {bundle}", "", title=text, bundle_uuid=bundle),
                    document(f"neither {bundle}", "nothing", bundle_uuid=bundle),
                )
            ),
        )
        for bundle, (text, query) in zip(bundles, _SPELLINGS, strict=True):
            found = self.find(backend, query, filters=where(bundle=str(bundle)))
            assert found == [f"text {bundle}", f"title {bundle}"], (text, query)

    def test_nothing_that_people_write_is_a_program(self, backend: SearchBackend) -> None:
        """It is read as words; None stands for a query without any, which is refused."""
        self.fill(backend, document("a", "some plain words"), document("b", "others"))
        for text, expected in _HOSTILE:
            if expected is None:
                with pytest.raises(InvalidQuery):
                    self.search(backend, text, suggest=True)
                continue
            found = self.search(backend, text, suggest=True, facets=("tag",))
            assert ids(found) == expected, text

    def test_all_words_must_be_there(self, backend: SearchBackend) -> None:
        self.fill(
            backend,
            document("a", "red green"),
            document("b", "red blue", title="green"),
            document("c", "red"),
            document("d", "green"),
        )
        assert self.find(backend, "green red") == ["a", "b"]
        assert self.find(backend, "red -green") == ["c"]
        assert self.find(backend, 'red -"red green"') == ["b", "c"]

    def test_phrases_must_be_there_in_their_order(self, backend: SearchBackend) -> None:
        self.fill(
            backend,
            document("a", "the quick brown fox", languages=("en",)),
            document("b", "the brown quick fox"),
            document("c", "quick and brown"),
        )
        assert self.find(backend, '"quick brown"') == ["a"]
        assert self.find(backend, '"Quick  browns"') == ["a"]
        assert self.find(backend, "quick brown") == ["a", "b", "c"]

    def test_a_star_stands_for_the_rest_of_a_word(self, backend: SearchBackend) -> None:
        self.fill(
            backend,
            document("a", "mitochondria", languages=("en",)),
            document("b", "", title="Mitosis"),
            document("c", "the mite"),
        )
        assert self.find(backend, "mito*") == ["a", "b"]
        assert self.find(backend, "MITOCH*") == ["a"]
        assert self.find(backend, "the mit*") == ["c"]
        assert self.find(backend, "mito") == []

    def test_the_best_come_first(self, backend: SearchBackend) -> None:
        filler = " ".join(f"filler{number}" for number in range(30))
        self.fill(
            backend,
            document("text", f"{filler} photosynthesis {filler}", title="Something"),
            document("title", filler, title="Photosynthesis"),
            document("often", f"photosynthesis {filler} photosynthesis", title="Something"),
            *(document(f"no-{number}", filler) for number in range(10)),
        )
        found = self.search(backend, "photosynthesis")
        assert ids(found) == ["title", "often", "text"]
        scores = [hit.score for hit in found.hits]
        assert scores == sorted(scores, reverse=True)

    def test_titles_and_moments_sort(self, backend: SearchBackend) -> None:
        titles = {"a": "Zebra", "b": "ähnlich", "c": "Apfel", "d": "zebra 2", "e": ""}
        for number, (id_, title) in enumerate(titles.items()):
            self.fill(backend, document(id_, "word", title=title, modified_at=moment(number)))
        self.fill(backend, document("f", "word", title="Middle"))
        assert ids(self.search(backend, "word", sort="title")) == ["e", "b", "c", "f", "a", "d"]
        for text, sort in (("word", "newest"), ("", "newest"), ("", "relevance")):
            found = ids(self.search(backend, text, sort=sort))
            assert found == ["e", "d", "c", "b", "a", "f"]

    def test_each_field_filters(self, backend: SearchBackend) -> None:
        special = document(
            "special",
            "word",
            kind="file",
            path="static/Ä.png",
            bundle_uuid=OTHER,
            collection_uuid=THEIRS,
            bundle_type="assets",
            block_type="image",
            tags=("x", "y"),
            licence="MIT",
            languages=("fr-CA", "en"),
            parents=(Parent("chapter/1"), Parent("vertical/1")),
            references=("static/b.png",),
            traits={"response": ("choice",), "a.b:c": ("\x1f'",)},
        )
        self.fill(backend, special, document("plain", "word", path="static/ä.png", tags=("X",)))
        for name, value in {
            "kind": "file",
            "path": "static/Ä.png",
            "bundle": str(OTHER),
            "collection": str(THEIRS),
            "bundle_type": "assets",
            "block_type": "image",
            "tag": "y",
            "licence": "MIT",
            "language": "fr-CA",
            "parent": "chapter/1",
            "reference": "static/b.png",
            "trait:response": "choice",
            "trait:a.b:c": "\x1f'",
        }.items():
            for text in ("", "word"):
                options = {"filters": (Filter(name, (value,)),)}
                assert self.find(backend, text, **options) == ["special"], name
                options = {"filters": (Filter(name, ("none", value)),)}
                assert self.find(backend, text, **options) == ["special"], name
                options = {"filters": (Filter(name, ("none", "")),)}
                assert self.find(backend, text, **options) == [], name
                assert self.find(backend, text, filters=(Filter(name, ()),)) == [], name

    def test_all_filters_must_hold(self, backend: SearchBackend) -> None:
        self.fill(
            backend,
            document("a", tags=("x",)),
            document("b", tags=("x", "y"), block_type="problem"),
            document("c", tags=("y",), block_type="problem"),
        )
        assert self.find(backend, filters=(*where(tag="x"), *where(tag="y"))) == ["b"]
        assert self.find(backend, filters=where(tag=("x", "y"))) == ["a", "b", "c"]
        assert self.find(backend, filters=where(tag="x", block_type="problem")) == ["b"]

    def test_versions(self, backend: SearchBackend) -> None:
        self.fill(
            backend,
            document("1-2", "word", first_version=1, last_version=2),
            document("3-3", "word", first_version=3, last_version=3),
            document("4-", "word", first_version=4),
            document("1-", "word", first_version=1),
        )
        expected: dict[object, list[str]] = {
            "latest": ["1-", "4-"],
            "all": ["1-", "1-2", "3-3", "4-"],
            1: ["1-", "1-2"],
            2: ["1-", "1-2"],
            3: ["1-", "3-3"],
            4: ["1-", "4-"],
            1_000_000: ["1-", "4-"],
            10**30: ["1-", "4-"],
            0: [],
            -5: [],
        }
        for versions, found in expected.items():
            for text in ("", "word"):
                assert self.find(backend, text, versions=versions) == found, versions

    def test_facets_count_all_results(self, backend: SearchBackend) -> None:
        self.fill(
            backend,
            *(
                document(
                    f"{number:02}",
                    "word",
                    block_type="problem" if number % 3 else "video",
                    tags=("all", f"tag {number % 4}"),
                    traits={"response": ("choice", "numeric") if number % 2 else ("choice",)},
                    languages=("en",) if number < 5 else (),
                )
                for number in range(30)
            ),
            document("no", "else", tags=("all",), block_type="html"),
            document("old", "word", last_version=1, block_type="html"),
            document("theirs", "word", bundle_uuid=OTHER, collection_uuid=THEIRS, tags=("tag 1",)),
        )
        names = ("block_type", "tag", "trait:response", "trait:none", "language", "licence")
        found = self.search(backend, "word", facets=names, limit=1)
        assert found.total == 31
        assert found.facets["block_type"] == (FacetValue("problem", 20), FacetValue("video", 10))
        assert found.facets["tag"] == (
            FacetValue("all", 30),
            FacetValue("tag 1", 9),
            FacetValue("tag 0", 8),
            FacetValue("tag 2", 7),
            FacetValue("tag 3", 7),
        )
        assert found.facets["trait:response"] == (
            FacetValue("choice", 30),
            FacetValue("numeric", 15),
        )
        assert found.facets["language"] == (FacetValue("en", 5),)
        assert found.facets["trait:none"] == found.facets["licence"] == ()
        of_places = self.search(backend, "word", facets=("collection", "bundle", "kind"))
        assert of_places.facets["collection"] == (
            FacetValue(str(OURS), 30),
            FacetValue(str(THEIRS), 1),
        )
        assert of_places.facets["bundle"] == (
            FacetValue(str(BUNDLE), 30),
            FacetValue(str(OTHER), 1),
        )
        assert of_places.facets["kind"] == (FacetValue("part", 31),)
        few = self.search(backend, "word", facets=("tag",), facet_size=2)
        assert few.facets["tag"] == (FacetValue("all", 30), FacetValue("tag 1", 9))
        # A value is one that can be filtered by, and then so many are found.
        assert self.search(backend, "word", filters=where(tag="tag 1")).total == 9

    def test_nothing_is_found_in_nothing(self, backend: SearchBackend) -> None:
        for text in ("", "word"):
            found = self.search(backend, text, facets=("tag",), suggest=True)
            assert (found.hits, found.total, found.next_cursor) == ((), 0, None)
            assert found.facets == {"tag": ()}
            assert found.suggestions == ()
