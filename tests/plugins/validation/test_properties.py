"""Whatever the bytes are, checking ends, raises nothing, and says the same again."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from openedx_blockstore_validation import stored
from openedx_blockstore_validation.references import find_references
from openedx_blockstore_validation.stored import load, plain
from tests.plugins.validation.helpers import check

_ROOT = Path(__file__).resolve().parents[3]
SAMPLES = sorted(
    path.read_bytes() for path in (_ROOT / "sample_course").rglob("*") if path.is_file()
)
TAGS = ["problem", "unit", "vertical", "html", "video", "course", "chapter", "sequential", "poll",
        "xblock-include", "library", "x:y", "foo", "split_test", "group", "show", "openassessment",
        "lti", "discussion"]  # fmt: skip
NAMES = ["a", "b", "a b", "", "../x", "x" * 300, "ü", "a:b"]
VALUES = ["2020-01-01", "&quot;2030&quot;", "[1]", "{}", "-1", "1e999", "99999999999999",
          "&lt;img src='/static/a.png'&gt;", "links/a/b"]  # fmt: skip
ATTRIBUTES = ["url_name", "definition", "source", "filename", "sub", "transcripts", "start", "due",
              "org", "course", "weight", "attempts", "lti_id", "discussion_id", "graceperiod",
              "display_name", "rerandomize"]  # fmt: skip
PATHS = ["unit.xml", "problem.xml", "course.xml", "course/a.xml", "chapter/a.xml", "vertical/a.xml",
         "sequential/a.xml", "problem/a.xml", "problem/a/definition.xml", "units/a.xml",
         "html/a.html", "static/a.png", "static/a.svg", "static/a.mp4", "navigation.json",
         "policy.json", "olx-layout.json", "policies/a/policy.json", "drafts/problem/a.xml",
         "policies/a/grading_policy.json", "library.xml", "a.md", "other/x.xml"]  # fmt: skip
TYPES = ["", "problem", "unit", "sequence", "video", "assets", "library", "course", "no such type"]

_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["chapters", "sequences", "id", "link", "file", "settings", "run", "GRADER",
                         "GRADE_CUTOFFS", "weight", "type", "course/a", "chapter/a", "start",
                         "Pass", "lti_passports", "min_count", "drop_count"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@st.composite
def _olx(draw: DrawFn, depth: int = 0) -> str:
    tag = draw(st.sampled_from(TAGS))
    values = st.sampled_from([*NAMES, *VALUES])
    attributes = draw(st.dictionaries(st.sampled_from(ATTRIBUTES), values, max_size=4))
    shown = "".join(f' {name}="{value}"' for name, value in attributes.items())
    children = draw(st.lists(_olx(depth + 1), max_size=3)) if depth < 4 else []
    text = draw(st.sampled_from(["", "text", "<!-- -->"]))
    return f"<{tag}{shown}>{text}{''.join(children)}</{tag}>"


@st.composite
def _mutated(draw: DrawFn) -> bytes:
    """A real file, cut off, or with something put into it."""
    sample = draw(st.sampled_from(SAMPLES))
    at = draw(st.integers(0, len(sample)))
    piece = draw(
        st.binary(max_size=6) | st.sampled_from([b"<", b">", b"&", b"<!DOCTYPE x>", b"\0"])
    )
    return sample[:at] + piece + (sample[at:] if draw(st.booleans()) else b"")


_contents = (
    st.binary(max_size=200)
    | _mutated()
    | _olx().map(str.encode)
    | _json.map(lambda value: json.dumps(value).encode())
)
_files = st.dictionaries(st.sampled_from(PATHS), _contents, max_size=7)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=_files, previous=st.none() | _files, bundle_type=st.sampled_from(TYPES))
def test_nothing_is_raised_whatever_the_bytes_are(
    files: dict[str, bytes], previous: dict[str, bytes] | None, bundle_type: str
) -> None:
    found = check(files, bundle_type, previous=previous)
    assert found == check(files, bundle_type, previous=previous)
    assert list(found) == sorted(found, key=lambda f: (f.file, f.line or 0, f.code, f.message))
    known = {*files, *(previous or {}), ""}
    for finding in found:
        assert finding.message
        assert finding.file in known or finding.file.startswith("policies/")
        if finding.line is not None and finding.file in files:
            assert (
                1
                <= finding.line
                <= files[finding.file].count(b"\n") + files[finding.file].count(b"\r") + 1
            )
    # What is kept of findings is what they were.
    assert load(stored._dump(found)) == found
    json.dumps(plain(found)).encode()


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(
        st.sampled_from([*"abc/.&;#\"' \n<>-!)(,\\", "/static/", "links/", "./", "<!--", "-->",
                         "src=", "&quot;", "course_image="]),
        max_size=60,
    ).map("".join)
)  # fmt: skip
def test_references_have_names_and_lines(text: str) -> None:
    for reference in find_references(text):
        assert 1 <= reference.line <= text.count("\n") + 1
        assert all(reference.names)


def test_no_text_takes_time_that_grows_with_its_square() -> None:
    pieces = ["/static/", "/static/a ", "<!--", "links/", "./", 'src="./', "&quot;", "a ", "(" * 9,
              'course_image="', "/static/a,", "-->", " on", "<script", "\\"]  # fmt: skip
    for piece in pieces:
        text = piece * (2**21 // len(piece))
        find_references(text[: 2**19])
        check({"static/a.svg": f"<svg>{text}", "html.html": text[: 2**19]})
