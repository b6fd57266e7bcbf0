"""Pages of authors in a real browser: hostile ones reach nothing, honest ones work."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import pytest
from django.core.files.storage import Storage
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from openedx_blockstore.api.grants import grant_static_access
from tests.files.browsing import browsing
from tests.files.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.slow]

HOSTILE = """
const results = {};
const attempt = (name, action) => {
  try { results[name] = "reached " + action(); } catch (error) { results[name] = error.name; }
};
const later = async (name, action) => {
  try { results[name] = "reached " + await action(); } catch (error) { results[name] = error.name; }
};
const site = path => new URL(path, location.href).href;
const run = async () => {
  attempt("cookie", () => document.cookie);
  attempt("storage", () => localStorage.getItem("secret"));
  attempt("parent", () => parent === window ? "nobody" : parent.document.title);
  attempt("navigation", () => {
    if (top === window) throw {name: "alone"};
    top.location = site("/taken-over");
  });
  await later("fetch", async () => (await fetch(site("/admin/"), {credentials: "include"})).status);
  await later("simple", async () => (await fetch(site("/admin/"), {mode: "no-cors"})).type);
  await later("worker", async () => { new Worker(site("/worker.js")); });
  await later("frame", () => new Promise((resolve, reject) => {
    const frame = document.createElementNS("http://www.w3.org/1999/xhtml", "iframe");
    frame.src = site("/admin/login/");
    frame.onload = () => {
      try { resolve(frame.contentWindow.document.title); } catch (error) { reject(error); }
    };
    document.documentElement.append(frame);
  }));
  results.origin = self.origin;
  document.documentElement.setAttribute("data-results", JSON.stringify(results));
};
run();
"""

PAGES = {
    "static/hostile.html": f"<!doctype html><body>hello<script>{HOSTILE}</script>",
    "static/hostile.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/>'
        f"<script><![CDATA[{HOSTILE}]]></script></svg>"
    ),
    "static/hostile.xml": (
        '<html xmlns="http://www.w3.org/1999/xhtml"><body>hello</body>'
        f"<script><![CDATA[{HOSTILE}]]></script></html>"
    ),
    "static/hostile.xhtml": (
        '<html xmlns="http://www.w3.org/1999/xhtml"><body>hello</body>'
        f"<script><![CDATA[{HOSTILE}]]></script></html>"
    ),
}


def png() -> bytes:
    """A red picture of 3 by 2 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\xff\0\0" * 3) * 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


COURSE = {
    "static/course/page.html": b"""<!doctype html>
<link rel=stylesheet href="../style.css"><img id=png src="../cat.png"><img id=svg src="../cat.svg">
<p>hello</p><iframe src="inner.html"></iframe><script src="../app.js"></script>
<script>fetch("../data.json").then(r => r.json()).then(data => { window.fetched = data.answer; });
</script>""",
    "static/course/inner.html": b"<!doctype html><img src=../cat.png><p>inner",
    "static/style.css": b"p { color: rgb(1, 2, 3); background: url(cat.png) }",
    "static/app.js": b"window.ran = 'app';",
    "static/cat.png": png(),
    "static/cat.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"></svg>',
    "static/data.json": b'{"answer": 42}',
}

#: What must have come true when everything of the course's page is loaded.
LOADED = """() => document.readyState === "complete"
    && window.ran === "app" && window.fetched === 42
    && document.getElementById("png").naturalWidth === 3
    && document.getElementById("svg").naturalWidth === 5
    && getComputedStyle(document.querySelector("p")).color === "rgb(1, 2, 3)" """


@pytest.fixture
def site(storage: Storage, world: World, live_server: LiveServer, settings: Settings) -> World:
    """A site with pages of authors, on each storage; version 1 is private, version 2 public."""
    use(settings, PUBLIC_ROOT_URL=live_server.url)
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    allow_other_origins(storage)
    return world


def use(settings: Settings, **values: Any) -> None:
    """Change Blockstore's settings until the end of the test."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, **values}


def allow_other_origins(storage: Any) -> None:
    """Set the bucket up as docs/how-tos/serve-files says, if it is one."""
    if hasattr(storage, "bucket_name"):
        storage.connection.meta.client.put_bucket_cors(
            Bucket=storage.bucket_name,
            CORSConfiguration={
                "CORSRules": [
                    {
                        "AllowedOrigins": ["*"],
                        "AllowedMethods": ["GET", "HEAD", "PUT"],
                        "AllowedHeaders": ["*"],
                        "ExposeHeaders": ["ETag", "Content-Range", "Accept-Ranges"],
                    }
                ]
            },
        )


def assert_harmless(results: dict[str, str], *, framed: bool) -> None:
    """Nothing of the site was reached."""
    assert results.pop("origin") == "null"
    if not framed:
        assert results.pop("parent") == "reached nobody"
        assert results.pop("navigation") == "alone"
    assert results
    for name, result in results.items():
        assert not result.startswith("reached"), (name, result)
        assert result in {"SecurityError", "TypeError", "NetworkError"}, (name, result)


@pytest.mark.parametrize("public", [False, True], ids=["private", "public"])
@pytest.mark.parametrize("framed", [False, True], ids=["alone", "framed"])
def test_a_hostile_page_reaches_nothing(
    site: World, live_server: LiveServer, public: bool, framed: bool
) -> None:
    """Neither cookies nor storage, requests or pages of the site; opened alone or in a page."""
    site.commit({path: text.encode() for path, text in PAGES.items()}, public=public)
    urls = {path: site.url(path) for path in PAGES}
    with browsing(live_server.url, site.author) as context:
        for path, url in urls.items():
            page = context.new_page()
            if framed:
                page.goto(f"{live_server.url}/admin/login/")
                page.evaluate("localStorage.setItem('secret', 'of the site')")
                page.evaluate(
                    "url => { const frame = document.createElement('iframe'); frame.id = 'page';"
                    " frame.src = url; document.body.append(frame); }",
                    url,
                )
                element = page.wait_for_selector("#page")
                assert element is not None
                frame = element.content_frame()
                assert frame is not None
            else:
                page.goto(url)
                frame = page.main_frame
            frame.wait_for_selector("[data-results]", state="attached")
            found = frame.evaluate("document.documentElement.dataset.results")
            assert_harmless(json.loads(found), framed=framed)
            if framed:
                assert page.url == f"{live_server.url}/admin/login/", path
                assert "secret=of the site" in page.evaluate("document.cookie")
            page.close()


@pytest.mark.parametrize("way", ["private", "public", "granted"])
def test_an_honest_page_works(site: World, live_server: LiveServer, way: str) -> None:
    """Its styles, pictures, scripts, data and frames are loaded; for learners as for authors."""
    site.commit(COURSE, public=way == "public")
    url = site.url("static/course/page.html")
    if way == "granted":
        url = grant_static_access(site.bundle, 1) + "static/course/page.html"
    caller = site.author if way == "private" else site.anonymous
    with browsing(live_server.url, caller) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(url)
        try:
            page.wait_for_function(LOADED)
        except Exception as error:
            raise AssertionError(complaints) from error
        inner = page.frames[1]
        inner.wait_for_function("document.querySelector('img').naturalWidth === 3")
        assert page.evaluate("self.origin") == "null"


def test_a_domain_for_content_gives_pages_more(
    file_storage: Storage, world: World, live_server: LiveServer, settings: Settings
) -> None:
    """They have an origin there, and its storage; and nothing of the site, which is another."""
    content = live_server.url.replace("localhost", "127.0.0.1")
    use(settings, PUBLIC_ROOT_URL=live_server.url, CONTENT_ROOT_URL=content)
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    script = "localStorage.setItem('a', 'kept'); window.kept = localStorage.getItem('a');"
    world.commit({**COURSE, "static/app.js": f"window.ran = 'app'; {script}".encode()})
    world.commit({"static/open.html": b"<!doctype html><p>open"}, public=True)
    private, public = world.url("static/course/page.html"), world.url("static/open.html")
    with browsing(live_server.url, world.author) as context:
        page = context.new_page()
        page.goto(private)
        page.wait_for_function(LOADED)
        assert page.evaluate("[self.origin, document.cookie, window.kept]") == [content, "", "kept"]
        page.goto(public)
        assert page.url.startswith(content)
