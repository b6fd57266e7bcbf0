"""Searching: filters, facets, pages, languages, and that nobody sees what they may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

from openedx_blockstore import api as core
from openedx_blockstore.data import CollectionData, Visibility
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore_search.api import search
from openedx_blockstore_search.exceptions import InvalidSearch
from tests.counting import counting
from tests.plugins.search.helpers import PROBLEM, index_everything, keys, make_bundle, titles

pytestmark = pytest.mark.django_db(transaction=True)

UNIT = (
    '<unit display_name="Owls"><problem url_name="a" display_name="Alone"><numericalresponse/>'
    '</problem><problem url_name="b" display_name="Both"><numericalresponse/><stringresponse/>'
    '</problem><html url_name="c" display_name="Page" xml:lang="fr">Les hiboux</html></unit>'
)


def test_all_the_capa_problems_in_my_collection(
    engine: SearchBackend, collection: CollectionData
) -> None:
    make_bundle(
        collection.uuid, {"problem.xml": PROBLEM.format(title="Bare", label="x")}, type="problem"
    )
    make_bundle(collection.uuid, {"unit.xml": UNIT}, type="unit")
    other = core.create_collection("Other").uuid
    make_bundle(other, {"problem.xml": PROBLEM.format(title="Elsewhere", label="x")})
    index_everything()
    mine: dict[str, Any] = {"collections": [collection.uuid], "block_types": ["problem"]}
    assert titles(**mine) == ["Alone", "Bare", "Both"]
    assert titles(**mine, traits={"response": ["string"]}) == ["Both"]
    assert titles(**mine, traits={"response": ["string", "multiplechoice"]}) == ["Bare", "Both"]
    assert titles(**mine, types=["problem"]) == ["Bare"]
    facets = search(facets=["block_type", "trait:response", "collection"], **mine).facets
    assert {each.value: each.count for each in facets["trait:response"]} == {
        "multiplechoice": 1,
        "numerical": 2,
        "string": 1,
    }
    assert [(each.value, each.count) for each in facets["collection"]] == [
        (str(collection.uuid), 3)
    ]


def test_other_names_of_types_mean_the_same(
    engine: SearchBackend, collection: CollectionData
) -> None:
    make_bundle(
        collection.uuid, {"sequence.xml": '<sequential><vertical url_name="v"/></sequential>'}
    )
    index_everything()
    assert keys(block_types=["unit"]) == keys(block_types=["vertical"]) == ["sequence.xml#v"]
    assert keys(block_types=["sequence"]) == keys(block_types=["sequential"]) == ["sequence.xml"]


def test_what_is_in_a_unit_and_what_refers_to_a_file(
    engine: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(
        collection.uuid,
        {"unit.xml": UNIT, "x.xml": '<html><img src="/static/o.png"/></html>', "static/o.png": "o"},
    )
    index_everything()
    assert keys(parents=["unit.xml"]) == ["unit.xml#a", "unit.xml#b", "unit.xml#c"]
    assert keys(references=["static/o.png"], bundles=[bundle]) == ["x.xml"]


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("de", "Die Eulen fliegen in den Nächten", "Nacht"),
        ("fr", "Les hiboux chassaient des souris", "chasser"),
        ("es", "Los búhos cazaban ratones", "ratón"),
        (
            "ru",
            "Совы летают ночами",
            "ночь",
        ),
        ("zh", "猫头鹰在夜晚飞行", "夜晚"),
        (
            "ar",
            "البوم يطير في الليل",
            "الليل",
        ),
        (
            "ja",
            "フクロウは夜に飛びます",
            "フクロウ",
        ),
        ("en", "Owls were hunting mice", "hunt"),
    ],
)
def test_words_are_found_in_many_languages(
    engine: SearchBackend, collection: CollectionData, language: str, text: str, query: str
) -> None:
    make_bundle(
        collection.uuid, {"html.xml": f'<html display_name="It" lang="{language}">{text}</html>'}
    )
    make_bundle(collection.uuid, {"html.xml": "<html>Nothing of the kind</html>"})
    index_everything()
    assert titles(query, kinds=["part"]) == ["It"]
    assert titles(languages=[language.upper()]) == ["It"]
    (hit,) = search(query, kinds=["part"]).hits
    assert hit.document.languages == (language,)
    assert any(snippet.marks for snippet in hit.snippets)


def test_a_typing_error_gets_a_suggestion(
    engine: SearchBackend, collection: CollectionData
) -> None:
    make_bundle(collection.uuid, {"html.xml": "<html>The carousel of owls</html>"})
    index_everything()
    found = search("carrousel")
    assert found.total == 0
    assert found.suggestions == ("carousel",)


def test_pages_follow_one_another(engine: SearchBackend, collection: CollectionData) -> None:
    for number in range(7):
        make_bundle(collection.uuid, title=f"Nest {number}")
    index_everything()
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = search("nest", limit=3, cursor=cursor, sort="title")
        assert page.total == 7
        seen += [hit.document.title for hit in page.hits]
        cursor = page.next_cursor
    assert seen == [f"Nest {number}" for number in range(7)]


# Who sees what -----------------------------------------------------------------------------------


@pytest.fixture
def users(db: None) -> dict[str, User | AnonymousUser | None]:
    """Callers of every kind."""
    group = Group.objects.create(name="authors")
    names = ("stranger", "reader", "author", "admin", "member", "locked")
    made = {name: User.objects.create_user(name) for name in names}
    made["member"].groups.add(group)
    made["locked"].is_active = False
    made["locked"].save()
    staff = User.objects.create_user("staff", is_staff=True)
    return {**made, "staff": staff, "anonymous": AnonymousUser(), "trusted": None}


EVERYBODY = {"reader", "author", "admin", "member", "staff", "trusted"}


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [
        ("private", EVERYBODY),
        ("public_read", {*EVERYBODY, "stranger"}),
        ("public_reuse", {*EVERYBODY, "stranger"}),
    ],
)
def test_results_hold_what_the_caller_may_see(
    engine: SearchBackend, users: dict[str, Any], visibility: Visibility, seen_by: set[str]
) -> None:
    collection = core.create_collection("Ours", visibility=visibility).uuid
    for role in ("reader", "author", "admin"):
        core.set_role(collection, role, user=users[role])
    core.set_role(collection, "author", group="authors")
    core.set_role(collection, "admin", user=users["locked"])
    make_bundle(collection, {"html.xml": "<html>An uncommonword here</html>"}, title="Secret")
    index_everything()
    for name, user in users.items():
        found = search("uncommonword", user=user, facets=["collection", "block_type"])
        expected = 1 if name in seen_by else 0
        assert (found.total, len(found.hits)) == (expected, expected), name
        assert bool(found.facets.get("collection")) == bool(expected), name
        hints = search("uncomonword", user=user).suggestions
        assert hints == (("uncommonword",) if expected else ()), name
        assert search(user=user, collections=[collection]).total == 3 * expected, name


def test_a_change_of_visibility_holds_at_once(
    engine: SearchBackend, users: dict[str, Any], collection: CollectionData
) -> None:
    make_bundle(collection.uuid, title="Hidden nest")
    index_everything()
    assert titles("nest", user=users["stranger"]) == []
    core.update_collection(collection.uuid, visibility="public_read")
    assert titles("nest", user=users["stranger"]) == ["Hidden nest"]
    core.update_collection(collection.uuid, visibility="private")
    core.set_role(collection.uuid, "reader", user=users["reader"])
    assert titles("nest", user=users["stranger"]) == []
    assert titles("nest", user=users["reader"]) == ["Hidden nest"]


def test_a_cursor_gives_nobody_more_than_they_may_see(
    engine: SearchBackend, users: dict[str, Any], collection: CollectionData
) -> None:
    for number in range(5):
        make_bundle(collection.uuid, title=f"Nest {number}")
    index_everything()
    cursor = search("nest", user=users["staff"], limit=2, sort="title").next_cursor
    assert cursor is not None
    try:
        found = search("nest", user=users["stranger"], limit=2, sort="title", cursor=cursor)
    except Invalid:
        return
    assert found.hits == ()


def test_searching_asks_the_database_little(
    engine: SearchBackend, users: dict[str, Any], collection: CollectionData
) -> None:
    for number in range(20):
        make_bundle(collection.uuid, {"unit.xml": UNIT}, title=f"Nest {number}")
    core.set_role(collection.uuid, "reader", user=users["member"])
    index_everything()
    for name in ("member", "staff"):
        with counting() as cost:
            found = search(user=users[name], facets=["block_type", "tag"], limit=100)
        assert len(found.hits) == 100
        assert cost.statements <= 3


# Wrong arguments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"query": 3},
        {"query": "x" * 1_001},
        {"query": "-only"},
        {"kinds": ["page"]},
        {"kinds": "part"},
        {"collections": ["x"]},
        {"collections": 3},
        {"bundles": "0"},
        {"languages": ["english!"]},
        {"tags": [3]},
        {"tags": [["Owls"]]},
        {"types": 3},
        {"traits": ["response"]},
        {"traits": {"response": "string"}},
        {"traits": {"": ["string"]}},
        {"versions": 0},
        {"versions": "newest"},
        {"versions": True},
        {"versions": 2**31},
        {"versions": []},
        {"facets": ["colour"]},
        {"facets": "kind"},
        {"facet_size": 0},
        {"facet_size": "many"},
        {"sort": "random"},
        {"sort": []},
        {"limit": -1},
        {"limit": 101},
        {"limit": 1.5},
        {"cursor": "nonsense"},
        {"cursor": 3},
    ],
    ids=str,
)
def test_wrong_arguments_are_named(
    engine: SearchBackend, collection: CollectionData, arguments: dict[str, Any]
) -> None:
    make_bundle(collection.uuid, title="Nest")
    index_everything()
    (name,) = arguments
    with pytest.raises(Invalid) as caught:
        search(**arguments)
    assert caught.value.code in {"invalid_search", "invalid_query"}
    if isinstance(caught.value, InvalidSearch):
        assert caught.value.parameter == name


@pytest.mark.parametrize(
    "query", ["", "  ", "*", '"', "((", "a AND OR", "\x00", "\ud800", "🦉", "-"]
)
def test_any_text_can_be_looked_for(
    engine: SearchBackend, collection: CollectionData, query: str
) -> None:
    make_bundle(collection.uuid, title="Nest")
    index_everything()
    try:
        search(query)
    except Invalid as error:
        assert error.code == "invalid_query"  # noqa: PT017  (either is fine, nothing else is)
