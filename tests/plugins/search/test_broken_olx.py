"""Whatever a file holds, it is read as far as it can be, says so, and does no harm."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openedx_blockstore_search.parts.files import read_facts
from openedx_blockstore_search.parts.safe_xml import MAX_OLX_BYTES
from openedx_blockstore_search.parts.words import words_of_html, words_of_value
from tests.plugins.search.helpers import PROBLEM, MemoryContents, part_of, parts_of

GOOD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<sequential display_name="Owls &amp; co" xml:lang="de">'
    '<vertical url_name="a"><problem url_name="p" markdown="(x) a"><multiplechoiceresponse>'
    '<choicegroup><choice correct="true">\u00e4h</choice></choicegroup></multiplechoiceresponse>'
    '<img src="/static/a%20b.png"/></problem><html><![CDATA[<p>x</p>]]></html>'
    '<poll answers="[[&quot;R&quot;, {&quot;img&quot;: &quot;/static/r.png&quot;}]]"/>'
    '<video sub="q"><transcript language="en" src="t.srt"/></video>'
    '<xblock-include definition="problem/x" source="links"/></vertical></sequential>'
).encode()

FILES = ("sequence.xml", "problem/x/definition.xml", "static/a.js", "static/a.css", "a.html")


def _read_all(contents: bytes) -> None:
    for path in FILES:
        memory = MemoryContents({path: contents})
        facts = read_facts(memory, path)
        for part in facts.parts:
            part.text.encode()  # no halves of characters
            assert "\x00" not in part.text + part.title + part.key
            assert all(name and not name.startswith("/") for name in part.names)
            assert len(part.key) <= 800
            assert len(part.type) <= 60
    list(parts_of(dict.fromkeys(FILES, contents)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes_can_be_read(contents: bytes) -> None:
    _read_all(contents)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_olx_can_be_read(data: st.DataObject) -> None:
    contents = bytearray(GOOD)
    for _change in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(contents)))
        cut = data.draw(st.integers(0, 12))
        piece = data.draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from(
                    [
                        b"<",
                        b">",
                        b"&",
                        b'"',
                        b"</problem>",
                        b"<![CDATA[",
                        b"<!--",
                        b"\x00",
                        b"&#0;",
                        b"&nbsp;",
                        b"<a:b>",
                        b"xmlns='",
                        b"<!DOCTYPE x>",
                        b"<?pi",
                        b"\xff\xfe",
                        b"]]>",
                    ]
                ),
            )
        )
        contents[at : at + cut] = piece
    _read_all(bytes(contents))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_words(text: str) -> None:
    for words in (words_of_html(text), words_of_value(text), words_of_value("[" + text)):
        assert words == words.strip()
        words.encode()


def test_malformed_olx_is_read_as_far_as_it_goes() -> None:
    facts = read_facts(
        MemoryContents(
            {"problem.xml": '<problem display_name="Half"><p>An owl<img src="/static/a.png"'}
        ),
        "problem.xml",
    )
    assert facts.flaw == "malformed-xml"
    (part,) = facts.parts
    assert (part.type, part.title) == ("problem", "Half")
    assert "An owl" in part.text


def test_named_entities_of_html_lose_nothing_but_themselves() -> None:
    part = part_of("<problem><p>before&nbsp;after</p><stringresponse/></problem>")
    assert "before" in part.text
    assert "after" in part.text
    assert part.traits == {"response": ("string",)}


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE problem [<!ENTITY x "owned">]>',
        '<!DOCTYPE problem [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE problem SYSTEM "http://127.0.0.1:9/evil.dtd">',
        "<!DOCTYPE problem>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declarations_are_never_followed(declaration: str, encoding: str) -> None:
    text = f"{declaration}<problem><p>Plain &x; words</p></problem>"
    facts = read_facts(MemoryContents({"problem.xml": text.encode(encoding)}), "problem.xml")
    assert facts.flaw == "doctype"
    (part,) = facts.parts
    assert part.type == "problem"
    assert "words" in part.text
    assert "root:" not in part.text
    assert "owned words" not in part.text


def test_a_billion_laughs_take_no_time() -> None:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    text = f'<!DOCTYPE x [{entities}]><problem a="&j;">&j;</problem>'
    started = time.process_time()
    assert part_of(text).text.count("ha") < 20
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "contents",
    [
        b"<unit>" * 50_000,
        b"<problem>" + b"<p>" * 100_000 + b"</problem>",
        b'<problem x="' + b"a" * 12_000_000 + b'"/>',
        b"<problem>" + b"<a " * 200_000 + b"</problem>",
        b"<problem>" + b"/static/" * 200_000 + b"</problem>",
        b"<problem>" + b"<script>" * 100_000 + b"</problem>",
        b"<html><![CDATA[" + b'<img src="' * 100_000 + b"]]></html>",
        b'<poll answers="' + b"[" * 100_000 + b'"/>',
        b"<unit>" + b"<poll/>" * 20_000 + b"</unit>",
        b"<problem>" + b"<!--" * 200_000,
        b"<problem>" + b"asset-v1:" * 200_000 + b"</problem>",
    ],
    ids=lambda contents: contents[:24].decode(),
)
def test_huge_and_hostile_files_are_bounded(contents: bytes) -> None:
    started = time.process_time()
    facts = read_facts(MemoryContents({"unit.xml": contents}), "unit.xml")
    assert time.process_time() - started < 10
    assert len(facts.parts) <= 5_000
    assert sum(len(part.text) for part in facts.parts) <= 10_000_000


def test_what_is_too_large_is_a_part_that_says_nothing() -> None:
    contents = b"<problem>" + b" " * MAX_OLX_BYTES + b"</problem>"
    facts = read_facts(
        MemoryContents({"problem/a/definition.xml": contents}), "problem/a/definition.xml"
    )
    assert facts.flaw == "too-large"
    assert [part.type for part in facts.parts] == ["problem"]


def test_other_encodings_are_understood() -> None:
    text = PROBLEM.format(title="\u00dcber", label="M\u00e4use?")
    for encoding in ("utf-8-sig", "utf-16"):
        assert part_of(text.encode(encoding)).title == "\u00dcber"
    declared = f'<?xml version="1.0" encoding="iso-8859-1"?>\n{text}'
    assert part_of(declared.encode("iso-8859-1")).title == "\u00dcber"


def test_blocks_in_blocks_in_blocks_come_to_an_end() -> None:
    text = "<unit>" * 200 + "deep" + "</unit>" * 200
    facts = read_facts(MemoryContents({"unit.xml": text}), "unit.xml")
    assert len(facts.parts) == 51
    assert facts.parts[-1].text == "deep"


def test_names_that_no_path_can_have_are_none() -> None:
    transcripts = '{"en": "\\ud800.srt", "de": "a\\u0000.srt", "fr": "good.srt"}'
    video = f"<video transcripts='{transcripts}'/>"
    assert set(part_of(video, "video.xml").references) == {"static/fr_good.srt", "static/good.srt"}


def test_one_long_page_of_many_parts_is_read_once() -> None:
    page = "owl " * 500_000
    blocks = '<html filename="p"/>' * 2_000
    started = time.process_time()
    facts = read_facts(
        MemoryContents({"unit.xml": f"<unit>{blocks}</unit>", "p.html": page}), "unit.xml"
    )
    assert len(facts.parts) == 2_001
    assert time.process_time() - started < 30
