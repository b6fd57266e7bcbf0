"""What an author should know about a file, as a value: of courses, imports and validators.

The classes are part of :mod:`openedx_blockstore.data`, and should be imported from there.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from attrs import frozen


class Severity(StrEnum):
    """How much a finding matters to an author."""

    #: Something was left out, or can not work as it is.
    ERROR = "error"
    #: Something probably does not work as its author meant.
    WARNING = "warning"
    #: Something worth knowing.
    INFO = "info"


@frozen
class Finding:
    """Something that an author should know about one file.

    Attributes:
        code: A stable word for machines, such as ``dangling-asset``; the documentation lists all.
        file: Its path, or an empty string for the whole of what was looked at. Of something that
            was in the version before and is not any more, it is the path there.
        line: Where in the file, from 1; None where that says nothing.
        message: A sentence for people. It never holds a secret, such as an LTI passport.
        mend: A sentence that says how to mend it; empty where the message says so.
    """

    severity: Severity
    code: str
    file: str
    line: int | None
    message: str
    mend: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        # A file's name can be bytes that are no text.
        place = place.encode("utf-8", "backslashreplace").decode()
        mend = f" {self.mend}" if self.mend else ""
        return f"{self.severity}: {place + ': ' if place else ''}{self.message}{mend} [{self.code}]"


@frozen
class BundleFindings:
    """What was found in one of several bundles that were looked at together.

    Attributes:
        bundle_uuid: The bundle; None where it is still to be made.
        title: What people call it.
    """

    bundle_uuid: UUID | None
    title: str
    findings: tuple[Finding, ...]
