"""Publishers: keyed by IRI, and part of one another."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.exceptions import (
    InvalidPublisher,
    PublisherInUse,
    PublisherNotFound,
)
from openedx_blockstore_licensing.publishers import MAX_DEPTH, find_publishers

pytestmark = pytest.mark.django_db

HARVARD = PublisherData(
    "https://harvard.example/",
    "Harvard University",
    "Harvard",
    "https://harvard.example/logo.svg",
    "https://harvard.example/about",
)
HKS = PublisherData("https://hks.example/", "Kennedy School", "Harvard", parent=HARVARD.iri)


def test_what_is_said_is_kept() -> None:
    assert api.set_publisher(HARVARD)
    assert api.get_publisher(HARVARD.iri) == HARVARD
    assert not api.set_publisher(HARVARD)
    assert api.set_publisher(evolve(HARVARD, name="Harvard"))
    assert api.get_publisher(HARVARD.iri).name == "Harvard"


def test_id_strings_may_repeat() -> None:
    api.set_publisher(HARVARD)
    api.set_publisher(HKS)
    assert api.get_publishers() == [HARVARD, HKS]
    assert api.get_publishers(id_string="Harvard") == [HARVARD, HKS]
    assert api.get_publishers(id_string="MIT") == []


def test_iris_are_compared_by_code_points() -> None:
    api.set_publisher(HARVARD)
    upper = evolve(HARVARD, iri="https://HARVARD.example/", name="Somebody else")
    api.set_publisher(upper)
    assert api.get_publisher(HARVARD.iri).name == "Harvard University"
    assert api.get_publisher(upper.iri) == upper
    api.set_publisher(evolve(HARVARD, iri="https://e\u0301cole.example/"))
    assert api.get_publisher("https://école.example/").iri == "https://école.example/"


def test_those_above_are_found_with_a_publisher() -> None:
    api.set_publisher(HARVARD)
    api.set_publisher(HKS)
    assert find_publishers([HKS.iri, "https://nobody.example/", ""]) == {
        HKS.iri: HKS,
        HARVARD.iri: HARVARD,
    }


def test_nobody_is_part_of_themselves() -> None:
    api.set_publisher(HARVARD)
    api.set_publisher(HKS)
    with pytest.raises(InvalidPublisher, match="part of itself"):
        api.set_publisher(evolve(HARVARD, parent=HKS.iri))
    with pytest.raises(InvalidPublisher, match="part of itself"):
        api.set_publisher(evolve(HARVARD, parent=HARVARD.iri))
    with pytest.raises(InvalidPublisher, match="make that one first"):
        api.set_publisher(evolve(HARVARD, parent="https://nobody.example/"))
    assert api.get_publisher(HARVARD.iri).parent is None


def test_a_hierarchy_has_an_end() -> None:
    parent = None
    for number in range(MAX_DEPTH + 1):
        iri = f"https://p{number}.example/"
        api.set_publisher(PublisherData(iri, f"P{number}", parent=parent))
        parent = iri
    with pytest.raises(InvalidPublisher, match="above one another"):
        api.set_publisher(PublisherData("https://too.deep.example/", "Too deep", parent=parent))


def test_one_that_others_are_part_of_stays() -> None:
    api.set_publisher(HARVARD)
    api.set_publisher(HKS)
    with pytest.raises(PublisherInUse) as caught:
        api.delete_publisher(HARVARD.iri)
    assert caught.value.children == (HKS.iri,)
    api.delete_publisher(HKS.iri)
    api.delete_publisher(HARVARD.iri)
    for function in (api.delete_publisher, api.get_publisher):
        with pytest.raises(PublisherNotFound):
            function(HARVARD.iri)


@pytest.mark.parametrize("iri", ["", "no iri", None, 4, "\0", "\ud800", "x" * 5000])
def test_what_nobody_has_is_not_found(iri: str) -> None:
    with pytest.raises(PublisherNotFound) as caught:
        api.get_publisher(iri)
    str(caught.value).encode()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"iri": "harvard"}, "scheme"),
        ({"iri": "https://a b/"}, "blanks"),
        ({"iri": "https://a/" + "x" * 500}, "500"),
        ({"iri": "https://a/\0"}, "NUL"),
        ({"iri": 4}, "text"),
        ({"iri": "https://a/\ud800"}, "surrogate"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 256}, "255"),
        ({"name": None}, "text"),
        ({"id_string": "\0"}, "NUL"),
        ({"id_string": "\ud800"}, "surrogate"),
        ({"logo": "javascript:alert(1)"}, "https://"),
        ({"home_page": "example.com"}, "https://"),
        ({"parent": 4}, "text"),
    ],
)
def test_bad_values_are_refused(change: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidPublisher, match=word) as caught:
        api.set_publisher(evolve(HARVARD, **change))
    str(caught.value).encode()
    assert api.get_publishers() == []


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(iri=st.text(max_size=30), name=st.text(max_size=30))
def test_any_values_are_kept_or_refused(iri: str, name: str) -> None:
    try:
        api.set_publisher(PublisherData(f"urn:{iri}", name))
    except InvalidPublisher:
        return
    assert api.get_publishers()
