"""Bundles made of texts, and what the checks say of them."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from openedx_blockstore import api
from openedx_blockstore.data import Finding, LinkTarget
from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.plugin_api import BundleContents, ContentFile
from openedx_blockstore_validation.checking import check_contents

Files = Mapping[str, str | bytes]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


class TextContents(BundleContents):
    """Files in memory; they count how often each is read."""

    def __init__(
        self,
        files: Files,
        bundle_type: str = "",
        lenders: Mapping[str, Files] | None = None,
        version: int | None = None,
    ) -> None:
        self.bundle_uuid: UUID | None = None
        self.bundle_type = bundle_type
        self.title = "A bundle"
        self.version = version
        self.reads: Counter[str] = Counter()
        self._bytes = {path: _bytes(text) for path, text in files.items()}
        self._files = {
            path: ContentFile(path, len(contents), api.digest_of(contents))
            for path, contents in sorted(self._bytes.items())
        }
        self._lenders = lenders or {}
        self._links = {alias: LinkTarget(uuid4(), 1) for alias in sorted(self._lenders)}

    @property
    def files(self) -> Mapping[str, ContentFile]:
        return self._files

    @property
    def links(self) -> Mapping[str, LinkTarget]:
        return self._links

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        self.reads[path] += 1
        found = self._bytes.get(path)
        if path.startswith("links/"):
            _links, alias, inside = path.split("/", 2)
            text = self._lenders.get(alias, {}).get(inside)
            found = None if text is None else _bytes(text)
        if found is None:
            raise BundleFileNotFound(UUID(int=0), path)
        yield io.BytesIO(found)

    def lender_files(self, target: LinkTarget) -> Mapping[str, Any] | None:
        """List what a link leads to, as the store does."""
        alias = next(alias for alias, link in self._links.items() if link == target)
        return self._lenders[alias]


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def check(
    files: Files,
    bundle_type: str = "",
    *,
    previous: Files | None = None,
    lenders: Mapping[str, Files] | None = None,
    **options: Any,
) -> tuple[Finding, ...]:
    """Check a bundle that consists of these files."""
    contents = TextContents(files, bundle_type, lenders)
    before = TextContents(previous, bundle_type, lenders) if previous is not None else None
    options.setdefault("lender_files", contents.lender_files)
    return check_contents(contents, before, **options)


def codes(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Count findings by code."""
    return dict(Counter(finding.code for finding in findings))


def places(findings: tuple[Finding, ...], code: str) -> list[tuple[str, int | None]]:
    """Return the files and lines of the findings of a code."""
    return [(finding.file, finding.line) for finding in findings if finding.code == code]


def only(findings: tuple[Finding, ...]) -> Finding:
    """Return the one finding that there is."""
    assert len(findings) == 1, findings
    return findings[0]
