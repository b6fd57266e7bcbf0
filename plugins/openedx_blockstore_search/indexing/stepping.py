"""One step of a bundle from what is known of it to its next version: what changes in the index.

A step reads the files that the version changed, and those around whose parts something changed. It
is the same whether it is done at once after a commit or years later by a rebuild, so the documents
follow from the versions alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import Factory, define, field

from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore.plugin_api.search_backends import (
    Change,
    Parent,
    Patch,
    Put,
    SearchDocument,
    Selection,
)
from openedx_blockstore_search.indexing.comparing import names_of, parts_of, places_of
from openedx_blockstore_search.indexing.documents import (
    Origin,
    Since,
    document_id,
    file_document,
    part_document,
    token,
)
from openedx_blockstore_search.indexing.known import Kind, Known, KnownFile, KnownPart
from openedx_blockstore_search.parts.assembly import MAX_NESTING
from openedx_blockstore_search.parts.blocks import FilePart
from openedx_blockstore_search.parts.files import FileFacts, is_worth_reading, read_facts

#: How all parts of a version are found where the bundle's type knows better: facts by path.
PartFinder = Callable[[BundleContents], Mapping[str, FileFacts] | None]


@define
class Stepper:
    """Takes one bundle from version to version.

    Attributes:
        emit: Takes the changes of the index.
        documents: How many there are now.
        checksum: Of all of them.
    """

    known: Known
    origin: Origin
    emit: Callable[[Change], None]
    documents: int = 0
    checksum: int = 0
    find_parts: PartFinder = field(default=lambda _contents: None)

    def step(self, contents: BundleContents, since: Since, changed: Iterable[str]) -> None:
        """Go to a version.

        Args:
            contents: What it holds.
            since: Which it is.
            changed: All paths that are different from what is known.
        """
        _Step(self, contents, since, frozenset(changed)).run()

    def put(self, document: SearchDocument) -> None:
        """Add a document."""
        self.documents += 1
        self.checksum ^= token(document.id, document.first_version, None, document.digest)
        self.emit(Put(document))

    def close(self, kind: str, name: str, first: int, digest: str, last: int) -> None:
        """Say that what was is so no longer."""
        identity = document_id(self.origin.bundle_uuid, kind, name, first)
        self.checksum ^= token(identity, first, None, digest) ^ token(identity, first, last, digest)
        self.emit(Patch(Selection(ids=(identity,)), {"last_version": last}))


@define
class _Step:
    _stepper: Stepper
    _contents: BundleContents
    _since: Since
    _changed: frozenset[str]
    _facts: dict[str, FileFacts] = Factory(dict)
    # Of a type that finds parts itself, they may be in parts of other files.
    _titles: dict[str, FilePart] = Factory(dict)

    def run(self) -> None:
        known = self._stepper.known
        known.load(self._changed)
        known.load_sources(self._changed)
        own = self._stepper.find_parts(self._contents)
        read = self._to_read() if own is None else self._all_of(own)
        before = {path: known.file(path) for path in read}
        known.load_around(read)
        around = {path: known.around(path)[0] for path in read}
        for path in read:
            self._facts[path] = (
                self._read(path) if own is None else own.get(path) or FileFacts(path)
            )
        pages = self._note_all(before)
        moved = self._moved(before, around) if own is None else set()
        for path in sorted(moved):
            self._facts[path] = self._read(path)
        if own is not None:
            self._titles = {part.key: part for file in own.values() for part in file.parts}
        known.load_around(self._facts)
        for path in sorted(self._facts):
            self._parts(path)
        for path in sorted(self._changed | (pages & set(self._contents.files))):
            self._file(path)

    # What is to be read --------------------------------------------------------------------------

    def _to_read(self) -> list[str]:
        """Return the files to read: the changed ones, and those whose pages have changed."""
        known = self._stepper.known
        showing = {
            source for path in self._changed for source, _name in known.sources_of(path, Kind.PAGE)
        }
        known.load(showing)
        return sorted(self._changed | (showing & set(self._contents.files)))

    def _all_of(self, own: Mapping[str, FileFacts]) -> list[str]:
        known = self._stepper.known
        known.load({*own, *self._contents.files})
        return sorted({*own, *self._changed, *(each.path for each in known.all_files())})

    def _read(self, path: str) -> FileFacts:
        if path not in self._contents.files or not is_worth_reading(path):
            return FileFacts(path)
        return read_facts(self._contents, path)

    # What follows from it ------------------------------------------------------------------------

    def _note_all(self, before: Mapping[str, KnownFile]) -> set[str]:
        """Know what the files say now, but for their documents; return the pages concerned."""
        pages: set[str] = set()
        for path, facts in self._facts.items():
            old = before[path]
            new = KnownFile(
                path,
                old.first_version,
                old.digest,
                facts.flaw or "",
                parts_of(facts, old),
                names_of(facts),
            )
            pages |= old.targets(Kind.PAGE) ^ new.targets(Kind.PAGE)
            self._stepper.known.put(new)
        self._stepper.known.load(pages)
        return pages

    def _moved(
        self, before: Mapping[str, KnownFile], around: Mapping[str, tuple[Parent, ...]]
    ) -> set[str]:
        """Return the other files around whose parts something has changed."""
        known = self._stepper.known
        pending: set[str] = set()
        for path, old in before.items():
            new = known.file(path)
            was, now = places_of(old, around[path]), places_of(new, known.around(path)[0])
            pending |= {target for target, _parents in was ^ now}
        moved: set[str] = set()
        for _level in range(MAX_NESTING):
            pending = (pending & set(self._contents.files)) - moved
            if not pending:
                break
            known.load(pending)
            moved |= pending
            pending = {
                target for path in pending for target in known.file(path).targets(Kind.INCLUDE)
            }
        return moved - set(before)

    # Documents -----------------------------------------------------------------------------------

    def _parts(self, path: str) -> None:
        """Bring the documents of a file's parts to what they are now."""
        stepper = self._stepper
        old = stepper.known.file(path)
        outside, language = stepper.known.around(path)
        facts = self._facts[path]
        titles = self._titles or {part.key: part for part in facts.parts}
        parts: dict[str, KnownPart] = {}
        for part in facts.parts:
            inside = [
                Parent(key, titles[key].type, titles[key].title)
                for key in part.around
                if key in titles
            ]
            document = part_document(
                part,
                path,
                stepper.origin,
                self._since,
                parents=(*outside, *inside),
                language=language,
            )
            known = old.parts.get(part.key)
            first = self._document(
                "p",
                part.key,
                document,
                known.first_version if known is not None else None,
                known.digest if known is not None else "",
            )
            parts[part.key] = KnownPart(
                part.key,
                part.type,
                part.title,
                part.language or "",
                part.around,
                first,
                document.digest,
            )
        for key, gone in old.parts.items():
            if key not in parts and gone.first_version:
                self._gone("p", key, gone.first_version, gone.digest)
        stepper.known.put(
            KnownFile(path, old.first_version, old.digest, old.flaw, parts, old.names)
        )

    def _file(self, path: str) -> None:
        """Bring the document of a file to what it is now."""
        known = self._stepper.known
        old = known.file(path)
        if path not in self._contents.files:
            if old.first_version is not None:
                self._gone("f", path, old.first_version, old.digest)
            known.put(KnownFile(path))
            return
        facts = self._facts.get(path) or self._read(path)
        known.load_sources([path])
        document = file_document(
            facts,
            self._stepper.origin,
            self._since,
            shown=bool(known.sources_of(path, Kind.PAGE)) or bool(facts.parts),
        )
        first = self._document("f", path, document, old.first_version, old.digest)
        known.put(KnownFile(path, first, document.digest, old.flaw, old.parts, old.names))

    def _document(
        self,
        kind: str,
        name: str,
        document: SearchDocument,
        first: int | None,
        digest: str,
    ) -> int:
        """Let a document be there; return since which version it is as it is."""
        if first and digest == document.digest:
            return first
        if first:
            self._gone(kind, name, first, digest)
        self._stepper.put(document)
        return self._since.version

    def _gone(self, kind: str, name: str, first: int, digest: str) -> None:
        self._stepper.close(kind, name, first, digest, self._since.version - 1)
