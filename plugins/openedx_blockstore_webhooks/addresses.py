"""Where requests may go: which URLs, and which addresses on the network.

A name is resolved once for each connection, every address that it has is judged, and the connection
is made to one that was judged. So it does not matter what the name leads to a moment later.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias
from urllib.parse import SplitResult, quote, urlsplit

from attrs import frozen

from openedx_blockstore_webhooks.conf import WebhooksSettings
from openedx_blockstore_webhooks.exceptions import InvalidWebhookURL

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Gives the addresses of a host name, as texts; raises OSError where it has none.
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]

_MAX_URL = 2000
_PORTS = {"https": 443, "http": 80}
#: Characters that stand for themselves in a request line; all others are sent as percent codes.
_PLAIN = "!$%&'()*+,/:;=?@[]~"

# Registered as global, or unknown to some versions of Python, but either made to reach an IPv4
# address inside of something else, or not for general use.
_NOT_PUBLIC: tuple[IPNetwork, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays from 6to4
        "2001::/23",  # protocol assignments, Teredo among them
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
#: The only addresses of IPv6 that anybody routes: none that embeds an IPv4 address by NAT64 or in
#: the ways that were given up, no site-local ones, no segment routing.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


@frozen
class Place:
    """Where a URL leads, apart from the network.

    Attributes:
        host: In the form that name servers and certificates know; IPv6 without brackets.
        target: Path and query, as they stand in a request.
    """

    url: str
    scheme: str
    host: str
    port: int
    target: str


class AddressRefused(OSError):
    """A name leads to an address to which nothing is sent."""

    def __init__(self, host: str, address: str) -> None:
        self.address = address
        super().__init__(
            f"{host} leads to {address}, which is no public address (ALLOW_NETWORKS in the "
            f"settings of webhooks says which others are allowed)"
        )


class ResolutionTimedOut(OSError):
    """The name servers have not answered in time."""


def parse_url(url: object, settings: WebhooksSettings) -> Place:
    """Return where a URL leads.

    An address that is written as such is judged right away; a name is judged when it is used.

    Raises:
        InvalidWebhookURL: Nothing is sent to it.
    """
    if not isinstance(url, str) or not url:
        raise InvalidWebhookURL(url, "it must be a text such as https://example.com/hook")
    if len(url) > _MAX_URL:
        raise InvalidWebhookURL(f"{url[:80]}…", f"it has more than {_MAX_URL} characters")
    if any(char.isspace() or not char.isprintable() or char == "\\" for char in url):
        raise InvalidWebhookURL(url, "it has blanks, backslashes or invisible characters in it")
    try:
        parts = urlsplit(url)
        port, host = parts.port, _ascii(parts.hostname or "")
    except ValueError as error:  # UnicodeError is one
        raise InvalidWebhookURL(url, f"it is malformed ({error})") from None
    if port is None:
        port = _PORTS.get(parts.scheme, 0)
    if (reason := _reason_against(parts, host, port, settings)) is not None:
        raise InvalidWebhookURL(url, reason)
    target = quote(parts.path or "/", safe=_PLAIN)
    if parts.query:
        target += "?" + quote(parts.query, safe=_PLAIN)
    return Place(url=url, scheme=parts.scheme, host=host, port=port, target=target)


def _reason_against(
    parts: SplitResult, host: str, port: int, settings: WebhooksSettings
) -> str | None:
    allowed = ("https", "http") if settings.ALLOW_HTTP else ("https",)
    ports = ", ".join(map(str, settings.PORTS))
    literal = _literal(host)
    reasons = (
        (parts.scheme not in allowed, f"it must begin with {'://, '.join(allowed)}://"),
        (not host, "it names no host"),
        ("@" in parts.netloc, "it has a user name in it; verify the signature instead"),
        (bool(parts.fragment), "it has a fragment (#), which is never sent"),
        (port == 0, "there is no port 0"),
        (ports and port not in settings.PORTS, f"its port {port} is not one of {ports} (PORTS)"),
        (
            literal is not None and not is_allowed(literal, settings),
            f"{literal} is no public address (ALLOW_NETWORKS)",
        ),
    )
    return next((reason for wrong, reason in reasons if wrong), None)


def _ascii(host: str) -> str:
    return host if ":" in host else host.encode("idna").decode("ascii")


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_allowed(address: IPAddress, settings: WebhooksSettings) -> bool:
    """Tell whether requests may go to an address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        address = address.ipv4_mapped or address
    if any(address in ipaddress.ip_network(each) for each in settings.ALLOW_NETWORKS):
        return True
    return is_public(address)


def is_public(address: IPAddress) -> bool:
    """Tell whether an address is one of the public internet's, and of a single machine."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NOT_PUBLIC)
    )


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return the addresses that the system knows for a host name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def resolve(
    host: str,
    port: int,
    settings: WebhooksSettings,
    *,
    resolver: Resolver = system_resolver,
    seconds: float,
) -> list[IPAddress]:
    """Return the addresses of a host, all of which may be asked.

    One address that may not is enough to refuse the name: whoever owns it is up to something.

    Raises:
        AddressRefused: It leads to somewhere where nothing is sent.
        ResolutionTimedOut: The name servers took too long.
        OSError: The name can not be resolved.
    """
    addresses = []
    for text in _in_time(resolver, host, port, seconds):
        address = _literal(text)
        if address is None or not is_allowed(address, settings):
            raise AddressRefused(host, text)
        addresses.append(address)
    if not addresses:
        raise OSError(f"{host} has no address")
    return addresses


def _in_time(resolver: Resolver, host: str, port: int, seconds: float) -> Sequence[str]:
    # The system's resolver knows no timeout, so it is asked by a thread that can be left alone.
    answer: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(resolver(host, port))
        except Exception as error:  # noqa: BLE001 - handed on
            answer.put(error)

    threading.Thread(target=ask, name=f"resolve-{host}", daemon=True).start()
    try:
        found = answer.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        raise ResolutionTimedOut(f"{host} was not resolved in time") from None
    if isinstance(found, UnicodeError):
        raise OSError(f"{host} is no host name") from found
    if isinstance(found, Exception):
        raise found
    return found
