"""Parts are found in OLX, with what they say, how they are answered, and where they are."""

from __future__ import annotations

import pytest

from openedx_blockstore_search.parts.files import read_facts
from openedx_blockstore_search.parts.languages import as_language
from openedx_blockstore_search.parts.problems import markdown_responses
from openedx_blockstore_search.parts.words import MAX_TEXT, words_of_html
from tests.plugins.search.helpers import MemoryContents, part_of, parts_of


def test_blocks_of_all_depths_are_parts() -> None:
    found = parts_of(
        {
            "sequence.xml": (
                '<sequential display_name="S"><unit url_name="u"><split_test url_name="s">'
                '<vertical url_name="v"><html url_name="h">Hi</html></vertical>'
                "</split_test></unit></sequential>"
            )
        }
    )
    assert {key: part.type for key, part in found.items()} == {
        "sequence.xml": "sequential",
        "sequence.xml#u": "unit",
        "sequence.xml#s": "split_test",
        "sequence.xml#v": "unit",
        "sequence.xml#h": "html",
    }
    assert found["sequence.xml#h"].parents == (
        "sequence.xml",
        "sequence.xml#u",
        "sequence.xml#s",
        "sequence.xml#v",
    )


def test_blocks_without_a_name_are_told_apart() -> None:
    found = parts_of({"unit.xml": "<unit><poll/><poll/><poll url_name='poll~2'/></unit>"})
    assert list(found) == ["unit.xml", "unit.xml#poll", "unit.xml#poll~2", "unit.xml#poll~2~2"]


def test_includes_lead_on_in_every_form() -> None:
    found = parts_of(
        {
            "unit.xml": (
                '<unit><xblock-include definition="html/a"/>'
                '<xblock-include definition="./more/b.xml"/>'
                '<xblock-include definition="html/elsewhere" source="other"/></unit>'
            ),
            "html/a/definition.xml": "<html>A</html>",
            "more/b.xml": "<html>B</html>",
            "html/c/definition.xml": "<html>C</html>",
        },
        "unit",
    )
    assert {key: part.parents for key, part in found.items()} == {
        "unit.xml": (),
        "html/a/definition.xml": ("unit.xml",),
        "more/b.xml": ("unit.xml",),
        "html/c/definition.xml": (),
    }


def test_files_that_include_each_other_are_no_trap() -> None:
    found = parts_of(
        {
            "a.xml": '<unit><xblock-include definition="b.xml"/></unit>',
            "b.xml": '<unit><xblock-include definition="a.xml"/></unit>',
            "c.xml": '<unit><xblock-include definition="c.xml"/></unit>',
        }
    )
    assert set(found) == {"a.xml", "b.xml", "c.xml"}
    assert found["c.xml"].parents == ()


def test_a_file_that_is_no_block_is_no_part() -> None:
    assert not parts_of(
        {
            "static/page.xml": "<problem/>",
            "data.xml": "<measurements><owl/></measurements>",
            "drawing.xml": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        }
    )
    assert not parts_of(
        {"drafts/vertical/x.xml": "<vertical/>", "policies/p.xml": "<html/>"}, "course"
    )


def test_what_lies_beside_a_definition_belongs_to_it() -> None:
    found = parts_of(
        {"problem/a/definition.xml": "<problem/>", "problem/a/old.xml": "<problem>Old</problem>"}
    )
    assert list(found) == ["problem/a/definition.xml"]


def test_third_parties_blocks_are_parts() -> None:
    found = parts_of(
        {"unit.xml": '<unit><acme-quiz question="Why &lt;i&gt;so&lt;/i&gt;?"/></unit>'}
    )
    assert found["unit.xml#acme-quiz"].text == "Why so?"
    assert part_of('<acme-quiz url_name="q"/>', "quiz.xml").type == "acme-quiz"


# Text --------------------------------------------------------------------------------------------


def test_text_has_no_markup_and_breaks_no_words() -> None:
    part = part_of(
        "<problem><p>H<sub>2</sub>O is <b>w</b>et</p><script>var no = 1;</script>"
        "<style>p {color: red}</style><choicegroup><choice>Yes</choice><choice>No</choice>"
        '</choicegroup><!-- not this --><img src="x.png" alt="An owl"/></problem>'
    )
    assert part.text == "H2O is wet Yes No An owl"


def test_hints_and_solutions_are_found_by_authors() -> None:
    part = part_of(
        "<problem><numericalresponse answer='3'><label>How many?</label>"
        "<solution><p>Count the jaws.</p></solution></numericalresponse>"
        "<demandhint><hint>Look closely.</hint></demandhint></problem>"
    )
    assert part.text == "How many? Count the jaws. Look closely."


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("caf&eacute; &amp; tea", "café & tea"),
        ("<p>one<p>two", "one two"),
        ("a < b and c > d", "a < b and c > d"),
        ("<script>unended", ""),
        ("<!-- unended", ""),
        ("x<style>y</STYLE >z", "x z"),
        ("&lt;p&gt; shown", "<p> shown"),
        ("a\x00b\ud800c", "a b c"),
        ("<" * 5_000, "<" * 5_000),
    ],
)
def test_words_of_pages(page: str, words: str) -> None:
    assert words_of_html(page) == words


def test_pages_that_stand_in_the_olx_are_read_as_pages() -> None:
    assert part_of("<html><![CDATA[<p>In <i>data</i></p>]]></html>", "html.xml").text == "In data"
    assert part_of("<html>&lt;p&gt;Escaped&lt;/p&gt;</html>", "html.xml").text == "Escaped"


def test_a_page_may_be_in_a_file_with_any_spelling() -> None:
    found = parts_of(
        {
            "html/secret/a/definition.xml": '<html filename="a"/>',
            "html/secret/a/a.html": "<p>Deep</p>",
            "html/b/definition.xml": '<html filename="b.html"/>',
            "html/b/b.html": "<p>Old</p>",
            "html/c/definition.xml": '<html filename="gone"/>',
        }
    )
    assert found["html/secret/a/definition.xml"].text == "Deep"
    assert found["html/b/definition.xml"].text == "Old"
    assert found["html/c/definition.xml"].text == ""


def test_json_in_attributes_has_words_and_no_addresses() -> None:
    part = part_of(
        '<poll display_name="P" question="&lt;b&gt;Which?&lt;/b&gt;" answers="[[&quot;R&quot;, '
        "{&quot;img&quot;: &quot;/static/red.png&quot;, "
        '&quot;label&quot;: &quot;Red owl&quot;}]]"/>',
        "poll.xml",
    )
    assert (part.title, part.text) == ("P", "Which? R Red owl")
    assert part.references == ("static/red.png",)


def test_secrets_are_neither_text_nor_names() -> None:
    part = part_of(
        '<course lti_passports="[&quot;tool:key:/static/secret&quot;]" display_name="C"/>',
        "course.xml",
    )
    assert "secret" not in repr(part)


def test_endless_text_is_cut() -> None:
    part = part_of(f"<problem><p>{'owl ' * MAX_TEXT}</p></problem>")
    assert len(part.text) <= MAX_TEXT


# Problems ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "response",
    [
        "multiplechoice",
        "choice",
        "option",
        "string",
        "numerical",
        "formula",
        "custom",
        "code",
        "image",
        "truefalse",
    ],
)
def test_problems_say_how_they_are_answered(response: str) -> None:
    part = part_of(f"<problem><div><{response}response/></div></problem>")
    assert part.traits == {"response": (response,)}


def test_a_problem_can_be_answered_in_several_ways() -> None:
    part = part_of("<problem><stringresponse/><numericalresponse/><stringresponse/></problem>")
    assert part.traits["response"] == ("numerical", "string")
    assert part_of("<problem><p>Only text</p></problem>").traits == {}


@pytest.mark.parametrize(
    ("markdown", "responses"),
    [
        (">>Which?<<\n( ) One\n(x) Two", ["multiplechoice"]),
        (">>Which?<<\n[ ] One\n[x] Two", ["choice"]),
        (">>Which?<<\n[[(Right), Wrong]]", ["option"]),
        (">>How many?<<\n= 3 +- 5%", ["numerical"]),
        (">>Between?<<\n= [2, 4)", ["numerical"]),
        (">>Who?<<\n= Uhu\nor= Eagle-owl", ["string", "string"]),
        ("Only text, with (x) in it", []),
    ],
)
def test_problems_in_markdown(markdown: str, responses: list[str]) -> None:
    assert list(markdown_responses(markdown)) == responses


def test_a_problem_that_is_markdown_alone() -> None:
    part = part_of('<problem markdown="&gt;&gt;Which owl?&lt;&lt;&#10;(x) This&#10;( ) That"/>')
    assert part.traits == {"response": ("multiplechoice",)}
    assert "Which owl?" in part.text


# Languages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("", None),
        ("english!", None),
        ("x" * 50, None),
        (None, None),
        (3, None),
    ],
)
def test_languages_are_written_alike(given: object, tag: str | None) -> None:
    assert as_language(given) == tag


def test_languages_are_handed_on_to_what_is_inside() -> None:
    found = parts_of(
        {
            "sequence.xml": (
                '<sequential xml:lang="de"><xblock-include definition="units/a.xml"/></sequential>'
            ),
            "units/a.xml": (
                '<unit><html url_name="g">Hallo</html><html url_name="f" lang="fr">Salut</html>'
                '<html url_name="m">Ein <i lang="it">gufo</i></html></unit>'
            ),
        }
    )
    assert {key: part.languages for key, part in found.items()} == {
        "sequence.xml": ("de",),
        "units/a.xml": ("de",),
        "units/a.xml#g": ("de",),
        "units/a.xml#f": ("fr",),
        "units/a.xml#m": ("de", "it"),
    }


def test_transcripts_say_in_which_languages_a_video_can_be_followed() -> None:
    part = part_of(
        '<video transcripts="{&quot;pt_br&quot;: &quot;b.srt&quot;}" sub="Q1">'
        '<transcript language="en" src="a.srt"/><handout src="/static/h.pdf"/>'
        '<source src="https://example.com/owl.mp4"/></video>',
        "video.xml",
    )
    assert part.languages == ("en", "pt-BR")
    assert part.traits == {"transcript": ("en", "pt-BR")}
    assert {"static/a.srt", "static/b.srt", "static/h.pdf", "static/subs_Q1.srt.sjson"} <= set(
        part.references
    )
    assert not any("example" in name for name in part.references)


# Names of files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        ('<img src="/static/owl.png"/>', "static/owl.png"),
        ('<img src="/static/Brown%20owl.png"/>', "static/Brown owl.png"),
        ('<img src="/static/Brown owl (1).png"/>', "static/Brown owl (1).png"),
        ('<a href="./more/a.pdf?x=1#p2">x</a>', "more/a.pdf"),
        ('<a href="links/other/static/a.pdf">x</a>', "links/other/static/a.pdf"),
        ('<div style="background: url(/static/a(b).png)"/>', "static/a(b).png"),
        ('<p data-x="asset-v1:A+B+C+type@asset+block@z.png"/>', "static/z.png"),
        ('<a href="/c4x/A/B/asset/z.pdf">x</a>', "static/z.pdf"),
        ('<script type="loncapa/python">import x</script>', "static/python_lib.zip"),
        ('<drag data="{&quot;a&quot;: &quot;/static/j.png&quot;}"/>', "static/j.png"),
        ("<p>/static/Stra\u00dfe.png</p>", "static/Stra\u00dfe.png"),
    ],
)
def test_names_are_found(markup: str, name: str) -> None:
    assert name in part_of(f"<problem>{markup}</problem>").references


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="https://example.com/static/a.png">x</a>',
        '<a href="//example.com/a.png">x</a>',
        '<a href="#a.b">x</a>',
        '<a href="mailto:a@example.com">x</a>',
        '<a href="/courses/x/a.png">x</a>',
        '<a href="data:image/png;base64,x.y">x</a>',
        "<script>var base = '/static/';</script>",
    ],
)
def test_what_leads_elsewhere_is_no_name(markup: str) -> None:
    assert part_of(f"<problem>{markup}</problem>").references == ()


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("static/a.css", "a {background: url('../b.png')} @import 'c.css';", {"../b.png", "c.css"}),
        ("static/a.js", "load('d.json'); x = '/static/e.png'", {"d.json", "static/e.png"}),
        ("static/a.html", "<img srcset='f.png 1x, g.png 2x'>", {"f.png", "g.png"}),
        ("static/v.m3u8", "#EXTM3U\nlow/1.ts\n", {"low/1.ts"}),
        ("notes.md", "[x](h.pdf) ![y](<i.png>)", {"h.pdf", "i.png"}),
    ],
)
def test_files_that_are_no_olx_name_files_too(path: str, text: str, names: set[str]) -> None:
    facts = read_facts(MemoryContents({path: text}), path)
    assert set(facts.names) == names
    assert facts.flaw is None


def test_a_script_that_builds_names_is_known_in_part_only() -> None:
    for text in ("'/static/' + name", "`/static/${name}`"):
        assert (
            read_facts(MemoryContents({"static/a.js": text}), "static/a.js").flaw == "builds-names"
        )


def test_the_navigation_of_a_course_names_its_sequences() -> None:
    document = (
        '{"chapters": [{"sequences": [{"link": "night", "file": "sequence.xml"}, {"link": null, '
        '"file": null}]}]}'
    )
    facts = read_facts(MemoryContents({"navigation.json": document}, "course"), "navigation.json")
    assert facts.names == ("links/night/sequence.xml",)
