"""What olxcleaner finds in a course, with our files and lines; and what of it is not so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from openedx_blockstore.data import Finding
from openedx_blockstore_validation.disk import check_path
from tests.plugins.validation.helpers import Files, check, codes, only

GRADING: dict[str, Any] = {
    "GRADER": [
        {"drop_count": 0, "min_count": 1, "short_label": "HW", "type": "Homework", "weight": 1}
    ],
    "GRADE_CUTOFFS": {"Pass": 0.5},
}


def course(
    *,
    policy: Any = None,
    grading: Any = GRADING,
    attributes: str = "",
    unit: str = "<html>x</html>",
) -> dict[str, str | bytes]:
    """Make the files of an export with one unit."""
    return {
        "course.xml": '<course url_name="run" org="O" course="C"/>',
        "course/run.xml": '<course start="&quot;2030-01-01T00:00:00Z&quot;" '
        'end="&quot;2030-06-01T00:00:00Z&quot;">\n'
        '<chapter url_name="ch"/><wiki slug="x"/></course>',
        "chapter/ch.xml": '<chapter display_name="C"><sequential url_name="s"/></chapter>',
        "sequential/s.xml": f'<sequential display_name="S"{attributes}>\n'
        f'<vertical url_name="v">\n{unit}</vertical></sequential>',
        "policies/run/policy.json": json.dumps(policy or {"course/run": {"start": "2030-01-01"}}),
        "policies/run/grading_policy.json": json.dumps(grading),
    }


def found_in(files: Files) -> tuple[Finding, ...]:
    """Check an export."""
    return check(files, "course", layout="export")


def test_a_good_course_has_no_findings() -> None:
    unit = '<discussion url_name="d"/><lti_consumer url_name="l"/><poll url_name="p" a="1"/>'
    assert found_in(course(unit=unit)) == ()


def test_dates_have_an_order() -> None:
    finding = only(found_in(course(attributes=' due="&quot;2029-02-01T00:00:00Z&quot;"')))
    assert (finding.code, finding.file, finding.line) == ("date-order", "sequential/s.xml", 1)
    assert "due date must be after course start date" in finding.message


def test_the_policy_of_the_run_decides() -> None:
    policy = {"sequential/s": {"due": "2031-01-01T00:00:00Z"}}
    finding = only(found_in(course(policy=policy, attributes=' due="2030-02-01"')))
    assert (finding.code, finding.file) == ("date-order", "sequential/s.xml")
    assert "before course end date" in finding.message


def test_settings_have_values_that_they_can_have() -> None:
    unit = '<problem url_name="p" rerandomize="sometimes">x</problem>'
    finding = only(found_in(course(unit=unit)))
    assert (finding.code, finding.file, finding.line) == ("invalid-setting", "sequential/s.xml", 3)
    finding = only(found_in(course(attributes=' due="soon"')))
    assert (finding.code, finding.line) == ("invalid-setting", 1)


def test_what_olxcleaner_can_not_bear_is_a_note() -> None:
    unit = '<problem url_name="p" weight="heavy">x</problem>'
    assert codes(found_in(course(unit=unit, attributes=' due="soon"'))) == {
        "course-unchecked": 1,
        "invalid-setting": 1,
    }


def test_lti_needs_its_passport_which_is_never_told() -> None:
    unit = '<lti_consumer url_name="l" lti_id="ours" launch_url="https://example.com"/>'
    policy: Any = {"course/run": {"lti_passports": ["theirs:key:verysecret"]}}
    finding = only(found_in(course(unit=unit, policy=policy)))
    assert finding.code == "lti-passport"
    assert "secret" not in str(finding)
    policy["course/run"]["lti_passports"].append("ours:key:secret")
    assert found_in(course(unit=unit, policy=policy)) == ()


def test_discussions_have_ids_of_their_own() -> None:
    unit = (
        '<discussion url_name="a" discussion_id="x"/>\n<discussion url_name="b" discussion_id="x"/>'
    )
    finding = only(found_in(course(unit=unit)))
    assert (finding.code, finding.file, finding.line) == (
        "duplicate-discussion",
        "sequential/s.xml",
        4,
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"GRADER": []}, "should not be empty"),
        ({"GRADER": [{**GRADING["GRADER"][0], "weight": 0.5}]}, "do not add up to 1"),
        ({"GRADE_CUTOFFS": {"A": 0.5, "B": 0.6}}, "not decreasing"),
        ({"GRADE_CUTOFFS": {"Pass": "half"}}, "not a number"),
        ({"GRADER": [7]}, "form"),
    ],
)
def test_grading_policies_are_checked(change: Any, words: str) -> None:
    found = found_in(course(grading={**GRADING, **change}))
    assert {finding.code for finding in found} == {"grading-policy"}
    assert {finding.file for finding in found} == {"policies/run/grading_policy.json"}
    assert any(words in finding.message for finding in found), found


@pytest.mark.parametrize("grading", [[], 7, "x", None])
def test_a_grading_policy_may_be_anything(grading: Any) -> None:
    assert codes(found_in(course(grading=grading))) == {"grading-policy": 1}


def test_a_policy_is_about_what_is_there() -> None:
    finding = only(found_in(course(policy={"sequential/gone": {"due": "2030-02-01"}})))
    assert (finding.code, finding.file) == ("course-policy", "policies/run/policy.json")


@pytest.mark.parametrize("policy", ["[]", "7", "{", '{"x": 1}', '{"/": {}}', '{"course/run": [1]}'])
def test_a_policy_may_be_anything(policy: str) -> None:
    found = found_in({**course(), "policies/run/policy.json": policy})
    assert {finding.code for finding in found} <= {"course-policy"}


def test_a_course_in_which_everything_names_everything_takes_no_time() -> None:
    """Each file is looked at once, however many name it; nothing runs in circles."""
    pointers = "".join(f'<sequential url_name="s{n}"/>' * 50 for n in range(20))
    files = {
        "course.xml": '<course url_name="run" org="O" course="C"/>',
        "course/run.xml": f"<course>{''.join(f'<chapter url_name=_c{n}_/>' for n in range(20))}"
        "</course>".replace("_", '"'),
        **{f"chapter/c{n}.xml": f"<chapter>{pointers}</chapter>" for n in range(20)},
        **{
            f"sequential/s{n}.xml": f'<sequential><vertical url_name="v"/>{pointers}</sequential>'
            for n in range(20)
        },
        "vertical/v.xml": f'<vertical><vertical url_name="v"/>{pointers}</vertical>',
    }
    files["course/run.xml"] = files["course/run.xml"].replace("_", '"')
    found_in(files)


def test_the_bundle_of_a_course_is_checked_as_well() -> None:
    navigation = {
        "chapters": [
            {
                "id": "ch",
                "title": "C",
                "sequences": [{"id": "s", "title": "S", "link": "s", "file": "sequence.xml"}],
            }
        ]
    }
    policy = {
        "settings": {
            "course/run": {"start": '"2030-01-01T00:00:00Z"', "end": '"2030-06-01T00:00:00Z"'},
            "sequential/s": {"due": '"2029-01-01T00:00:00Z"'},
        }
    }
    files = {
        "course.xml": '<course display_name="C"/>',
        "navigation.json": json.dumps(navigation),
        "policy.json": json.dumps(policy),
        "olx-layout.json": '{"run": "run"}',
        "policies/run/grading_policy.json": json.dumps({**GRADING, "GRADER": []}),
    }
    found = check(files, "course", lenders={"s": {"sequence.xml": "<sequential/>"}})
    assert codes(found) == {"date-order": 1, "grading-policy": 1}


def test_the_sample_course_with_a_wrong_date(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3] / "sample_course"
    shutil.copytree(root, tmp_path / "course")
    policy = tmp_path / "course" / "sequential" / "what_the_pellet_says.xml"
    text = policy.read_text()
    assert "2036-09-22" in text
    policy.write_text(text.replace("2036-09-22", "2025-09-22"))
    (checked,) = check_path(tmp_path / "course")
    assert [f.file for f in checked.found.findings if f.code == "date-order"] == [
        "sequential/what_the_pellet_says.xml"
    ]
