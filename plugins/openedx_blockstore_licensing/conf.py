"""The settings of the licensing plugin, typed and with defaults.

They stand in ``OPENEDX_BLOCKSTORE["PLUGIN_SETTINGS"]["openedx_blockstore_licensing"]``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import instance_of

from openedx_blockstore.plugin_tools import read_settings

_KEY = re.compile(r"^LicenseRef-[A-Za-z0-9.-]{1,80}$")


@frozen
class ExtraLicense:
    """A licence of the installation's own.

    Attributes:
        name: What people call it.
        url: Where it can be read.
        deed: What it means, in a sentence.
    """

    name: str = field(validator=instance_of(str))
    url: str = field(default="", validator=instance_of(str))
    deed: str = field(default="", validator=instance_of(str))


def _extra_licenses(value: Any) -> Mapping[str, ExtraLicense]:
    if not isinstance(value, Mapping):
        raise TypeError("EXTRA_LICENSES must map identifiers to dictionaries.")
    licenses = {}
    for key, entry in value.items():
        if not isinstance(key, str) or not _KEY.match(key):
            raise ValueError(
                f"EXTRA_LICENSES names {key!r}; an identifier is 'LicenseRef-' and then letters, "
                f"digits, dots and hyphens."
            )
        try:
            licenses[key] = ExtraLicense(**entry)
        except TypeError as error:
            raise ValueError(
                f"EXTRA_LICENSES[{key!r}] must have a name, and may have a url and a deed, all of "
                f"them text ({error})."
            ) from error
    return licenses


@frozen
class LicensingSettings:
    """What an installation can say.

    Attributes:
        DEFAULT_LICENSE: The licence expression of collections of which nobody has said anything;
            empty for none.
        EXTRA_LICENSES: Licences beside those on the SPDX list: by identifier (``LicenseRef-…``) a
            dictionary with ``name``, ``url`` and ``deed``.
        SOURCE_URL: The address of a page about a version, for credits, with ``{bundle_uuid}`` and
            ``{version}`` in it; empty for ``urn:uuid:…``.
    """

    DEFAULT_LICENSE: str = field(default="", validator=instance_of(str))
    EXTRA_LICENSES: Mapping[str, ExtraLicense] = field(factory=dict, converter=_extra_licenses)
    SOURCE_URL: str = field(default="", validator=instance_of(str))

    @SOURCE_URL.validator
    def _check_source_url(self, _attribute: Attribute[str], value: str) -> None:
        try:
            value.format(bundle_uuid="", version="")
        except (LookupError, ValueError) as error:
            raise ValueError(
                "SOURCE_URL may hold {bundle_uuid} and {version}, and no other braces."
            ) from error


def get_settings() -> LicensingSettings:
    """Return the settings as they are now.

    Raises:
        ImproperlyConfigured: One of them is not possible.
    """
    return read_settings("openedx_blockstore_licensing", LicensingSettings)
