"""Files that blocks keep for learners, where the host has a place for them (``django-pyfs``)."""

from __future__ import annotations

import hashlib
from typing import Any

from django.apps import apps
from django.conf import settings
from xblock.core import XBlock
from xblock.fields import Field, scope_key


def has_file_store() -> bool:
    """Tell whether the host has said where such files go: its app, and where (``DJFS``)."""
    return apps.is_installed("djpyfs") and hasattr(settings, "DJFS")


class FileService:
    """XBlock's service ``fs``, for fields of its class ``Filesystem``."""

    def load(self, field: Field, block: XBlock) -> Any:
        """Return the file system of a field: what its scope keeps apart lies apart.

        XBlock's own service takes the key for a path. Keys of usages can be longer than names of
        files may be, so that a digest stands for it here.
        """
        from djpyfs.djpyfs import get_filesystem  # noqa: PLC0415 - it needs the app

        digest = hashlib.sha256(scope_key(field, block).encode()).hexdigest()
        return get_filesystem(f"blockstore-xblock/{digest}")
