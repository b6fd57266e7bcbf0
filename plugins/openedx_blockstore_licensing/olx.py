"""The licences that OLX states: how Open edX writes them, and where they stand.

A course and each of its videos can have an attribute ``license``, such as
``all-rights-reserved`` or ``creative-commons: ver=4.0 BY NC SA``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from lxml import etree

from openedx_blockstore_licensing.exceptions import InvalidLicense
from openedx_blockstore_licensing.licenses import ALL_RIGHTS_RESERVED, normalize

_VERSION = re.compile(r"^\d\.\d$")
#: What Open edX takes for the version where none is given.
_DEFAULT_VERSION = "4.0"
_ORDER = ("BY", "NC", "SA", "ND")
_MAX_LICENSE = 200
#: The attribute is in the first element; of a large file no more than this is read.
HEAD_BYTES = 64 * 1024


def parse_olx_license(text: str) -> str:
    """Return the licence that an OLX attribute means, as an expression; empty for an empty one.

    Raises:
        InvalidLicense: It means none.
    """
    if len(text) > _MAX_LICENSE:
        raise InvalidLicense(text, f"it has more than {_MAX_LICENSE} characters")
    kind, _, options = text.partition(":")
    kind = kind.strip().casefold()
    if not kind:
        return ""
    if kind == "all-rights-reserved":
        return ALL_RIGHTS_RESERVED
    if kind != "creative-commons":
        raise InvalidLicense(text, "Open edX knows all-rights-reserved and creative-commons")
    return _creative_commons(text, options)


def _creative_commons(text: str, options: str) -> str:
    version = _DEFAULT_VERSION
    elements = set()
    for word in options.split():
        name, equals, value = word.partition("=")
        if equals and name.casefold() == "ver":
            version = value
        else:
            elements.add(word.upper())
    if "ZERO" in elements:
        return "CC0-1.0"
    if not _VERSION.match(version) or not elements <= set(_ORDER):
        raise InvalidLicense(text, "it is no licence of Creative Commons")
    # The platform always shows BY, which all licences since 2.0 have.
    elements.add("BY")
    parts = [part for part in _ORDER if part in elements]
    try:
        return normalize(f"CC-{'-'.join(parts)}-{version}")
    except InvalidLicense as error:
        raise InvalidLicense(text, "there is no such licence of Creative Commons") from error


def format_olx_license(expression: str) -> str | None:
    """Return a licence as Open edX writes it; None for one that it has no words for."""
    if expression == ALL_RIGHTS_RESERVED:
        return "all-rights-reserved"
    if expression == "CC0-1.0":
        return "creative-commons: ver=1.0 ZERO"
    match = re.match(r"^CC-(BY(?:-(?:NC|SA|ND))*)-(\d\.\d)$", expression)
    if match is None:
        return None
    return f"creative-commons: ver={match[2]} {match[1].replace('-', ' ')}"


def read_root_license(head: bytes) -> str:
    """Return the attribute ``license`` of a file's first element; empty where it has none.

    Args:
        head: The first bytes of the file, or all.
    """
    if b"<!DOCTYPE" in head:
        return ""  # OLX has none; its entities could be anything
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        parser.feed(head)
    except etree.XMLSyntaxError:
        return ""  # others say what is wrong with it
    for _event, element in parser.read_events():
        return str(element.get("license") or "").strip()  # type: ignore[union-attr]
    return ""


def read_policy_license(policy: bytes) -> str:
    """Return the licence of the course in a ``policy.json``; empty where it has none."""
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, Mapping):
        return ""
    for key, settings in document.items():
        if str(key).startswith("course/") and isinstance(settings, Mapping):
            found = settings.get("license")
            if isinstance(found, str):
                return found.strip()
    return ""
