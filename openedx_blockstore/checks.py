"""Django checks: a wrong setting is named at start, together with the mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from openedx_blockstore import plugin_manager
from openedx_blockstore.conf import BlockstoreSettings, get_settings, public_root_url


@register("openedx_blockstore")
def check_settings(**_kwargs: Any) -> Sequence[CheckMessage]:
    """Check ``OPENEDX_BLOCKSTORE`` and what it refers to."""
    try:
        ours = get_settings()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="openedx_blockstore.E001")]
    messages: list[CheckMessage] = []
    if ours.STORAGE_ALIAS not in settings.STORAGES:
        messages.append(
            Error(
                f"STORAGES has no {ours.STORAGE_ALIAS!r}, where Blockstore is to keep its files.",
                hint=f"Add it, or name another one in OPENEDX_BLOCKSTORE['STORAGE_ALIAS']. "
                f"There are: {', '.join(settings.STORAGES)}.",
                id="openedx_blockstore.E002",
            )
        )
    elif ours.STORAGE_ALIAS in ("default", "staticfiles"):
        messages.append(
            CheckWarning(
                f"Blockstore keeps its files in the storage {ours.STORAGE_ALIAS!r}, which is "
                f"usually served to everybody.",
                hint="Give it a private storage of its own.",
                id="openedx_blockstore.W001",
            )
        )
    if ours.DOWNLOAD_STORAGE_ALIAS and ours.DOWNLOAD_STORAGE_ALIAS not in settings.STORAGES:
        messages.append(
            Error(
                f"STORAGES has no {ours.DOWNLOAD_STORAGE_ALIAS!r}, which is to sign URLs.",
                hint="Name one that is there in OPENEDX_BLOCKSTORE['DOWNLOAD_STORAGE_ALIAS'].",
                id="openedx_blockstore.E004",
            )
        )
    messages += _check_content_domain(ours)
    if ours.CACHE_ALIAS not in settings.CACHES:
        messages.append(
            Error(
                f"CACHES has no {ours.CACHE_ALIAS!r}, where Blockstore is to cache manifests.",
                hint="Name one that is there in OPENEDX_BLOCKSTORE['CACHE_ALIAS'].",
                id="openedx_blockstore.E003",
            )
        )
    return messages


def _check_content_domain(ours: BlockstoreSettings) -> Sequence[CheckMessage]:
    """The domain for content gives authors' scripts an origin, which must not be the site's."""
    host = urlsplit(ours.CONTENT_ROOT_URL).hostname
    if not ours.CONTENT_ROOT_URL:
        return []
    if host is None:
        return [
            Error(
                f"CONTENT_ROOT_URL is {ours.CONTENT_ROOT_URL!r}, which is no scheme and host.",
                hint="Such as https://content.example.net.",
                id="openedx_blockstore.E005",
            )
        ]
    domain = (settings.SESSION_COOKIE_DOMAIN or "").lstrip(".")
    site = urlsplit(public_root_url()).hostname
    if host == site or (domain and (host == domain or host.endswith(f".{domain}"))):
        return [
            Error(
                f"Pages of authors are to be opened on {host}, which gets the site's session.",
                hint="CONTENT_ROOT_URL must be a domain that shares no cookies with the site.",
                id="openedx_blockstore.E006",
            )
        ]
    return []


@register("openedx_blockstore")
def check_plugins(**_kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the plugins that should be on can be used."""
    try:
        ours = get_settings()
    except ImproperlyConfigured:
        return []
    messages: list[CheckMessage] = [
        Error(problem.reason, hint=problem.mend, id="openedx_blockstore.E007")
        for problem in plugin_manager.all_problems()
    ]
    installed = plugin_manager.installed_packages()
    for key in ("DISABLED_PLUGINS", "PLUGIN_SETTINGS"):
        messages.extend(
            CheckWarning(
                f"OPENEDX_BLOCKSTORE[{key!r}] names {package!r}, and no such plugin is installed.",
                hint=f"There are: {plugin_manager.known_packages()}.",
                id="openedx_blockstore.W002",
            )
            for package in getattr(ours, key)
            if package not in installed
        )
    if plugin_manager.CORE in ours.DISABLED_PLUGINS:
        messages.append(
            CheckWarning(
                "OPENEDX_BLOCKSTORE['DISABLED_PLUGINS'] names the core, which is always on.",
                hint="Take it out of the setting.",
                id="openedx_blockstore.W003",
            )
        )
    return [*messages, *_left_out()]


def _left_out() -> Sequence[CheckMessage]:
    """Tell of the plugins that came along, and that nobody has asked for."""
    found = {
        (each.package, each.reason, each.mend)
        for each in plugin_manager.list_plugins()
        if each.state == "left out"
    }
    if not found:
        return []
    return [
        Info(
            "Plugins are left out: "
            + " ".join(reason for _package, reason, _mend in sorted(found)),
            hint="; ".join(mend.rstrip(".") for _package, _reason, mend in sorted(found)),
            id="openedx_blockstore.I001",
        )
    ]
