"""What is shown of what is found: marks, pieces of texts, and other spellings."""

from __future__ import annotations

import pytest

from openedx_blockstore.plugin_api.search_backends import SearchBackend, SearchHit, Snippet
from openedx_blockstore.plugin_conformance._search.base import (
    SearchBackendSuite,
    document,
    ids,
    where,
)


def marked(snippet: Snippet) -> list[str]:
    """Return what is marked in a piece of text."""
    return [snippet.text[start:end] for start, end in snippet.marks]


def all_marked(hit: SearchHit) -> set[str]:
    """Return what is marked in all pieces of a text."""
    return {each for snippet in hit.snippets for each in marked(snippet)}


class ShowingSuite(SearchBackendSuite):
    """Marks, snippets and suggestions."""

    def test_marks_are_where_the_words_are(self, backend: SearchBackend) -> None:
        title = "🔬 <b>Équations</b> & others"
        text = "Before. 🔬 It solves <script>équation</script> after &lt;équation&gt; here."
        self.fill(backend, document("a", text, title=title, languages=("fr",)))
        (hit,) = self.search(backend, "equations").hits
        assert [title[start:end] for start, end in hit.title_marks] == ["Équations"]
        assert hit.document.title == title
        assert all(snippet.text in text for snippet in hit.snippets)
        assert all_marked(hit) == {"équation"}

    def test_no_sign_of_a_text_is_taken_for_a_mark(self, backend: SearchBackend) -> None:
        signs = "\ue000\ue001\ue001\ue000\x02\x03<em></em>"
        self.fill(backend, document("a", f"{signs} word {signs} other{signs}", title=f"{signs} t"))
        (hit,) = self.search(backend, "word").hits
        assert all_marked(hit) == {"word"}
        assert self.search(backend, "t").hits[0].title_marks != ()

    def test_long_texts_are_shown_in_pieces(self, backend: SearchBackend) -> None:
        filler = " ".join(f"filler{number}" for number in range(200))
        text = f"Beginning. {filler} here is alpha with beta. {filler} another alpha. {filler}"
        self.fill(backend, document("a", text))
        (hit,) = self.search(backend, "alpha beta").hits
        assert 1 <= len(hit.snippets) <= 5
        assert all(len(snippet.text) < 500 for snippet in hit.snippets)
        assert all(snippet.text.strip() in text for snippet in hit.snippets)
        assert all_marked(hit) == {"alpha", "beta"}

    @pytest.mark.parametrize("query", ["", "title"])
    def test_what_has_no_marks_shows_its_beginning(
        self, backend: SearchBackend, query: str
    ) -> None:
        text = "The beginning of it. " + "And so on. " * 100
        self.fill(backend, document("a", text, title="title"), document("b", "", title="title"))
        by_id = {hit.document.id: hit for hit in self.search(backend, query).hits}
        (snippet,) = by_id["a"].snippets
        assert text.startswith(snippet.text)
        assert 20 < len(snippet.text) < 500
        assert snippet.marks == ()
        assert by_id["b"].snippets == ()

    def test_stems_beginnings_and_phrases_are_marked(self, backend: SearchBackend) -> None:
        text = "Running runs in mitochondria of the quick brown fox."
        self.fill(backend, document("a", text, languages=("en",)))
        for query, words in {
            "run": {"Running", "runs"},
            "mito*": {"mitochondria"},
            '"quick brown"': {"quick", "brown"},
        }.items():
            (hit,) = self.search(backend, query).hits
            assert {word for each in all_marked(hit) for word in each.split()} == words

    def test_characters_without_spaces_are_marked(self, backend: SearchBackend) -> None:
        self.fill(backend, document("a", "我在北京大学学习微分方程", title="北京"))
        (hit,) = self.search(backend, "北京大学").hits
        assert all_marked(hit) == {"北京大学"}
        (hit,) = self.search(backend, "北京").hits
        assert hit.title_marks == ((0, 2),)

    def test_very_long_texts_are_no_trouble(self, backend: SearchBackend) -> None:
        text = "word " * 150_000 + "end"
        self.fill(backend, document("a", text), document("b", "x" * 200_000 + " word"))
        assert ids(self.search(backend, "word", sort="title")) == ["a", "b"]

    def test_wrong_spellings_are_mended(self, backend: SearchBackend) -> None:
        self.fill(
            backend,
            document("a", "The mitochondria of cells", languages=("en",)),
            document("b", "Las ecuaciones diferenciales", languages=("es",)),
        )
        for text, suggestion in {
            "mitocondria": "mitochondria",
            "mitohcondria": "mitochondria",
            "the Mitochondira!": "the mitochondria!",
            "ecuacoines diferenciales": "ecuaciones diferenciales",
            "cels -ecuaciones": "cells -ecuaciones",
        }.items():
            found = self.search(backend, text, suggest=True)
            assert found.hits == ()
            assert suggestion in found.suggestions, text

    def test_nothing_is_suggested_for_what_is_there(self, backend: SearchBackend) -> None:
        self.fill(backend, document("a", "cells and bells", languages=("en",)), document("b", "x"))
        for text in ("cells", "cell", "cells x", "x", "qqqqqqqq", "cellz*", '"cellz bellz"', ""):
            assert self.search(backend, text, suggest=True).suggestions == (), text
        assert self.search(backend, "cellz").suggestions == ()

    def test_suggestions_do_not_look_at_filters(self, backend: SearchBackend) -> None:
        """A word that another filter would find is not spelt wrong."""
        self.fill(backend, document("a", "cells"), document("b", "bells", block_type="video"))
        filters = where(block_type="video")
        assert self.search(backend, "cells", suggest=True, filters=filters).suggestions == ()
