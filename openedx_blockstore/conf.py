"""Typed access to Blockstore's settings: the only reader of ``settings.OPENEDX_BLOCKSTORE``.

Every setting is an attribute of :class:`BlockstoreSettings`, with its default and its meaning. A
key that is unknown or has the wrong type stops Django's checks with a sentence that says so.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from attrs import field, fields, frozen
from attrs.validators import and_, deep_mapping, ge, instance_of, le
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

SETTINGS_NAME = "OPENEDX_BLOCKSTORE"

#: How many files a version may hold, for the bundle types that may hold more than the default.
MAX_FILES_BY_TYPE: Mapping[str, int] = {
    "assets": 10_000,
    "course": 10_000,
    "library": 10_000,
    "sequence": 500,
    "video": 10_000,
}

_positive = and_(instance_of(int), ge(1))
_text = instance_of(str)


@frozen
class BlockstoreSettings:
    """The settings of Blockstore; see :func:`get_settings`."""

    #: Which of Django's ``STORAGES`` holds blobs and manifests. It must be private: nothing may
    #: serve its files but Blockstore.
    STORAGE_ALIAS: str = field(default="openedx_blockstore", validator=_text)
    #: Which of Django's ``CACHES`` holds manifests and small texts by digest.
    CACHE_ALIAS: str = field(default="default", validator=_text)
    #: Scheme and host in front of file URLs, such as ``https://lms.example.com``. Empty for the
    #: host's ``LMS_ROOT_URL``, or, without one, for URLs that begin with the path.
    PUBLIC_ROOT_URL: str = field(default="", validator=_text)
    #: Wait until the disk has a file before the database may refer to it (file system only).
    DURABLE_WRITES: bool = field(default=True, validator=instance_of(bool))

    #: Files in one version, for bundle types that are not named in ``MAX_FILES_BY_TYPE``.
    MAX_FILES: int = field(default=100, validator=_positive)
    #: Files in one version, by bundle type. What is given here is added to the defaults.
    MAX_FILES_BY_TYPE: Mapping[str, int] = field(
        factory=dict, validator=deep_mapping(_text, _positive, instance_of(Mapping))
    )
    #: Versions that one version may depend on, directly and indirectly.
    MAX_DEPENDENCIES: int = field(default=2_000, validator=_positive)
    #: Characters in a path; at most 500, which is what the database holds.
    MAX_PATH_LENGTH: int = field(default=500, validator=and_(_positive, le(500)))
    #: Characters in a title; at most 180, which is what the database holds.
    MAX_TITLE_LENGTH: int = field(default=180, validator=and_(_positive, le(180)))

    #: Entries in an archive that is imported.
    MAX_ARCHIVE_ENTRIES: int = field(default=200_000, validator=_positive)
    #: Bytes in all entries of an imported archive together, unpacked.
    MAX_ARCHIVE_BYTES: int = field(default=100 * 2**30, validator=_positive)
    #: How many times larger an imported archive may become by unpacking.
    MAX_ARCHIVE_RATIO: int = field(default=200, validator=_positive)

    #: Bytes of an upload that are kept in memory; what is longer goes to a temporary file.
    SPOOL_BYTES: int = field(default=2 * 2**20, validator=_positive)
    #: Bytes that the cache of manifests and link closures may take in each process.
    PROCESS_CACHE_BYTES: int = field(default=32 * 2**20, validator=_positive)
    #: Bytes up to which the contents of a file are cached.
    MAX_CACHED_BLOB_BYTES: int = field(default=64 * 2**10, validator=_positive)

    def max_files(self, bundle_type: str) -> tuple[int, str]:
        """How many files a version of a bundle of this type may hold, and the setting's key."""
        if bundle_type in self.MAX_FILES_BY_TYPE:
            return self.MAX_FILES_BY_TYPE[bundle_type], "MAX_FILES_BY_TYPE"
        if bundle_type in MAX_FILES_BY_TYPE:
            return MAX_FILES_BY_TYPE[bundle_type], "MAX_FILES_BY_TYPE"
        return self.MAX_FILES, "MAX_FILES"


@functools.cache
def get_settings() -> BlockstoreSettings:
    """Return the settings of this process, defaults filled in.

    Raises:
        ImproperlyConfigured: ``OPENEDX_BLOCKSTORE`` is no dictionary, has an unknown key, or a
            value of the wrong type.
    """
    given: Any = getattr(settings, SETTINGS_NAME, {})
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(f"{SETTINGS_NAME} must be a dictionary, not {given!r}.")
    known = [attribute.name for attribute in fields(BlockstoreSettings)]
    for key in given:
        if key not in known:
            raise ImproperlyConfigured(
                f"{SETTINGS_NAME} has the unknown key {key!r}; it may have: {', '.join(known)}."
            )
    try:
        return BlockstoreSettings(**given)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"{SETTINGS_NAME}: {error.args[0]}.") from error


def public_root_url() -> str:
    """Return scheme and host for URLs that are given away, without a slash at the end.

    Returns:
        ``PUBLIC_ROOT_URL``, or the host's ``LMS_ROOT_URL``, or an empty string.
    """
    root = get_settings().PUBLIC_ROOT_URL or getattr(settings, "LMS_ROOT_URL", None) or ""
    return str(root).rstrip("/")


@receiver(setting_changed, dispatch_uid="openedx_blockstore.conf")
def _forget_settings(*, setting: str, **_kwargs: object) -> None:
    """Read the settings anew after a test has overridden them."""
    if setting == SETTINGS_NAME:
        get_settings.cache_clear()
