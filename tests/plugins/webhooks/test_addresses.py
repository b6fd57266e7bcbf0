"""Where requests may go."""

from __future__ import annotations

import ipaddress
import time

import pytest

from openedx_blockstore_webhooks.addresses import (
    AddressRefused,
    ResolutionTimedOut,
    Resolver,
    is_allowed,
    is_public,
    parse_url,
    resolve,
)
from openedx_blockstore_webhooks.conf import WebhooksSettings
from openedx_blockstore_webhooks.exceptions import InvalidWebhookURL

PUBLIC = ("8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "2a00:1450::1")
NOT_PUBLIC = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",  # between carriers and their customers
    "127.0.0.1",
    "127.1.2.3",
    "169.254.169.254",  # where clouds tell machines their secrets
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def test_allowed_networks_are_exceptions() -> None:
    settings = WebhooksSettings(ALLOW_NETWORKS=["10.1.2.0/24", "fd00::/8"])
    for address, allowed in (
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.1.3.3", False),
        ("fd12::1", True),
        ("fe80::1", False),
        ("8.8.8.8", True),
    ):
        assert is_allowed(ipaddress.ip_address(address), settings) is allowed, address
    assert not is_allowed(ipaddress.ip_address("fd12::1%eth0"), settings)


def _resolver(found: list[str]) -> Resolver:
    return lambda _host, _port: found


@pytest.mark.parametrize("refused", ["127.0.0.1", "::1", "169.254.169.254", "nonsense"])
def test_one_bad_address_refuses_the_name(refused: str) -> None:
    for found in ([refused], ["8.8.8.8", refused], [refused, "8.8.8.8"]):
        with pytest.raises(AddressRefused, match=r"example\.com leads to"):
            resolve(
                "example.com",
                443,
                WebhooksSettings(),
                resolver=_resolver(found),
                seconds=1,
            )


def test_a_name_without_addresses() -> None:
    with pytest.raises(OSError, match="no address"):
        resolve("example.com", 443, WebhooksSettings(), resolver=lambda *_: [], seconds=1)


def test_the_system_resolves_odd_spellings_to_what_they_mean() -> None:
    """Octal, hexadecimal and short addresses are names to us; what they lead to is judged."""
    for host in ("0x7f.1", "2130706433", "127.1", "localhost", "0"):
        with pytest.raises(OSError):
            resolve(host, 443, WebhooksSettings(), seconds=5)


def test_a_name_server_that_hangs_is_left_alone() -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(1)
        return []

    begun = time.monotonic()
    with pytest.raises(ResolutionTimedOut):
        resolve(
            "example.com",
            443,
            WebhooksSettings(),
            resolver=hang,
            seconds=0.1,
        )
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (None, "must be a text"),
        (7, "must be a text"),
        ("", "must be a text"),
        ("example.com/hook", "must begin with https://"),
        ("http://example.com/hook", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
        ("gopher://example.com", "must begin with https://"),
        ("https://", "names no host"),
        ("https:///hook", "names no host"),
        ("https://user:secret@example.com/", "user name"),
        ("https://example.com@evil.example/", "user name"),
        ("https://example.com/#top", "fragment"),
        ("https://example.com:22/", "port 22"),
        ("https://example.com:0/", "port 0"),
        ("https://example.com:99999/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://exa mple.com/", "blanks"),
        ("https://example.com/\r\nX: y", "blanks"),
        ("https://example.com\\@127.0.0.1/", "backslashes"),
        ("https://127.0.0.1/", "no public address"),
        ("https://[::1]/", "no public address"),
        ("https://[::ffff:10.0.0.1]/", "no public address"),
        ("https://" + "a" * 64 + ".example/", "malformed"),
        ("https://example.com/" + "a" * 2000, "more than 2000"),
    ],
)
def test_refused_urls(url: object, reason: str) -> None:
    with pytest.raises(InvalidWebhookURL) as caught:
        parse_url(url, WebhooksSettings())
    assert reason in str(caught.value)


def test_accepted_urls() -> None:
    place = parse_url("https://exämple.com:8443/hö?x=ü&y=%20", WebhooksSettings())
    assert (place.scheme, place.host, place.port) == ("https", "xn--exmple-cua.com", 8443)
    assert place.target == "/h%C3%B6?x=%C3%BC&y=%20"
    assert parse_url("https://example.com", WebhooksSettings()).target == "/"
    assert parse_url("https://8.8.8.8/x", WebhooksSettings()).port == 443
    assert parse_url("https://[2606:4700::1]/x", WebhooksSettings()).host == "2606:4700::1"
    assert parse_url("http://example.com/", WebhooksSettings(ALLOW_HTTP=True)).port == 80
    assert parse_url("https://example.com:99/", WebhooksSettings(PORTS=())).port == 99
