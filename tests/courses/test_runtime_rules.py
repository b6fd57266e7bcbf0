"""A runtime that knows nothing but the rules finds every block and every asset of a course."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_blockstore.courses import export_course, import_course
from openedx_blockstore.courses.assets import asset_key
from tests.courses.helpers import TWO_SEQUENTIALS, read_files, write_files
from tests.courses.running import Resolved, compare

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage")]

#: A name as authors have them, of more than 100 characters.
LONG = "Résumé (final), “v·2” × 3 @home & 'more'; " + "really " * 16 + "long.png"


def resolve(folder: Path) -> Resolved:
    """Import a course, bring it out and in again, and look for all that its blocks name."""
    report = import_course(folder)
    assert report.course_bundle_uuid is not None
    resolved = compare(folder, report.course_bundle_uuid)
    out = folder.parent / "out"
    export_course(report.course_bundle_uuid, to=out)
    assert read_files(out / "static") == read_files(folder / "static")
    back = import_course(out, collection_uuid=report.collection_uuid)
    assert (back.created, back.updated) == ((), ())
    return resolved


@pytest.mark.parametrize(
    ("name", "references"),
    [
        ("mitx-grading-library-course", 1),
        ("opencraft-blockstore-test-course", 1),
        ("studio-advanced", 858),
    ],
)
def test_a_real_course_resolves_as_it_did(name: str, references: int, courses: Path) -> None:
    report = import_course(courses / name / "course")
    assert report.course_bundle_uuid is not None
    resolved = compare(courses / name / "course", report.course_bundle_uuid)
    assert resolved.lost == []
    assert resolved.before == references


@pytest.mark.parametrize(
    ("assets", "first", "second", "references"),
    [
        pytest.param(["Logo.png", "logo.png"], "Logo.png logo.png", "", 2, id="case in one place"),
        pytest.param(
            ["Logo.png", "logo.png", "LOGO.png"],
            "Logo.png logo.png LOGO.png",
            "LOGO.png logo.png Logo.png",
            6,
            id="case in two places",
        ),
        pytest.param(["a b.png"], "a_b.png a%20b.png", "", 2, id="two names in one place"),
        pytest.param(["a b.png"], "a_b.png", "a%20b.png", 2, id="two names in two places"),
        pytest.param(["sub/a b.png"], "sub_a_b.png", "sub/a%20b.png", 2, id="folder"),
        pytest.param([LONG], asset_key(LONG), "", 1, id="long"),
        pytest.param(["n" * 200 + ".png"], "n" * 200 + ".png", "", 1, id="very long"),
        pytest.param(["a,b.png", "a b.png"], "a_b.png", "a%20b.png", 2, id="one key for two"),
        pytest.param(["x.png", "page.html"], "page.html", "x.png", 3, id="page and neighbour"),
        pytest.param(
            ["x.png", "deep/page.html", "deep/x.png"], "x.png deep/page.html", "", 4, id="deep page"
        ),
        pytest.param(["e\u0301.png"], "\u00e9.png", "e\u0301.png", 2, id="normal forms"),
    ],
)
def test_assets_are_found_by_every_name(
    assets: list[str], first: str, second: str, references: int, tmp_path: Path
) -> None:
    texts = {
        f"static/{name}": '<img src="x.png">' if name.endswith(".html") else f"{number}"
        for number, name in enumerate(assets)
    }

    def images(names: str) -> str:
        return "".join(f'<img src="/static/{name}">' for name in names.split())

    folder = write_files(
        tmp_path / "in",
        {
            **TWO_SEQUENTIALS,
            "html/h1.html": images(first),
            "html/h2.html": images(second),
            **texts,
        },
    )
    resolved = resolve(folder)
    assert resolved.lost == []
    assert resolved.before == references


def test_what_the_course_and_its_videos_name_is_found(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path / "in",
        {
            **TWO_SEQUENTIALS,
            "course/run.xml": """<course course_image="Our Logo.png"
                pdf_textbooks="[{&quot;url&quot;: &quot;/static/my_book.pdf&quot;}]">
                <textbook book_url="/static/pages/"/>
                <chapter url_name="ch"/></course>""",
            "vertical/v1.xml": """<vertical><video url_name="film"/><poll url_name="p"
                answers="[[&quot;a&quot;,{&quot;img&quot;:&quot;/static/choice_1.png&quot;}]]"/>
                </vertical>""",
            "video/film.xml": """<video sub="abc" transcripts='{"de": "Gespräch 1.srt"}'>
                <transcript language="fr" src="/static/fr_talk.srt"/>
                <handout src="/static/hand_out.pdf"/></video>""",
            "policies/assets.json": '{"odd-key.png": {"displayname": "choice (2).png"}}',
            "html/h2.html": '<img src="/static/odd-key.png"><img src="/static/choice_1.png">',
            **{
                f"static/{name}": name
                for name in (
                    "Our Logo.png",
                    "my book.pdf",
                    "choice 1.png",
                    "choice (2).png",
                    "subs_abc.srt.sjson",
                    "Gespräch 1.srt",
                    "fr talk.srt",
                    "hand,out.pdf",
                )
            },
        },
    )
    resolved = resolve(folder)
    assert resolved.lost == []
    assert resolved.before >= 9
