"""Short ways to what most tests of search need."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from uuid import UUID

from openedx_blockstore import api
from openedx_blockstore.data import FileContents, LinkTarget
from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_api import BundleContents, ContentFile, Part
from openedx_blockstore.plugin_api.search_backends import SearchBackend, SearchDocument
from openedx_blockstore_search.api import search
from openedx_blockstore_search.indexing.engines import get_engine
from openedx_blockstore_search.indexing.syncing import sync_bundles
from openedx_blockstore_search.indexing.tagging import documents_of
from openedx_blockstore_search.parts.assembly import extract_parts
from tests.core.helpers import make_version

PROBLEM = """<problem display_name="{title}">
  <multiplechoiceresponse>
    <label>{label}</label>
    <choicegroup>
      <choice correct="true">Yes</choice>
      <choice correct="false">No</choice>
    </choicegroup>
  </multiplechoiceresponse>
</problem>
"""


class MemoryContents(BundleContents):
    """Files in memory."""

    def __init__(self, files: Mapping[str, str | bytes], bundle_type: str = "sequence") -> None:
        self.bundle_uuid = None
        self.bundle_type = bundle_type
        self.title = "Memory"
        self.version = 1
        self._bytes = {
            path: text.encode() if isinstance(text, str) else text for path, text in files.items()
        }
        self._files = {
            path: ContentFile(path, len(contents), api.digest_of(contents))
            for path, contents in sorted(self._bytes.items())
        }

    @property
    def files(self) -> Mapping[str, ContentFile]:
        return self._files

    @property
    def links(self) -> Mapping[str, LinkTarget]:
        return {}

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        if path not in self._bytes:
            raise BundleFileNotFound("memory", path)
        yield io.BytesIO(self._bytes[path])


def parts_of(files: Mapping[str, str | bytes], bundle_type: str = "sequence") -> dict[str, Part]:
    """Return the parts in some files by their keys."""
    return {part.key: part for part in extract_parts(MemoryContents(files, bundle_type))}


def part_of(contents: str | bytes, path: str = "problem.xml") -> Part:
    """Return the only part in a file."""
    (part,) = parts_of({path: contents}).values()
    return part


def make_bundle(
    collection_uuid: UUID,
    files: Mapping[str, FileContents | None] | None = None,
    links: Mapping[str, LinkTarget | None] | None = None,
    *,
    title: str = "Owls",
    type: str = "sequence",
) -> UUID:
    """Make a bundle with one version."""
    bundle = api.create_bundle(collection_uuid, "slug", title, type=type)
    if files or links:
        make_version(bundle.uuid, files or {}, links or {})
    return bundle.uuid


def index_everything(engine: SearchBackend | None = None) -> None:
    """Bring the whole index up to date, and let searches see it."""
    used = engine or get_engine()
    sync_bundles(used, Bundle.objects.values_list("uuid", flat=True))
    used.refresh(used.current() or "")


def titles(query: str = "", **filters: Any) -> list[str]:
    """Return the titles of all that is found, sorted."""
    return sorted(hit.document.title for hit in search(query, limit=100, **filters).hits)


def keys(query: str = "", **filters: Any) -> list[str]:
    """Return the keys of all parts that are found, sorted."""
    found = search(query, kinds=["part"], limit=100, **filters)
    return sorted(hit.document.key for hit in found.hits)


def stored(bundle_uuid: UUID, generation: str | None = None) -> list[SearchDocument]:
    """Return all documents of a bundle, those of former versions too, by kind, key and version."""
    engine = get_engine()
    current = generation or engine.current()
    assert current is not None
    engine.refresh(current)
    return sorted(
        documents_of(engine, bundle_uuid, current),
        key=lambda each: (each.kind, each.path, each.key, each.first_version),
    )


def ranges(bundle_uuid: UUID, *, kind: str = "part") -> list[tuple[str, int, int | None]]:
    """Return the keys (or paths) of documents with the spans of versions that they are about."""
    return [
        (each.key or each.path, each.first_version, each.last_version)
        for each in stored(bundle_uuid)
        if each.kind == kind
    ]
