"""Assets are what their names say."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from openedx_blockstore.data import Severity
from openedx_blockstore_validation import assets
from tests.plugins.validation.helpers import PNG, check, codes, only

ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w") as _zipped:
    _zipped.writestr("a", "b")

GOOD = {
    "a.png": PNG,
    "A.PNG": PNG,
    "a.jpg": b"\xff\xd8\xff\xdb" + b"\0" * 20,
    "a.jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 20,
    "a.gif": b"GIF89a" + b"\0" * 20,
    "a.webp": b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 20,
    "a.bmp": b"BM" + b"\0" * 40,
    "a.pdf": b"%PDF-1.7\n" + b"\0" * 20,
    "a.mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 20,
    "b.mp4": b"\0\0\0\x18ftypdash\0\0\0\0" + b"\0" * 20,
    "a.mov": b"\0\0\0\x08wide\0\0\0\0mdat" + b"\0" * 20,
    "a.webm": b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04"
    b"B\xf3\x81\x08B\x82\x84webm" + b"\0" * 20,
    "a.ogg": b"OggS\0" + b"\0" * 20,
    "a.wav": b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 20,
    "a.mp3": b"ID3\x03" + b"\0" * 20,
    "b.mp3": b"\0\0\xff\xfb" + b"\0" * 20,
    "a.zip": ZIP.getvalue(),
    "a.docx": ZIP.getvalue(),
    "a.gz": gzip.compress(b"x"),
    "a.svg": b'<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"/>',
    "a.txt": b"<html>",
    "a.html": b"<html><script>",
    "a.js": b"#!/usr/bin/env node",
    "a.xls": b"<html>",
    "noending": b"\x7fELF",
    "a.ico": b"\0\0\x01\0" + b"\0" * 20,
    "a.woff2": b"wOF2\0\x01\0\0" + b"\0" * 20,
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_assets_that_are_what_they_say(name: str) -> None:
    assert check({f"static/{name}": GOOD[name]}, "assets") == ()


@pytest.mark.parametrize(
    ("name", "contents", "what"),
    [
        ("a.png", b"<html><script>alert(1)</script>", "a web page"),
        ("a.jpg", b"\xef\xbb\xbf \n<!DOCTYPE html><p>", "a web page"),
        ("a.jpg", "<html>".encode("utf-16"), "a web page"),
        ("a.webp", b"<svg onload='x'/>", "a web page or other markup"),
        ("a.pdf", b"<?php system(1);", "a script"),
        ("a.mp4", b"#!/bin/sh\nrm", "a script"),
        ("a.png", b"\x7fELF" + b"\0" * 60, "a program"),
        ("a.mp3", b"MZ" + b"\0" * 60, "a program"),
        ("a.ttf", b"<script>", "a web page"),
    ],
)
def test_disguised_assets_are_errors(name: str, contents: bytes, what: str) -> None:
    finding = only(check({f"static/{name}": contents}, "assets"))
    assert (finding.code, finding.severity) == ("disguised-asset", Severity.ERROR)
    assert what in finding.message


def test_one_kind_named_as_another_is_a_warning() -> None:
    finding = only(check({"static/a.png": b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 20}))
    assert (finding.code, finding.severity) == ("asset-type", Severity.WARNING)
    assert ".jpg" in finding.message


def test_no_kind_at_all() -> None:
    assert codes(check({"static/a.pdf": b"hello"})) == {"asset-type": 1}
    assert codes(check({"static/a.svg": b"hello"})) == {"asset-type": 1}


def test_empty_assets() -> None:
    assert codes(check({"static/a.png": b"", "static/b.txt": b""})) == {"empty-asset": 1}


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ("<script>1</script>", "a script"),
        ("<SCRIPT href='x'/>", "a script"),
        ('<rect onload="x()"/>', "an event handler"),
        ("<a href=' javascript:x()'/>", "a javascript: address"),
        ("<foreignObject><iframe src='x'/></foreignObject>", "foreign markup"),
        ("<x:script xmlns:x='http://www.w3.org/2000/svg'/>", "a script"),
    ],
)
def test_svg_with_scripts_is_a_warning_with_its_line(markup: str, what: str) -> None:
    finding = only(check({"static/a.svg": f"<svg>\n{markup}</svg>"}))
    assert (finding.code, finding.line, finding.severity) == ("svg-script", 2, Severity.WARNING)
    assert what in finding.message


def test_only_the_beginning_of_an_asset_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = assets.check_asset

    def spy(path: str, head: bytes) -> Iterator[assets.AssetFault]:
        seen.append(len(head))
        return real(path, head)

    monkeypatch.setattr(assets, "check_asset", spy)
    check({"static/a.png": PNG + b"\0" * 1_000_000})
    assert seen == [assets.HEAD_BYTES]


def test_the_assets_of_real_courses_are_real(courses: Path) -> None:
    """A direct look at the first bytes agrees, for the kinds with one plain mark."""
    marks = {".png": b"\x89PNG", ".jpg": b"\xff\xd8\xff", ".gif": b"GIF8", ".pdf": b"%PDF"}
    files = {
        f"static/{number}{path.suffix.lower()}": path.read_bytes()
        for number, path in enumerate(sorted(courses.rglob("static/**/*")))
        if path.suffix.lower() in marks
    }
    assert len(files) > 100
    wrong = {name for name, data in files.items() if not data.startswith(marks[name[-4:]])}
    found = check(files, "assets")
    assert {finding.file for finding in found} == wrong
