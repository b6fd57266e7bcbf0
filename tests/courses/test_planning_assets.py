"""Where assets go, and videos with what belongs to them."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from tests.courses.helpers import COURSE, TWO_SEQUENTIALS, plan_files

S1, S2, OWN = "sequential/s1", "sequential/s2", "course/run"


def test_an_asset_of_one_sequence_is_in_its_bundle_and_a_shared_one_is_not(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **TWO_SEQUENTIALS,
            "html/h1.html": '<img src="/static/own.png"><img src="/static/both.png">',
            "html/h2.html": '<img src="/static/both.png">',
            "static/own.png": "1",
            "static/both.png": "2",
            "static/nobody.png": "3",
        },
    )
    assert planned.keys[:2] == ["assets/shared", "assets/unreferenced"]
    assert planned.place("static/own.png") == f"{S1}: static/own.png"
    assert planned.place("static/both.png") == "assets/shared: static/both.png"
    assert planned.place("static/nobody.png") == "assets/unreferenced: static/nobody.png"
    assert planned.links(S1) == planned.links(S2) == {"shared-assets": "assets/shared"}
    assert set(planned.links(OWN)) == {"one", "two", "shared-assets", "unreferenced-assets"}


def test_an_asset_is_called_as_the_blocks_call_it(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "html/h1.html": '<img src="/static/by_key.png"><img src="/static/by name.png">',
            "static/by key.png": "1",
            "static/by name.png": "2",
        },
    )
    assert planned.place("static/by key.png") == f"{S1}: static/by_key.png"
    assert planned.place("static/by name.png") == f"{S1}: static/by name.png"
    layout = json.loads(planned.read(OWN, "olx-layout.json"))
    assert layout["renamed"] == {"one:static/by_key.png": "static/by key.png"}


def test_what_pages_and_styles_in_static_name_goes_with_them(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "html/h1.html": '<iframe src="/static/page.html">',
            "static/page.html": '<link href="style.css">',
            "static/style.css": "a { background: url(deep.png) }",
            "static/deep.png": "1",
        },
    )
    assert {planned.place(f"static/{n}").split(":")[0] for n in ("style.css", "deep.png")} == {S1}


def test_assets_of_the_course_itself_are_in_its_bundle(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "course/run.xml": (
                '<course pdf_textbooks="[{&quot;url&quot;: &quot;/static/book.pdf&quot;}]">'
                '<chapter url_name="ch"/></course>'
            ),
            "policies/run/policy.json": '{"course/run": {"course_image": "image of it.png"}}',
            "policies/assets.json": '{"a": {"displayname": "x", "filename": "/static/loose.png"}}',
            "static/book.pdf": "1",
            "static/image of it.png": "2",
            "static/loose.png": "3",
        },
    )
    assert planned.place("static/book.pdf").startswith(OWN)
    assert planned.place("static/image of it.png") == f"{OWN}: static/image of it.png"
    assert planned.place("static/loose.png").startswith("assets/unreferenced")


def test_names_that_differ_only_in_case_get_a_stable_suffix(tmp_path: Path) -> None:
    files = {
        **COURSE,
        "vertical/v1.xml": '<vertical><html url_name="h1"/><html url_name="H1"/></vertical>',
        "html/H1.xml": "<html>other</html>",
        "static/logo.png": "1",
        "static/Logo.png": "2",
    }
    planned = plan_files(tmp_path / "a", files)
    again = plan_files(tmp_path / "b", files)
    for file in ("static/logo.png", "static/Logo.png", "html/H1.xml", "html/h1.xml"):
        assert planned.place(file) == again.place(file)
    for bundle in planned.plan.bundles:
        assert len({path.casefold() for path in bundle.files}) == len(bundle.files)
    assert planned.codes["name-clash"] == 2


@pytest.mark.parametrize(
    "name",
    [
        "e\u0301.png",
        "back\\slash.png",
        "line\nfeed.png",
        "x" * 240,
        "/".join(["folder" * 10] * 8),
        "quo'te,[@:·×].png",
    ],
    ids=["nfd", "backslash", "control", "long", "deep", "marks"],
)
def test_any_name_of_an_asset_finds_a_path(name: str, tmp_path: Path) -> None:
    planned = plan_files(tmp_path, {**COURSE, f"static/{name}": "1"})
    path = planned.place(f"static/{name}").split(": ")[1]
    assert path == unicodedata.normalize("NFC", path)
    assert "\\" not in path
    assert path.isprintable()
    assert len(path) < 200


def test_a_video_with_transcripts_is_a_bundle_that_the_unit_includes(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": (
                '<vertical><html url_name="h1"/><video url_name="v"/>'
                '<video url_name="bare"/></vertical>'
            ),
            "video/v.xml": (
                '<video display_name="Talk" sub="abc"><handout src="/static/n.pdf"/></video>'
            ),
            "video/bare.xml": '<video youtube="1.00:x" sub="gone"/>',
            "static/subs_abc.srt.sjson": "{}",
            "static/n.pdf": "1",
        },
    )
    assert sorted(planned.bundle("video/v").files) == [
        "static/n.pdf",
        "static/subs_abc.srt.sjson",
        "video.xml",
    ]
    assert planned.bundle("video/v").type == "video"
    assert '<xblock-include definition="video.xml" source="talk" usage="v"/>' in planned.read(
        S1, "units/v1.xml"
    )
    assert planned.links(S1) == {"talk": "video/v"}
    assert planned.place("video/bare.xml") == f"{S1}: video/bare/definition.xml"
    assert planned.codes == {"missing-transcript": 1}
