"""The addresses of plugins, among the core's own.

LMS and Studio read ``plugin_app`` of each app's configuration and mount its addresses. The
stand-alone project does the same, with ``api/`` in the place of ``api/blockstore/``.

In either, addresses of plugins lie among the core's, which has an answer to everything. Whichever
comes first, what a plugin has is the plugin's.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from attrs import frozen
from django.apps import AppConfig, apps
from django.urls import Resolver404, URLPattern, URLResolver, include, re_path
from django.urls.resolvers import RegexPattern

#: Below which addresses of a host everything of Blockstore lies.
HOST_PREFIX = "^api/blockstore/"

_CORE = "openedx_blockstore"
_PROJECTS = ("cms.djangoapp", "lms.djangoapp")


@frozen
class PluginUrls:
    """Where the addresses of a plugin are to be.

    Attributes:
        regex: What comes before them, as a host would have it.
        namespace: Of their names.
        module: Has them as its ``urlpatterns``.
    """

    regex: str
    namespace: str
    module: ModuleType


def plugin_urls() -> Iterator[PluginUrls]:
    """Yield the addresses of the installed apps that have any, beside the core's own."""
    for config in apps.get_app_configs():
        given = _url_config(config)
        if config.name != _CORE and given is not None:
            path = f"{config.name}.{given.get('relative_path', 'urls')}"
            yield PluginUrls(
                str(given.get("regex", "")),
                str(given.get("namespace") or config.name),
                import_module(path),
            )


def _url_config(config: AppConfig) -> dict[str, Any] | None:
    configs = (getattr(config, "plugin_app", None) or {}).get("url_config", {})
    return next((configs[project] for project in _PROJECTS if project in configs), None)


def mounted(urls: PluginUrls, *, below: str) -> URLResolver:
    """Return the addresses of a plugin as a part of a project's.

    Args:
        below: What takes the place of ``^api/blockstore/``.
    """
    regex = urls.regex
    if regex.startswith(HOST_PREFIX):
        regex = below + regex.removeprefix(HOST_PREFIX)
    # As edx-django-utils does it: the name of the app is the plugin's, whatever its module says.
    return re_path(regex, include((urls.module, urls.namespace), namespace=urls.namespace))


class _NobodyElses(RegexPattern):
    """Everything that no plugin has an address for."""

    def match(self, path: str) -> Any:
        """Match what is left of an address, unless it is a plugin's."""
        return None if _is_plugins(path) else super().match(path)


def _is_plugins(path: str) -> bool:
    for urls in plugin_urls():
        if urls.regex.startswith(HOST_PREFIX):
            try:
                mounted(urls, below="^").resolve(f"v1/{path}")
            except Resolver404:
                continue
            return True
    return False


def everything_else(view: Any, *, name: str) -> URLPattern:
    """Return the address of a view that answers for what nobody has."""
    return URLPattern(_NobodyElses(r"^(?P<rest>.*)$", name=name, is_endpoint=True), view, name=name)
