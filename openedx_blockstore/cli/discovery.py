"""Finds the API of a server of which only some address is known."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import requests

from openedx_blockstore.cli.errors import ClientError, ServerError, UsageError
from openedx_blockstore.cli.transport import Transport

# Where it is in a host, and in the stand-alone project.
_PLACES = ("", "api/blockstore/v1/", "api/v1/")
# What the root of the API names.
_RESOURCES = frozenset({"bundles", "bundle_versions", "collections", "drafts", "jobs"})


def find_root(address: str) -> str:
    """Return the address of the API, with a slash at the end.

    Args:
        address: That of the API, or of the site that has it.

    Raises:
        UsageError: It is no address.
        ServerError: There is no Blockstore, or it can not be reached.
    """
    base = _normalized(address)
    # Nobody's: who has not logged in sees that it is there, and no token is given to strangers.
    transport = Transport("")
    for place in _PLACES:
        root = _root_at(transport, base + place)
        if root is not None:
            return root
    raise ServerError(
        f"There is no Blockstore at {base}.",
        "Give the address of the site, or of its API, such as "
        "https://studio.example.com/api/blockstore/v1/",
        code="no_blockstore",
    )


def _normalized(address: str) -> str:
    given = address.strip()
    if "://" not in given:
        given = f"https://{given}"
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            f"{address!r} is no address of a server.",
            "Give one such as https://studio.example.com",
        )
    if "@" in parts.netloc:
        raise UsageError(
            "Leave name and password out of the address.", "blockstore login asks for them."
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))


def _root_at(transport: Transport, url: str) -> str | None:
    """Return the address of the API if it is here, wherever one was led to."""
    try:
        response = transport.send("GET", url)
    except ClientError as error:
        # To those who have not logged in it says so, in the form of all its errors.
        asks = error.facts.get("status") in {401, 403}
        if asks and error.code in {"not_authenticated", "permission_denied"}:
            return _final(str(error.facts["address"]))
        if error.code in {"unreachable", "certificate"}:
            raise
        return None
    return _final(response.url) if _is_root(response) else None


def _is_root(response: requests.Response) -> bool:
    try:
        document = response.json()
    except ValueError:
        return False
    return isinstance(document, dict) and document.keys() >= _RESOURCES


def _final(url: str) -> str:
    """Return where one was led to, which is where a token may go."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))
