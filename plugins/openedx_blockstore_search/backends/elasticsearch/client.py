"""The client of the engine, its settings, and its errors as ours."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field, frozen, validators
from django.core.exceptions import ImproperlyConfigured

from openedx_blockstore.plugin_api.search_backends import InvalidQuery, SearchUnavailable

ENGINE = "elasticsearch"

_UNAUTHORIZED = (401, 403)
_NOT_FOUND = 404


#: The client of the library, which has no types.
Api = Any


class NotThere(Exception):
    """The engine has no such index."""


class AlreadyThere(Exception):
    """The engine has such an index already."""


def _as_hosts(value: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _are_addresses(_options: object, _attribute: object, value: tuple[object, ...]) -> None:
    for host in value:
        if not isinstance(host, str) or not host.startswith(("http://", "https://")):
            raise ValueError(
                f"HOSTS are addresses such as 'https://search.example.com', not {host!r}"
            )
    if not value:
        raise ValueError("HOSTS must name one at least")


@frozen
class ElasticsearchOptions:
    """The settings of this engine.

    Attributes:
        hosts: Addresses of its nodes.
        index_prefix: What the names of our indices begin with; also the name of the alias in which
            searches look. Sites that share a cluster need different ones.
        username: With ``password``, for HTTP basic authentication.
        ca_certs: A file with the certificates to trust, instead of those that the system trusts.
        verify_certs: Whether the certificate of a node must be good.
        timeout: Seconds to wait for an answer.
        max_retries: How often to ask again, other nodes first.
        shards: Of each index. More than one are for tens of millions of documents, and make counts
            of facets with very many values less than exact.
        replicas: Copies of each index on other nodes.
    """

    hosts: tuple[str, ...] = field(
        default=("http://localhost:9200",), converter=_as_hosts, validator=_are_addresses
    )
    index_prefix: str = field(
        default="blockstore", validator=validators.matches_re(r"[a-z0-9][a-z0-9_.-]{0,99}")
    )
    username: str = ""
    password: str = field(default="", repr=False)
    ca_certs: str = ""
    verify_certs: bool = True
    timeout: float = field(default=10.0, converter=float)
    max_retries: int = field(default=2, validator=validators.ge(0))
    shards: int = field(default=1, validator=validators.ge(1))
    replicas: int = field(default=1, validator=validators.ge(0))


@define
class Client:
    """One client for each process."""

    options: ElasticsearchOptions
    _client: Api = field(default=None, init=False)
    _process: int = field(default=0, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def require(self) -> None:
        """Look whether the library is there.

        Raises:
            ImproperlyConfigured: It is not.
        """
        try:
            _library()
        except ImportError as error:
            raise ImproperlyConfigured(
                f"The search engine {ENGINE!r} needs the library 'elasticsearch' ({error}): "
                "pip install 'elasticsearch>=7.9.1,<7.14'"
            ) from error

    @contextmanager
    def use(self) -> Iterator[Api]:
        """Lend the client.

        Raises:
            NotThere: There is no such index.
            AlreadyThere: An index that is to be made is there.
            SearchUnavailable: The engine does not answer, or not as it should.
            InvalidQuery: It can not answer what was asked.
        """
        with self._lock:
            # Connections can not be shared with the process that this one was forked from.
            if self._client is None or self._process != os.getpid():
                self._client, self._process = self._connect(), os.getpid()
            client = self._client
        try:
            yield client
        except _library().ElasticsearchException as error:
            raise _translated(error) from error

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None and self._process == os.getpid():
            client.transport.close()

    def _connect(self) -> Api:
        options = self.options
        more: dict[str, Any] = {}
        if options.username:
            # Not by the library, which takes passwords for Latin-1.
            secret = base64.b64encode(f"{options.username}:{options.password}".encode())
            more["headers"] = {"authorization": f"Basic {secret.decode()}"}
        if any(host.startswith("https:") for host in options.hosts):
            more["verify_certs"] = options.verify_certs
            more["ssl_show_warn"] = options.verify_certs
            if options.ca_certs:
                more["ca_certs"] = options.ca_certs
        try:
            return _library().Elasticsearch(
                list(options.hosts),
                timeout=options.timeout,
                max_retries=options.max_retries,
                retry_on_timeout=False,
                **more,
            )
        except (OSError, ValueError) as error:
            raise SearchUnavailable(ENGINE, f"{type(error).__name__}: {error}") from error


def _library() -> Any:
    """The library, without which everything but this engine works."""
    import elasticsearch  # noqa: PLC0415

    return elasticsearch


def _translated(error: Any) -> Exception:
    """Return an error of the library as one of ours."""
    if not isinstance(error, _library().TransportError):
        return SearchUnavailable(ENGINE, f"its answer can not be understood ({error}).")
    status, details = error.status_code, f"{error.error} {error.info}"
    if status == _NOT_FOUND:
        return NotThere(str(error.error))
    if error.error == "resource_already_exists_exception":
        return AlreadyThere()
    if "too_many_clauses" in details or "maxClauseCount" in details:
        return InvalidQuery("text", "there are more words than the engine can look for at once.")
    if status in _UNAUTHORIZED:
        what = f"it refuses access ({status}); are USERNAME and PASSWORD right?"
    elif isinstance(status, int):
        what = f"it answers {status} {error.error}: {reason(error.info)}"
    else:
        what = f"{error.error}"
    return SearchUnavailable(ENGINE, what)


def reason(info: object) -> str:
    """Return what an error's details say for people."""
    if isinstance(info, dict):
        causes = info.get("root_cause") or [info.get("error", info)]
        first = causes[0] if isinstance(causes, list) and causes else causes
        if isinstance(first, dict):
            if isinstance(first.get("root_cause"), list) and first["root_cause"]:
                first = first["root_cause"][0]
            return str(first.get("reason", first))[:500]
    return str(info)[:500]
