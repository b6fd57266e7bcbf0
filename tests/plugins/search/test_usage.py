"""Which file is used where, and which files nothing refers to."""

from __future__ import annotations

import base64
import json
import math
from uuid import UUID

import pytest

from openedx_blockstore.data import CollectionData, LinkTarget
from openedx_blockstore.exceptions import BundleFileNotFound, BundleNotFound
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore_search.api import get_file_usage, get_unused_files
from openedx_blockstore_search.data import FileUse
from openedx_blockstore_search.exceptions import BundleNotIndexed, InvalidSearch
from tests.core.helpers import make_version
from tests.counting import counting
from tests.plugins.search.helpers import index_everything, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)


def _uses(bundle: UUID, path: str) -> list[tuple[str, str]]:
    """Return the files and parts that use a file."""
    return [(use.path, use.part_key) for use in get_file_usage(bundle, path).uses]


def _own(collection: CollectionData, files: dict[str, str]) -> UUID:
    bundle = make_bundle(collection.uuid, files)
    index_everything()
    return bundle


def test_parts_and_files_that_name_a_file_are_told(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = _own(
        collection,
        {
            "unit.xml": (
                '<unit display_name="U"><problem url_name="p" display_name="Ears">'
                '<img src="/static/owl.png"/></problem>'
                '<xblock-include definition="html/a"/></unit>'
            ),
            "html/a/definition.xml": '<html filename="a"/>',
            "html/a/a.html": '<img src="/static/owl.png">',
            "static/page.css": "a {background: url(owl.png)}",
            "static/owl.png": "owl",
        },
    )
    usage = get_file_usage(bundle, "static/owl.png")
    assert [(use.path, use.part_type, use.part_title) for use in usage.uses] == [
        ("html/a/a.html", "", ""),
        ("static/page.css", "", ""),
        ("unit.xml", "problem", "Ears"),
    ]
    assert usage.version == 1
    assert _uses(bundle, "html/a/definition.xml") == [("unit.xml", "unit.xml")]
    assert _uses(bundle, "html/a/a.html") == [("html/a/definition.xml", "html/a/definition.xml")]
    assert _uses(bundle, "unit.xml") == []


def test_a_name_means_the_file_beside_it_first(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = _own(
        collection,
        {
            "html/a/definition.xml": '<html>x &lt;img src="/static/owl.png"&gt;</html>',
            "html/b/definition.xml": '<html>x &lt;img src="/static/owl.png"&gt;</html>',
            "html/a/static/owl.png": "one",
            "static/owl.png": "other",
        },
    )
    assert [path for path, _key in _uses(bundle, "html/a/static/owl.png")] == [
        "html/a/definition.xml"
    ]
    assert [path for path, _key in _uses(bundle, "static/owl.png")] == ["html/b/definition.xml"]


def test_a_file_that_comes_later_takes_the_name(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = _own(
        collection,
        {"html/a/definition.xml": '<html><img src="/static/o.png"/></html>', "static/o.png": "1"},
    )
    assert len(_uses(bundle, "static/o.png")) == 1
    make_version(bundle, {"html/a/static/o.png": "2"})
    index_everything()
    assert _uses(bundle, "static/o.png") == []
    assert get_unused_files(bundle).paths == ("html/a/definition.xml", "static/o.png")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("static/Brown owl.png", '<img src="/static/Brown%20owl.png"/>'),
        ("static/Brown%20owl.png", '<img src="/static/Brown%20owl.png"/>'),
        ("static/Stra\u00dfe (1).png", '<img src="/static/Stra\u00dfe (1).png"/>'),
        ("html/owl.png", '<img src="owl.png"/>'),
        ("owl/x.png", '<img src="../owl/x.png"/>'),
    ],
)
def test_names_in_every_spelling(
    engine: SearchBackend, collection: CollectionData, path: str, text: str
) -> None:
    bundle = _own(collection, {"html/a.xml": f"<html>{text}</html>", path: "owl"})
    assert _uses(bundle, path) == [("html/a.xml", "html/a.xml")]


def test_borrowers_are_told_with_their_links(
    engine: SearchBackend, collection: CollectionData
) -> None:
    lender = make_bundle(
        collection.uuid,
        {
            "static/a.png": "a",
            "static/b.png": "b",
            "static/c.png": "c",
            "html/x/definition.xml": "<html/>",
        },
        title="Shared",
    )
    link = {"shared": LinkTarget(lender, 1)}
    by_name = make_bundle(
        collection.uuid, {"unit.xml": '<unit><html>"/static/a.png"</html></unit>'}, link
    )
    by_path = make_bundle(
        collection.uuid, {"x.xml": '<html><img src="links/shared/static/b.png"/></html>'}, link
    )
    by_include = make_bundle(
        collection.uuid,
        {"unit.xml": '<unit><xblock-include definition="html/x" source="shared"/></unit>'},
        link,
    )
    own = make_bundle(
        collection.uuid, {"x.xml": '<html>"/static/a.png"</html>', "static/a.png": "own"}, link
    )
    index_everything()
    uses = get_file_usage(lender, "static/a.png").uses
    assert [(use.bundle_uuid, use.alias) for use in uses] == [(by_name, "shared")]
    assert [use.bundle_uuid for use in get_file_usage(lender, "static/b.png").uses] == [by_path]
    used = get_file_usage(lender, "html/x/definition.xml").uses
    assert [(use.bundle_uuid, use.part_type) for use in used] == [(by_include, "unit")]
    assert get_unused_files(lender).paths == ("static/c.png",)
    assert len(get_file_usage(own, "static/a.png").uses) == 1


def test_a_borrower_of_an_older_version_has_what_was_in_that(
    engine: SearchBackend, collection: CollectionData
) -> None:
    lender = make_bundle(collection.uuid, {"static/a.png": "a"})
    make_version(lender, {"static/new.png": "new"})
    make_bundle(
        collection.uuid,
        {"x.xml": '<html>"/static/new.png" "/static/a.png"</html>'},
        {"old": LinkTarget(lender, 1)},
    )
    index_everything()
    assert len(get_file_usage(lender, "static/a.png").uses) == 1
    assert get_file_usage(lender, "static/new.png").uses == ()


def test_who_has_given_up_the_link_uses_nothing(
    engine: SearchBackend, collection: CollectionData
) -> None:
    lender = make_bundle(collection.uuid, {"static/a.png": "a"})
    borrower = make_bundle(
        collection.uuid, {"x.xml": '<html>"/static/a.png"</html>'}, {"l": LinkTarget(lender, 1)}
    )
    make_version(borrower, {}, {"l": None})
    index_everything()
    assert get_file_usage(lender, "static/a.png").uses == ()
    assert get_unused_files(lender).paths == ("static/a.png",)


def test_what_can_not_be_read_in_full_is_named(
    engine: SearchBackend, collection: CollectionData
) -> None:
    lender = make_bundle(
        collection.uuid,
        {"static/a.png": "a", "problem/x/definition.xml": '<problem><p "/static/a.png"'},
    )
    borrower = make_bundle(
        collection.uuid, {"x.xml": "<html><oops</html>"}, {"l": LinkTarget(lender, 1)}
    )
    index_everything()
    unused = get_unused_files(lender)
    assert "static/a.png" not in unused.paths, "its name stands in what could not be read"
    assert unused.uncertain == ("problem/x/definition.xml",)
    assert unused.uncertain_borrowers == (borrower,)
    assert get_file_usage(lender, "static/a.png").uncertain == ("problem/x/definition.xml",)


def test_a_borrower_that_is_not_read_yet_is_uncertain(
    engine: SearchBackend, collection: CollectionData
) -> None:
    lender = make_bundle(collection.uuid, {"static/a.png": "a"})
    index_everything()
    borrower = make_bundle(
        collection.uuid, {"x.xml": '<html>"/static/a.png"</html>'}, {"l": LinkTarget(lender, 1)}
    )
    assert get_unused_files(lender).uncertain_borrowers == (borrower,)


def test_nothing_is_said_of_what_is_not_read_yet(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = _own(collection, {"static/a.png": "a"})
    make_version(bundle, {"x.xml": "<html/>"})
    for ask in (lambda: get_file_usage(bundle, "static/a.png"), lambda: get_unused_files(bundle)):
        with pytest.raises(BundleNotIndexed) as caught:
            ask()
        assert caught.value.indexed_version == 1


def _cursor_of(fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def test_a_path_may_be_spelt_in_two_ways(engine: SearchBackend, collection: CollectionData) -> None:
    files = {"static/\u00fchu.png": "owl", "x.xml": '<html>"/static/u\u0308hu.png"</html>'}
    bundle = _own(collection, files)
    for path in ("static/\u00fchu.png", "static/u\u0308hu.png"):
        usage = get_file_usage(bundle, path)
        assert (usage.path, [use.path for use in usage.uses]) == ("static/\u00fchu.png", ["x.xml"])


def test_what_is_not_there_has_errors_of_its_own(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = _own(collection, {"static/a.png": "a"})
    with pytest.raises(BundleFileNotFound):
        get_file_usage(bundle, "static/b.png")
    with pytest.raises(BundleNotFound):
        get_unused_files(collection.uuid)
    for path in ("static/\x00", "static/\ud800", ""):
        with pytest.raises(BundleFileNotFound):
            get_file_usage(bundle, path)
    places = (
        *(3, [1], [str(bundle), "l", 1]),
        *([str(bundle), "l", number, 1] for number in (10**30, math.inf, "1", None)),
        *([str(bundle), alias, 1, 1] for alias in (3, "\x00", "\ud800")),
    )
    made_up = [
        *({"key": key} for key in ("x", -1, 10**30, True, math.inf)),
        *({"key": 1, "borrower": place} for place in places),
        {"borrower": [str(bundle), "l", 1, 1]},
    ]
    for cursor in ("x", "!!", "W10", "e30", *map(_cursor_of, made_up)):
        with pytest.raises(InvalidSearch):
            get_file_usage(bundle, "static/a.png", cursor=cursor)
    made_up = [{"path": 3}, {"path": "\x00"}, {"path": "\ud800"}, {"key": 1}]
    for cursor in ("x", "e30", *map(_cursor_of, made_up)):
        with pytest.raises(InvalidSearch):
            get_unused_files(bundle, cursor=cursor)
    for limit in (0, 1_001, "many", None, True):
        with pytest.raises(InvalidSearch):
            get_unused_files(bundle, limit=limit)  # type: ignore[arg-type]


def test_pages_hold_everything_once(engine: SearchBackend, collection: CollectionData) -> None:
    own = {f"html/{n}/definition.xml": '<html>"/static/a.png"</html>' for n in range(5)}
    lender = make_bundle(collection.uuid, {"static/a.png": "a", **own})
    for number in range(7):
        several = {
            f"{number}-{n}.xml": '<html>"/static/a.png"</html>' for n in range(number % 3 + 1)
        }
        make_bundle(collection.uuid, several, {"l": LinkTarget(lender, 1)})
    index_everything()
    everything = get_file_usage(lender, "static/a.png", limit=1_000).uses
    paged: list[FileUse] = []
    cursor: str | None = ""
    while cursor is not None:
        page = get_file_usage(lender, "static/a.png", limit=2, cursor=cursor)
        assert 1 <= len(page.uses) <= 2
        paged += page.uses
        cursor = page.next_cursor
    assert tuple(paged) == everything
    assert len(everything) == 5 + sum(number % 3 + 1 for number in range(7))


def test_unused_files_come_in_pages(engine: SearchBackend, collection: CollectionData) -> None:
    names = sorted(f"static/{name}.png" for name in "aBcDeF\u00c4z")
    bundle = _own(collection, dict.fromkeys(names, "x"))
    paged: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = get_unused_files(bundle, limit=3, cursor=cursor)
        paged += page.paths
        cursor = page.next_cursor
    assert sorted(paged) == names


def test_the_cost_does_not_follow_the_size_of_a_bundle(
    engine: SearchBackend, collection: CollectionData
) -> None:
    costs = []
    for size in (10, 90):
        files = {f"static/{n}.png": str(n) for n in range(size)}
        bundle = _own(collection, {**files, "x.xml": '<html>"/static/1.png"</html>'})
        with counting() as cost:
            get_file_usage(bundle, "static/1.png")
        costs.append(cost.statements)
        with counting() as cost:
            assert len(get_unused_files(bundle).paths) == size - 1
        costs.append(cost.statements)
    assert costs[:2] == costs[2:]
    assert costs[0] <= 12
