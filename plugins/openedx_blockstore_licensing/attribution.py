"""Who is to be named for a work: worked out of the tables, and kept when a work is copied.

A copy that was changed is never said to be the original author's alone: it is "based on" the
original, "modified". Whether it was changed is seen by its files and links, so one that was changed
back is the original again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

from django.core.cache import cache

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleVersionData, EventTarget
from openedx_blockstore.exceptions import BundleVersionNotFound, NotFound, StorageError
from openedx_blockstore.models_api import Bundle, BundleVersion
from openedx_blockstore.plugin_tools import replace_annotations
from openedx_blockstore_licensing._writing import lock_bundle, writing
from openedx_blockstore_licensing.conf import get_settings
from openedx_blockstore_licensing.data import Credit, DerivationData, Derived, PublisherData
from openedx_blockstore_licensing.documents import credit_from_json, credit_to_json
from openedx_blockstore_licensing.licenses import NOASSERTION
from openedx_blockstore_licensing.licensing import notify, resolve_version
from openedx_blockstore_licensing.models import Derivation
from openedx_blockstore_licensing.publishers import find_publishers
from openedx_blockstore_licensing.stored import Key, StoredVersion, batches, read_versions

#: How many works may be named one behind the other; what is further away is left out.
MAX_CHAIN = 30

_CACHE_KEY = "openedx_blockstore_licensing:content:{}"


def get_credit(bundle_uuid: UUID | str, version: int | None = None) -> Credit:
    """Return who is to be named for a version, and what it was made of.

    Args:
        version: None for the latest one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
    """
    key = resolve_version(bundle_uuid, version)
    found = credits_of(read_versions([key]))
    if key not in found:
        raise BundleVersionNotFound(*key)
    return found[key]


def credits_of(versions: Mapping[Key, StoredVersion]) -> dict[Key, Credit]:
    """Return who is to be named for some versions.

    What was copied and changed since has to be read to know that, once; all else takes one
    statement for each level of publishers.
    """
    publishers = find_publishers(found.collection.publisher for found in versions.values())
    changed = _modified(versions.values())
    return {key: _credit(found, publishers, changed) for key, found in versions.items()}


def _credit(
    found: StoredVersion, publishers: Mapping[str, PublisherData], changed: set[tuple[int, Key]]
) -> Credit:
    collection, bundle = found.collection, found.bundle
    iri = collection.publisher
    key = (bundle.uuid, found.row.version_num)
    return Credit(
        bundle_uuid=bundle.uuid,
        version=found.row.version_num,
        title=bundle.title,
        author=collection.author,
        owner=collection.owner,
        publisher=publishers.get(iri) or (PublisherData(iri, iri) if iri else None),
        license=found.license.expression,
        url=source_url(bundle.uuid, found.row.version_num),
        derived_from=tuple(
            Derived(_origin(row), (row.pk, key) in changed) for row in found.derivations
        ),
    )


def _origin(row: Derivation) -> Credit:
    return credit_from_json(json.loads(row.credit))


def source_url(bundle_uuid: UUID, version: int) -> str:
    """Return the address of a page about a version; empty where the settings name none."""
    return get_settings().SOURCE_URL.format(bundle_uuid=bundle_uuid, version=version)


# What was changed --------------------------------------------------------------------------------


def _modified(versions: Iterable[StoredVersion]) -> set[tuple[int, Key]]:
    """Return the derivations, each with a version, whose version is not the original any more."""
    changed: set[tuple[int, Key]] = set()
    doubtful: list[tuple[Derivation, StoredVersion]] = []
    for found in versions:
        key = (found.bundle.uuid, found.row.version_num)
        for row in found.derivations:
            if not row.digest:
                changed.add((row.pk, key))
            elif not _is_original(row, found.row):
                doubtful.append((row, found))
    digests = content_digests([found.row for _row, found in doubtful])
    for row, found in doubtful:
        key = (found.bundle.uuid, found.row.version_num)
        if digests.get(found.row.pk) != row.digest:
            changed.add((row.pk, key))
    return changed


def _is_original(row: Derivation, version: BundleVersion) -> bool:
    """Whether a version is known to be the original without looking at it."""
    if row.kind == Derivation.Kind.COPY:
        return bool(row.first_version == version.version_num)
    return bool(row.manifest_digest == version.manifest_digest)


def content_digests(rows: Iterable[BundleVersion]) -> dict[int, str]:
    """Return the digests of what versions hold, by key; what can not be read is left out."""
    wanted = {_CACHE_KEY.format(row.manifest_digest): row for row in rows}
    known = cache.get_many(list(wanted)) if wanted else {}
    new = {}
    for name, row in wanted.items():
        if name not in known:
            try:
                version = blockstore.get_bundle_version(row.bundle.uuid, row.version_num)
            except (NotFound, StorageError):
                continue
            if version is not None:
                new[name] = content_digest(version)
    if new:
        cache.set_many(new)
    found = {**known, **new}
    return {row.pk: found[name] for name, row in wanted.items() if name in found}


def content_digest(version: BundleVersionData) -> str:
    """Return a digest of the files and links of a version, wherever it is."""
    content = {
        "files": {path: file.hash_digest for path, file in version.files.items()},
        "links": {
            alias: [str(link.direct.bundle_uuid), link.direct.version, link.weak]
            for alias, link in version.links.items()
        },
    }
    return blockstore.digest_of(json.dumps(content, sort_keys=True))


# What was made of what ---------------------------------------------------------------------------


def get_derivations(bundle_uuid: UUID | str) -> list[DerivationData]:
    """Return what a bundle's versions were made of.

    Raises:
        BundleNotFound: There is no such bundle.
    """
    uuid = blockstore.get_bundle(bundle_uuid).uuid
    rows = Derivation.objects.filter(bundle__uuid=uuid).order_by("first_version", "pk")
    return [
        DerivationData(
            origin=_origin(row),
            first_version=row.first_version,
            last_version=row.last_version,
            kind=row.kind,  # type: ignore[arg-type]
        )
        for row in rows
    ]


def record_derivation(
    bundle_uuid: UUID | str,
    origin_uuid: UUID | str,
    origin_version: int | None = None,
    *,
    first_version: int,
) -> None:
    """Say that a bundle's versions, from some version on, are made of another bundle as well.

    For those who take parts of a work into their own, by hand. A copy of the whole is made by
    :func:`~openedx_blockstore_licensing.api.copy_bundle`, which does this itself.

    Args:
        origin_version: The version that was taken; None for the latest one.
        first_version: The first version that it is in.

    Raises:
        BundleNotFound: One of the two is not there.
        BundleVersionNotFound: The original has no such version.
    """
    origin = get_credit(origin_uuid, origin_version)
    with writing():
        bundle = lock_bundle(bundle_uuid)
        known = Derivation.objects.filter(
            bundle=bundle,
            origin_uuid=origin.bundle_uuid,
            origin_version=origin.version,
            first_version=first_version,
        )
        if not known.exists():
            add_derivation(bundle, origin, kind="author", first_version=first_version)
            notify(EventTarget("bundle", bundle.uuid))


def add_derivation(
    bundle: Bundle,
    origin: Credit,
    *,
    kind: Literal["copy", "author"],
    first_version: int,
    digest: str = "",
) -> None:
    """Write down that a bundle was made of a work; it notifies nobody.

    Args:
        digest: Of the content of the first version, where that is the work, unchanged.
    """
    values = _values(origin, kind=kind, digest=digest)
    Derivation.objects.create(bundle=bundle, first_version=first_version, **values)


def imported_as(found: StoredVersion) -> tuple[Credit, str] | None:
    """Return whose work a version is by an import, as it came, if it is just that version.

    Returns:
        The credit, and the digest of the content where it is from.
    """
    for row in found.derivations:
        if row.manifest_digest and row.manifest_digest == found.row.manifest_digest:
            values = json.loads(row.credit)
            if content := values.get("content"):
                return credit_from_json(values), content
    return None


def replace_imported(
    found: StoredVersion,
    origins: Iterable[Derived],
    *,
    last_version: int | None,
    content: str = "",
) -> bool:
    """Let some versions be made of these works, as an import says; it notifies nobody.

    Args:
        found: The first of the versions, which holds the works that are not modified.
        content: The digest of the content of the imported work, where it is from.
    """
    digest = content_digests([found.row]).get(found.row.pk, "")
    entries = [
        _values(
            each.origin,
            kind="import",
            digest="" if each.modified else digest,
            manifest_digest="" if each.modified else found.row.manifest_digest,
            content=content,
        )
        for each in origins
    ]
    return replace_annotations(
        Derivation,
        found.bundle,
        [(values, {}) for values in entries],
        key_names=_COLUMNS,
        within={"kind": "import"},
        first_version=found.row.version_num,
        last_version=last_version,
    )


_COLUMNS = ("kind", "origin_uuid", "origin_version", "digest", "manifest_digest", "credit")


def _values(
    origin: Credit, *, kind: str, digest: str, manifest_digest: str = "", content: str = ""
) -> dict[str, Any]:
    values = credit_to_json(origin, depth=MAX_CHAIN)
    if content:
        values["content"] = content
    return {
        "kind": kind,
        "origin_uuid": origin.bundle_uuid,
        "origin_version": origin.version,
        "digest": digest,
        "manifest_digest": manifest_digest,
        "credit": json.dumps(values, sort_keys=True),
    }


def same_people(credit: Credit, other: Credit) -> bool:
    """Tell whether two works are of the same people; those who are not named are nobody's same."""
    return any(_people(credit)) and _people(credit) == _people(other)


def find_own_originals(
    versions: Mapping[Key, StoredVersion], named: Mapping[Key, Credit]
) -> set[tuple[Key, UUID]]:
    """Return what was made of works of the same people, who may do with those as they please.

    Args:
        named: Who is to be named for the versions.

    Returns:
        Pairs of a version and the UUID of its original, which is in the same collection, or names
        the same people. It takes one statement, if any.
    """
    made = {
        (key, derived.origin.bundle_uuid): derived.origin
        for key in versions
        for derived in named[key].derived_from
    }
    places: dict[UUID, int] = {}
    for some in batches(sorted({uuid for _key, uuid in made})):
        rows = Bundle.objects.filter(uuid__in=some)
        places.update(rows.values_list("uuid", "collection_id"))
    return {
        (key, uuid)
        for (key, uuid), origin in made.items()
        if places.get(uuid) == versions[key].collection.pk or same_people(origin, named[key])
    }


def is_published(derived: Derived, license_: str) -> bool:
    """Tell whether something made of a work is more than a copy that stays as and what it is.

    Args:
        license_: What it is under; a copy under another licence than the original was published
            under that.
    """
    said = license_ if license_ != NOASSERTION else ""
    return derived.modified or said not in {"", derived.origin.license}


def _people(credit: Credit) -> tuple[str, str, str]:
    publisher = credit.publisher.iri if credit.publisher is not None else ""
    return credit.author, credit.owner, publisher
