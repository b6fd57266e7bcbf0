"""The tool of plugins for data about spans of versions, beside a dictionary by version."""

from __future__ import annotations

import itertools
from concurrent.futures import ProcessPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from openedx_blockstore.exceptions import BundleNotFound, Invalid
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_tools import (
    annotation_history,
    annotations_covering,
    clear_annotation,
    replace_annotations,
    set_annotation,
)
from tests.core.races import ROUNDS, race
from tests.counting import counting
from tests.spans.models import Mark, Rating

#: Versions that are asked about; what is open holds for the last of them.
LAST = 8

versions = st.integers(1, LAST)
spans = st.tuples(versions, st.one_of(st.none(), versions)).map(
    lambda span: span if span[1] is None or span[0] <= span[1] else (span[1], span[0])
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["set", "clear", "clear all", "replace"]),
        st.sampled_from(["a", "A", "b", None]),
        spans,
        st.tuples(st.integers(1, 2), st.sampled_from([None, "good"])),
    ),
    max_size=12,
)


def covered(span: tuple[int, int | None]) -> range:
    """The versions of a span, as far as they are looked at."""
    return range(span[0], (span[1] if span[1] is not None else LAST) + 1)


def rated(bundle_uuid: UUID) -> dict[tuple[Any, int], tuple[int, Any]]:
    """What holds, by path and version."""
    found = annotations_covering(Rating, [(bundle_uuid, number) for number in range(1, LAST + 1)])
    result = {}
    for (_uuid, number), rows in found.items():
        for row in rows:
            assert (row.path, number) not in result, "two rows hold for one version"
            result[row.path, number] = (row.stars, row.comment)
    return result


class AgreementTest(TestCase):
    """Whatever is done in whatever order, the same is true as in a dictionary by version."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps)
    def test_it_agrees_with_a_dictionary(self, done: Any) -> None:
        collection = api.create_collection("Collection")
        bundle = api.create_bundle(collection.uuid, "one", "One")
        other = api.create_bundle(collection.uuid, "two", "Two")
        rate(other.uuid, "a", 1, 3)
        model: dict[tuple[Any, int], tuple[int, Any]] = {}
        for what, path, span, (stars, comment) in done:
            where: dict[str, Any] = {"first_version": span[0], "last_version": span[1]}
            before = dict(model)
            values = {"stars": stars, "comment": comment}
            if what == "set":
                model |= {(path, number): (stars, comment) for number in covered(span)}
                changed = set_annotation(Rating, bundle.uuid, {"path": path}, values, **where)
            elif what == "replace":
                entries = [({"path": path}, values), ({"path": "c"}, values)]
                for number in covered(span):
                    model = {key: value for key, value in model.items() if key[1] != number}
                    model |= {(path, number): (stars, comment), ("c", number): (stars, comment)}
                changed = replace_annotations(
                    Rating, bundle.uuid, entries, key_names=["path"], **where
                )
            else:
                key = {} if what == "clear all" else {"path": path}
                for number in covered(span):
                    for each in [path] if key else ["a", "A", "b", "c", None]:
                        model.pop((each, number), None)
                changed = clear_annotation(Rating, bundle.uuid, key, **where)
            assert rated(bundle.uuid) == model
            # What is open beyond the last version may change without being looked at.
            assert changed or model == before
            check_rows(bundle.uuid)
        assert [row.stars for row in annotation_history(Rating, other.uuid, {"path": "a"})] == [1]


def check_rows(bundle_uuid: UUID) -> None:
    """No two rows overlap, none is empty, and neighbours differ."""
    rows: dict[Any, list[Rating]] = {}
    found = Rating.objects.filter(bundle__uuid=bundle_uuid).order_by("first_version")
    for row in found:
        rows.setdefault(row.path, []).append(row)
    assert not found.filter(last_version__lt=F("first_version")).exists()
    for of_path in rows.values():
        for one, two in itertools.pairwise(of_path):
            assert one.last_version is not None
            assert one.last_version < two.first_version
            alike = (one.stars, one.comment) == (two.stars, two.comment)
            assert not (alike and one.last_version + 1 == two.first_version)


def rate(
    bundle_uuid: UUID, path: str | None, stars: int, first: int, last: int | None = None
) -> bool:
    """Set a rating."""
    return set_annotation(
        Rating,
        bundle_uuid,
        {"path": path},
        {"stars": stars, "comment": None},
        first_version=first,
        last_version=last,
    )


def history(bundle_uuid: UUID, path: str | None = "a") -> list[tuple[int, int | None, int]]:
    """The rows of a path, as values."""
    rows = annotation_history(Rating, bundle_uuid, {"path": path})
    return [(row.first_version, row.last_version, row.stars) for row in rows]


# By example --------------------------------------------------------------------------------------


def test_a_span_is_cut_where_another_value_is_set(bundle: BundleData) -> None:
    rate(bundle.uuid, "a", 1, 1)
    rate(bundle.uuid, "a", 2, 4, 5)
    assert history(bundle.uuid) == [(1, 3, 1), (4, 5, 2), (6, None, 1)]


def test_spans_with_equal_values_become_one(bundle: BundleData) -> None:
    rate(bundle.uuid, "a", 1, 1, 3)
    rate(bundle.uuid, "a", 1, 7)
    rate(bundle.uuid, "a", 1, 4, 6)
    assert history(bundle.uuid) == [(1, None, 1)]


def test_what_is_there_already_is_not_written_again(bundle: BundleData) -> None:
    assert rate(bundle.uuid, "a", 1, 1)
    key = Rating.objects.get().pk
    assert not rate(bundle.uuid, "a", 1, 2, 3)
    assert not clear_annotation(Rating, bundle.uuid, {"path": "b"}, first_version=1)
    assert Rating.objects.get().pk == key


def test_rows_that_go_on_keep_their_keys(bundle: BundleData) -> None:
    rate(bundle.uuid, "a", 1, 1)
    key = Rating.objects.get().pk
    rate(bundle.uuid, "a", 2, 3)
    assert Rating.objects.get(stars=1).pk == key


def test_something_of_which_there_may_be_many_is_all_key(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    about = Bundle.objects.get(uuid=other_bundle.uuid)
    set_annotation(Mark, bundle.uuid, {"word": "x", "about": None}, first_version=1)
    set_annotation(Mark, bundle.uuid, {"word": "y", "about": about}, first_version=2)
    set_annotation(Mark, bundle.uuid, {"word": "x", "about": about.pk}, first_version=3)
    wanted: list[tuple[dict[str, Any], dict[str, Any]]]
    wanted = [({"word": "y", "about": about}, {}), ({"word": "z", "about": None}, {})]
    replace_annotations(
        Mark, bundle.uuid, wanted, key_names=["word", "about"], first_version=3, last_version=3
    )
    found = annotations_covering(
        Mark.objects.order_by("word"), [(bundle.uuid, number) for number in (1, 2, 3, 4)]
    )
    words = {number: [row.word for row in rows] for (_uuid, number), rows in found.items()}
    assert words == {1: ["x"], 2: ["x", "y"], 3: ["y", "z"], 4: ["x", "x", "y"]}


def test_what_is_within_is_replaced_and_the_rest_left_alone(bundle: BundleData) -> None:
    for word in ("x", "y"):
        set_annotation(Mark, bundle.uuid, {"word": word, "about": None}, first_version=1)
    replace_annotations(
        Mark,
        bundle.uuid,
        [],
        key_names=["word", "about"],
        within={"word": "x"},
        first_version=2,
    )
    spans = Mark.objects.values_list("word", "first_version", "last_version")
    assert sorted(spans) == [("x", 1, 1), ("y", 1, None)]


def test_what_differs_only_in_case_is_something_else(bundle: BundleData) -> None:
    rate(bundle.uuid, "a", 1, 1)
    rate(bundle.uuid, "A", 2, 1)
    assert history(bundle.uuid) == [(1, None, 1)]
    assert history(bundle.uuid, "A") == [(1, None, 2)]


@pytest.mark.parametrize(
    ("first", "last"),
    [(0, None), (-1, 2), (3, 2), (1, 0), ("1", None), (True, None), (1.5, None), (1, 2**31)],
)
def test_what_is_no_span_is_refused(bundle: BundleData, first: Any, last: Any) -> None:
    with pytest.raises(Invalid, match=r"version|span"):
        rate(bundle.uuid, "a", 1, first, last)
    assert not Rating.objects.exists()


def test_values_must_be_complete_and_keys_alike(bundle: BundleData) -> None:
    with pytest.raises(Invalid, match="comment, stars"):
        set_annotation(Rating, bundle.uuid, {"path": "a"}, {"stars": 1}, first_version=1)
    with pytest.raises(Invalid, match="word, about"):
        replace_annotations(
            Mark,
            bundle.uuid,
            [({"word": "x"}, {})],
            key_names=["word", "about"],
            first_version=1,
        )


@pytest.mark.django_db
def test_a_bundle_that_is_not_there_is_not_found() -> None:
    with pytest.raises(BundleNotFound):
        rate(UUID(int=5), "a", 1, 1)
    assert annotations_covering(Rating, [(UUID(int=5), 1)]) == {}


# What it costs ------------------------------------------------------------------------------------


def test_setting_takes_the_same_statements_however_many_rows_there_are(bundle: BundleData) -> None:
    for number in range(1, 30):
        rate(bundle.uuid, "a", number, number, number)
    with counting() as cost:
        rate(bundle.uuid, "a", 100, 3, 20)
    assert cost.statements <= 7
    assert len(history(bundle.uuid)) == 12


def test_replacing_many_takes_the_same_statements_as_few(bundle: BundleData) -> None:
    def replace(words: range) -> None:
        replace_annotations(
            Mark,
            bundle.uuid,
            [({"word": str(word), "about": None}, {}) for word in words],
            key_names=["word", "about"],
            first_version=2,
        )

    replace(range(100))
    with counting() as cost:
        replace(range(50, 150))
    assert cost.statements <= 8


def test_many_versions_are_asked_about_at_once(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    for each in (bundle, other_bundle):
        rate(each.uuid, "a", 1, 2, 90)
    asked = [(each.uuid, number) for each in (bundle, other_bundle) for number in range(1, 101)]
    with counting() as cost:
        found = annotations_covering(Rating, asked)
    assert cost.statements == 1
    assert len(found) == 2 * 89


# At the same time ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_those_who_set_at_the_same_time_leave_no_overlap(racers: ProcessPoolExecutor) -> None:
    collection = api.create_collection("Collection")
    for _round in range(ROUNDS):
        uuid = api.create_bundle(collection.uuid, "one", "One").uuid
        race(racers, *((rate, uuid, "a", number, number, number + 4) for number in range(1, 9)))
        check_rows(uuid)
        found = rated(uuid)
        assert {number for _path, number in found} == set(range(1, LAST + 1))
