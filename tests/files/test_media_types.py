"""Types are decided by the name of a file, and say how it is treated."""

from __future__ import annotations

import pytest

from openedx_blockstore.rest_api.v1.delivery.media_types import media_type


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("static/video.m3u8", "application/vnd.apple.mpegurl; charset=utf-8"),
        ("static/segment0.ts", "video/mp2t"),
        ("static/init.mp4", "video/mp4"),
        ("static/segment1.m4s", "video/iso.segment"),
        ("static/manifest.mpd", "application/dash+xml; charset=utf-8"),
        ("static/subs_de.srt", "application/x-subrip; charset=utf-8"),
        ("static/subs_de.vtt", "text/vtt; charset=utf-8"),
        ("static/subs_abc.srt.sjson", "application/json; charset=utf-8"),
        ("static/app.js", "text/javascript; charset=utf-8"),
        ("static/Photo.JPG", "image/jpeg"),
        ("static/drawing.svg", "image/svg+xml; charset=utf-8"),
        ("static/page.html", "text/html; charset=utf-8"),
        ("static/paper.pdf", "application/pdf"),
        ("static/font.woff2", "font/woff2"),
        ("problem/p1/definition.xml", "application/xml; charset=utf-8"),
        ("static/data.tar.gz", "application/gzip"),
        ("static/drawing.svgz", "application/gzip"),
        ("static/README", "application/octet-stream"),
        ("static/.html", "application/octet-stream"),
        ("static/what.is-this", "application/octet-stream"),
    ],
)
def test_the_type_follows_from_the_name(path: str, header: str) -> None:
    """It is the same on every machine, and right for players and transcripts."""
    assert media_type(path).header == header


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.xhtml", "a.svg", "a.xml", "a.xsl", "a.rdf"])
def test_whatever_can_run_scripts_is_a_document(name: str) -> None:
    """Every XML may be XHTML or SVG, whatever its name is."""
    kind = media_type(name)
    assert kind.document
    assert kind.streamed
    assert not kind.inert


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.png", "a.pdf", "a.woff", "a.mp3", "a.zip"])
def test_what_is_large_is_not_streamed(name: str) -> None:
    """An object store can send it by itself."""
    assert not media_type(name).streamed


@pytest.mark.parametrize("name", ["a.zip", "a.exe", "a.bin", "a", "a.jar", "a.swf", "a.mht"])
def test_what_no_page_shows_is_offered_for_download(name: str) -> None:
    """Neither a document nor inert."""
    kind = media_type(name)
    assert not kind.inert
    assert not kind.document
