"""All real courses at once: what is found is what their exports hold, counted by other means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from openedx_blockstore import api as core
from openedx_blockstore.courses import import_course
from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore.plugin_api.search_backends import SearchHit
from openedx_blockstore_search.api import get_file_usage, get_unused_files, search
from openedx_blockstore_search.indexing.checking import check
from tests.plugins.search.helpers import index_everything

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def exports(engine: SearchBackend, courses: Path) -> list[Path]:
    """The exports of the real courses, all of which are imported and indexed."""
    found = sorted(path / "course" for path in courses.iterdir() if (path / "course").is_dir())
    for path in found:
        import_course(str(path))
    index_everything()
    return found


def _all_hits(**filters: object) -> Iterator[SearchHit]:
    cursor: str | None = ""
    while cursor is not None:
        page = search(limit=100, cursor=cursor, sort="title", **filters)  # type: ignore[arg-type]
        yield from page.hits
        cursor = page.next_cursor


# The other means: the standard library's reader, and nothing of ours -----------------------------


def _walk(export: Path, element: ET.Element, seen: set[str]) -> Iterator[ET.Element]:
    """Yield the blocks that a course leads to, each definition once."""
    name = element.get("url_name", "").replace(":", "/")
    file = export / element.tag / f"{name}.xml"
    if name and not len(element) and set(element.attrib) <= {"url_name", "org", "course"}:
        if not file.exists() or str(file) in seen:
            return
        seen.add(str(file))
        element = ET.parse(file).getroot()
    yield element
    if element.tag in {"course", "chapter", "sequential", "vertical", "split_test"}:
        for child in element:
            yield from _walk(export, child, seen)


def _blocks(exports: list[Path]) -> list[ET.Element]:
    return [
        element
        for export in exports
        for element in _walk(export, ET.parse(export / "course.xml").getroot(), set())
    ]


def _responses(problem: ET.Element) -> set[str]:
    text = ET.tostring(problem, encoding="unicode")
    return set(re.findall(r"<([a-z]+)response\b", text))


def test_all_the_capa_problems_are_found(exports: list[Path]) -> None:
    problems = [element for element in _blocks(exports) if element.tag == "problem"]
    found = list(_all_hits(block_types=["problem"]))
    assert len(found) == len(problems) == 130
    assert Counter(hit.document.title for hit in found) == Counter(
        " ".join(problem.get("display_name", "").split()) for problem in problems
    )
    counted = Counter(response for problem in problems for response in _responses(problem))
    facet = search(block_types=["problem"], facets=["trait:response"]).facets["trait:response"]
    assert {each.value: each.count for each in facet} == counted
    for response, count in counted.items():
        assert search(traits={"response": [response]}).total == count


def test_problems_are_found_by_course_wherever_they_are(exports: list[Path]) -> None:
    for export in exports:
        problems = [element for element in _blocks([export]) if element.tag == "problem"]
        course = ET.parse(export / "course.xml").getroot().get("course", "")
        collection = Collection.objects.filter(
            bundles__origin__startswith="olx:", bundles__origin__contains=f"/{course}/course/"
        ).get()
        assert search(block_types=["problem"], collections=[collection.uuid]).total == len(problems)


def test_every_block_of_every_type_is_found(exports: list[Path]) -> None:
    blocks = Counter(
        {"vertical": "unit"}.get(element.tag, element.tag)
        for element in _blocks(exports)
        if element.tag not in {"chapter", "wiki"}
    )
    found = search(kinds=["part"], facets=["block_type"], facet_size=1000)
    assert {each.value: each.count for each in found.facets["block_type"]} == blocks


def test_problems_know_their_unit_and_sequence(exports: list[Path]) -> None:
    (hit,) = search('"My image slider keeps changing height"').hits
    assert [(each.type, each.title) for each in hit.document.parents] == [
        ("sequential", "3.4 - Image carousel"),
        ("unit", "Test"),
    ]
    lost = [
        hit.document.key
        for hit in _all_hits(block_types=["problem"], types=["sequence"])
        if [each.type for each in hit.document.parents][:1] != ["sequential"]
    ]
    assert lost == []


def test_every_word_of_every_problem_leads_to_it(exports: list[Path]) -> None:
    for problem in [element for element in _blocks(exports) if element.tag == "problem"][::10]:
        label = problem.find(".//label")
        words = re.findall(r"[A-Za-z]{4,}", "".join(label.itertext()) if label is not None else "")
        if words:
            found = search(" ".join(words[:8]), block_types=["problem"], limit=100).hits
            assert problem.get("display_name") in [hit.document.title for hit in found]


def test_the_index_is_as_it_should_be(engine: SearchBackend, exports: list[Path]) -> None:
    drift = check(engine)
    assert drift.count == 0
    assert drift.bundles == Bundle.objects.count()


# Files -------------------------------------------------------------------------------------------


def test_usage_agrees_with_looking_for_the_names_as_text(exports: list[Path]) -> None:
    """Wherever the name of an asset stands in a text, the index says that it is used there."""
    texts = {
        (bundle.uuid, path): unquote(_text(bundle, path))
        for bundle in Bundle.objects.all()
        for path in core.get_bundle_files_dict(bundle.uuid)
        if path.endswith((".xml", ".html"))
        and not path.startswith(("drafts/", "policies/", "other/"))
    }
    compared = 0
    for bundle in Bundle.objects.filter(type="assets"):
        borrowers = {each.bundle_uuid for each in core.get_borrowers(bundle.uuid)}
        for path in core.get_bundle_files_dict(bundle.uuid):
            pattern = re.compile(
                rf"""/static/{re.escape(path.removeprefix("static/"))}(?=["'?#&\\)])"""
            )
            expected = {
                (uuid, source)
                for (uuid, source), text in texts.items()
                if uuid in borrowers and pattern.search(text)
            }
            found = {
                (use.bundle_uuid, use.path)
                for use in get_file_usage(bundle.uuid, path, limit=1000).uses
                if (use.bundle_uuid, use.path) in texts
            }
            assert expected <= found, path
            for uuid, source in found - expected:
                name = path.removeprefix("static/")
                assert name in texts[uuid, source] or "subs_" in name, (path, source)
            compared += len(expected)
    assert compared > 100


def _text(bundle: Bundle, path: str) -> str:
    return core.get_bundle_file_data(bundle.uuid, path).decode("utf-8", "replace")


def test_assets_that_no_olx_names_are_unused_and_shared_ones_are_not(exports: list[Path]) -> None:
    shared = [
        (bundle, path)
        for bundle in Bundle.objects.filter(type="assets", origin__endswith="assets/shared")
        for path in get_unused_files(bundle.uuid, limit=1000).paths
    ]
    assert shared == []
    for bundle in Bundle.objects.filter(type="sequence"):
        unused = get_unused_files(bundle.uuid, limit=1000)
        assert unused.paths == (), bundle.title
