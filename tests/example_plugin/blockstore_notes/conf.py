"""The plugin's settings: ``OPENEDX_BLOCKSTORE["PLUGIN_SETTINGS"]["blockstore_notes"]``."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen
from attrs.validators import deep_iterable, instance_of

from openedx_blockstore.plugin_tools import read_settings


@frozen
class NotesSettings:
    """What operators may say."""

    #: Words that no file may hold.
    FORBIDDEN_WORDS: Sequence[str] = field(
        default=("frobnicate",), validator=deep_iterable(instance_of(str))
    )
    #: What problems are previewed by; the bundle's UUID is added.
    PREVIEW_URL: str = field(default="/notes/preview/", validator=instance_of(str))


def get_settings() -> NotesSettings:
    """Return the settings, defaults filled in."""
    return read_settings("blockstore_notes", NotesSettings)
