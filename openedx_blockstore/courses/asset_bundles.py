"""Where the assets go: to the one bundle that uses them, or to bundles that others link to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.assets import (
    ASSETS_POLICY,
    STATIC_FOLDER,
    AssetIndex,
)
from openedx_blockstore.courses.block_bundles import MAX_TITLE_LENGTH
from openedx_blockstore.courses.blocks import Course
from openedx_blockstore.courses.findings import FindingCollector, quoted
from openedx_blockstore.courses.identity import BlockKey, make_origin, safe_path, short_digest
from openedx_blockstore.courses.paths import OTHER_FOLDER
from openedx_blockstore.courses.placing import Placement, PlacingLimits
from openedx_blockstore.courses.plan import (
    ASSETS_TAG,
    Contents,
    ExportFile,
    PlannedBundle,
)
from openedx_blockstore.courses.reader import CourseExport
from openedx_blockstore.courses.references import (
    decode_text,
    find_asset_references,
    find_relative_assets,
    find_video_assets,
    is_text,
)

#: The names of the bundles of assets.
SHARED = "shared"
UNREFERENCED = "unreferenced"

_TITLES = {SHARED: "shared assets", UNREFERENCED: "unreferenced assets"}

#: Files of the course's bundle whose references count only where nobody else has any: what they
#: say is not part of the course as it is published.
_UNPUBLISHED = ("drafts/", OTHER_FOLDER)

#: Lists of all assets, which use none of them.
_LISTS = (ASSETS_POLICY, "assets/assets.xml")


class AssetPlanner:
    """Adds the assets to planned bundles."""

    def __init__(
        self,
        export: CourseExport,
        course: Course,
        assets: AssetIndex,
        limits: PlacingLimits,
        findings: FindingCollector,
    ) -> None:
        self._export = export
        self._course = course
        self._assets = assets
        self._limits = limits
        self._findings = findings
        self._paths = [path for path in export.files if path.startswith(STATIC_FOLDER)]
        #: Bundle → the assets that it uses.
        self._uses: dict[BlockKey, set[str]] = {}
        #: Asset → the names by which it is called.
        self._names: dict[str, set[str]] = {}
        self._drafted: set[str] = set()
        #: Asset → those that it names by relative path.
        self._beside: dict[str, set[str]] = {}
        self._inner = self._find_inner()

    def plan(
        self,
        bundles: dict[BlockKey, PlannedBundle],
        placement: Placement,
        places: dict[str, tuple[BlockKey, str]],
    ) -> list[PlannedBundle]:
        """Put every asset into a bundle, and link its users to that.

        Args:
            bundles: All bundles but those of assets; they gain files and links.
            places: Gains where each asset went.

        Returns:
            The bundles of assets.
        """
        self._find_uses(bundles, placement)
        users = self._users()
        shared: list[str] = []
        unreferenced: list[str] = []
        for asset in sorted(self._paths):
            by = users.get(asset, set())
            if not by and asset in self._drafted:
                by = {self._course.key}
            owner = bundles[next(iter(by))] if len(by) == 1 else None
            if not by:
                unreferenced.append(asset)
            elif owner is not None and self._fits(owner, asset):
                self._add(owner, asset, places)
            else:
                shared.append(asset)
        made = [
            *self._make(SHARED, shared, places),
            *self._make(UNREFERENCED, unreferenced, places),
        ]
        self._link_users(bundles, made, places)
        return made

    # Uses ----------------------------------------------------------------------------------------

    def _find_uses(self, bundles: dict[BlockKey, PlannedBundle], placement: Placement) -> None:
        for key, bundle in bundles.items():
            for path, contents in bundle.files.items():
                is_unpublished = key == self._course.key and path.startswith(_UNPUBLISHED)
                if path not in _LISTS:
                    self._find_uses_in(key, path, contents, is_unpublished=is_unpublished)
        for block, home in placement.homes.items():
            if block.key.tag in olx.VIDEO_TAGS and block.element is not None:
                for name, asset in find_video_assets(block.element, self._assets).items():
                    self._use(home.bundle, asset, name)
        for used in self._uses.values():
            used.update(self._reached(used))
        self._drafted = self._reached(self._drafted)

    def _find_inner(self) -> dict[str, set[str]]:
        """Find what pages, styles and scripts among the assets name."""
        inner: dict[str, set[str]] = {}
        for asset in self._paths:
            if (text := self._text(asset, ExportFile(asset))) is not None:
                self._beside[asset] = find_relative_assets(asset, text, self._assets)
                named = {r.asset for r in find_asset_references(text, self._assets) if r.asset}
                inner[asset] = self._beside[asset] | named
        return inner

    def _find_uses_in(
        self, key: BlockKey, path: str, contents: Contents, *, is_unpublished: bool
    ) -> None:
        text = self._text(path, contents)
        for reference in find_asset_references(text or "", self._assets):
            if reference.asset is None:
                continue
            if is_unpublished:
                self._drafted.add(reference.asset)
            else:
                self._use(key, reference.asset, reference.name)

    def _use(self, key: BlockKey, asset: str, name: str) -> None:
        self._uses.setdefault(key, set()).add(asset)
        self._names.setdefault(asset, set()).add(name)

    def _reached(self, assets: set[str]) -> set[str]:
        """Add what pages, styles and scripts among the assets name in turn."""
        reached = set(assets)
        pending = list(assets)
        while pending:
            for asset in self._inner.get(pending.pop(), ()):
                if asset not in reached:
                    reached.add(asset)
                    pending.append(asset)
        return reached

    def _users(self) -> dict[str, set[BlockKey]]:
        """Return which bundles use an asset, or a neighbour from which it can not be parted."""
        users: dict[str, set[BlockKey]] = {}
        for key, used in self._uses.items():
            for asset in used:
                users.setdefault(asset, set()).add(key)
        for group in self._neighbourhoods(users):
            together = set().union(*(users[asset] for asset in group))
            users.update(dict.fromkeys(group, together))
        return users

    def _neighbourhoods(self, used: Iterable[str]) -> Iterator[list[str]]:
        """Group used assets that name each other by relative path: they must lie side by side."""
        beside: dict[str, set[str]] = {asset: set() for asset in used}
        for asset, neighbours in self._beside.items():
            for neighbour in neighbours:
                if asset in beside and neighbour in beside:
                    beside[asset].add(neighbour)
                    beside[neighbour].add(asset)
        seen: set[str] = set()
        for start in beside:
            group, pending = [], [start]
            while pending:
                asset = pending.pop()
                if asset not in seen:
                    seen.add(asset)
                    group.append(asset)
                    pending.extend(beside[asset])
            if len(group) > 1:
                yield group

    def _text(self, path: str, contents: Contents) -> str | None:
        if isinstance(contents, bytes):
            return decode_text(contents) if is_text(path, len(contents)) else None
        file = self._export.files[contents.path]
        if not is_text(contents.path, file.stat().st_size):
            return None
        return decode_text(file.read_bytes())

    # Places --------------------------------------------------------------------------------------

    def _fits(self, bundle: PlannedBundle, asset: str) -> bool:
        paths = self._paths_of(asset)
        has_room = len(bundle.files) + len(paths) <= self._limits.files_of(bundle.type)
        return has_room and all(map(bundle.is_free, paths))

    def _add(
        self, bundle: PlannedBundle, asset: str, places: dict[str, tuple[BlockKey, str]]
    ) -> None:
        for wanted in self._paths_of(asset):
            path = bundle.add(wanted, ExportFile(asset), original=asset)
            if path != wanted:
                self._findings.warning(
                    "name-clash",
                    asset,
                    "Its name differs from another asset's only in case, which no bundle may hold; "
                    f"a suffix was added ({quoted(path)}), which an export takes off again.",
                )
            places.setdefault(asset, (bundle.key, path))

    def _paths_of(self, asset: str) -> list[str]:
        """Return the paths at which blocks will look for an asset, the foremost one first.

        That is its own name, unless all of them call it by another one, such as its key. A name
        that is percent-encoded is decoded by whoever looks for it.
        """
        own = unicodedata.normalize("NFC", asset.removeprefix(STATIC_FOLDER))
        called = {unicodedata.normalize("NFC", name) for name in self._names.get(asset, ())}
        names = {name if name == own else unquote(name) for name in called}
        others = sorted(name for name in names - {own} if safe_path(name) == name)
        first = [own] if own in names or not others else []
        return [f"{STATIC_FOLDER}{safe_path(name)}" for name in (*first, *others)]

    def _make(
        self, name: str, assets: list[str], places: dict[str, tuple[BlockKey, str]]
    ) -> list[PlannedBundle]:
        """Make bundles for assets: one, or several by a digest of the name where it needs more."""
        limit = self._limits.files_of(ASSETS_TAG)
        # A little room, so that the number of bundles does not change with every other asset.
        count = 1 if len(assets) <= limit else len(assets) // max(limit * 3 // 4, 1) + 1
        bundles: dict[int, PlannedBundle] = {}
        for asset in assets:
            number = int(short_digest(asset), 16) % count
            # Blocks look for these under their own names, which two can not have in one bundle.
            while name == SHARED and number in bundles and not self._fits(bundles[number], asset):
                number += count
            if number not in bundles:
                bundles[number] = self._start(name, number, is_only=number == 0 and count == 1)
            self._add(bundles[number], asset, places)
        return [bundles[number] for number in sorted(bundles)]

    def _start(self, name: str, number: int, *, is_only: bool) -> PlannedBundle:
        """Return an empty bundle of assets."""
        suffix = "" if is_only else str(number + 1)
        key = BlockKey(ASSETS_TAG, f"{name}-{suffix}".rstrip("-"))
        what = f"{_TITLES[name]} {suffix}".rstrip()
        return PlannedBundle(
            key=key,
            type=ASSETS_TAG,
            title=f"{self._course.title[: MAX_TITLE_LENGTH - 40]} ({what})",
            origin=make_origin(self._course.org, self._course.course, key),
        )

    def _link_users(
        self,
        bundles: dict[BlockKey, PlannedBundle],
        made: list[PlannedBundle],
        places: dict[str, tuple[BlockKey, str]],
    ) -> None:
        targets = {bundle.key: bundle for bundle in made}
        for user, used in self._uses.items():
            needs: dict[BlockKey, set[str]] = {}
            for asset in used:
                key, _ = places[asset]
                if key in targets:
                    needs.setdefault(key, set()).update(self._paths_of(asset))
            for key, paths in sorted(needs.items()):
                bundles[user].link(f"{key.name}-{ASSETS_TAG}", key, frozenset(paths))
