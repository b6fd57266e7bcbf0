"""Typed access to Blockstore's settings: the only reader of ``settings.OPENEDX_BLOCKSTORE``.

Every setting is an attribute of :class:`BlockstoreSettings`, with its default and its meaning. A
key that is unknown or has the wrong type stops Django's checks with a sentence that says so.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import Attribute, field, fields, frozen
from attrs.validators import (
    and_,
    deep_iterable,
    deep_mapping,
    ge,
    in_,
    instance_of,
    le,
    matches_re,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

SETTINGS_NAME = "OPENEDX_BLOCKSTORE"

#: How often one may ask, by whom it is about.
REST_THROTTLE_RATES: Mapping[str, str] = {
    "user": "6000/minute",
    "anonymous": "600/minute",
    "login": "20/minute",
}

#: What the address of a page may have in it, in braces.
PAGE_PLACEHOLDERS = ("bundle_uuid", "collection_uuid", "type", "version", "draft")

#: What a bundle type may have pages for.
PAGES = ("preview", "edit")

_positive = and_(instance_of(int), ge(1))
_text = instance_of(str)
_throttled = in_(tuple(REST_THROTTLE_RATES))
_rate = matches_re(r"(\d+/(s|sec|second|m|min|minute|h|hour|d|day))?")


def _page_address(_settings: object, attribute: Attribute[Any], value: str) -> None:
    """Make sure that a text is the address of a page, with placeholders that will be filled."""
    what = f"{attribute.name} has the address {value!r}, "
    # A browser is sent there, so it must be neither a script nor relative to our own address.
    if not value.startswith(("https://", "http://", "/")) or value.startswith("//"):
        raise ValueError(f"{what}which begins neither with https:// or http:// nor with one slash")
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError as error:
        raise ValueError(
            f"{what}with a single brace in it; write {{{{ for a brace itself"
        ) from error
    for _text_before, name, form, conversion in parts:
        if name is not None and (name not in PAGE_PLACEHOLDERS or form or conversion):
            known = ", ".join(f"{{{each}}}" for each in PAGE_PLACEHOLDERS)
            raise ValueError(f"{what}with {{{name}}}, which is unknown; there are: {known}")


def _packages_or_all(_settings: object, attribute: Attribute[Any], value: Any) -> None:
    """Make sure that a value names packages, or all of them."""
    if value == "all":
        return
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise ValueError(
            f"{attribute.name} is {value!r}; it must be 'all' or a list of the packages of plugins"
        )


def _anything(_settings: object, _attribute: Attribute[Any], _value: object) -> None:
    """Whoever the value is for looks at it."""


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

    #: Which of Django's ``STORAGES`` signs the URLs for browsers, where they reach the object store
    #: at another address than the application does; both must be about the same bucket and folder.
    #: Empty for ``STORAGE_ALIAS``.
    DOWNLOAD_STORAGE_ALIAS: str = field(default="", validator=_text)
    #: Send browsers to an object store that can sign URLs, rather than streaming from it.
    REDIRECT_DOWNLOADS: bool = field(default=True, validator=instance_of(bool))
    #: Seconds that a signed URL is good for. A browser that plays a video fetches more of it from
    #: the same URL all the time, so this should be longer than any video.
    SIGNED_URL_SECONDS: int = field(default=4 * 3600, validator=_positive)
    #: Seconds that a grant is good for, which lets whoever has its URL read the static files of a
    #: version, or lets an author's page load its own files.
    GRANT_SECONDS: int = field(default=24 * 3600, validator=_positive)
    #: Where nginx has an internal location for the folder of the storage (file system only), such
    #: as ``/_blockstore/``: files are handed over to it with ``X-Accel-Redirect``. Empty to stream
    #: them through Django.
    ACCEL_REDIRECT_PREFIX: str = field(default="", validator=_text)
    #: Scheme and host of a domain of its own for what authors have made, such as
    #: ``https://content.example.net``; it must not share cookies with the site. Pages of authors
    #: are opened there, and may use storage and other things of the browser there. Empty to open
    #: them on the site itself, cut off from it.
    CONTENT_ROOT_URL: str = field(default="", validator=_text)
    #: Origins beside their own files from which pages of authors may load scripts, styles, images,
    #: frames and so on, such as ``https://cdn.jsdelivr.net``.
    CONTENT_SOURCES: Sequence[str] = field(
        default=(), validator=deep_iterable(_text, instance_of((list, tuple)))
    )

    #: Bytes of a file that is sent directly to an object store. The server reads it once before it
    #: counts, while the client waits: some seconds a gigabyte, which must be less than the time a
    #: web server gives to a request.
    MAX_DIRECT_UPLOAD_BYTES: int = field(default=5 * 2**30, validator=_positive)
    #: Bytes of each part of a direct upload, if the store takes them in that size.
    UPLOAD_PART_BYTES: int = field(default=16 * 2**20, validator=_positive)
    #: Seconds after which a direct upload that was not completed counts as abandoned.
    UPLOAD_SECONDS: int = field(default=7 * 24 * 3600, validator=_positive)
    #: Seconds that the URLs to send parts to are good for.
    UPLOAD_URL_SECONDS: int = field(default=3600, validator=_positive)

    #: Files in one version, for bundle types that are not named in ``MAX_FILES_BY_TYPE``.
    MAX_FILES: int = field(default=100, validator=_positive)
    #: Files in one version, by bundle type. What is given here is added to the defaults.
    MAX_FILES_BY_TYPE: Mapping[str, int] = field(
        factory=dict, validator=deep_mapping(_text, _positive, instance_of(Mapping))
    )
    #: Where bundles are previewed and edited, by bundle type: addresses with placeholders, such as
    #: ``{"video": {"preview": "https://studio.example.com/video/{bundle_uuid}?v={version}"}}``.
    BUNDLE_TYPE_PAGES: Mapping[str, Mapping[str, str]] = field(
        factory=dict,
        validator=deep_mapping(
            _text,
            deep_mapping(in_(PAGES), and_(_text, _page_address), instance_of(Mapping)),
            instance_of(Mapping),
        ),
    )
    #: The plugins that are on: ``"all"`` that are installed, or a list of their packages, such as
    #: ``["openedx_blockstore_search"]``.
    PLUGINS: str | Sequence[str] = field(default="all", validator=_packages_or_all)
    #: The packages of plugins that are off, although ``PLUGINS`` would turn them on.
    DISABLED_PLUGINS: Sequence[str] = field(
        default=(), validator=deep_iterable(_text, instance_of((list, tuple)))
    )
    #: The settings of plugins, by package: each a dictionary, which its documentation describes.
    PLUGIN_SETTINGS: Mapping[str, Mapping[str, Any]] = field(
        factory=dict,
        validator=deep_mapping(
            _text, deep_mapping(_text, _anything, instance_of(Mapping)), instance_of(Mapping)
        ),
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

    #: The paths of the classes of Django REST framework by which callers may say who they are.
    #: Empty for all ways that the host has: tokens, JWT and sessions.
    REST_AUTHENTICATION_CLASSES: Sequence[str] = field(
        default=(), validator=deep_iterable(_text, instance_of((list, tuple)))
    )
    #: How often one may ask, such as ``100/minute``: a ``user`` who is logged in, an ``anonymous``
    #: address, and attempts to ``login`` with a password. What is given here is added to the
    #: defaults; an empty text is no limit.
    REST_THROTTLE_RATES: Mapping[str, str] = field(
        factory=dict, validator=deep_mapping(_throttled, _rate, instance_of(Mapping))
    )
    #: Bytes in the JSON of a request. Files in it are in Base64; large ones go by themselves.
    REST_MAX_JSON_BYTES: int = field(default=64 * 2**20, validator=_positive)
    #: Items in a page, unless a client asks for more or fewer.
    REST_PAGE_SIZE: int = field(default=100, validator=_positive)
    #: Items in a page at most.
    REST_MAX_PAGE_SIZE: int = field(default=1_000, validator=_positive)
    #: Items in a list for which a client has not asked in pages, as those of 1.x do.
    REST_MAX_LIST: int = field(default=10_000, validator=_positive)
    #: Who does what takes long: ``thread`` (of the process that was asked), ``celery``, or ``auto``
    #: for Celery where the host has a broker, and threads otherwise.
    JOB_RUNNER: str = field(default="auto", validator=in_(("auto", "celery", "thread")))
    #: Hours that a job, and what it has made, can be fetched after it ended.
    JOB_HOURS: int = field(default=72, validator=_positive)

    #: Who hands events to consumers: ``celery``; ``inline``, which is the process that made the
    #: change, right after its transaction; ``command`` for nobody but ``manage.py
    #: blockstore_consume``; or ``auto``: Celery where the host has a broker, otherwise inline.
    EVENT_RUNNER: str = field(
        default="auto", validator=in_(("auto", "celery", "inline", "command"))
    )
    #: Seconds after which the process that made a change stops handing over events, if there are
    #: that many; the rest goes with the next change, or by the command.
    EVENT_INLINE_SECONDS: int = field(default=10, validator=_positive)
    #: Seconds after which a worker that was killed is replaced by another one.
    EVENT_LEASE_SECONDS: int = field(default=60, validator=_positive)
    #: How often an event that a consumer can not handle is tried, with growing pauses, before it
    #: is given up; 16 times take a day and a half.
    EVENT_MAX_ATTEMPTS: int = field(default=16, validator=_positive)

    def rest_throttle_rate(self, scope: str) -> str | None:
        """How often one may ask; None for no limit."""
        return self.REST_THROTTLE_RATES.get(scope, REST_THROTTLE_RATES.get(scope)) or None


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


def content_root_url() -> str:
    """Return scheme and host of the domain for what authors have made.

    Returns:
        ``CONTENT_ROOT_URL`` without a slash at the end, or an empty string where there is no such
        domain.
    """
    return get_settings().CONTENT_ROOT_URL.rstrip("/")


@receiver(setting_changed, dispatch_uid="openedx_blockstore.conf")
def _forget_settings(*, setting: str, **_kwargs: object) -> None:
    """Read the settings anew after a test has overridden them."""
    if setting == SETTINGS_NAME:
        get_settings.cache_clear()
