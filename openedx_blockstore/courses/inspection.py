"""Looking into an OLX export without importing it: its files, and what an import would say."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from openedx_blockstore.courses.findings import FindingCollector
from openedx_blockstore.courses.importer import configured_limits
from openedx_blockstore.courses.planning import plan_import
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.courses.reader import open_export
from openedx_blockstore.data import Finding
from openedx_blockstore.exceptions import InvalidArchive


@frozen
class InspectedCourse:
    """An OLX export that was opened.

    Attributes:
        kind: ``course`` or ``library``.
        files: Every file that is content: path in the export → file on disk, which is there for as
            long as the export is open.
        findings: What an import would find.
        refused: Why an import would refuse it as a whole; empty where it would not.
    """

    kind: str
    files: Mapping[str, Path]
    findings: tuple[Finding, ...]
    refused: str = ""


@contextlib.contextmanager
def open_course(from_: str | os.PathLike[str]) -> Iterator[InspectedCourse]:
    """Open an OLX export and plan its import, without a database, and without storing anything.

    Args:
        from_: A folder, a ``.tar.gz`` or a ``.zip``, as :func:`import_course` takes it.

    Raises:
        InvalidArchive: It is no export, or not to be trusted.
        LimitExceeded: It, or something in it, is larger than the settings allow.
    """
    findings = FindingCollector()
    with open_export(from_, findings) as export:
        refused = ""
        try:
            plan_import(export, PreviousImport(), configured_limits(), findings)
        except InvalidArchive as error:
            refused = str(error)
        kind = export.root_file.removesuffix(".xml")
        yield InspectedCourse(kind, export.files, findings.sorted(), refused)
