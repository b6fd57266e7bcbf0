"""OLX from strangers: whatever it is, nothing grows, nothing is loaded, and a finding names it."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from openedx_blockstore.data import Severity
from openedx_blockstore_validation.conf import ValidationSettings
from openedx_blockstore_validation.olx import Element, parse
from tests.plugins.validation.helpers import check, codes, only

LIMITS = ValidationSettings()

BILLION_LAUGHS = (
    b'<!DOCTYPE p [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(20))
    + b"]><problem>&u;</problem>"
)
QUADRATIC = (
    b'<!DOCTYPE p [<!ENTITY a "' + b"x" * 50_000 + b'">]><problem>' + b"&a;" * 50_000
) + b"</problem>"
EXTERNAL = b'<!DOCTYPE p [<!ENTITY e SYSTEM "file:///etc/passwd">]><problem>&e;</problem>'
REMOTE_DTD = b'<!DOCTYPE p SYSTEM "http://example.com/x.dtd"><problem/>'
PARAMETER = b'<!DOCTYPE p [<!ENTITY % x SYSTEM "http://example.com/x"> %x;]><problem/>'

HOSTILE = {
    "billion laughs": (BILLION_LAUGHS, "doctype"),
    "quadratic blow-up": (QUADRATIC, "doctype"),
    "external entity": (EXTERNAL, "doctype"),
    "remote DTD": (REMOTE_DTD, "doctype"),
    "parameter entity": (PARAMETER, "doctype"),
    "HTML entity": (b"<problem>&nbsp;</problem>", "undefined-entity"),
    "10 MB attribute": (b'<problem a="' + b"x" * 10_000_000 + b'"/>', "olx-too-large"),
    "7 MB attribute": (b'<problem a="' + b"x" * 7_000_000 + b'"/>', "olx-too-large"),
    "100,000 deep": (b"<a>" * 100_000 + b"</a>" * 100_000, "olx-too-large"),
    "a million elements": (b"<problem>" + b"<a/>" * 1_000_000 + b"</problem>", "olx-too-large"),
    "a thousand attributes": (
        b"<problem " + b" ".join(b'a%d=""' % n for n in range(1_000)) + b"/>",
        "olx-too-large",
    ),
    "XInclude": (
        b'<problem xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/etc/x"/></problem>',
        "external-reference",
    ),
    "style sheet": (b'<?xml-stylesheet href="http://example.com/x.xsl"?><problem/>',
                    "external-reference"),
    "not closed": (b"<problem><p></problem>", "malformed-xml"),
    "cut off": (b"<problem><p>", "malformed-xml"),
    "two roots": (b"<problem/><problem/>", "malformed-xml"),
    "unbound prefix": (b"<problem><m:math/></problem>", "malformed-xml"),
    "same attribute twice": (b'<problem a="1" a="2"/>', "malformed-xml"),
    "null": (b"<problem>\0</problem>", "malformed-xml"),
    "no XML": (b"Once upon a time", "malformed-xml"),
    "empty": (b"", "malformed-xml"),
    "white space": (b" \n ", "malformed-xml"),
    "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><problem/>', "malformed-xml"),
    "encoding of many bytes": (b'<?xml version="1.0" encoding="shift_jis"?><problem/>',
                               "malformed-xml"),
    "encoding that is none": (b'<?xml version="1.0" encoding="rot13"?><problem/>', "malformed-xml"),
    "not the encoding it says": (b"<problem>\xff\xfe\xfa</problem>", "malformed-xml"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_olx_is_an_error_that_names_the_file(name: str) -> None:
    contents, code = HOSTILE[name]
    started = time.monotonic()
    found = [f for f in check({"problem.xml": contents}, "problem") if f.code != "no-definition"]
    assert time.monotonic() - started < 5
    finding = only(tuple(found))
    assert (finding.severity, finding.code, finding.file) == (Severity.ERROR, code, "problem.xml")
    assert finding.mend
    assert "passwd" not in str(finding)


@pytest.mark.parametrize("name", ["billion laughs", "quadratic blow-up", "a million elements"])
def test_hostile_olx_takes_no_memory_to_speak_of(name: str) -> None:
    contents, _code = HOSTILE[name]
    tracemalloc.start()
    parse(contents, LIMITS)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 2**20


def test_what_is_said_of_bad_olx_has_its_line() -> None:
    finding = only(check({"problem.xml": "<problem>\n<p>\n</q>\n</problem>"}, "problem"))
    assert (finding.line, finding.code) == (3, "malformed-xml")
    assert "mismatched tag" in finding.message
    finding = only(check({"problem.xml": "<problem>\n\n&nbsp;</problem>"}, "problem"))
    assert (finding.line, finding.code) == (3, "undefined-entity")
    assert "&#160;" in finding.mend


@pytest.mark.parametrize(
    "contents",
    [
        "<problem>ü</problem>".encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-1"?><problem>\xfc</problem>',
        '<?xml version="1.0" encoding="windows-1252"?><problem>„ü“</problem>'.encode("cp1252"),
        b"\xef\xbb\xbf<problem>\xc3\xbc</problem>",
        b"<problem>&#252;</problem>",
    ],
)
def test_encodings_are_understood(contents: bytes) -> None:
    parsed = parse(contents, LIMITS)
    assert parsed.root is not None
    assert "ü" in "".join(parsed.root.texts())
    assert not parsed.faults


def test_the_tree_has_what_the_file_has() -> None:
    root = parse(b'<a x="1">one<b/>two\n<c y="&quot;"><![CDATA[<d>]]></c></a>', LIMITS).root
    assert root is not None
    assert [(each.tag, each.line) for each in root.walk()] == [("a", 1), ("b", 1), ("c", 2)]
    assert list(root.texts()) == ["a", "x", "1", "one", "two\n", "b", "c", "y", '"', "<d>"]


def test_comments_and_white_space_are_nothing() -> None:
    root = parse(b"<vertical>\n <!-- <html/> --> <?pi x?>\n</vertical>", LIMITS).root
    assert isinstance(root, Element)
    assert root.is_empty


def test_limits_are_settings() -> None:
    limits = ValidationSettings(MAX_OLX_BYTES=100, MAX_OLX_ELEMENTS=3, MAX_OLX_DEPTH=2)
    assert parse(b"<a>" + b" " * 100 + b"</a>", limits).faults[0].code == "olx-too-large"
    assert parse(b"<a><b/><b/><b/></a>", limits).faults[0].code == "olx-too-large"
    assert parse(b"<a><b><c/></b></a>", limits).faults[0].code == "olx-too-large"
    assert parse(b"<a><b/><b/></a>", limits).faults == ()


def test_what_no_block_uses_may_be_broken() -> None:
    found = check(
        {"problem.xml": "<problem/>", "other/x.xml": "<p>", "drafts/y.xml": "<!DOCTYPE p>"}
    )
    assert codes(found) == {"unused-malformed-xml": 2}
    assert {finding.severity for finding in found} == {Severity.WARNING}


def test_what_lies_in_static_is_no_olx() -> None:
    assert check({"static/scorm/imsmanifest.xml": "<!DOCTYPE x><y>"}) == ()
