"""Brings the tags and licences of documents to what other plugins say now. No file is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from openedx_blockstore.models_api import Bundle, BundleVersion
from openedx_blockstore.plugin_api.search_backends import (
    MAX_LIMIT,
    Filter,
    Patch,
    SearchBackend,
    SearchDocument,
    SearchQuery,
    Selection,
)
from openedx_blockstore_search.indexing.annotations import NO_NOTES
from openedx_blockstore_search.indexing.engines import Targets, Writer, find_targets
from openedx_blockstore_search.indexing.known import batches
from openedx_blockstore_search.indexing.notes import notes_of

_PAGE = 200


def retag_collections(engine: SearchBackend, uuids: Iterable[UUID]) -> None:
    """Bring all documents of collections to the tags and licences that they have now."""
    for uuid in uuids:
        after = 0
        while True:
            rows = Bundle.objects.filter(
                collection__uuid=uuid, deleted_at=None, pk__gt=after
            ).order_by("pk")
            page = list(rows.values_list("pk", "uuid")[:_PAGE])
            retag_bundles(engine, [bundle_uuid for _key, bundle_uuid in page])
            if len(page) < _PAGE:
                break
            after = page[-1][0]


def retag_bundles(engine: SearchBackend, uuids: Iterable[UUID]) -> None:
    """Bring the documents of bundles to the tags and licences that they have now."""
    wanted = list(dict.fromkeys(uuids))
    if not wanted:
        return
    targets = find_targets(engine)
    for generation in targets.generations:
        engine.refresh(generation)
    for some in batches(wanted, 100):
        bundles = Bundle.objects.filter(uuid__in=some, deleted_at=None)
        for bundle in bundles.select_related("collection").order_by("pk"):
            for generation in targets.generations:
                retag_bundle(targets, bundle, generation)


def retag_bundle(targets: Targets, bundle: Bundle, generation: str) -> None:
    """Bring the documents of one bundle in one generation to the tags that they have now."""
    latest = (
        BundleVersion.objects.filter(bundle=bundle)
        .order_by("-version_num")
        .values_list("version_num", flat=True)
        .first()
    )
    documents = list(documents_of(targets.engine, bundle.uuid, generation))
    notes = notes_of(
        (bundle, version)
        for version in {document.last_version or latest or 0 for document in documents}
    )
    groups: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for document in documents:
        known = notes.get((bundle.uuid, document.last_version or latest or 0), NO_NOTES)
        tags = known.tags(key=document.key, path=document.path)
        licence = known.licence(document.path)
        if (tags, licence) != (tuple(sorted(document.tags)), document.licence):
            groups[tags, licence].append(document.id)
    writer = Writer.to(targets.engine, (generation,))
    for (tags, licence), ids in groups.items():
        for some in batches(ids):
            where = Selection(ids=tuple(some))
            writer.emit(Patch(where, {"tags": tags, "licence": licence}))
    writer.flush()


def documents_of(
    engine: SearchBackend, bundle_uuid: UUID, generation: str
) -> Iterator[SearchDocument]:
    """Yield all documents of a bundle, without their texts."""
    cursor = ""
    while True:
        found = engine.search(
            SearchQuery(
                visible=None,
                filters=(Filter("bundle", (str(bundle_uuid),)),),
                versions="all",
                sort="title",
                limit=MAX_LIMIT,
                cursor=cursor,
            ),
            generation=generation,
        )
        for hit in found.hits:
            yield hit.document
        if found.next_cursor is None:
            return
        cursor = found.next_cursor
