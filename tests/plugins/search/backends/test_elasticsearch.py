"""Elasticsearch and OpenSearch, by the client of the first."""

from __future__ import annotations

import base64
import builtins
import contextlib
import http.server
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import elasticsearch
import pytest
from django.core.exceptions import ImproperlyConfigured

from openedx_blockstore.plugin_api.search_backends import (
    IndexMissing,
    InvalidQuery,
    Put,
    SearchBackend,
    SearchQuery,
    SearchUnavailable,
)
from openedx_blockstore.plugin_conformance._search.base import document, ids
from openedx_blockstore.plugin_conformance.search_backends import SearchBackendConformance
from openedx_blockstore_search.backends.elasticsearch import ElasticsearchBackend
from openedx_blockstore_search.backends.languages import LANGUAGES
from tests.conftest import do_without
from tests.services.base import free_port


@pytest.mark.services
class TestElasticsearch(SearchBackendConformance):
    """It does what every engine must."""

    plugin = ElasticsearchBackend

    @pytest.fixture
    def search_options(self, node_options: Mapping[str, Any]) -> Mapping[str, Any]:
        """A prefix of the test's own."""
        return node_options

    def test_it_says_which_engine_it_is(self, backend: SearchBackend) -> None:
        assert backend.check().startswith(("OpenSearch 2", "Elasticsearch 7"))

    def test_the_most_words_in_all_languages_are_not_too_many(self, backend: SearchBackend) -> None:
        """The engine has a bound on the parts of a query."""
        words = " ".join(f"word{number}" for number in range(32))
        documents = (document(code, words, languages=(code,)) for code in LANGUAGES)
        self.fill(backend, *documents)
        assert self.search(backend, words).total == len(LANGUAGES)

    def test_other_indices_are_left_alone(
        self, backend: SearchBackend, node_options: Mapping[str, Any]
    ) -> None:
        """Also one whose name begins like ours."""
        client = elasticsearch.Elasticsearch(node_options["HOSTS"], timeout=60)
        client.indices.create(f"{node_options['INDEX_PREFIX']}-strange")
        client.transport.close()
        assert [each.name for each in backend.generations()] == ["one"]

    def test_a_site_whose_prefix_begins_like_ours_is_left_alone(
        self, backend: SearchBackend, node_options: Mapping[str, Any]
    ) -> None:
        other = ElasticsearchBackend()
        other.configure({**node_options, "INDEX_PREFIX": f"{node_options['INDEX_PREFIX']}-other"})
        other.create("one")
        other.swap("one")
        assert [(each.name, each.current) for each in backend.generations()] == [("one", True)]
        assert [(each.name, each.current) for each in other.generations()] == [("one", True)]
        other.close()

    def test_an_index_of_older_code_is_outdated(
        self, backend: SearchBackend, node_options: Mapping[str, Any]
    ) -> None:
        client = elasticsearch.Elasticsearch(node_options["HOSTS"], timeout=60)
        index = f"{node_options['INDEX_PREFIX']}-one"
        client.indices.put_mapping({"_meta": {"openedx_blockstore_search": 0}}, index=index)
        client.transport.close()
        assert backend.generations()[0].outdated


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers each request with what the test has put there."""

    status = 200
    body = b"{}"

    def do_GET(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def answering(
    status: int,
    body: object,
    *,
    tls: tuple[Path, Path] | None = None,
    handler: type[Answers] = Answers,
) -> Iterator[str]:
    """A server that answers everything in one way, with a certificate and its key if given."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    answers = type("Handler", (handler,), {"status": status, "body": encoded})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def make(hosts: str, **options: object) -> ElasticsearchBackend:
    """An engine that does not try for long."""
    backend = ElasticsearchBackend()
    backend.configure({"HOSTS": hosts, "TIMEOUT": 2, "MAX_RETRIES": 0, **options})
    return backend


def assert_unavailable(backend: SearchBackend, message: str) -> None:
    """Everything says so, in the words of the contract."""
    for act in (
        backend.check,
        backend.generations,
        backend.current,
        lambda: backend.create("one"),
        lambda: backend.swap("one"),
        lambda: backend.drop("one"),
        lambda: backend.write("one", [Put(document("a"))]),
        lambda: backend.refresh("one"),
        lambda: backend.count("one"),
        lambda: backend.scan("one"),
        lambda: backend.search(SearchQuery(visible=None, text="word")),
    ):
        with pytest.raises(SearchUnavailable, match=message) as caught:
            act()
        assert not isinstance(caught.value, IndexMissing)
    backend.close()


def test_where_nobody_listens() -> None:
    assert_unavailable(make(f"http://127.0.0.1:{free_port()}"), "refused")


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, {}, "USERNAME and PASSWORD"),
        (403, {"error": {"type": "security_exception"}}, "USERNAME and PASSWORD"),
        (429, {"error": {"type": "busy", "reason": "too much to do"}}, "too much to do"),
        (500, b"<html>oops</html>", "500"),
        (503, {"error": {"root_cause": [{"reason": "no master"}]}, "status": 503}, "no master"),
    ],
)
def test_where_somebody_answers_with_an_error(status: int, body: object, message: str) -> None:
    with answering(status, body) as host:
        if status == 401:
            # Requests about one index, too.
            assert_unavailable(make(host), message)
            return
        backend = make(host)
        for act in (backend.check, backend.generations, lambda: backend.count("one")):
            with pytest.raises(SearchUnavailable, match=message):
                act()
        backend.close()


def test_where_somebody_else_answers() -> None:
    with answering(200, b"<html>Welcome</html>") as host:
        backend = make(host)
        with pytest.raises(SearchUnavailable, match=r"can not be understood|Unable to deserialize"):
            backend.check()
        backend.close()


def test_another_major_version_is_refused() -> None:
    with answering(200, {"version": {"number": "8.1.0"}}) as host:
        backend = make(host)
        with pytest.raises(SearchUnavailable, match=r"Elasticsearch 8\.1\.0; it has to be 7"):
            backend.check()
        backend.close()


def test_a_query_that_the_engine_finds_too_large_is_invalid() -> None:
    error = {"type": "too_many_clauses", "reason": "maxClauseCount is set to 1024"}
    with answering(400, {"error": {"root_cause": [error], "type": "x"}, "status": 400}) as host:
        backend = make(host)
        with pytest.raises(InvalidQuery, match="text"):
            backend.search(SearchQuery(visible=None, text="word"))
        backend.close()


class Guarded(Answers):
    """Answers who knows the password."""

    def do_GET(self) -> None:
        """Answer."""
        expected = base64.b64encode(b"someone:s\xc3\xa9cret").decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self.status, self.body = 401, b"{}"
        super().do_GET()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate that nobody but itself vouches for, and its key."""
    if shutil.which("openssl") is None:
        do_without("openssl is not installed")
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=search"
    files = ["-out", str(paths[0]), "-keyout", str(paths[1])]
    name = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command.split(), *name, *files], check=True, capture_output=True)
    return paths


def test_certificates_are_looked_at(certificate: tuple[Path, Path]) -> None:
    info = {"version": {"number": "7.10.2"}}
    with answering(200, info, tls=certificate) as host:
        stranger = make(host)
        with pytest.raises(SearchUnavailable, match="certificate verify failed"):
            stranger.check()
        for options in ({"CA_CERTS": str(certificate[0])}, {"VERIFY_CERTS": False}):
            friend = make(host, **options)
            assert friend.check() == "Elasticsearch 7.10.2"
            friend.close()
        stranger.close()
        with pytest.raises(SearchUnavailable, match=r"CA_CERTS|No such file|nowhere"):
            make(host, CA_CERTS="/nowhere.pem").check()


def test_the_password_is_sent_and_not_shown() -> None:
    info = {"version": {"number": "7.10.2"}}
    with answering(200, info, handler=Guarded) as host:
        friend = make(host, USERNAME="someone", PASSWORD="sécret")
        assert friend.check() == "Elasticsearch 7.10.2"
        assert "sécret" not in repr(friend._client)
        stranger = make(host, USERNAME="someone", PASSWORD="else")
        with pytest.raises(SearchUnavailable, match="USERNAME and PASSWORD") as caught:
            stranger.check()
        assert "else" not in str(caught.value)
        friend.close()
        stranger.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"HOST": "x"}, "has no setting 'HOST'"),
        ({"HOSTS": "search.example.com"}, "https://search.example.com"),
        ({"HOSTS": [1]}, "HOSTS are addresses"),
        ({"HOSTS": []}, "HOSTS must name one"),
        ({"INDEX_PREFIX": "Blockstore"}, "index_prefix"),
        ({"SHARDS": 0}, "shards"),
        ({"TIMEOUT": "long"}, "could not convert"),
    ],
)
def test_wrong_settings_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        ElasticsearchBackend().configure(options)


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def find(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "elasticsearch":
            raise ModuleNotFoundError("No module named 'elasticsearch'")
        return really(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", find)
    with pytest.raises(ImproperlyConfigured, match="pip install"):
        ElasticsearchBackend().configure({})


@pytest.mark.services
def test_an_engine_that_comes_back_is_used_again(
    node_options: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the same object, and by a process that was forked from ours."""
    backend = ElasticsearchBackend()
    backend.configure({**node_options, "MAX_RETRIES": 0})
    backend.create("one")
    backend.write("one", [Put(document("a", "word"))])
    backend.swap("one")
    backend.close()
    assert ids(backend.search(SearchQuery(visible=None))) == ["a"]
    with backend._client.use() as before:
        pass
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert ids(backend.search(SearchQuery(visible=None))) == ["a"]
    with backend._client.use() as after:
        assert after is not before
    backend.close()
    before.transport.close()
