"""Brings bundles in the index to what they are in the store, whatever happened to them.

What is written to the engine may be written twice and does no harm; the tables follow in one short
transaction, and only if nobody else has changed them meanwhile. Who loses begins again, with
everything of the bundle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from attrs import field, frozen
from django.db import transaction

from openedx_blockstore import api
from openedx_blockstore.exceptions import Conflict
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_api.search_backends import (
    GenerationNotFound,
    Remove,
    SearchBackend,
    Selection,
)
from openedx_blockstore_search.indexing.annotations import NO_NOTES, Notes
from openedx_blockstore_search.indexing.course_languages import find_course_languages
from openedx_blockstore_search.indexing.documents import Origin, Since
from openedx_blockstore_search.indexing.engines import Targets, Writer, find_targets
from openedx_blockstore_search.indexing.known import Known, TableLoader, batches, write_known
from openedx_blockstore_search.indexing.notes import LatestNotes, latest_notes
from openedx_blockstore_search.indexing.own_parts import find_own_parts
from openedx_blockstore_search.indexing.prepared import (
    CHECKSUM,
    Prepared,
    claim,
    find_versions,
    forget,
    say_what_it_is,
)
from openedx_blockstore_search.indexing.stepping import Stepper
from openedx_blockstore_search.indexing.tagging import retag_bundles
from openedx_blockstore_search.models import IndexedBundle, IndexState

#: Paths that a version changed, where an event has said so: by bundle and version.
Hints = Mapping[tuple[UUID, int], Iterable[str]]

_ATTEMPTS = 4
#: Bundles that are loaded together.
_BUNDLES = 100


class IndexConflict(Conflict):
    """Others kept changing what is known of a bundle; the log tries again later."""

    code = "search_index_conflict"

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} bundles were indexed by others at the same time. Try again.")


@frozen
class Syncer:
    """Brings bundles up to date in some generations.

    Attributes:
        targets: Where they are.
        only: Write to this generation alone, everything anew, up to the version that is known.
        languages: Languages that bundles get from the courses that they are part of.
        retag: Bundles of which documents have the tags of another version, perhaps.
    """

    targets: Targets
    hints: Hints = field(factory=dict)
    only: str | None = None
    languages: Mapping[UUID, str] = field(factory=dict)
    retag: list[UUID] = field(factory=list)

    def sync(self, bundles: Sequence[Bundle], *, everything: bool = False) -> list[Bundle]:
        """Bring some bundles up to date; return those that others have changed meanwhile."""
        rows = {
            row.bundle_id: row
            for some in batches([bundle.pk for bundle in bundles])
            for row in IndexedBundle.objects.filter(bundle_id__in=some)
        }
        generations = (self.only,) if self.only else self.targets.generations
        writer = Writer.to(self.targets.engine, generations)
        notes = latest_notes(bundles, {key: row.version for key, row in rows.items()})
        lost: list[Bundle] = []
        prepared: list[Prepared] = []
        for bundle in bundles:
            prepared.append(
                self._prepare(
                    bundle,
                    rows.get(bundle.pk),
                    writer,
                    notes[bundle.uuid],
                    everything=everything,
                )
            )
            if writer.has_written:
                # What is known of bundles is not kept in memory longer than need be.
                lost += self._finish(prepared, writer)
                prepared = []
        return lost + self._finish(prepared, writer)

    def _finish(self, prepared: list[Prepared], writer: Writer) -> list[Bundle]:
        writer.flush()
        writer.has_written = False
        lost: list[Bundle] = []
        with transaction.atomic():
            state = IndexState.objects.filter(pk=self.targets.state_id, stamp=self.targets.stamp)
            # A write, and so a lock: where is written to can not change until the end.
            if not state.update(stamp=self.targets.stamp):
                return [each.bundle for each in prepared]
            for each in prepared:
                if claim(each):
                    write_known(each.bundle.pk, each.known, everything=each.everything)
                    self.retag.extend([each.bundle.uuid] if each.retag else [])
                else:
                    lost.append(each.bundle)
        return lost

    def _prepare(
        self,
        bundle: Bundle,
        row: IndexedBundle | None,
        writer: Writer,
        notes: LatestNotes,
        *,
        everything: bool,
    ) -> Prepared:
        is_new = row is None
        row = row or IndexedBundle(bundle=bundle)
        prepared = Prepared(bundle, row, row.revision, Known(TableLoader(bundle.pk)), is_new=is_new)
        if bundle.deleted_at is not None:
            writer.emit(Remove(Selection(bundle_uuid=bundle.uuid)))
            forget(prepared)
            return prepared
        versions = find_versions(bundle, row.version, everything=bool(everything or self.only))
        language = self.languages.get(bundle.uuid, row.language)
        fresh = (
            everything
            or language != row.language
            or self.only is not None
            or not row.digest
            or row.bundle_type != bundle.type
            or versions is None
        )
        row.language = language
        up_to = row.version if self.only else None
        if fresh:
            if row.digest or everything:
                # What was there may be of any version.
                writer.emit(Remove(Selection(bundle_uuid=bundle.uuid)))
            forget(prepared)
            versions = find_versions(bundle, 0, everything=True) or []
        versions = [each for each in versions or [] if up_to is None or each[0] <= up_to]
        self._write(prepared, versions, writer, notes.now)
        # Documents that stay, or ended before the latest version, may have to have others.
        prepared.retag = (
            len(versions) > 1 and notes.now != NO_NOTES if fresh else notes.now != notes.before
        )
        return prepared

    def _write(
        self,
        prepared: Prepared,
        versions: Sequence[tuple[int, datetime]],
        writer: Writer,
        notes: Notes,
    ) -> None:
        bundle, row = prepared.bundle, prepared.row
        origin = Origin(
            bundle.uuid, bundle.collection.uuid, bundle.type, row.language or None, notes
        )
        stepper = Stepper(
            prepared.known,
            origin,
            writer.emit,
            row.documents,
            int(row.checksum, 16),
            find_own_parts,
        )
        say_what_it_is(bundle, row, stepper)
        for number, created in versions:
            contents = api.get_bundle_contents(bundle.uuid, number)
            changed = self._changed(bundle, row.version, number)
            stepper.step(contents, Since(number, created), changed)
            row.version = number
        row.documents, row.checksum = stepper.documents, CHECKSUM.format(stepper.checksum)

    def _changed(self, bundle: Bundle, before: int, number: int) -> Iterable[str]:
        if before == number - 1 and (bundle.uuid, number) in self.hints:
            return self.hints[bundle.uuid, number]
        changes = api.diff_versions(bundle.uuid, before, number)
        return [change.path for change in changes.files]


def sync_bundles(
    engine: SearchBackend, uuids: Iterable[UUID], hints: Hints | None = None, *, anew: bool = False
) -> None:
    """Bring bundles up to date in all generations that are written to.

    Args:
        hints: What is known of what versions changed.
        anew: Take everything of them out first.

    Raises:
        SearchUnavailable: The engine does not answer; the same can be done again.
        IndexConflict: Others kept indexing the same.
    """
    for some in batches(sorted(set(uuids)), _BUNDLES):
        _sync(engine, some, hints or {}, {}, everything=anew)
        languages = find_course_languages(some)
        for others in batches(sorted(languages), _BUNDLES):
            _sync(engine, others, {}, languages, everything=False)


def _sync(
    engine: SearchBackend,
    uuids: Sequence[UUID],
    hints: Hints,
    languages: Mapping[UUID, str],
    *,
    everything: bool,
) -> None:
    bundles = _load(uuids)
    for _attempt in range(_ATTEMPTS):
        syncer = Syncer(find_targets(engine), hints, languages=languages)
        # A rebuild may just have put another generation in the place of one.
        with suppress(GenerationNotFound):
            bundles = syncer.sync(bundles, everything=everything)
        retag_bundles(engine, syncer.retag)
        if not bundles:
            return
        bundles, everything = _load([bundle.uuid for bundle in bundles]), True
    raise IndexConflict(len(bundles))


def _load(uuids: Sequence[UUID]) -> list[Bundle]:
    return list(Bundle.objects.filter(uuid__in=uuids).select_related("collection").order_by("pk"))
