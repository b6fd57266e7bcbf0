"""Decides what an import makes of an archive, without making anything.

Which bundle a tree becomes, whether a version holds it already, and where its links lead: all of it
is settled here, with the numbers that new versions will have. So a dry run is a plan that nobody
carries out, and an import that fails leaves nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from uuid import UUID

from attrs import define, field, frozen

from openedx_blockstore.api._import_lookup import ImportLookup, MayLink, blockstore_origin
from openedx_blockstore.api._lookup import read_closure, read_manifest
from openedx_blockstore.api._values import check_text, check_title
from openedx_blockstore.archives import ArchiveTree, ArchiveTrees, TreeInfo
from openedx_blockstore.bundle_types import max_files
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import Dependency, LinkTarget, SkippedEntry
from openedx_blockstore.exceptions import Invalid, InvalidArchive, InvalidLink, LimitExceeded
from openedx_blockstore.models import Bundle, BundleVersion, Collection
from openedx_blockstore.store import (
    EMPTY_CLOSURE,
    EMPTY_TREE,
    Closure,
    Tree,
    check_acyclic,
    check_links,
    close_over,
)


@define(eq=False)
class BundlePlan:
    """A bundle that trees of the archive become versions of.

    Attributes:
        uuid: The one it has here.
        type: Decides how many files it may hold.
        origin: What a new bundle gets.
        row: None for a bundle that is to be made.
        latest: The newest version that is there now.
        latest_num: The newest version's number, with those that are planned.
        latest_tree: What that one holds.
        stored: The digests of contents that are known to be stored with it.
    """

    uuid: UUID
    info: TreeInfo
    type: str
    origin: str | None
    row: Bundle | None
    latest: BundleVersion | None = None
    latest_num: int = 0
    latest_tree: Tree = EMPTY_TREE
    stored: set[str] = field(factory=set)


@frozen(eq=False)
class TreePlan:
    """What becomes of one tree.

    Attributes:
        version: The number of the version that will hold it, or holds it already.
        created: Whether that version is to be made.
        content: Its files, and its links as they lead here.
        dropped: Weak links that lead nowhere here.
    """

    tree: ArchiveTree
    bundle: BundlePlan
    version: int
    created: bool
    content: Tree
    dropped: tuple[SkippedEntry, ...] = ()


def plan_import(
    collection: Collection,
    found: ArchiveTrees,
    new_uuids: dict[UUID, UUID],
    may_link: MayLink | None = None,
) -> list[TreePlan]:
    """Return what is to be done for each tree, lenders before their borrowers.

    Args:
        found: What is in the archive.
        new_uuids: The UUIDs that bundles get which can not keep theirs. It is added to, so that
            planning again decides the same.
        may_link: See :func:`openedx_blockstore.api.import_archive`.

    Raises:
        InvalidArchive: The archive can not be imported here; the error names all lenders that are
            missing.
        InvalidLink, LinkCycle, LimitExceeded: A version as in the archive is not possible here.
        StorageError: The storage failed.
    """
    lookup = ImportLookup(collection, found.trees, may_link)
    settled = _settled(found, lookup)
    _check_lenders([tree for tree in found.trees if tree.key not in settled], lookup)
    planner = _Planner(lookup, settled, new_uuids)
    return [planner.plan(tree) for tree in found.trees]


def _settled(found: ArchiveTrees, lookup: ImportLookup) -> dict[Dependency, BundleVersion]:
    """Return the trees that are here as they are, so that nothing is to be decided.

    A tree that is only there because others need it may be in another collection, if all of those
    are settled, and so link to it already.
    """
    settled: dict[Dependency, BundleVersion] = {}
    needed = set(found.roots)
    for tree in reversed(found.trees):
        same = lookup.find_same(tree, anywhere=tree.key not in needed)
        if same is not None:
            settled[tree.key] = same
        else:
            links = tree.info.links.values()
            needed.update(Dependency(link.bundle_uuid, link.version) for link in links)
    return settled


def _check_lenders(trees: Iterable[ArchiveTree], lookup: ImportLookup) -> None:
    missing = sorted(
        {
            f"{link.bundle_uuid}@{link.version}"
            for tree in trees
            for link in tree.info.links.values()
            if not link.weak and not lookup.has(link, borrower=lookup.find_bundle(tree.info.uuid))
        }
    )
    if missing:
        raise InvalidArchive(
            f"it links to bundle versions that are neither in it nor here: {', '.join(missing)}; "
            f"import them first, or export the bundle with its dependencies"
        )


class _Planner:
    """Plans one tree after the other, knowing what was planned before."""

    def __init__(
        self,
        lookup: ImportLookup,
        settled: Mapping[Dependency, BundleVersion],
        new_uuids: dict[UUID, UUID],
    ) -> None:
        self._lookup = lookup
        self._settled = settled
        self._new_uuids = new_uuids
        self._bundles: dict[UUID, BundlePlan] = {}
        # How the bundle versions of the archive are called here.
        self._places: dict[Dependency, Dependency] = {}
        # The closures and links of versions that are to be made.
        self._closures: dict[Dependency, Closure] = {}
        self._planned_links: dict[Dependency, Mapping[str, LinkTarget]] = {}
        self._taken_origins: set[str | None] = set(lookup.taken_origins)

    def plan(self, tree: ArchiveTree) -> TreePlan:
        """Plan one tree, whose lenders are planned already."""
        if (same := self._settled.get(tree.key)) is not None:
            bundle = self._plan_old_bundle(tree, same.bundle)
            content = read_manifest(same).tree()
            plan = TreePlan(tree, bundle, same.version_num, created=False, content=content)
        else:
            bundle = self._plan_bundle(tree)
            links, dropped = self._resolve_links(tree, bundle.row)
            content = Tree(tree.files, links)
            plan = self._find_equal(tree, bundle, content, dropped) or self._plan_version(
                tree, bundle, content, dropped
            )
        self._places[tree.key] = Dependency(bundle.uuid, plan.version)
        return plan

    def _plan_bundle(self, tree: ArchiveTree) -> BundlePlan:
        key = tree.info.uuid
        if key not in self._bundles:
            row = self._lookup.find_bundle(key)
            self._bundles[key] = (
                self._plan_old_bundle(tree, row) if row is not None else self._plan_new_bundle(tree)
            )
        return self._bundles[key]

    def _plan_old_bundle(self, tree: ArchiveTree, row: Bundle) -> BundlePlan:
        plan = BundlePlan(row.uuid, tree.info, row.type, row.origin, row)
        if (latest := self._lookup.latest(row)) is not None:
            plan.latest = latest
            plan.latest_num = latest.version_num
            plan.latest_tree = read_manifest(latest).tree()
            plan.stored = {file.digest for file in plan.latest_tree.files.values()}
        return plan

    def _plan_new_bundle(self, tree: ArchiveTree) -> BundlePlan:
        info = tree.info
        uuid_, origin = info.uuid, info.origin
        if self._lookup.is_taken(info.uuid):
            uuid_ = self._new_uuids.setdefault(info.uuid, uuid.uuid4())
            origin = blockstore_origin(info.uuid)
        elif origin in self._taken_origins:
            origin = None
        if origin is not None:
            self._taken_origins.add(origin)
        try:
            check_title(info.title)
            check_text("slug", info.slug, max_length=180)
            check_text("type", info.type, max_length=60)
            check_text("origin", origin or "", max_length=500)
        except LimitExceeded:
            raise
        except Invalid as error:
            raise InvalidArchive(f"bundle {info.uuid}: {error}".rstrip(".")) from error
        return BundlePlan(uuid_, info, info.type, origin, row=None)

    def _resolve_links(
        self, tree: ArchiveTree, borrower: Bundle | None
    ) -> tuple[dict[str, LinkTarget], tuple[SkippedEntry, ...]]:
        links: dict[str, LinkTarget] = {}
        dropped: list[SkippedEntry] = []
        for alias, link in sorted(tree.info.links.items()):
            place = self._places.get(Dependency(link.bundle_uuid, link.version))
            place = place or self._lookup.find_lender(link, borrower=borrower)
            if place is not None:
                links[alias] = LinkTarget(place.bundle_uuid, place.version, link.weak)
            else:
                reason = f"a weak link to {link}, which is neither in the archive nor here"
                dropped.append(SkippedEntry(f"links/{alias}", reason))
        return links, tuple(dropped)

    def _find_equal(
        self,
        tree: ArchiveTree,
        bundle: BundlePlan,
        content: Tree,
        dropped: tuple[SkippedEntry, ...],
    ) -> TreePlan | None:
        if bundle.latest_num and bundle.latest_tree == content:
            return TreePlan(
                tree, bundle, bundle.latest_num, created=False, content=content, dropped=dropped
            )
        if bundle.row is None or tree.state == "hand":
            return None
        for version in self._lookup.numbered(bundle.row, tree.info.version):
            if read_manifest(version).tree() == content:
                return TreePlan(
                    tree,
                    bundle,
                    version.version_num,
                    created=False,
                    content=content,
                    dropped=dropped,
                )
        return None

    def _plan_version(
        self,
        tree: ArchiveTree,
        bundle: BundlePlan,
        content: Tree,
        dropped: tuple[SkippedEntry, ...],
    ) -> TreePlan:
        if bundle.row is not None and bundle.row.deleted_at is not None:
            raise InvalidArchive(
                f"bundle {bundle.uuid} was deleted here, and the archive has a version of it "
                f"({tree.key}) that would be new; undelete it first"
            )
        if not bundle.latest_num and not content.files and not content.links:
            raise InvalidArchive(
                f"{tree.key} holds neither files nor links, so it can not be the first version"
            )
        self._check(tree, bundle, content)
        bundle.latest_num += 1
        bundle.latest_tree = content
        key = Dependency(bundle.uuid, bundle.latest_num)
        self._closures[key] = self._close(bundle, content)
        self._planned_links[key] = content.links
        return TreePlan(
            tree, bundle, bundle.latest_num, created=True, content=content, dropped=dropped
        )

    def _check(self, tree: ArchiveTree, bundle: BundlePlan, content: Tree) -> None:
        limit, setting = max_files(bundle.type)
        if len(content.files) > max(limit, len(bundle.latest_tree.files)):
            raise LimitExceeded(
                f"Files in {tree.key}, whose type is {bundle.type!r}",
                actual=len(content.files),
                limit=limit,
                setting=setting,
            )
        try:
            check_text("author", tree.info.author, max_length=255)
        except Invalid as error:
            raise InvalidArchive(f"{tree.key}: {error}".rstrip(".")) from error

    def _close(self, bundle: BundlePlan, content: Tree) -> Closure:
        """Return the closure of a version that is to be made, refusing what must not be linked.

        The same is checked when the version is made; here it is found before anything is.
        """
        for alias, target in content.links.items():
            if target.bundle_uuid != bundle.uuid and not self._may_use(bundle.row, target):
                raise InvalidLink(alias, f"bundle {target.bundle_uuid} was deleted here")
            check_acyclic(
                bundle.uuid,
                alias,
                target,
                self._closure_of(target),
                links_of=self._links_of,
                closure_of=self._closure_of,
            )
        closure = close_over(content.links, known={}, closure_of=self._closure_of)
        check_links(
            bundle.uuid,
            content.links,
            closure,
            max_dependencies=get_settings().MAX_DEPENDENCIES,
        )
        return closure

    def _may_use(self, borrower: Bundle | None, target: LinkTarget) -> bool:
        return Dependency(target.bundle_uuid, target.version) in self._closures or (
            self._lookup.may_use(borrower, target)
        )

    def _closure_of(self, version: LinkTarget | Dependency) -> Closure:
        planned = self._closures.get(Dependency(version.bundle_uuid, version.version))
        if planned is not None:
            return planned
        row = self._lookup.row_of(version)
        return read_closure(row) if row is not None else EMPTY_CLOSURE

    def _links_of(self, version: Dependency) -> Mapping[str, LinkTarget]:
        planned = self._planned_links.get(version)
        if planned is not None:
            return planned
        row = self._lookup.row_of(version)
        return read_manifest(row).tree().links if row is not None else {}


def contents_to_store(
    plans: Iterable[TreePlan], stored: set[tuple[UUID, str]]
) -> Mapping[str, list[UUID]]:
    """Return, by digest, the bundles with which contents must be stored that are not there yet.

    Args:
        stored: What was stored by earlier attempts; what is returned is added to it.
    """
    wanted: dict[str, list[UUID]] = {}
    for plan in plans:
        if not plan.created:
            continue
        for file in plan.content.files.values():
            place = (plan.bundle.uuid, file.digest)
            if file.digest not in plan.bundle.stored and place not in stored:
                stored.add(place)
                wanted.setdefault(file.digest, []).append(plan.bundle.uuid)
    return wanted
