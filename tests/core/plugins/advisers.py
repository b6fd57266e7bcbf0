"""Advisers for the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar
from uuid import UUID

from django.db import connection

from openedx_blockstore.data import Finding, LinkTarget, Severity
from openedx_blockstore.plugin_api import Adviser

GROUP = "openedx_blockstore.advisers"


class Careful(Adviser):
    """Has something to say to every link, and to every second version."""

    def advise(
        self, bundle_uuid: UUID, version: int | None, links: Mapping[str, LinkTarget]
    ) -> Iterator[Finding]:
        """Say it."""
        for alias, target in links.items():
            message = f"Be careful with version {target.version}."
            yield Finding(Severity.WARNING, "careful", f"links/{alias}", None, message, "Look.")
        if version is not None and version % 2 == 0:
            yield Finding(Severity.INFO, "even", "", None, "It is even.")


class Broken(Adviser):
    """Fails, each time in another way."""

    turn: ClassVar[int] = 0

    def advise(
        self, bundle_uuid: UUID, version: int | None, links: Mapping[str, LinkTarget]
    ) -> Iterator[Finding]:
        """Fail."""
        type(self).turn += 1
        if self.turn % 3 == 0:
            raise KeyError(bundle_uuid)
        if self.turn % 3 == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing FROM nowhere")
        yield Finding(Severity.ERROR, "no", "", None, "Advisers have no errors.")
