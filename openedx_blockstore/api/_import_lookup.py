"""What the database has of the bundles that an archive names, read in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.db.models import Max, Q

from openedx_blockstore.api._lookup import batches, find_targets, is_pinned, read_manifest
from openedx_blockstore.archives import ArchiveTree
from openedx_blockstore.data import Dependency, LinkTarget
from openedx_blockstore.models import Bundle, BundleVersion, Collection
from openedx_blockstore.store import Tree

#: Is given bundles of other collections, and returns those of them that may be linked to.
MayLink = Callable[[set[UUID]], set[UUID]]


def blockstore_origin(bundle_uuid: UUID) -> str:
    """Return the origin of a bundle that came from another Blockstore and lost its UUID."""
    return f"blockstore:{bundle_uuid}"


class ImportLookup:
    """Answers what is here already, for one archive and one collection.

    A bundle of the archive is the one here that was imported from it into the same collection, or
    the one with its UUID. A version is the one that was imported from it; or, in a bundle into
    which nothing was ever imported, the one with its number, since its numbers are its own.
    """

    def __init__(
        self,
        collection: Collection,
        trees: Sequence[ArchiveTree],
        may_link: MayLink | None = None,
    ) -> None:
        self._collection = collection
        self._in_archive = {tree.key for tree in trees}
        self._numbers: dict[UUID, set[int]] = defaultdict(set)
        for tree in trees:
            self._numbers[tree.info.uuid].add(tree.info.version)
            for link in tree.info.links.values():
                self._numbers[link.bundle_uuid].add(link.version)
        origins = {tree.info.origin for tree in trees if tree.info.origin is not None}
        self._by_uuid: dict[UUID, Bundle] = {}
        self._by_origin: dict[str, Bundle] = {}
        self._load_bundles(origins)
        self._closed = self._not_linkable(may_link)
        self._versions: dict[int, list[BundleVersion]] = defaultdict(list)
        self._latest: dict[int, int] = {}
        self._with_imports: set[int] = set()
        self._rows: dict[Dependency, BundleVersion | None] = {}
        self._load_versions()

    @property
    def taken_origins(self) -> Iterable[str]:
        """Those origins named in the archive that bundles of the collection have."""
        return self._by_origin.keys()

    def is_taken(self, bundle_uuid: UUID) -> bool:
        """Tell whether some bundle has this UUID, in whatever collection."""
        return bundle_uuid in self._by_uuid

    def find_bundle(self, bundle_uuid: UUID) -> Bundle | None:
        """Return the bundle of the collection that a bundle of the archive is."""
        if (imported := self._by_origin.get(blockstore_origin(bundle_uuid))) is not None:
            return imported
        row = self._by_uuid.get(bundle_uuid)
        return row if row is not None and row.collection_id == self._collection.pk else None

    def latest(self, bundle: Bundle) -> BundleVersion | None:
        """Return the newest version of a bundle."""
        number = self._latest.get(bundle.pk)
        return next((v for v in self._versions[bundle.pk] if v.version_num == number), None)

    def numbered(self, bundle: Bundle, number: int) -> list[BundleVersion]:
        """Return the versions that may be a numbered one of the archive, likeliest first."""
        versions = self._versions[bundle.pk]
        return [
            *(version for version in reversed(versions) if version.origin_version == number),
            *(version for version in versions if version.version_num == number),
        ]

    def find_same(self, tree: ArchiveTree, *, anywhere: bool) -> BundleVersion | None:
        """Return the very version that was exported as this tree, if it is here.

        Its manifest's digest tells. It is what it is, wherever its links would lead if they were
        resolved anew.

        Args:
            anywhere: It may be in another collection.
        """
        row = self._by_uuid.get(tree.info.uuid)
        if row is None or row.uuid in self._closed or tree.state != "exported":
            return None
        if not anywhere and row.collection_id != self._collection.pk:
            return None
        for version in self._versions[row.pk]:
            if (
                version.version_num == tree.info.version
                and version.manifest_digest == tree.info.manifest_digest
                and read_manifest(version).tree() == Tree(tree.files, tree.info.links)
            ):
                return version
        return None

    def has(self, link: LinkTarget, *, borrower: Bundle | None) -> bool:
        """Tell whether a link of the archive leads to something in it, or here."""
        key = Dependency(link.bundle_uuid, link.version)
        return key in self._in_archive or self.find_lender(link, borrower=borrower) is not None

    def find_lender(self, link: LinkTarget, *, borrower: Bundle | None) -> Dependency | None:
        """Return what a link of the archive leads to here.

        Args:
            borrower: The bundle that gets the link, if it is here: it may go on using what was
                deleted, but nobody else may begin to.
        """
        candidates = [
            self.find_bundle(link.bundle_uuid),
            self._by_uuid.get(link.bundle_uuid),
        ]
        for bundle in candidates:
            if bundle is None or bundle.uuid in self._closed:
                continue
            for version in self._lender_versions(bundle, link.version):
                if _may_use(borrower, version):
                    return Dependency(bundle.uuid, version.version_num)
        return None

    def row_of(self, version: LinkTarget | Dependency) -> BundleVersion | None:
        """Return the row of a version that is here."""
        key = Dependency(version.bundle_uuid, version.version)
        if key not in self._rows:
            target = LinkTarget(version.bundle_uuid, version.version)
            self._rows[key] = find_targets([target]).get(target)
        return self._rows[key]

    def may_use(self, borrower: Bundle | None, version: LinkTarget) -> bool:
        """Tell whether a version is there, and a bundle may link to it."""
        row = self.row_of(version)
        return row is not None and _may_use(borrower, row)

    def _lender_versions(self, bundle: Bundle, number: int) -> list[BundleVersion]:
        versions = reversed(self._versions[bundle.pk])
        if bundle.pk in self._with_imports:
            return [version for version in versions if version.origin_version == number]
        return [version for version in versions if version.version_num == number]

    def _not_linkable(self, may_link: MayLink | None) -> set[UUID]:
        """Return the bundles of other collections that are not to be linked to."""
        others = {
            row.uuid for row in self._by_uuid.values() if row.collection_id != self._collection.pk
        }
        return others - may_link(others) if may_link is not None and others else set()

    def _load_bundles(self, origins: Iterable[str]) -> None:
        uuids = sorted(self._numbers)
        for some in batches(uuids):
            for row in Bundle.objects.filter(uuid__in=some):
                self._by_uuid[row.uuid] = row
        wanted = {*origins, *(blockstore_origin(bundle_uuid) for bundle_uuid in uuids)}
        for some_origins in batches(sorted(wanted)):
            rows = Bundle.objects.filter(collection=self._collection, origin__in=some_origins)
            for row in rows:
                self._by_origin[str(row.origin)] = row

    def _load_versions(self) -> None:
        bundles = {row.pk: row for row in [*self._by_uuid.values(), *self._by_origin.values()]}
        numbers = {number for some in self._numbers.values() for number in some}
        for some in batches(sorted(bundles)):
            rows = BundleVersion.objects.filter(bundle_id__in=some)
            latest = dict(
                rows.order_by().values_list("bundle_id").annotate(latest=Max("version_num"))
            )
            self._latest |= latest
            self._with_imports.update(
                rows.filter(origin_version__isnull=False)
                .order_by()
                .values_list("bundle_id", flat=True)
                .distinct()
            )
            wanted = Q(version_num__in={*numbers, *latest.values()})
            wanted |= Q(origin_version__in=numbers)
            for version in rows.filter(wanted).order_by("version_num"):
                version.bundle = bundles[version.bundle_id]
                self._versions[version.bundle_id].append(version)
                self._rows[Dependency(version.bundle.uuid, version.version_num)] = version


def _may_use(borrower: Bundle | None, version: BundleVersion) -> bool:
    if version.bundle.deleted_at is None:
        return True
    return borrower is not None and is_pinned(version, borrower=borrower)
