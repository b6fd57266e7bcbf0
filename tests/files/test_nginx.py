"""Files that the application hands over to a real nginx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.core.files.storage import FileSystemStorage
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from openedx_blockstore.api.grants import grant_static_access
from openedx_blockstore.store import digest_of
from tests.conftest import do_without
from tests.files.conftest import Caller, World
from tests.services.base import ServerFailedError, ServerMissingError
from tests.services.nginx import Nginx

pytestmark = pytest.mark.services

VIDEO = bytes(range(256)) * 1000
ETAG = f'"{digest_of(VIDEO)}"'


@pytest.fixture
def nginx(
    file_storage: FileSystemStorage, world: World, settings: Settings, live_server: LiveServer
) -> Iterator[Nginx]:
    """Nginx in front of the application, both with the same folder of files; version 1 is there."""
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "ACCEL_REDIRECT_PREFIX": "/_blockstore/",
    }
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    world.commit({"static/Übung.mp4": VIDEO, "static/page.html": b"<p>page"})
    server = Nginx(live_server.url, Path(file_storage.location))
    try:
        server.start()
    except (ServerMissingError, ServerFailedError) as error:
        do_without(f"no nginx: {error}")
    yield server
    server.stop()


def get(nginx: Nginx, caller: Caller, url: str, **headers: str) -> requests.Response:
    """Ask for a file through nginx."""
    cookies = {name: morsel.value for name, morsel in caller.client.cookies.items()}
    path = urlsplit(url).path
    return requests.get(nginx.url + path, headers=headers, cookies=cookies, timeout=20)


def test_nginx_sends_what_the_application_allows(nginx: Nginx, world: World) -> None:
    """The bytes are nginx's, the headers are the application's."""
    url = world.url("static/Übung.mp4")
    inside = world.reader.client.get(url)
    assert inside.content == b"", "the application sends nothing"
    assert inside.headers["X-Accel-Redirect"].startswith(f"/_blockstore/{world.bundle}/data/")
    answer = get(nginx, world.reader, url)
    assert (answer.status_code, answer.content) == (200, VIDEO)
    assert "X-Accel-Redirect" not in answer.headers
    for name, value in {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": "inline; filename*=utf-8''%C3%9Cbung.mp4",
        "Content-Length": str(len(VIDEO)),
        "Content-Type": "video/mp4",
        "Cross-Origin-Resource-Policy": "same-site",
        "ETag": ETAG,
        "X-Content-Type-Options": "nosniff",
        "Last-Modified": inside.headers["Last-Modified"],
    }.items():
        assert answer.headers[name] == value, name


def test_nobody_else_gets_in(nginx: Nginx, world: World) -> None:
    """Neither by the stable address without a role, nor by nginx's own folder."""
    url = world.url("static/Übung.mp4")
    assert get(nginx, world.anonymous, url).status_code == 401
    assert get(nginx, world.stranger, url).status_code == 404
    location = world.reader.client.get(url).headers["X-Accel-Redirect"]
    assert get(nginx, world.reader, location).status_code == 404


def test_ranges_and_conditions_hold_through_nginx(nginx: Nginx, world: World) -> None:
    """As if the application had sent the file."""
    url = world.url("static/Übung.mp4")
    part = get(nginx, world.reader, url, Range="bytes=1000-1999")
    assert (part.status_code, part.content) == (206, VIDEO[1000:2000])
    assert part.headers["Content-Range"] == "bytes 1000-1999/256000"
    assert get(nginx, world.reader, url, Range="bytes=256000-").status_code == 416
    for condition, status in ((ETAG, 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": condition}
        assert get(nginx, world.reader, url, **headers).status_code == status
    assert get(nginx, world.reader, url, **{"If-None-Match": ETAG}).status_code == 304
    assert get(nginx, world.reader, url, **{"If-Match": ETAG}).content == VIDEO
    assert get(nginx, world.reader, url, **{"If-Match": '"other"'}).status_code == 412


def test_pages_are_never_left_to_nginx(nginx: Nginx, world: World) -> None:
    """Their sandbox must not depend on how it is set up."""
    answer = get(nginx, world.reader, world.url("static/page.html"))
    assert answer.content == b"<p>page"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox ")


def test_granted_files_come_from_nginx_as_well(nginx: Nginx, world: World) -> None:
    """With what pages of other origins need."""
    answer = get(nginx, world.anonymous, grant_static_access(world.bundle, 1) + "static/Übung.mp4")
    assert (answer.status_code, answer.content) == (200, VIDEO)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"].startswith("private, max-age=")
