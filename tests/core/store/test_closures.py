"""Link closures: all that a version depends on, and what may not be linked."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore.data import Dependency, LinkTarget
from openedx_blockstore.exceptions import InvalidLink, LimitExceeded, LinkCycle
from openedx_blockstore.store import (
    EMPTY_CLOSURE,
    Closure,
    check_acyclic,
    check_links,
    close_over,
    diamonds,
    parse_node,
)
from openedx_blockstore.store.closures import dump_closure, load_closure, make_closure

A, B, C, D = (UUID(f"{letter * 8}-0000-0000-0000-000000000000") for letter in "abcd")
Graph = Mapping[LinkTarget, Mapping[str, LinkTarget]]


def closure_in(graph: Graph, links: Mapping[str, LinkTarget]) -> Closure:
    """The closure of a version with these links, where lenders have the links of a graph."""
    return close_over(
        links,
        known={},
        closure_of=lambda target: closure_in(graph, graph.get(LinkTarget(*key(target)), {})),
    )


def key(target: LinkTarget) -> tuple[UUID, int]:
    return target.bundle_uuid, target.version


def test_the_canonical_bytes_of_a_closure_never_change() -> None:
    closure = make_closure({"x": [f"{B}@2", f"{A}@10"], "y": [f"{B}@2"]})
    contents = (
        b'{"links":{"x":[0,1],"y":[1]},"nodes":['
        b'"aaaaaaaa-0000-0000-0000-000000000000@10",'
        b'"bbbbbbbb-0000-0000-0000-000000000000@2"]}'
    )
    assert dump_closure(closure) == contents
    assert load_closure(contents) == closure


def test_an_empty_closure_has_nothing() -> None:
    assert make_closure({}) == EMPTY_CLOSURE == closure_in({}, {})
    assert EMPTY_CLOSURE.dependencies() == []
    assert EMPTY_CLOSURE.brought_by("x") == frozenset()


nodes = st.builds(lambda uuid, number: f"{uuid}@{number}", st.uuids(), st.integers(1, 10**6))


@given(st.dictionaries(st.text(max_size=5), st.frozensets(nodes, min_size=1, max_size=5)))
def test_a_closure_is_read_back_as_it_was_written(brought: dict[str, frozenset[str]]) -> None:
    closure = make_closure(brought)
    assert {alias: closure.brought_by(alias) for alias in brought} == brought
    assert list(closure.nodes) == sorted(set().union(*brought.values()))
    try:
        contents = dump_closure(closure)
    except UnicodeEncodeError:
        return  # no alias holds half of a surrogate pair
    assert load_closure(contents) == closure


@pytest.mark.parametrize(
    "contents", [b"", b"\xff", b"[]", b"{}", b"null", b'{"nodes":1,"links":{}}', b'{"nodes":[]}']
)
def test_what_is_no_closure_is_refused(contents: bytes) -> None:
    with pytest.raises(ValueError):
        load_closure(contents)


def test_a_node_is_the_text_of_a_dependency() -> None:
    assert parse_node(f"{A}@12") == Dependency(A, 12)
    assert str(Dependency(A, 12)) == str(LinkTarget(A, 12)) == f"{A}@12"


def test_each_link_brings_its_target_and_all_that_this_depends_on() -> None:
    graph = {LinkTarget(B, 1): {"c": LinkTarget(C, 4)}, LinkTarget(C, 4): {"d": LinkTarget(D, 2)}}
    closure = closure_in(graph, {"b": LinkTarget(B, 1), "d": LinkTarget(D, 9)})
    assert closure.brought_by("b") == {f"{B}@1", f"{C}@4", f"{D}@2"}
    assert closure.brought_by("d") == {f"{D}@9"}
    assert closure.dependencies() == [
        Dependency(B, 1),
        Dependency(C, 4),
        Dependency(D, 2),
        Dependency(D, 9),
    ]


def test_a_dependency_that_is_reached_twice_is_there_once() -> None:
    graph = {
        LinkTarget(B, 1): {"d": LinkTarget(D, 1)},
        LinkTarget(C, 1): {"d": LinkTarget(D, 1)},
    }
    closure = closure_in(graph, {"b": LinkTarget(B, 1), "c": LinkTarget(C, 1)})
    assert closure.nodes == (f"{B}@1", f"{C}@1", f"{D}@1")
    assert diamonds(closure.dependencies()) == {}


def test_a_weak_link_passes_nothing_on() -> None:
    graph = {
        LinkTarget(B, 1): {"c": LinkTarget(C, 1, weak=True), "d": LinkTarget(D, 1)},
    }
    assert closure_in(graph, {"b": LinkTarget(B, 1)}).nodes == (f"{B}@1", f"{D}@1")
    assert closure_in(graph, {"b": LinkTarget(B, 1, weak=True)}) == EMPTY_CLOSURE


def test_what_is_known_of_a_link_is_not_looked_up_again() -> None:
    def never(target: LinkTarget) -> Closure:
        raise AssertionError(target)

    brought = frozenset({f"{B}@1", f"{C}@1"})
    closure = close_over({"b": LinkTarget(B, 1)}, known={"b": brought}, closure_of=never)
    assert closure.brought_by("b") == brought


def test_diamonds_name_each_bundle_with_several_versions() -> None:
    dependencies = [Dependency(B, 2), Dependency(A, 1), Dependency(B, 1), Dependency(B, 2)]
    assert diamonds(dependencies) == {B: (1, 2)}


def check(links: Mapping[str, LinkTarget], nodes: int = 0, limit: int = 10) -> None:
    closure = Closure(tuple(f"{B}@{number}" for number in range(nodes)))
    check_links(A, links, closure, max_dependencies=limit)


def test_two_links_to_one_version_are_fine() -> None:
    check({"x": LinkTarget(B, 1), "y": LinkTarget(B, 1), "z": LinkTarget(C, 2)})


def test_two_links_to_different_versions_of_one_bundle_are_refused() -> None:
    with pytest.raises(InvalidLink, match="'x' uses version 1") as caught:
        check({"y": LinkTarget(B, 2), "x": LinkTarget(B, 1)})
    assert caught.value.alias == "y"
    with pytest.raises(InvalidLink):
        check({"x": LinkTarget(B, 1), "y": LinkTarget(B, 2, weak=True)})


def test_too_many_dependencies_are_refused_with_the_limit() -> None:
    check({}, nodes=10)
    with pytest.raises(LimitExceeded) as caught:
        check({}, nodes=11)
    assert (caught.value.actual, caught.value.limit) == (11, 10)
    assert caught.value.setting == "MAX_DEPENDENCIES"


def link(graph: Graph, target: LinkTarget) -> None:
    """Let a version of bundle A have a link "x" to a target, in a graph."""
    check_acyclic(
        A,
        "x",
        target,
        closure_in(graph, graph.get(target, {})),
        links_of=lambda d: graph.get(LinkTarget(d.bundle_uuid, d.version), {}),
        closure_of=lambda d: closure_in(graph, graph.get(LinkTarget(d.bundle_uuid, d.version), {})),
    )


def test_a_link_to_oneself_is_a_cycle_that_names_both_ends() -> None:
    with pytest.raises(LinkCycle) as caught:
        link({}, LinkTarget(A, 1))
    assert caught.value.chain == (str(A), f"{A}@1")
    assert caught.value.alias == "x"


def test_a_cycle_through_others_names_the_whole_chain() -> None:
    graph = {
        LinkTarget(B, 5): {"d": LinkTarget(D, 1), "c": LinkTarget(C, 2)},
        LinkTarget(C, 2): {"weak": LinkTarget(A, 9, weak=True), "a": LinkTarget(A, 3)},
    }
    with pytest.raises(LinkCycle, match=f"{A} → {B}@5 → {C}@2 → {A}@3") as caught:
        link(graph, LinkTarget(B, 5))
    assert caught.value.chain == (str(A), f"{B}@5", f"{C}@2", f"{A}@3")


def test_what_only_weak_links_lead_to_makes_no_cycle() -> None:
    graph = {LinkTarget(B, 1): {"a": LinkTarget(A, 1, weak=True)}}
    link(graph, LinkTarget(B, 1))


def test_a_link_to_what_does_not_know_us_is_no_cycle() -> None:
    graph = {LinkTarget(B, 1): {"c": LinkTarget(C, 1)}, LinkTarget(B, 2): {"a": LinkTarget(A, 1)}}
    link(graph, LinkTarget(B, 1))
