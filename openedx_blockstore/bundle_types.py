"""What is known of bundles by their type: how many files they may hold, and who shows them.

Plugins say so, see :class:`~openedx_blockstore.plugin_api.BundleType`; settings of the operators
come first. Blockstore stores content and shows none.
"""

from __future__ import annotations

import string
from typing import Literal
from urllib.parse import quote

from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import BundleTypeData
from openedx_blockstore.exceptions import BundlePageNotFound
from openedx_blockstore.plugin_api import BundleType, PageRequest
from openedx_blockstore.plugin_manager import calling, plugins, usable_plugins

PageKind = Literal["preview", "edit"]


def max_files(bundle_type: str) -> tuple[int, str]:
    """Return how many files a version of a bundle of this type may hold, and the setting's key.

    A broken plugin does not keep authors from writing: without it, the type is as any other.
    """
    settings = get_settings()
    if bundle_type in settings.MAX_FILES_BY_TYPE:
        return settings.MAX_FILES_BY_TYPE[bundle_type], "MAX_FILES_BY_TYPE"
    known = usable_plugins(BundleType).get(bundle_type)
    if known is not None and known.max_files is not None:
        return known.max_files, "MAX_FILES_BY_TYPE"
    return settings.MAX_FILES, "MAX_FILES"


def known_types() -> list[BundleTypeData]:
    """Return the types that plugins or settings know, sorted by name.

    Raises:
        PluginError: Some plugin that should be among them can not be used.
    """
    settings = get_settings()
    found = plugins(BundleType)
    names = {*found, *settings.MAX_FILES_BY_TYPE, *settings.BUNDLE_TYPE_PAGES}
    return [
        BundleTypeData(name, found[name].title if name in found else "", max_files(name)[0])
        for name in sorted(names)
    ]


def find_page(request: PageRequest) -> str:
    """Return the address of the page where a bundle is previewed or edited.

    Returns:
        An absolute address, or one that begins with a slash.

    Raises:
        BundlePageNotFound: There is no such page; or the operators' setting names one that has no
            place for the version or draft, so that it would be about something else.
        PluginError: Some plugin that knows a type can not be used.
        PluginFailed: The plugin that knows the type failed.
    """
    pages = get_settings().BUNDLE_TYPE_PAGES.get(request.bundle_type, {})
    template = pages.get(request.page)
    lacking = _lacking(template, request) if template is not None else None
    if template is not None and lacking is None:
        return _filled(template, request)
    address = _page_of_plugin(request)
    if address is None:
        raise BundlePageNotFound(request.bundle_type, request.page, lacking=lacking)
    return address


def _lacking(template: str, request: PageRequest) -> str | None:
    """Return what an address has no place for."""
    places = {name for _text, name, _form, _conversion in string.Formatter().parse(template)}
    if request.draft_uuid is not None and "draft" not in places:
        return "draft"
    if request.version not in {None, request.latest_version} and "version" not in places:
        return "version"
    return None


def _filled(template: str, request: PageRequest) -> str:
    return template.format(
        bundle_uuid=request.bundle_uuid,
        collection_uuid=request.collection_uuid,
        type=quote(request.bundle_type, safe=""),
        version=request.latest_version if request.version is None else request.version,
        draft=request.draft_uuid or "",
    )


def _page_of_plugin(request: PageRequest) -> str | None:
    known = plugins(BundleType).get(request.bundle_type)
    if known is None:
        return None
    with calling(BundleType, request.bundle_type, request.bundle_uuid):
        address = known.page_url(request)
        # A browser is sent there, so it must be neither a script nor relative to our own address.
        if address is not None and (
            not address.startswith(("https://", "http://", "/")) or address.startswith("//")
        ):
            raise ValueError(f"it gave {address!r}, which is no address for a browser")
    return address
