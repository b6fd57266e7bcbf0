"""nginx in front of a server that hands files over to it; only for tests that start it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from tests.services.base import Server, find_program

_HINT = "as root: apt-get install nginx"

#: The part of the configuration that docs/how-tos/serve-files shows.
_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {upstream};
            proxy_set_header Host $http_host;
        }}
        location /_blockstore/ {{
            internal;
            alias {files}/;
            etag off;
            add_header ETag $upstream_http_etag;
            add_header Last-Modified $upstream_http_last_modified;
            add_header X-Content-Type-Options nosniff;
            add_header Referrer-Policy no-referrer;
            add_header Content-Security-Policy $upstream_http_content_security_policy;
            add_header Access-Control-Allow-Origin $upstream_http_access_control_allow_origin;
            add_header Access-Control-Expose-Headers $upstream_http_access_control_expose_headers;
            add_header Cross-Origin-Resource-Policy $upstream_http_cross_origin_resource_policy;
        }}
    }}
}}
"""


class Nginx(Server):
    """nginx, which sends the files of a folder when the server behind it says so.

    Args:
        upstream: The URL of the server behind it.
        files: The folder of the storage.
    """

    name: ClassVar[str] = "nginx"
    packages: ClassVar[tuple[str, ...]] = ("nginx",)

    def __init__(self, upstream: str, files: Path) -> None:
        super().__init__()
        self._upstream = upstream
        self._files = files

    @classmethod
    def check(cls) -> None:
        """Look for the program."""
        cls._program()

    def prepare(self) -> None:
        """Nothing: the configuration names the port, and is written with it."""

    def command(self) -> list[str]:
        """In the foreground, with a configuration of its own."""
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                # As whom the tests run: the folders of a test are closed to everybody else.
                user="user root;" if os.geteuid() == 0 else "",
                folder=self.folder,
                port=self.port,
                upstream=self._upstream,
                files=self._files,
            ),
            encoding="utf-8",
        )
        return [self._program(), "-p", str(self.folder), "-c", str(configuration)]

    def environment(self) -> dict[str, str]:
        """Nothing that other tests could use."""
        return {}

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def _program() -> str:
        return find_program("nginx", beside=("/usr/sbin",), hint=_HINT)
