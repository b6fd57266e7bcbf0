"""A real HLS set in a real browser: by the browser's own player, and by hls.js."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.files.storage import Storage
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from openedx_blockstore.api.grants import grant_static_access
from tests.conftest import do_without
from tests.files.browsing import browsing
from tests.files.conftest import World
from tests.files.test_pages import allow_other_origins, use

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.services, pytest.mark.slow]

_HLS_JS = Path(__file__).parent / "browser" / "node_modules" / "hls.js" / "dist" / "hls.min.js"

_PLAYER = '<video id="video" muted playsinline crossorigin></video>'

_PLAY = {
    "native": "url => { document.getElementById('video').src = url; }",
    "hls.js": """url => {
        const hls = new Hls();
        hls.on(Hls.Events.ERROR, (_, data) => console.log("hls.js", data.type, data.details));
        hls.loadSource(url);
        hls.attachMedia(document.getElementById("video"));
    }""",
}

#: A learner's page of its own, in the bundle, cut off from the site.
_OWN_PAGE = b"""<!doctype html>
<video id="video" muted playsinline crossorigin src="film.m3u8"></video>"""


@pytest.fixture(scope="session")
def hls_set(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Six seconds in three segments, below a playlist that names the playlist of one quality."""
    folder = tmp_path_factory.mktemp("hls")
    program = shutil.which("ffmpeg")
    if program is None:
        do_without("no ffmpeg (as root: apt-get install ffmpeg)")
    source = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10"]
    sound = ["-f", "lavfi", "-i", "sine=frequency=440", "-t", "6"]
    video = ["-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-g", "20"]
    segments = ["-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_filename", "s%d.ts"]
    subprocess.run(
        [
            program,
            "-loglevel",
            "error",
            *source,
            *sound,
            *video,
            "-c:a",
            "aac",
            *segments,
            "low.m3u8",
        ],
        cwd=folder,
        check=True,
    )
    files = {f"static/low/{path.name}": path.read_bytes() for path in folder.iterdir()}
    assert len(files) == 4
    main = b'#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=300000,CODECS="avc1.42c00b,mp4a.40.2"\n'
    return {**files, "static/film.m3u8": main + b"low/low.m3u8\n", "static/player.html": _OWN_PAGE}


@pytest.fixture
def site(storage: Storage, world: World, live_server: LiveServer, settings: Settings) -> World:
    """A site, on each storage, whose object store lets pages of other origins read."""
    use(settings, PUBLIC_ROOT_URL=live_server.url)
    allow_other_origins(storage)
    return world


@pytest.fixture(params=["native", "hls.js"])
def player(request: pytest.FixtureRequest) -> str:
    """Each player."""
    if request.param == "hls.js" and not _HLS_JS.exists():
        do_without("no hls.js (npm ci --prefix tests/files/browser)")
    found: str = request.param
    return found


def assert_plays(page: Page, complaints: list[str]) -> None:
    """Time goes on in the video, beyond the first of its segments."""
    page.evaluate("document.getElementById('video').play().catch(() => {})")
    try:
        page.wait_for_function("document.getElementById('video').currentTime > 2.5")
    except Exception as error:
        state = page.evaluate(
            "(v => [v.currentTime, v.readyState, v.error && v.error.message])"
            "(document.getElementById('video'))"
        )
        raise AssertionError([state, *complaints]) from error
    assert page.evaluate("document.getElementById('video').videoWidth") == 160


@pytest.mark.parametrize("way", ["private", "public", "granted"])
def test_a_set_plays_in_a_page_of_the_site(
    site: World, live_server: LiveServer, hls_set: dict[str, bytes], player: str, way: str
) -> None:
    """For an author by the session, for everybody, and for a learner by a grant."""
    site.commit(hls_set, public=way == "public")
    url = site.url("static/film.m3u8")
    if way == "granted":
        url = grant_static_access(site.bundle, 1) + "static/film.m3u8"
    with browsing(live_server.url, site.author if way == "private" else site.anonymous) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{live_server.url}/admin/login/")
        page.evaluate("player => { document.body.innerHTML = player; }", _PLAYER)
        if player == "hls.js":
            page.add_script_tag(path=_HLS_JS)
        page.evaluate(_PLAY[player], url)
        assert_plays(page, complaints)


@pytest.mark.parametrize("way", ["private", "public", "granted"])
def test_a_set_plays_in_an_authors_own_page(
    site: World, live_server: LiveServer, hls_set: dict[str, bytes], way: str
) -> None:
    """Which is cut off from the site, and has nothing but relative references."""
    site.commit(hls_set, public=way == "public")
    url = site.url("static/player.html")
    if way == "granted":
        url = grant_static_access(site.bundle, 1) + "static/player.html"
    with browsing(live_server.url, site.author if way == "private" else site.anonymous) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(url)
        assert page.evaluate("self.origin") == "null"
        assert_plays(page, complaints)
