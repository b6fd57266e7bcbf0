"""Absolute addresses of resources, for answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.urls import reverse
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from openedx_blockstore.api import grants
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import BundleFileData

# Stands for what differs while the rest of an address is made, once for all items of a list.
_PLACEHOLDER = "00000000-0000-0000-0000-000000000000"


class Addresses:
    """Makes absolute addresses for the answer to one request."""

    def __init__(self, request: Request) -> None:
        # What the operator says outsiders see; otherwise what this outsider has seen.
        self._root = get_settings().PUBLIC_ROOT_URL.rstrip("/")
        self._request = request
        self._prefixes: dict[str, str] = {}

    def absolute(self, path: str) -> str:
        """Return a path with scheme and host; an absolute address as it is."""
        if not path.startswith("/"):
            return path
        return self._root + path if self._root else self._request.build_absolute_uri(path)

    def collection(self, uuid: UUID) -> str:
        """Return the address of a collection."""
        return self._prefix("collection") + str(uuid)

    def bundle(self, uuid: UUID) -> str:
        """Return the address of a bundle."""
        return self._prefix("bundle") + str(uuid)

    def draft(self, uuid: UUID) -> str:
        """Return the address of a draft."""
        return self._prefix("draft") + str(uuid)

    def job(self, uuid: UUID) -> str:
        """Return the address of a job."""
        return self._prefix("job") + str(uuid)

    def version(self, bundle_uuid: UUID, number: int) -> str:
        """Return the address of a version."""
        return self.versions(bundle_uuid)(number)

    def versions(self, bundle_uuid: UUID) -> Callable[[int], str]:
        """Return a function from a number to the address of that version of a bundle."""
        prefix = f"{self._prefix('bundle-version')}{bundle_uuid},"
        return lambda number: f"{prefix}{number}"

    def version_files(self, bundle_uuid: UUID, number: int) -> Callable[[BundleFileData], str]:
        """Return a function from a file of a version to its address."""
        if not self._grants():
            return lambda file: self.absolute(file.url)
        return self._granted(bundle_uuid=bundle_uuid, version_number=number)

    def draft_files(self, draft_uuid: UUID) -> Callable[[BundleFileData], str]:
        """Return a function from a file that a draft shows to its address."""
        if not self._grants():
            return lambda file: self.absolute(file.url)
        return self._granted(draft_uuid=draft_uuid)

    def _grants(self) -> bool:
        """Tell whether the caller gets addresses of files that need no login.

        Clients of the first Blockstore expect that. They are programs, and have a token; others
        get the addresses that stay the same, and log in.

        Raises:
            ValidationError: The caller asks for neither.
        """
        asked = self._request.query_params.get("urls")
        if asked not in {None, "stable", "granted"}:
            raise ValidationError({"urls": "One of stable, granted."})
        is_program = isinstance(self._request.successful_authenticator, TokenAuthentication)
        return asked == "granted" or (asked is None and is_program)

    def _granted(self, **what: Any) -> Callable[[BundleFileData], str]:
        user_id = int(self._request.user.pk or 0)
        base = self.absolute(grants.grant_preview(user_id=user_id, with_olx=True, **what))
        return lambda file: self.absolute(file.url) if file.public else base + quote(file.path)

    def _prefix(self, name: str) -> str:
        if name not in self._prefixes:
            variable = {"bundle-version": "bundle"}.get(name, name)
            kwargs: dict[str, object] = {f"{variable}_uuid": _PLACEHOLDER}
            if name == "bundle-version":
                kwargs["version_num"] = 1
            path = reverse(f"openedx_blockstore:{name}", kwargs=kwargs)
            self._prefixes[name] = self.absolute(path.partition(_PLACEHOLDER)[0])
        return self._prefixes[name]
