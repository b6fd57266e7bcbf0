"""Imports are refused whose blocks would not load, which the classes of the blocks decide."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.sax.saxutils import quoteattr

import pytest
from django.core.checks import run_checks
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.courses import import_course
from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.exceptions import ImportRefused
from openedx_blockstore.plugin_conformance.import_validators import ImportValidatorConformance
from openedx_blockstore_xblock import import_validator
from openedx_blockstore_xblock.import_validator import CODE, RuntimeValidator
from tests.counting import counting
from tests.plugins.validation.helpers import TextContents

PACKAGE = "openedx_blockstore_xblock"

Files = Mapping[str, str | bytes]

ATTRIBUTES = " ".join(f'a{number}="x"' for number in range(501))


class TestConformance(ImportValidatorConformance):
    """What every validator must bear and do."""

    plugin = RuntimeValidator


def check(files: Files, bundle_type: str = "") -> tuple[Finding, ...]:
    """Return what the validator says of a bundle that consists of these files."""
    return tuple(RuntimeValidator().validate(TextContents(files, bundle_type), None))


def configure(settings: Settings, **values: Any) -> None:
    """Set settings of the bridge."""
    plugins = settings.OPENEDX_BLOCKSTORE["PLUGIN_SETTINGS"]
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PLUGIN_SETTINGS": {**plugins, PACKAGE: values},
    }


@pytest.fixture
def bundle(db: None, file_storage: object) -> UUID:
    """A bundle without versions."""
    collection = api.create_collection("Owls")
    return api.create_bundle(collection.uuid, "owls", "Owls").uuid


# What does not load ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("olx", "reason"),
    [
        ('<problem max_attempts="many"/>', "'problem' refuses it"),
        ('<problem weight="heavy"/>', "'problem' refuses it"),
        ('<video start_time="abc"/>', "'video' refuses it"),
        ('<poll answers="[["/>', "'poll' refuses it"),
        ('<word_cloud num_inputs="x"/>', "'word_cloud' refuses it"),
        ('<unit><xblock-include definition="../x"/></unit>', "definition '../x'"),
        ('<unit><xblock-include definition="html"/></unit>', "lacks the type"),
        ('<unit><html url_name="a"/><html url_name="a"/></unit>', "two blocks in it are 'html/a'"),
        ('<unit><o:html xmlns:o="urn:owls"/></unit>', "namespace 'urn:owls'"),
        ("<unit>" * 101 + "</unit>" * 101, "more than 100 deep"),
        ("<problem>" + "<p/>" * 100_001 + "</problem>", "more than 100,000 elements"),
        (f"<problem {ATTRIBUTES}/>", "more than 500 attributes"),
        ("<html>" + "x" * 9_000_000 + "</html>", "bytes"),
    ],
    ids=[
        "int",
        "float",
        "time",
        "json",
        "number",
        "outside",
        "typeless",
        "twice",
        "namespace",
        "deep",
        "elements",
        "attributes",
        "bytes",
    ],
)
def test_what_a_learner_would_not_see_is_an_error(olx: str, reason: str) -> None:
    """One, with the file, the reason and how to mend it."""
    (finding,) = check({"block.xml": olx})
    assert (finding.severity, finding.code, finding.file) == (Severity.ERROR, CODE, "block.xml")
    assert reason in finding.message
    assert "\n" not in finding.message
    assert len(finding.message) < 500
    assert finding.mend


def test_each_block_of_a_file_is_told_with_its_line() -> None:
    """And the good ones between them are none."""
    found = check(
        {
            "units/u.xml": (
                '<unit>\n<problem max_attempts="many"/>\n<html>good</html>\n<unit>\n'
                '<video url_name="v" start_time="abc"/>\n</unit></unit>'
            )
        }
    )
    assert [(finding.file, finding.line) for finding in found] == [
        ("units/u.xml", 2),
        ("units/u.xml", 5),
    ]


def test_an_import_stops_before_there_is_a_version(bundle: UUID) -> None:
    """And comes in when it is mended."""
    with pytest.raises(ImportRefused) as refused:
        api.import_version(bundle, {"problem.xml": '<problem max_attempts="many"/>'})
    ((found,),) = [each.findings for each in refused.value.bundles]
    assert found.code == CODE
    assert api.get_bundle(bundle).latest_version == 0
    api.import_version(bundle, {"problem.xml": '<problem max_attempts="3"/>'})
    assert api.get_bundle(bundle).latest_version == 1


def test_a_text_in_a_file_of_its_own_is_read_with_its_block() -> None:
    """One that is not there is an empty text; one that is too large is told."""
    page = {"html/a.xml": '<html filename="a"/>'}
    assert check({**page, "html/a.html": "<p>Owls&nbsp;hoot<br>"}) == ()
    assert check(page) == ()
    (finding,) = check({**page, "html/a.html": "x" * (8 * 2**20 + 1)})
    assert (finding.file, finding.line) == ("html/a.html", None)


# What is none of its business --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "olx"),
    [
        ("block.xml", "<no-such-block max_attempts='many'/>"),
        ("data.xml", "<rows><row/></rows>"),
        ("imsmanifest.xml", '<problem xmlns="http://www.imsglobal.org/x" max_attempts="many"/>'),
        ("static/p.xml", '<problem max_attempts="many"/>'),
        ("html/static/p.xml", '<problem max_attempts="many"/>'),
        ("drafts/problem/p.xml", '<problem max_attempts="many"/>'),
        ("policies/p.xml", '<problem max_attempts="many"/>'),
        ("p.txt", '<problem max_attempts="many"/>'),
        ("problem.xml", '<problem max_attempts="" weight="null" of_our_own="1"/>'),
        ("unit.xml", "<unit><no-such-block/><!-- x --><html>y</html></unit>"),
    ],
)
def test_of_what_is_no_block_or_not_installed_here_nothing_is_said(path: str, olx: str) -> None:
    """Such as XML of another kind, and types that other packages bring."""
    assert check({path: olx}) == ()


@pytest.mark.parametrize("olx", ["", "<unit>", "<!DOCTYPE x><unit/>", "<html>&nbsp;</html>"])
def test_malformed_files_are_told_once(bundle: UUID, olx: str) -> None:
    """By the validation plugin, which says it better."""
    with pytest.raises(ImportRefused) as refused:
        api.import_version(bundle, {"unit.xml": olx})
    ((finding,),) = [each.findings for each in refused.value.bundles]
    assert finding.code != CODE


@pytest.mark.parametrize("olx", ["", "<unit>", "<!DOCTYPE x><unit/>", "<html>&nbsp;</html>"])
def test_malformed_files_are_told_without_the_validation_plugin(
    bundle: UUID, settings: Settings, olx: str
) -> None:
    """They load no more than with it."""
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "DISABLED_PLUGINS": ["openedx_blockstore_validation"],
    }
    with pytest.raises(ImportRefused) as refused:
        api.import_version(bundle, {"unit.xml": olx})
    ((finding,),) = [each.findings for each in refused.value.bundles]
    assert finding.code == CODE


def test_a_setting_turns_it_off(bundle: UUID, settings: Settings) -> None:
    """For sites on which other packages are installed than where the content will run."""
    configure(settings, CHECK_IMPORTS=False)
    api.import_version(bundle, {"problem.xml": '<problem max_attempts="many"/>'})
    assert api.get_bundle(bundle).latest_version == 1


@pytest.mark.parametrize("wrong", [{"CHECK_IMPORTS": "no"}, {"CHECK_IMPORT": False}])
def test_a_wrong_setting_is_told_at_start(settings: Settings, wrong: dict[str, Any]) -> None:
    """With the name of the setting."""
    configure(settings, **wrong)
    (error,) = [each for each in run_checks() if each.id == f"{PACKAGE}.E001"]
    assert next(iter(wrong)) in error.msg


@hypothesis_settings(
    max_examples=150,
    deadline=None,  # classes are loaded at their first use
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.sampled_from(["problem", "video", "poll", "survey", "drag-and-drop-v2", "html", "unit"]),
    st.dictionaries(
        st.sampled_from(
            ["answers", "data", "questions", "start_time", "transcripts", "weight", "filename"]
        ),
        st.text(alphabet='[]{}",:\\0e-. \u202ex√', max_size=30),
    ),
    st.text(alphabet="<>/ax=\"'&;\n", max_size=40),
)
def test_whatever_authors_write_it_is_findings(
    tag: str, attributes: dict[str, str], body: str
) -> None:
    """No class of anybody's may break an import in another way."""
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    found = check({"b.xml": f"<{tag} {written}>{body}</{tag}>"})
    assert {finding.code for finding in found} <= {CODE}


# Cost --------------------------------------------------------------------------------------------


def unit_of(count: int) -> str:
    """Return a unit of so many problems."""
    return f"<unit>{'<problem><p>1</p></problem>' * count}</unit>"


def test_blocks_cost_no_statements_and_no_requests(bundle: UUID) -> None:
    """Only their files are read."""
    costs: list[tuple[int, int]] = []
    for blocks in (1, 1, 300):  # the first one warms caches up
        with counting() as cost:
            api.import_version(bundle, {"u.xml": unit_of(blocks), "n.txt": str(len(costs))})
        costs.append((cost.statements, cost.reads))
    assert costs[2] == costs[1]


def test_each_file_is_read_once() -> None:
    """Whatever is in it."""
    contents = TextContents({f"units/{n}.xml": unit_of(3) for n in range(5)} | {"a.txt": "x"})
    assert RuntimeValidator().validate(contents, None) == ()
    assert contents.reads == {f"units/{n}.xml": 1 for n in range(5)}


def test_of_too_much_a_part_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is told, and is no reason to refuse an import."""
    monkeypatch.setattr(import_validator, "MAX_BLOCKS", 8)
    found = check({"a.xml": unit_of(9), "b.xml": unit_of(1), "c.xml": '<problem weight="x"/>'})
    (finding,) = found
    assert (finding.severity, finding.code, finding.file) == (
        Severity.INFO,
        "not-all-loaded",
        "b.xml",
    )


def test_a_bundle_of_faults_is_told_in_a_bounded_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mending the first ones comes first."""
    monkeypatch.setattr(import_validator, "MAX_FINDINGS", 10)
    found = check({f"{n}.xml": '<problem weight="x"/>' for n in range(30)})
    assert [finding.code for finding in found] == [CODE] * 10 + ["not-all-loaded"]


@pytest.mark.parametrize(
    "files",
    [
        {"u.xml": "<unit>" * 90 + "<html/>" * 90_000 + "</unit>" * 90},
        {f"problem/{n}/definition.xml": unit_of(1) for n in range(10_000)},
        {"p.xml": f"<drag-and-drop-v2 data='{'[' * 1_000_000}'/>"},
        {"p.xml": f"<poll answers='{'[' * 1_000_000}'/>"},
        {"p.xml": f"<problem>{'<p>x</p>' * 90_000}</problem>"},
    ],
    ids=["deep", "many", "json", "yaml", "long"],
)
@pytest.mark.slow
def test_hostile_and_large_bundles_are_looked_at_in_seconds(files: Files) -> None:
    """Not in minutes."""
    started = time.monotonic()
    check(files)
    assert time.monotonic() - started < 90  # 25 s is the most that any needs by itself


# The real courses --------------------------------------------------------------------------------

#: Type → a setting that its class can not read.
BREAKING = {
    "drag-and-drop-v2": 'data="["',
    "poll": 'answers="[["',
    "problem": 'max_attempts="many"',
    "survey": 'answers="[["',
    "video": 'start_time="abc"',
    "word_cloud": 'num_inputs="x"',
}

COURSES = ["mitx-grading-library-course", "opencraft-blockstore-test-course", "studio-advanced"]


def break_blocks(course: Path) -> set[str]:
    """Break every block of a course that can be broken; return the files in which they are."""
    broken = set()
    for path in course.rglob("*.xml"):
        name = path.relative_to(course).as_posix()
        if name.startswith(("drafts/", "static/", "policies/", "assets/")):
            continue
        text = path.read_text()
        for tag, setting in BREAKING.items():
            attribute = setting.split("=")[0]
            start = text.find(f"<{tag} ")
            is_pointer = path.parent.name not in {tag, "vertical"}
            if start < 0 or is_pointer:
                continue
            end = text.index(">", start)
            if 'url_name="' in text[start:end] and text[start:end].count("=") == 1:
                continue  # it stands for a file of its own
            head = text[start:end]
            if f" {attribute}=" in head:
                before, _, rest = head.partition(f" {attribute}=")
                quote = rest[0]
                head = before + rest[1:].partition(quote)[2]
            text = f"{text[:start]}<{tag} {setting} {head[len(tag) + 2 :]}{text[end:]}"
            broken.add(name)
        path.write_text(text)
    return broken


@pytest.mark.django_db
@pytest.mark.usefixtures("file_storage")
@pytest.mark.slow
@pytest.mark.parametrize("course", COURSES)
def test_the_real_courses_load_and_all_that_is_broken_in_them_is_found(
    course: str, courses: Path, tmp_path: Path
) -> None:
    """Each finding names the file that its author has."""
    report = import_course(courses / course)
    assert CODE not in {finding.code for finding in report.findings}
    copy = tmp_path / course
    shutil.copytree(courses / course / "course", copy)
    broken = break_blocks(copy)
    with pytest.raises(ImportRefused) as refused:
        import_course(copy)
    found = {
        finding.file
        for bundle in refused.value.bundles
        for finding in bundle.findings
        if finding.code == CODE
    }
    assert found == broken
    assert broken
