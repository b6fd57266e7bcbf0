"""What other plugins know counts: parts of a type of their own, tags and licences."""

from __future__ import annotations

import importlib
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore_search.api import get_file_usage, search
from openedx_blockstore_search.indexing.annotations import NO_NOTES, read_notes
from openedx_blockstore_search.indexing.checking import check
from openedx_blockstore_search.indexing.engines import get_engine
from openedx_blockstore_search.indexing.rebuilding import rebuild
from tests.core.helpers import make_version
from tests.core.plugins.conftest import Installer, installer
from tests.plugins.search.helpers import index_everything, keys, make_bundle, stored, titles
from tests.plugins.search.test_consumer import consume

__all__ = ["installer"]

pytestmark = pytest.mark.django_db(transaction=True)

BOOK = '''
from openedx_blockstore.plugin_api import BundleType, Part


class Book(BundleType):
    """A book: each text is a chapter."""

    def extract_parts(self, contents):
        yield Part("book", "book", "book.txt", title=contents.title, languages=("la",))
        for path in contents.files:
            if path.startswith("chapters/"):
                text = contents.read(path).decode()
                yield Part(
                    path, "chapter", path, title=text.split()[0], text=text, parents=("book",),
                    traits={"words": (str(len(text.split())),)},
                    references=("static/map.png", "links/x/y.png", "/etc/passwd"),
                )
'''

NOTES = """
from openedx_blockstore.plugin_api import AnnotationSource

KNOWN, COLLECTIONS = {}, {}


class _Source(AnnotationSource):
    def describe(self, bundle_uuid, versions):
        if KNOWN.get("broken"):
            raise RuntimeError("broken")
        found = {v: KNOWN.get((self.name, bundle_uuid, v)) for v in versions}
        return {version: value for version, value in found.items() if value is not None}

    def describe_collection(self, collection_uuid):
        return COLLECTIONS.get((self.name, collection_uuid))

    def export_files(self, bundle_uuid, version):
        return {}

    def import_files(self, bundle_uuid, version, files):
        return ()


class Tagging(_Source):
    name = "tagging"


class Licensing(_Source):
    name = "licensing"
"""


@pytest.fixture
def strangers(engine: SearchBackend, installer: Installer) -> SearchBackend:
    """Plugins of others, beside the one for search, and no others."""
    installer.install(
        "stranger",
        {
            "openedx_blockstore.bundle_types": {"book": "stranger_book:Book"},
            "openedx_blockstore.annotations": {
                "tagging": "stranger_notes:Tagging",
                "licensing": "stranger_notes:Licensing",
            },
        },
        {"stranger_book.py": BOOK, "stranger_notes.py": NOTES},
    )
    installer.turn_on("stranger_book", "stranger_notes", "openedx_blockstore_search")
    return get_engine()


def _say(name: str, bundle: UUID, version: int, value: Any) -> None:
    module: Any = importlib.import_module("stranger_notes")
    module.KNOWN[name, bundle, version] = value


def _announce(target: UUID, name: str) -> None:
    api.notify_annotation_changed(target, name)
    consume()


def _tag(value: str, *lineage: str) -> dict[str, Any]:
    return {"taxonomy": "Topics", "value": value, "lineage": list(lineage)}


def test_a_type_that_knows_its_parts_is_asked(
    strangers: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(
        collection.uuid,
        {
            "book.txt": "contents",
            "chapters/one.txt": "Strix aluco",
            "chapters/two.txt": "Bubo bubo",
            "static/map.png": "map",
            "unit.xml": "<unit display_name='No part of a book'/>",
        },
        title="Aves",
        type="book",
    )
    index_everything()
    assert keys() == ["book", "chapters/one.txt", "chapters/two.txt"]
    (hit,) = search("aluco", block_types=["chapter"]).hits
    assert [(each.type, each.title) for each in hit.document.parents] == [("book", "Aves")]
    assert titles(traits={"words": ["2"]}) == ["Bubo", "Strix"]
    assert {use.part_key for use in get_file_usage(bundle, "static/map.png").uses} == {
        "chapters/one.txt",
        "chapters/two.txt",
    }
    make_version(bundle, {"chapters/one.txt": None, "chapters/two.txt": "Athene noctua"})
    index_everything()
    assert keys() == ["book", "chapters/two.txt"]
    assert titles("noctua", kinds=["part"]) == ["Athene"]
    assert keys("aluco", versions=1) == ["chapters/one.txt"]
    before = stored(bundle)
    rebuild(strangers)
    assert stored(bundle) == before
    assert check(strangers).count == 0


def test_tags_of_bundles_and_parts_are_found(
    strangers: SearchBackend, collection: CollectionData
) -> None:
    files = {"unit.xml": '<unit><problem url_name="p" display_name="Ears"/></unit>'}
    bundle = make_bundle(collection.uuid, files, title="Tagged")
    make_bundle(collection.uuid, files, title="Plain")
    consume()
    assert titles(tags=["Topics:Owls"]) == []
    _say(
        "tagging",
        bundle,
        1,
        {"tags": [_tag("Owls", "Birds", "Animals")], "parts": {"unit.xml#p": [_tag("Hearing")]}},
    )
    _announce(bundle, "tagging")
    assert titles(tags=["Topics:Owls"], kinds=["bundle"]) == ["Tagged"]
    assert titles(tags=["Topics:Animals"], kinds=["bundle"]) == ["Tagged"]
    assert titles(tags=["Topics:Hearing"]) == ["Ears"]
    facet = search(kinds=["part"], facets=["tag"]).facets["tag"]
    assert {each.value: each.count for each in facet} == {
        "Topics:Owls": 2,
        "Topics:Birds": 2,
        "Topics:Animals": 2,
        "Topics:Hearing": 1,
    }
    make_version(bundle, {"unit.xml": "<unit display_name='Later'/>"})
    _say("tagging", bundle, 2, {"tags": [_tag("Bats")], "parts": {}})
    consume()
    assert titles(tags=["Topics:Bats"], kinds=["part"]) == ["Later"]
    assert titles(tags=["Topics:Hearing"], versions=1) == ["Ears"]
    before = stored(bundle)
    rebuild(strangers)
    assert stored(bundle) == before, "what held when a version was made stays with it"


def test_licences_hold_by_path(strangers: SearchBackend, collection: CollectionData) -> None:
    bundle = make_bundle(
        collection.uuid, {"unit.xml": "<unit display_name='U'/>", "static/a.png": "a"}, title="B"
    )
    _say(
        "licensing",
        bundle,
        1,
        {"expression": "CC-BY-4.0", "paths": {"static/*": "CC-BY-SA-4.0", "static/b": "MIT"}},
    )
    consume()
    assert titles(licences=["CC-BY-4.0"]) == ["B", "U", "unit.xml"]
    assert titles(licences=["CC-BY-SA-4.0"]) == ["a.png"]


def test_what_is_said_of_a_collection_is_said_of_all_in_it(
    strangers: SearchBackend, collection: CollectionData
) -> None:
    make_bundle(collection.uuid, title="One")
    make_bundle(collection.uuid, {"a.txt": "a"}, title="Two")
    make_bundle(api.create_collection("Other").uuid, title="Three")
    consume()
    module: Any = importlib.import_module("stranger_notes")
    module.COLLECTIONS["licensing", collection.uuid] = {"expression": "CC0-1.0"}
    module.COLLECTIONS["tagging", collection.uuid] = {"tags": [_tag("Birds")]}
    _announce(collection.uuid, "licensing")
    assert titles(licences=["CC0-1.0"], tags=["Topics:Birds"]) == ["One", "Two", "a.txt"]


def test_no_file_is_read_for_a_tag(
    strangers: SearchBackend, collection: CollectionData, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = make_bundle(collection.uuid, {"unit.xml": "<unit display_name='U'/>"})
    consume()
    _say("tagging", bundle, 1, {"tags": [_tag("Owls")]})
    monkeypatch.setattr(
        "openedx_blockstore_search.indexing.stepping.read_facts",
        lambda *_arguments: pytest.fail("a file was read"),
    )
    _announce(bundle, "tagging")
    assert titles(tags=["Topics:Owls"], kinds=["part"]) == ["U"]


def test_a_plugin_that_fails_keeps_nothing_from_being_found(
    strangers: SearchBackend, collection: CollectionData
) -> None:
    make_bundle(collection.uuid, title="First")
    consume()
    module: Any = importlib.import_module("stranger_notes")
    module.KNOWN["broken"] = True
    make_bundle(collection.uuid, {"a.txt": "a"}, title="Second")
    consume()
    assert titles(kinds=["bundle"]) == ["First", "Second"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "tags",
        [],
        {"tags": 3, "parts": 4, "expression": 5, "paths": 6},
        {"tags": [3, {"taxonomy": 1, "value": 2}, {"value": "x"}], "parts": {"a": 3}},
        {"expression": None, "paths": {"a": 3}},
    ],
    ids=str,
)
def test_whatever_else_is_said_is_ignored(value: Any) -> None:
    notes = read_notes({"tagging": value, "licensing": value}, {"tagging": value})
    assert (notes.tags(), notes.licence("a")) == (NO_NOTES.tags(), NO_NOTES.licence("a"))
