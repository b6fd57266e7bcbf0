"""Real block classes read real OLX, and nobody shares what comes out."""

from __future__ import annotations

import threading

import pytest

from openedx_blockstore_xblock.apps import BlockstoreXBlockConfig
from openedx_blockstore_xblock.authored import InlineChild
from openedx_blockstore_xblock.block_classes import find_class, is_container, own_classes
from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.olx import Include
from tests.bridge.olx import MULTIPLE_CHOICE, POLL, parse


@pytest.mark.parametrize(
    "block_type",
    [
        "annotatable",
        "discussion",
        "drag-and-drop-v2",
        "html",
        "lti",
        "poll",
        "problem",
        "survey",
        "video",
        "word_cloud",
    ],
)
def test_the_blocks_of_published_packages_are_found(block_type: str) -> None:
    """By the plain names that OLX has."""
    found = find_class(block_type)
    assert found is not None
    assert not is_container(block_type)


def test_the_app_names_the_types_that_it_brings() -> None:
    """For whoever checks OLX without loading any class."""
    assert BlockstoreXBlockConfig.block_types == set(own_classes())


@pytest.mark.parametrize("block_type", ["unit", "vertical", "sequential"])
def test_the_containers_of_the_platform_come_with_the_bridge(block_type: str) -> None:
    """No published package has them."""
    assert is_container(block_type)


def test_a_type_that_nobody_knows_has_no_class() -> None:
    """Which is no error: its place in the page says so."""
    assert find_class("no-such-block") is None


def test_attributes_and_text_become_fields() -> None:
    """As the class of a problem reads them."""
    parsed = parse(MULTIPLE_CHOICE)
    assert parsed.get("display_name") == "Owls"
    assert parsed.get("max_attempts") == 3
    assert parsed.get("weight") == 2.0
    assert '<choice correct="true">mice</choice>' in parsed.get("data")


def test_the_text_of_an_html_block_may_be_in_another_file() -> None:
    """The fragment is HTML, which need not be XML."""
    body = "<p>Owls&nbsp;hoot<br>at night"
    parsed = parse('<html filename="hoot" display_name="Hoot"/>', body=body)
    assert parsed.get("display_name") == "Hoot"
    assert "Owls" in parsed.get("data")
    assert "<br>" in parsed.get("data")


def test_a_unit_has_children_here_and_elsewhere() -> None:
    """In their order."""
    parsed = parse(
        '<unit display_name="U"><xblock-include definition="html/a"/><!-- c -->'
        '<problem url_name="b"/><xblock-include definition="c/d" source="e" usage="f"/></unit>'
    )
    assert parsed.children == (
        Include("html/a"),
        InlineChild("problem/b", "problem"),
        Include("c/d", "e", "f"),
    )
    assert parsed.get("display_name") == "U"


def test_learners_fields_are_none_that_authors_can_write() -> None:
    """``attempts`` is what a learner has done."""
    assert "attempts" not in parse('<problem attempts="7" max_attempts="9"/>')


@pytest.mark.parametrize("olx", ['<problem max_attempts="many"/>', '<problem weight="x"/>'])
def test_a_value_that_the_class_refuses_is_an_error_that_names_the_block(olx: str) -> None:
    """And nothing else comes out of somebody else's code."""
    with pytest.raises(BadOlx, match="'problem' refuses it"):
        parse(olx).get("data")


def test_a_value_may_be_changed_by_whoever_has_read_it() -> None:
    """Nobody else sees that."""
    parsed = parse(POLL)
    answers = parsed.get("answers")
    answers.append("more")
    answers[0][1]["label"] = "changed"
    assert parsed.get("answers") == parse(POLL).get("answers")


def test_threads_that_read_one_block_at_once_agree() -> None:
    """Children are not doubled, and fields are the same."""
    olx = '<unit display_name="U"><html url_name="a">x</html><html url_name="b">y</html></unit>'
    results: list[tuple[object, ...]] = []

    def read() -> None:
        parsed = parse(olx)
        results.append(
            (parsed.children, parsed.get("display_name"), parse(olx, "html/a").get("data"))
        )

    threads = [threading.Thread(target=read) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 16
    assert all(result == results[0] for result in results)
