"""Saying under which licence something is, and asking.

Nothing here makes a version. A collection's licence holds for the versions that are made from then
on; a bundle's own licence for the versions that it is set for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import EventTarget
from openedx_blockstore.exceptions import (
    BundleNotFound,
    BundleVersionNotFound,
    CollectionNotFound,
    Invalid,
)
from openedx_blockstore.models_api import Bundle, BundleVersion, Collection
from openedx_blockstore.plugin_tools import (
    clear_annotation,
    find_pattern,
    replace_annotations,
    set_annotation,
)
from openedx_blockstore_licensing._writing import as_uuid, lock_collection, writing
from openedx_blockstore_licensing.data import (
    BundleLicenseData,
    CollectionLicenseData,
    LicenseSource,
    VersionLicense,
)
from openedx_blockstore_licensing.exceptions import InvalidLicense, InvalidVersionRange
from openedx_blockstore_licensing.licenses import NOASSERTION, normalize
from openedx_blockstore_licensing.models import BundleLicense, CollectionLicense
from openedx_blockstore_licensing.paths import normalize_path
from openedx_blockstore_licensing.stored import History, read_history, read_versions

#: What annotations are called in the API, in exports and in events.
NAMESPACE = "licensing"
#: The time from which a licence holds for all versions that there ever were.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

_LAYERS = ("said", "carried", "olx")


# Collections -------------------------------------------------------------------------------------


def get_collection_licenses(collection_uuid: UUID | str) -> list[CollectionLicenseData]:
    """Return the licences that a collection has had, the oldest first.

    Raises:
        CollectionNotFound: There is no such collection.
    """
    history = read_history(_find_collection(collection_uuid))
    return [CollectionLicenseData(row.expression, row.since, row.actor) for row in history.rows]


def get_collection_license(collection_uuid: UUID | str) -> str:
    """Return the licence under which new versions in a collection are; empty for none.

    Raises:
        CollectionNotFound: There is no such collection.
    """
    return _current(read_history(_find_collection(collection_uuid)))


def set_collection_license(
    collection_uuid: UUID | str,
    expression: str | None,
    *,
    since: datetime | None = None,
    actor: str = "",
) -> bool:
    """Say under which licence the versions in a collection are that are made from now on.

    Those that were made before stay under the licence that held then.

    Args:
        expression: An SPDX expression; None or an empty one for nothing that is said any more.
        since: To correct what was said before: the time from which it should have held;
            :data:`ALWAYS` for all versions that there are. What was said of later times stays.
        actor: The name of the user who says so.

    Returns:
        Whether anything has changed.

    Raises:
        CollectionNotFound: There is no such collection.
        InvalidLicense: The expression is none, or names a licence that is not known.
        Invalid: ``since`` is in the future, or has no time zone.
    """
    wanted = collection_expression(expression)
    with writing():
        row = lock_collection(collection_uuid)
        changed = _say(row, wanted, _check_since(since), actor=actor)
        if changed:
            notify(EventTarget("collection", row.uuid), actor=actor)
    return changed


def set_default_license(collection_uuid: UUID | str, expression: str) -> bool:
    """Give a collection of which nobody has said anything the installation's default licence.

    Raises:
        CollectionNotFound: There is no such collection.
        InvalidLicense: The expression is none.
    """
    wanted = collection_expression(expression)
    with writing():
        row = lock_collection(collection_uuid)
        if not wanted or _rows(row):
            return False
        CollectionLicense.objects.create(
            collection=row, since=ALWAYS, expression=wanted, is_default=True
        )
        notify(EventTarget("collection", row.uuid))
    return True


def _say(collection: Collection, expression: str, since: datetime, *, actor: str) -> bool:
    history = History(_rows(collection))
    before = history.at(since)
    said = before is not None and not before.is_default
    if (before.expression if before is not None else "") == expression and (said or not expression):
        return False
    CollectionLicense.objects.update_or_create(
        collection=collection,
        since=since,
        defaults={"expression": expression, "is_default": False, "actor": actor[:255]},
    )
    return True


def _rows(collection: Collection) -> list[CollectionLicense]:
    # With a lock, so that inside a host's transaction they are seen as they are now.
    rows = CollectionLicense.objects.filter(collection=collection)
    return list(rows.select_for_update().order_by("since"))


def _check_since(since: Any) -> datetime:
    now = datetime.now(UTC)
    if since is None:
        return now
    if not isinstance(since, datetime) or since.tzinfo is None:
        raise Invalid(f"since must be a time with its time zone, not {since!r}.")
    if since > now:
        raise Invalid(f"since must not be in the future, as {since.isoformat()} is.")
    return max(since, ALWAYS)


def collection_expression(expression: str | None) -> str:
    """Return what can be said of a collection in its one spelling; empty for nothing.

    Raises:
        InvalidLicense: The expression is none, or says that nobody knows.
    """
    wanted = normalize(expression) if expression not in {None, ""} else ""
    if wanted == NOASSERTION:
        raise InvalidLicense(expression, "say nothing of a collection whose licence is not known")
    return wanted


def _current(history: History) -> str:
    return history.rows[-1].expression if history.rows else ""


# Bundles -----------------------------------------------------------------------------------------


def get_bundle_licenses(bundle_uuid: UUID | str) -> list[BundleLicenseData]:
    """Return what was said of a bundle and its files, by path and version.

    Raises:
        BundleNotFound: There is no such bundle.
    """
    rows = BundleLicense.objects.filter(bundle=_find_bundle(bundle_uuid))
    return [
        _bundle_license(row)
        for row in sorted(
            rows, key=lambda row: (row.path, _LAYERS.index(row.layer), row.first_version)
        )
    ]


def set_bundle_license(
    bundle_uuid: UUID | str,
    expression: str | None,
    *,
    first_version: int,
    last_version: int | None = None,
    path: str = "",
    actor: str = "",
) -> bool:
    """Say under which licence a span of a bundle's versions is, or some of their files.

    Args:
        expression: An SPDX expression; ``NOASSERTION`` where nobody knows, whatever was said of the
            collection; None to say nothing of the bundle any more, so that the collection's holds.
        first_version: The first version that it holds for; it need not be there yet.
        last_version: The last one; None for all later versions, too.
        path: A path, a folder that ends in a slash, or a pattern with ``*`` and ``?``; of several
            that match, the longest counts. Empty for the whole bundle.
        actor: The name of the user who says so.

    Returns:
        Whether anything has changed.

    Raises:
        BundleNotFound: There is no such bundle.
        InvalidLicense: The expression is none, or names a licence that is not known.
        InvalidLicensePath: No file can be at the path.
        InvalidVersionRange: The versions are no span.
    """
    key = {"path": normalize_path(path), "layer": "said"}
    check_span(first_version, last_version)
    span: Any = {"first_version": first_version, "last_version": last_version}
    wanted = normalize(expression) if expression is not None else None
    with writing():
        bundle = _find_bundle(bundle_uuid)
        if wanted is None:
            changed = clear_annotation(BundleLicense, bundle, key, **span)
        else:
            values = {"expression": wanted, "source": "author"}
            changed = set_annotation(BundleLicense, bundle, key, values, **span)
        if changed:
            notify(EventTarget("bundle", bundle.uuid), actor=actor)
    return changed


def carry_licenses(
    bundle: Bundle,
    whole: str,
    paths: Mapping[str, str],
    *,
    first_version: int,
    last_version: int | None = None,
    source: LicenseSource,
) -> bool:
    """Let exactly these licences come along with some versions; it notifies nobody.

    What somebody says here comes before them.

    Args:
        whole: Of the bundle; empty where that is left to the collection.
        paths: Of single files.
    """
    entries = [("", whole)] if whole else []
    return replace_annotations(
        BundleLicense,
        bundle,
        [
            ({"path": path, "layer": "carried"}, {"expression": expression, "source": source})
            for path, expression in [*entries, *paths.items()]
        ],
        key_names=("path", "layer"),
        within={"layer": "carried"},
        first_version=first_version,
        last_version=last_version,
    )


def pin_licenses(bundle_uuid: UUID, from_collection: UUID, *, until: datetime) -> bool:
    """Keep the licences of a bundle's versions, which it had from a collection that it was in.

    Args:
        until: When the bundle left that collection.
    """
    with writing():
        bundle = Bundle.objects.select_related("collection").filter(uuid=bundle_uuid).first()
        old = Collection.objects.filter(uuid=from_collection).first()
        if bundle is None or old is None or old == bundle.collection:
            return False
        versions = BundleVersion.objects.filter(bundle=bundle, created__lte=until)
        spans = _spans(
            History(_rows(old)), History(_rows(bundle.collection)), versions.order_by("version_num")
        )
        own = BundleLicense.objects.filter(bundle=bundle, path="", layer__in=("said", "carried"))
        taken = list(own)
        changed = False
        for begin, end, expression in spans:
            for first, last in _free(begin, end, taken):
                changed |= set_annotation(
                    BundleLicense,
                    bundle,
                    {"path": "", "layer": "carried"},
                    {"expression": expression, "source": "collection"},
                    first_version=first,
                    last_version=last,
                )
        if changed:
            notify(EventTarget("bundle", bundle.uuid))
    return changed


def _spans(
    old: History, new: History, versions: Iterable[BundleVersion]
) -> list[tuple[int, int, str]]:
    """Return the first and last version under each licence that the move would change."""
    spans: list[tuple[int, int, str]] = []
    for version in versions:
        held, holds = (_said(history.at(version.created)) for history in (old, new))
        if held == holds:
            continue
        number, held = version.version_num, held or NOASSERTION
        if spans and spans[-1][1:] == (number - 1, held):
            spans[-1] = (spans[-1][0], number, held)
        else:
            spans.append((number, number, held))
    return spans


def _said(row: CollectionLicense | None) -> str:
    return row.expression if row is not None else ""


def _free(first: int, last: int, taken: Iterable[BundleLicense]) -> Iterable[tuple[int, int]]:
    """Yield what some rows leave of a span."""
    for row in sorted(taken, key=lambda row: row.first_version):
        if row.first_version > last or (row.last_version or last) < first:
            continue
        if row.first_version > first:
            yield first, row.first_version - 1
        first = (row.last_version or last) + 1
    if first <= last:
        yield first, last


def _bundle_license(row: BundleLicense) -> BundleLicenseData:
    return BundleLicenseData(
        expression=row.expression,
        path=row.path,
        first_version=row.first_version,
        last_version=row.last_version,
        source=row.source,  # type: ignore[arg-type]
    )


def check_span(first: object, last: object) -> None:
    """Make sure that versions are a span; None for the last one stands for all later ones.

    Raises:
        InvalidVersionRange: They are none.
    """
    for version in (first, *(() if last is None else (last,))):
        if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version < 2**31:
            raise InvalidVersionRange(first, last)
    if isinstance(first, int) and isinstance(last, int) and last < first:
        raise InvalidVersionRange(first, last)


# Versions ----------------------------------------------------------------------------------------


def get_version_license(bundle_uuid: UUID | str, version: int | None = None) -> VersionLicense:
    """Return the licence that a version is under, and those of single files in it.

    Args:
        version: None for the latest one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
    """
    uuid, number = resolve_version(bundle_uuid, version)
    found = read_versions([(uuid, number)]).get((uuid, number))
    if found is None:
        raise BundleVersionNotFound(bundle_uuid, number)
    return found.license


def get_file_license(bundle_uuid: UUID | str, path: str, version: int | None = None) -> str:
    """Return the licence that a file of a version is under; empty where nobody has said.

    Args:
        path: Of the file; nobody looks whether it is there.
        version: None for the latest one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        InvalidLicensePath: No file can be at the path.
    """
    found = get_version_license(bundle_uuid, version)
    pattern = find_pattern(normalize_path(path), found.paths)
    return found.expression if pattern is None else found.paths[pattern]


def resolve_version(bundle_uuid: UUID | str, version: Any) -> tuple[UUID, int]:
    """Return the UUID and the number of a version that is meant; None stands for the latest.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no version.
    """
    bundle = _find_bundle(bundle_uuid)
    if version is not None:
        if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**31:
            raise BundleVersionNotFound(bundle_uuid, version)
        return bundle.uuid, version
    rows = BundleVersion.objects.filter(bundle=bundle)
    latest = rows.aggregate(latest=Max("version_num"))["latest"]
    if latest is None:
        raise BundleVersionNotFound(bundle_uuid, 0)
    return bundle.uuid, latest


def notify(target: EventTarget, *, actor: str = "") -> None:
    """Tell everybody that what this plugin knows of something has changed."""
    blockstore.notify_annotation_changed(target, NAMESPACE, actor=actor)


def _find_collection(collection_uuid: UUID | str) -> Collection:
    row = Collection.objects.filter(Q(uuid=as_uuid(collection_uuid))).first()
    if row is None:
        raise CollectionNotFound(collection_uuid)
    return row


def _find_bundle(bundle_uuid: UUID | str) -> Bundle:
    row = Bundle.objects.filter(Q(uuid=as_uuid(bundle_uuid)), deleted_at=None).first()
    if row is None:
        raise BundleNotFound(bundle_uuid)
    return row
