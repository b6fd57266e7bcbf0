"""What a version changes goes into the index, and nothing else."""

from __future__ import annotations

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData, FileContents, LinkTarget
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore_search.api import search
from openedx_blockstore_search.indexing.checking import check
from openedx_blockstore_search.indexing.rebuilding import rebuild
from openedx_blockstore_search.indexing.syncing import sync_bundles
from openedx_blockstore_search.models import FileReference, IndexedBundle, IndexedFile, IndexedPart
from tests.core.helpers import make_version
from tests.plugins.search.helpers import (
    PROBLEM,
    index_everything,
    keys,
    make_bundle,
    ranges,
    stored,
    titles,
)

pytestmark = pytest.mark.django_db(transaction=True)

SEQUENCE = {
    "sequence.xml": (
        '<sequential display_name="Hearing">'
        '<xblock-include definition="units/ears.xml"/></sequential>'
    ),
    "units/ears.xml": (
        '<unit display_name="Ears"><xblock-include definition="problem/disc"/>'
        '<poll url_name="vote" display_name="Vote" question="Which ear?"/></unit>'
    ),
    "problem/disc/definition.xml": PROBLEM.format(title="Disc", label="A facial disc?"),
    "static/owl.svg": "<svg/>",
}


def test_a_bundle_its_files_and_its_parts_are_found(
    engine: SearchBackend, collection: CollectionData
) -> None:
    make_bundle(collection.uuid, SEQUENCE, title="Owls at night")
    index_everything(engine)
    assert titles("night", kinds=["bundle"]) == ["Owls at night"]
    assert titles("owl.svg", kinds=["file"]) == ["owl.svg"]
    assert keys("facial disc") == ["problem/disc/definition.xml"]
    assert keys("which ear") == ["units/ears.xml#vote"]


def test_parts_say_in_which_unit_and_sequence_they_are(
    engine: SearchBackend, collection: CollectionData
) -> None:
    make_bundle(collection.uuid, SEQUENCE)
    index_everything(engine)
    (hit,) = search(block_types=["problem"]).hits
    assert [(each.type, each.title) for each in hit.document.parents] == [
        ("sequential", "Hearing"),
        ("unit", "Ears"),
    ]


def test_only_what_a_version_changed_gets_a_new_document(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(collection.uuid, SEQUENCE)
    index_everything(engine)
    make_version(
        bundle, {"problem/disc/definition.xml": PROBLEM.format(title="Disc", label="A round face?")}
    )
    index_everything(engine)
    assert ranges(bundle) == [
        ("problem/disc/definition.xml", 1, 1),
        ("problem/disc/definition.xml", 2, None),
        ("sequence.xml", 1, None),
        ("units/ears.xml", 1, None),
        ("units/ears.xml#vote", 1, None),
    ]
    assert keys("facial") == []
    assert keys("facial", versions="all") == ["problem/disc/definition.xml"]
    assert keys("facial", versions=1) == ["problem/disc/definition.xml"]
    assert keys("round face") == ["problem/disc/definition.xml"]


def test_what_is_in_a_renamed_unit_says_so(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(collection.uuid, SEQUENCE)
    index_everything(engine)
    make_version(bundle, {"sequence.xml": SEQUENCE["sequence.xml"].replace("Hearing", "Sound")})
    index_everything(engine)
    (hit,) = search(block_types=["problem"]).hits
    assert [each.title for each in hit.document.parents] == ["Sound", "Ears"]
    assert hit.document.first_version == 2


def test_a_problem_that_moves_to_another_unit_follows(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(collection.uuid, SEQUENCE)
    index_everything(engine)
    make_version(
        bundle,
        {
            "sequence.xml": (
                '<sequential display_name="Hearing"><xblock-include definition="units/ears.xml"/>'
                '<xblock-include definition="units/face.xml"/></sequential>'
            ),
            "units/ears.xml": '<unit display_name="Ears"/>',
            "units/face.xml": (
                '<unit display_name="Face"><xblock-include definition="problem/disc"/></unit>'
            ),
        },
    )
    index_everything(engine)
    (hit,) = search(block_types=["problem"]).hits
    assert [each.title for each in hit.document.parents] == ["Hearing", "Face"]
    assert ("units/ears.xml#vote", 1, 1) in ranges(bundle)


def test_a_page_is_the_text_of_its_part(engine: SearchBackend, collection: CollectionData) -> None:
    bundle = make_bundle(
        collection.uuid,
        {
            "html/a/definition.xml": '<html display_name="Pellets" filename="a"/>',
            "html/a/a.html": "<p>Bones of a <b>vo</b>le.</p>",
        },
    )
    index_everything(engine)
    assert titles("vole") == ["Pellets"]
    make_version(bundle, {"html/a/a.html": "<p>Bones of a mouse.</p>"})
    index_everything(engine)
    assert (titles("vole"), titles("mouse")) == ([], ["Pellets"])
    assert ranges(bundle) == [("html/a/definition.xml", 1, 1), ("html/a/definition.xml", 2, None)]


def test_what_is_removed_is_found_in_its_versions_alone(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(collection.uuid, SEQUENCE)
    make_version(bundle, {"problem/disc/definition.xml": None, "static/owl.svg": None})
    index_everything(engine)
    assert keys("facial") == []
    assert keys("facial", versions=1) == ["problem/disc/definition.xml"]
    assert ("static/owl.svg", 1, 1) in ranges(bundle, kind="file")
    assert not IndexedFile.objects.filter(path="static/owl.svg").exists()


def test_going_step_by_step_is_the_same_as_all_at_once(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(collection.uuid, SEQUENCE)
    changes: list[dict[str, FileContents | None]] = [
        {"problem/disc/definition.xml": PROBLEM.format(title="Disc", label="Two?")},
        {"units/ears.xml": '<unit display_name="Ear"/>', "html/x/x.html": "<p>lost</p>"},
        {"html/x/definition.xml": '<html filename="x"/>', "static/owl.svg": None},
        {"units/ears.xml": SEQUENCE["units/ears.xml"], "sequence.xml": "<sequential"},
        {"sequence.xml": SEQUENCE["sequence.xml"], "html/x/x.html": None},
    ]
    for change in changes:
        index_everything(engine)
        make_version(bundle, change)
    index_everything(engine)
    row = IndexedBundle.objects.get()
    step_by_step = (row.documents, row.checksum, stored(bundle), _tables())
    sync_bundles(engine, [bundle], anew=True)
    row.refresh_from_db()
    assert (row.documents, row.checksum, stored(bundle), _tables()) == step_by_step
    assert check(engine).count == 0


def _tables() -> list[list[tuple[object, ...]]]:
    return [
        sorted(IndexedFile.objects.values_list("path", "first_version", "digest", "flaw")),
        sorted(IndexedPart.objects.values_list("key", "type", "title", "first_version", "digest")),
        sorted(FileReference.objects.values_list("path", "part", "kind", "name")),
    ]


def test_twice_the_same_changes_nothing(engine: SearchBackend, collection: CollectionData) -> None:
    bundle = make_bundle(collection.uuid, SEQUENCE)
    index_everything(engine)
    before = stored(bundle)
    index_everything(engine)
    assert stored(bundle) == before


def test_what_is_said_of_a_bundle_can_change(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(collection.uuid, SEQUENCE, title="Owls")
    index_everything(engine)
    other = api.create_collection("Elsewhere").uuid
    api.update_bundle(bundle, title="Bats", collection_uuid=other)
    index_everything(engine)
    assert (titles("owls", kinds=["bundle"]), titles("bats")) == ([], ["Bats"])
    assert keys("facial", collections=[collection.uuid]) == []
    assert keys("facial", collections=[other]) == ["problem/disc/definition.xml"]
    assert check(engine).count == 0
    api.update_bundle(bundle, type="library")
    index_everything(engine)
    assert keys("facial", types=["sequence"]) == []
    assert keys("facial", types=["library"]) == ["problem/disc/definition.xml"]


def test_a_deleted_bundle_vanishes_and_comes_back(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(collection.uuid, SEQUENCE)
    index_everything(engine)
    api.delete_bundle(bundle)
    index_everything(engine)
    assert titles() == []
    assert not IndexedPart.objects.exists()
    assert check(engine).count == 0
    api.undelete_bundle(bundle)
    index_everything(engine)
    assert keys("facial") == ["problem/disc/definition.xml"]


def test_a_bundle_without_a_version_is_found(
    engine: SearchBackend, collection: CollectionData
) -> None:
    make_bundle(collection.uuid, title="Empty nest")
    index_everything(engine)
    assert titles("nest") == ["Empty nest"]
    assert Bundle.objects.count() == IndexedBundle.objects.count() == 1


def test_the_language_of_a_course_is_that_of_all_in_it(
    engine: SearchBackend, collection: CollectionData
) -> None:
    sequence = make_bundle(collection.uuid, SEQUENCE)
    french = make_bundle(
        collection.uuid, {"sequence.xml": '<sequential xml:lang="fr" display_name="Ouïe"/>'}
    )
    course = make_bundle(
        collection.uuid,
        {"course.xml": '<course language="de" display_name="Eulen"/>'},
        {"one": LinkTarget(sequence, 1), "two": LinkTarget(french, 1)},
        type="course",
    )
    index_everything()
    everything = ["Disc", "Ears", "Hearing", "Vote"]
    assert titles(languages=["de"], kinds=["part"]) == [*everything[:2], "Eulen", *everything[2:]]
    assert titles(languages=["fr"], kinds=["part"]) == ["Ouïe"]
    assert check(engine).count == 0
    make_version(course, {"course.xml": '<course language="es" display_name="B\u00fahos"/>'})
    index_everything()
    assert titles(languages=["es"], kinds=["part"]) == ["B\u00fahos", *everything]
    assert titles(languages=["de"], kinds=["part"]) == []
    make_version(sequence, {"units/ears.xml": '<unit display_name="Later"/>'})
    index_everything()
    assert "Later" in titles(languages=["es"])
    before = stored(sequence)
    rebuild(engine)
    assert stored(sequence) == before
    assert check(engine).count == 0
