"""The stable URLs of files: what they are called, not where their bytes lie."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

from django.urls import reverse

from openedx_blockstore.conf import public_root_url

# Stands for a file's path while the rest of its URL is made, once for all files of a version.
_PLACEHOLDER = "path"


def version_file_urls(bundle_uuid: UUID, version_num: int) -> Callable[[str], str]:
    """Return a function from a path to its URL in a version."""
    return _urls("version-file", bundle_uuid=bundle_uuid, version_num=version_num)


def draft_file_urls(draft_uuid: UUID) -> Callable[[str], str]:
    """Return a function from a path to its URL in a draft."""
    return _urls("draft-file", draft_uuid=draft_uuid)


def _urls(view: str, **kwargs: object) -> Callable[[str], str]:
    url = reverse(f"openedx_blockstore:{view}", kwargs={**kwargs, "path": _PLACEHOLDER})
    prefix = public_root_url() + url.removesuffix(_PLACEHOLDER)
    return lambda path: prefix + quote(path)
