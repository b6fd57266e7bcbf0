"""What the plugin says of content in the API, in search and in exports, and takes back again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import Dependency, EventTarget, Finding, Severity
from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.models_api import BundleVersion, Collection
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore_licensing._writing import writing
from openedx_blockstore_licensing.attribution import (
    content_digests,
    credits_of,
    imported_as,
    replace_imported,
    same_people,
)
from openedx_blockstore_licensing.credits import credit_line, to_text
from openedx_blockstore_licensing.data import Credit, Derived, PublisherData, VersionLicense
from openedx_blockstore_licensing.documents import (
    FILE,
    CollectionDocument,
    VersionDocument,
    read_collection,
    read_version,
    sort_publishers,
    write_collection,
    write_version,
)
from openedx_blockstore_licensing.licenses import NOASSERTION, licenses_in
from openedx_blockstore_licensing.licensing import (
    ALWAYS,
    carry_licenses,
    notify,
    resolve_version,
    set_collection_license,
)
from openedx_blockstore_licensing.models import CollectionLicense, Derivation
from openedx_blockstore_licensing.publishers import find_publishers, set_publisher
from openedx_blockstore_licensing.stored import StoredVersion, read_history, read_versions


class LicensingAnnotations(AnnotationSource):
    """Licences, and who is to be named."""

    def describe(self, bundle_uuid: UUID, versions: Sequence[int]) -> Mapping[int, Any]:
        """Return licences, publishers and credit lines of versions, by number."""
        asked = [Dependency(bundle_uuid, version) for version in versions]
        return {key.version: known for key, known in self.describe_many(asked).items()}

    def describe_many(self, versions: Iterable[Dependency]) -> Mapping[Dependency, Any]:
        """Return the same of versions of many bundles."""
        found = read_versions([(each.bundle_uuid, each.version) for each in versions])
        named = credits_of(found)
        return {
            Dependency(*key): _describe(each.license, named[key])
            for key, each in found.items()
            if each.license.expression
            or each.license.paths
            or each.derivations
            or each.is_spoken_of
            or each.collection.publisher
        }

    def describe_collection(self, collection_uuid: UUID) -> Any:
        """Return the licence of a collection, what it was before, and its publisher."""
        row = Collection.objects.filter(uuid=collection_uuid).first()
        if row is None:
            return None
        history = read_history(row).rows
        if not history and not row.publisher:
            return None
        expression = history[-1].expression if history else ""
        return {
            "expression": expression,
            "licenses": [_license(each.key) for each in licenses_in(expression)],
            "history": [
                {"expression": each.expression, "since": each.since.isoformat()} for each in history
            ],
            "publisher": _publisher(find_publishers([row.publisher]).get(row.publisher)),
        }

    # Exports -------------------------------------------------------------------------------------

    def export_files(self, bundle_uuid: UUID, version: int) -> Mapping[str, bytes]:
        """Return the licence of a version, its publisher, and whose work it is."""
        key = (bundle_uuid, version)
        found = read_versions([key])
        if key not in found:
            return {}
        # What was imported travels on as it came.
        came = imported_as(found[key])
        if came is not None:
            credit, content = came
        else:
            credit = credits_of(found)[key]
            content = content_digests([found[key].row]).get(found[key].row.pk, "")
        license_ = found[key].license
        document = VersionDocument(
            expression=license_.expression,
            from_collection=license_.source == "collection",
            paths=license_.paths,
            credit=credit,
            content=content,
            publishers=_named_publishers(credit),
        )
        return {FILE: write_version(document)}

    def export_collection_files(self, collection_uuid: UUID) -> Mapping[str, bytes]:
        """Return the licence of a collection, what it was before, and its publisher."""
        row = Collection.objects.filter(uuid=collection_uuid).first()
        if row is None:
            return {}
        history = read_history(row).rows
        document = CollectionDocument(
            expression=history[-1].expression if history else "",
            history=tuple((each.expression, each.since.isoformat()) for each in history),
            publisher=row.publisher,
            publishers=sort_publishers(find_publishers([row.publisher])),
        )
        return {FILE: write_collection(document)}

    # Imports -------------------------------------------------------------------------------------

    def import_files(
        self, bundle_uuid: UUID, version: int, files: Mapping[str, bytes]
    ) -> Iterable[Finding]:
        """Take the licence of a version, its publisher, and whose work it is."""
        if FILE not in files:
            return ()
        try:
            document = read_version(files[FILE])
        except BlockstoreError as error:
            return (_unusable(error),)
        found = read_versions([(bundle_uuid, version)]).get((bundle_uuid, version))
        if found is None:
            return ()
        with writing():
            findings = list(_import_publishers(document.publishers))
            findings += _license_findings(found, document)
            # What is said of the latest version holds for those that will be made of it, too.
            last = version if version < resolve_version(bundle_uuid, None)[1] else None
            changed = _import_license(found, document, last)
            changed |= _import_credit(found, document, last)
            if changed:
                notify(EventTarget("bundle", bundle_uuid))
        return findings

    def import_collection_files(
        self, collection_uuid: UUID, files: Mapping[str, bytes]
    ) -> Iterable[Finding]:
        """Take the licence of a collection and its publisher, where nobody has said any here."""
        if FILE not in files:
            return ()
        try:
            document = read_collection(files[FILE])
        except BlockstoreError as error:
            return (_unusable(error),)
        row = Collection.objects.filter(uuid=collection_uuid).first()
        if row is None:
            return ()
        with writing():
            findings = list(_import_publishers(document.publishers))
            findings += _import_collection(row, document)
        return findings


# Describing --------------------------------------------------------------------------------------


def _describe(license_: VersionLicense, credit: Credit) -> dict[str, Any]:
    return {
        "expression": license_.expression,
        "paths": dict(license_.paths),
        "source": license_.source,
        "licenses": [_license(each.key) for each in licenses_in(license_.expression)],
        "publisher": _publisher(credit.publisher),
        "attribution": to_text(credit_line(credit)),
        "modified": any(each.modified for each in credit.derived_from),
        "derived_from": [_derived(each) for each in credit.derived_from],
    }


def _license(key: str) -> dict[str, Any]:
    found = licenses_in(key)[0]
    return {"key": found.key, "name": found.name, "label": found.label, "url": found.url}


def _publisher(publisher: PublisherData | None) -> dict[str, Any] | None:
    if publisher is None:
        return None
    return {
        "iri": publisher.iri,
        "name": publisher.name,
        "id_string": publisher.id_string,
        "logo": publisher.logo,
        "home_page": publisher.home_page,
        "parent": publisher.parent,
    }


def _derived(derived: Derived) -> dict[str, Any]:
    origin = derived.origin
    return {
        "bundle_uuid": str(origin.bundle_uuid),
        "version": origin.version,
        "title": origin.title,
        "author": origin.author,
        "publisher": origin.publisher.iri if origin.publisher is not None else "",
        "license": origin.license,
        "modified": derived.modified,
    }


def _named_publishers(credit: Credit) -> tuple[PublisherData, ...]:
    """Return the publisher of the work itself, and those that it is part of."""
    if credit.publisher is None:
        return ()
    return sort_publishers(find_publishers([credit.publisher.iri]))


# Importing ---------------------------------------------------------------------------------------


def _import_publishers(publishers: Iterable[PublisherData]) -> Iterator[Finding]:
    """Take publishers that are not known here; those that are stay as they are."""
    given = list(publishers)
    known = find_publishers(publisher.iri for publisher in given)
    for publisher in given:
        existing = known.get(publisher.iri)
        if existing is None:
            try:
                set_publisher(publisher)
            except BlockstoreError as error:
                yield _unusable(error)
        elif existing != publisher:
            yield Finding(
                Severity.INFO,
                "publisher-differs",
                FILE,
                None,
                f"The archive says something else of the publisher {publisher.iri} than is known "
                f"here ({existing.name!r}); what is known here stays.",
            )


def _import_license(
    found: StoredVersion, document: VersionDocument, last_version: int | None
) -> bool:
    """Let the licence come along that the archive names; tell whether anything has changed."""
    whole = document.expression or NOASSERTION
    if document.from_collection or not document.expression:
        here = read_history(found.collection).at(found.row.created)
        held = here.expression if here is not None else ""
        whole = "" if held == document.expression else whole
    return carry_licenses(
        found.bundle,
        whole,
        document.paths,
        first_version=found.row.version_num,
        last_version=last_version,
        source="import",
    )


def _license_findings(found: StoredVersion, document: VersionDocument) -> Iterator[Finding]:
    before = found.license
    if before.source == "author" and before.expression != document.expression:
        yield Finding(
            Severity.WARNING,
            "license-differs",
            FILE,
            None,
            f"The archive says that the licence of version {found.row.version_num} is "
            f"{document.expression or 'not known'}; what was said here stays: "
            f"{before.expression}.",
        )


def _import_credit(
    found: StoredVersion, document: VersionDocument, last_version: int | None
) -> bool:
    """Write down whose work it is; tell whether anything has changed."""
    key = (found.bundle.uuid, found.row.version_num)
    credit = document.credit
    imported = found.row.origin_version is not None
    named = not imported and (credit.bundle_uuid, credit.version) == key
    if named and content_digests([found.row]).get(found.row.pk) == document.content:
        return False  # it is this very version, and was made here
    here = credits_of({key: found})[key]
    origins = [Derived(credit, modified=not imported)]
    content = document.content
    if same_people(here, credit):
        content = ""
        # It comes home: only what it was made of is news.
        known = {
            (row.origin_uuid, row.origin_version)
            for row in found.derivations
            if row.kind != Derivation.Kind.IMPORT
        }
        origins = [
            each
            for each in credit.derived_from
            if (each.origin.bundle_uuid, each.origin.version) not in known
        ]
    return replace_imported(found, origins, last_version=last_version, content=content)


def _import_collection(row: Collection, document: CollectionDocument) -> Iterator[Finding]:
    """Take what is said of a collection, where it says nothing of what somebody made here."""
    said = CollectionLicense.objects.filter(collection=row, is_default=False)
    current = said.order_by("-since").first()
    held = current.expression if current is not None else ""
    own = BundleVersion.objects.filter(bundle__collection=row, origin_version=None)
    only_imported = not own.exists()
    if document.expression and held != document.expression:
        if current is None and only_imported:
            set_collection_license(row.uuid, document.expression, since=ALWAYS)
        else:
            yield _differs("license", document.expression, held)
    if document.publisher and row.publisher != document.publisher:
        if not row.publisher and only_imported:
            blockstore.update_collection(row.uuid, publisher=document.publisher)
        else:
            yield _differs("publisher", document.publisher, row.publisher)


def _differs(what: str, theirs: str, ours: str) -> Finding:
    noun = "licence" if what == "license" else what
    return Finding(
        Severity.INFO,
        f"collection-{what}-differs",
        FILE,
        None,
        f"The {noun} of the archive's collection is {theirs}; here it stays {ours or 'none'}.",
    )


def _unusable(error: BlockstoreError) -> Finding:
    return Finding(
        Severity.WARNING,
        "license-document",
        FILE,
        None,
        f"What the archive says of licences can not be used: {error}",
    )
