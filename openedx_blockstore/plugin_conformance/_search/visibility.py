"""Nothing of what the caller may not see shows in any part of a result."""

from __future__ import annotations

from uuid import UUID, uuid4

from openedx_blockstore.plugin_api.search_backends import (
    FacetValue,
    Filter,
    Parent,
    SearchBackend,
    SearchDocument,
)
from openedx_blockstore.plugin_conformance._search.base import (
    OTHER,
    OURS,
    THEIRS,
    SearchBackendSuite,
    document,
    ids,
    where,
)

#: The word of which nobody must hear.
_HIDDEN = "zymurgy"

_OURS = frozenset([OURS])


def _hidden(id: str = f"{_HIDDEN}-1", **facts: object) -> SearchDocument:
    values: dict[str, object] = {
        "collection_uuid": THEIRS,
        "bundle_uuid": OTHER,
        "title": f"{_HIDDEN} title shared",
        "path": f"{_HIDDEN}.xml",
        "block_type": _HIDDEN,
        "bundle_type": _HIDDEN,
        "tags": (_HIDDEN, "shared"),
        "licence": _HIDDEN,
        "languages": ("en", f"en-{_HIDDEN}"),
        "parents": (Parent(_HIDDEN, _HIDDEN, _HIDDEN),),
        "references": (_HIDDEN,),
        "traits": {"response": (_HIDDEN,), _HIDDEN: (_HIDDEN,)},
        **facts,
    }
    return document(id, f"the {_HIDDEN} text, which is shared", **values)


_FIELDS = (
    "collection",
    "bundle",
    "kind",
    "bundle_type",
    "block_type",
    "tag",
    "licence",
    "language",
    "path",
    "parent",
    "reference",
    "trait:response",
    f"trait:{_HIDDEN}",
)


#: What might bring it to light.
_TEXTS = (
    "",
    "shared",
    "shard",
    f"shared -{_HIDDEN}",
    _HIDDEN,
    f"{_HIDDEN} shared",
    f'"the {_HIDDEN}"',
    f"{_HIDDEN[:4]}*",
    "zymurgi",
    "zymurg",
    "zimurgy",
    "sharde zymurgi",
)


class VisibilitySuite(SearchBackendSuite):
    """What the caller may see."""

    def test_what_is_hidden_shows_nowhere(self, backend: SearchBackend) -> None:
        """Whatever is asked."""
        self.fill(
            backend,
            document("ours", "our shared text", title="shared", tags=("shared",)),
            *(_hidden(f"{_HIDDEN}-{number}") for number in range(3)),
        )
        for text in _TEXTS:
            for versions, sort in (("latest", "relevance"), ("all", "title"), (1, "newest")):
                found = self.search(
                    backend,
                    text,
                    visible=_OURS,
                    facets=_FIELDS,
                    suggest=True,
                    versions=versions,
                    sort=sort,
                    limit=1,
                )
                assert set(ids(found)) <= {"ours"}, text
                assert found.total == len(found.hits), text
                assert found.next_cursor is None, text
                shown = repr(found).replace(f"trait:{_HIDDEN}", "")
                for hidden in (_HIDDEN, str(THEIRS), str(OTHER)):
                    # What the caller wrote may come back in a suggestion, but not what is right.
                    assert hidden not in shown or hidden in text, text

    def test_no_filter_leads_to_what_is_hidden(self, backend: SearchBackend) -> None:
        """By any field."""
        self.fill(backend, document("ours", "shared"), _hidden(kind="file"))
        values = (_HIDDEN, str(THEIRS), str(OTHER), f"{_HIDDEN}.xml", "file", f"en-{_HIDDEN}")
        for field in _FIELDS:
            for text in ("", "shared", _HIDDEN):
                filters = (Filter(field, values),)
                found = self.search(backend, text, visible=_OURS, filters=filters, facets=_FIELDS)
                assert (found.hits, found.total) == ((), 0), field
                assert not any(found.facets.values()), field
                every = self.search(backend, text, filters=filters)
                assert ids(every) == [f"{_HIDDEN}-1"], field

    def test_counts_are_of_what_is_visible(self, backend: SearchBackend) -> None:
        hidden = (_hidden(f"hidden {number}") for number in range(20))
        self.fill(backend, *hidden, document("ours", "shared", tags=("shared",)))
        found = self.search(backend, "shared", visible=_OURS, facets=("tag", "collection"))
        assert found.total == 1
        assert found.facets == {
            "tag": (FacetValue("shared", 1),),
            "collection": (FacetValue(str(OURS), 1),),
        }

    def test_only_visible_words_are_suggested(self, backend: SearchBackend) -> None:
        """However many hidden ones are more similar."""
        self.fill(
            backend,
            *(
                document(f"hidden {letter}", f"photon{letter}", collection_uuid=THEIRS)
                for letter in "abcdefghijklmnopqrtuvwxyz"
            ),
            document("ours", "many photons"),
        )
        found = self.search(backend, "photonsq", visible=_OURS, suggest=True)
        assert found.suggestions == ("photons",)
        nobody = self.search(backend, "photonsq", visible=frozenset(), suggest=True)
        assert nobody.suggestions == ()

    def test_words_of_old_versions_are_not_suggested(self, backend: SearchBackend) -> None:
        self.fill(backend, document("a", "photons", last_version=1), document("b", "else"))
        assert self.search(backend, "photonsq", suggest=True).suggestions == ()
        found = self.search(backend, "photonsq", suggest=True, versions="all")
        assert found.suggestions == ("photons",)

    def test_who_may_see_nothing_finds_nothing(self, backend: SearchBackend) -> None:
        self.fill(backend, document("a", "word"))
        for text in ("", "word", "wrod"):
            found = self.search(backend, text, visible=frozenset(), facets=_FIELDS, suggest=True)
            assert (found.hits, found.total, found.suggestions) == ((), 0, ())
            assert not any(found.facets.values())

    def test_a_collection_filter_does_not_widen_what_is_visible(
        self, backend: SearchBackend
    ) -> None:
        self.fill(backend, document("ours"), _hidden())
        filters = where(collection=(str(OURS), str(THEIRS)))
        assert self.find(backend, visible=_OURS, filters=filters) == ["ours"]
        assert self.find(backend, filters=where(collection=str(OURS))) == ["ours"]

    def test_a_cursor_does_not_carry_what_was_visible(self, backend: SearchBackend) -> None:
        """Whoever got it sees no more with it than without."""
        self.fill(
            backend,
            *(document(f"ours {number}", "shared text") for number in range(5)),
            *(_hidden(f"hidden {number}") for number in range(5)),
        )
        for sort in ("relevance", "title", "newest"):
            page = self.search(backend, "shared", sort=sort, limit=5)
            assert page.next_cursor is not None
            found = self.search(
                backend, "shared", sort=sort, visible=_OURS, cursor=page.next_cursor
            )
            assert all(id_.startswith("ours") for id_ in ids(found))

    def test_ten_thousand_visible_collections(self, backend: SearchBackend) -> None:
        many = [uuid4() for _ in range(10_000)]
        self.fill(
            backend,
            *(
                document(f"{number:03}", "word", collection_uuid=uuid)
                for number, uuid in enumerate(many[:50])
            ),
            _hidden("hidden"),
        )
        visible = frozenset(many)
        found = self.search(backend, "word", visible=visible, facets=("collection",), limit=100)
        assert found.total == 50
        assert len(found.facets["collection"]) == 20
        assert self.search(backend, "shared", visible=visible).hits == ()
        chosen = where(collection=tuple(str(uuid) for uuid in many))
        assert self.search(backend, "word", visible=visible, filters=chosen).total == 50
        bundles = where(bundle=tuple(str(UUID(int=number)) for number in range(10_000)))
        assert self.search(backend, "word", visible=visible, filters=bundles).total == 0
