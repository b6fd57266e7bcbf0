"""What learners did is kept by a block's id: whoever changes one is warned."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings

from openedx_blockstore.data import Severity
from tests.plugins.validation.helpers import Files, check, codes, only, places
from tests.plugins.validation.test_checks import configure

TEXT = "What is the wing span of a barn owl, measured from tip to tip, in centimetres?"
OTHER = "Which of these birds hunts by day, and where in the world would you look for it?"


def problem(name: str, text: str = TEXT) -> str:
    """Write a problem."""
    return f'<problem url_name="{name}"><p>{text}</p></problem>'


def unit(*children: str) -> Files:
    """Make a bundle of a unit."""
    lines = "\n".join(children)
    return {"unit.xml": f"<unit>\n{lines}\n<html>x</html></unit>"}


def test_an_edited_block_keeps_its_identity() -> None:
    assert check(unit(problem("a", OTHER)), "unit", previous=unit(problem("a"))) == ()


def test_blocks_may_change_places() -> None:
    before, now = unit(problem("a"), problem("b", OTHER)), unit(problem("b", OTHER), problem("a"))
    assert check(now, "unit", previous=before) == ()


def test_a_block_that_is_gone() -> None:
    finding = only(check(unit(problem("a")), "unit", previous=unit(problem("a"), problem("b"))))
    assert (finding.code, finding.file, finding.severity) == (
        "state-block-removed",
        "unit.xml",
        Severity.WARNING,
    )
    assert "unit.xml#problem/b" in finding.message


def test_a_block_with_another_id() -> None:
    finding = only(check(unit(problem("new")), "unit", previous=unit(problem("old"))))
    assert (finding.code, finding.file, finding.line) == ("state-block-renamed", "unit.xml", 2)
    assert "'unit.xml#problem/new' was 'unit.xml#problem/old'" in finding.message
    assert "old id" in finding.mend


def test_a_block_with_another_id_and_another_word() -> None:
    now = unit(problem("new", TEXT.replace("centimetres", "inches")))
    assert codes(check(now, "unit", previous=unit(problem("old")))) == {"state-block-renamed": 1}


def test_another_block_is_another_block() -> None:
    found = check(unit(problem("new", OTHER)), "unit", previous=unit(problem("old")))
    assert codes(found) == {"state-block-removed": 1}


def test_a_block_that_lost_its_id() -> None:
    nameless = problem("x").replace(' url_name="x"', "")
    found = check(unit(nameless), "unit", previous=unit(problem("old")))
    assert codes(found) == {"missing-id": 1, "state-block-removed": 1}


def test_a_block_that_moved_to_another_file() -> None:
    before = unit(problem("a"))
    now = {
        "unit.xml": '<unit><xblock-include definition="problem/a"/></unit>',
        "problem/a/definition.xml": problem("a"),
    }
    finding = only(check(now, "unit", previous=before))
    assert (finding.code, finding.file) == ("state-block-renamed", "problem/a/definition.xml")


def test_a_file_that_was_renamed() -> None:
    before = {"problem/a/definition.xml": "<problem><p>1</p></problem>"}
    now = {"problem/b/definition.xml": "<problem><p>1</p></problem>"}
    finding = only(check(now, previous=before))
    assert "'problem/b/definition.xml' was 'problem/a/definition.xml'" in finding.message


def test_what_was_there_before_is_nobodys_successor() -> None:
    same = "<problem><p>1</p></problem>"
    before = {"problem/a/definition.xml": same, "problem/b/definition.xml": same}
    now = {"problem/b/definition.xml": same}
    assert codes(check(now, previous=before)) == {"state-block-removed": 1}


def test_in_an_export_blocks_may_move_between_files() -> None:
    before: Files = {
        "course.xml": '<course url_name="r" org="O" course="C"><chapter url_name="c">'
        '<sequential url_name="s"><vertical url_name="v">'
        f"{problem('a')}</vertical></sequential></chapter></course>"
    }
    now: Files = {
        "course.xml": '<course url_name="r" org="O" course="C"><chapter url_name="c">'
        '<sequential url_name="s"><vertical url_name="v"><problem url_name="a"/></vertical>'
        "</sequential></chapter></course>",
        "problem/a.xml": "<problem><p>1</p></problem>",
    }
    assert check(now, previous=before, layout="export") == ()
    gone = {"course.xml": str(now["course.xml"]).replace('<problem url_name="a"/>', "")}
    found = check(gone, previous=now, layout="export")
    assert places(found, "state-block-removed") == [("problem/a.xml", None)]


def test_blocks_without_state_may_come_and_go() -> None:
    before = {"unit.xml": '<unit><html url_name="a">x</html><vertical url_name="b"/></unit>'}
    assert check({"unit.xml": "<unit><html>x</html></unit>"}, "unit", previous=before) == ()


def test_types_with_state_can_be_added_by_a_setting(settings: Settings) -> None:
    configure(settings, STATEFUL_BLOCK_TYPES=["sparkle"], KNOWN_BLOCK_TYPES=["sparkle"])
    before = {"unit.xml": '<unit><sparkle url_name="a">x</sparkle></unit>'}
    now = {"unit.xml": '<unit><sparkle url_name="b">x</sparkle></unit>'}
    assert codes(check(now, "unit", previous=before)) == {"state-block-renamed": 1}


def test_nobody_knows_what_is_in_a_file_that_is_broken() -> None:
    assert codes(check({"unit.xml": "<unit>"}, "unit", previous=unit(problem("a")))) == {
        "malformed-xml": 1
    }


def test_a_previous_version_may_be_broken() -> None:
    assert check(unit(problem("a")), "unit", previous={"unit.xml": "<unit>"}) == ()


@pytest.mark.parametrize("count", [2_000])
def test_when_everything_is_new_it_takes_no_longer_than_its_size_says(count: int) -> None:
    def library(letter: str) -> Files:
        return {
            f"problem/{letter}{n}/definition.xml": (
                f"<problem><p>{' '.join(f'{letter}{n}w{k}' for k in range(40))}</p></problem>"
            )
            for n in range(count)
        }

    started = time.monotonic()
    found = check(library("a"), previous=library("b"))
    assert time.monotonic() - started < 20
    assert codes(found) == {"state-block-removed": 1_000, "too-many-findings": 1}
