"""Where the assets go: to the one bundle that uses them, or to bundles that others link to."""

from __future__ import annotations

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.assets import (
    ASSETS_POLICY,
    STATIC_FOLDER,
    AssetIndex,
    asset_key,
)
from openedx_blockstore.courses.block_bundles import MAX_TITLE_LENGTH, free_alias
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
    PlannedLink,
)
from openedx_blockstore.courses.reader import CourseExport
from openedx_blockstore.courses.references import (
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
            by = users.get(asset, [])
            if not by and asset in self._drafted:
                by = [self._course.key]
            if not by:
                unreferenced.append(asset)
            elif len(by) == 1 and self._has_room(bundles[by[0]]):
                self._add(bundles[by[0]], asset, places)
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
                for asset in find_video_assets(block.element, self._assets):
                    self._use(home.bundle, asset, asset.removeprefix(STATIC_FOLDER))
        for used in self._uses.values():
            used.update(self._reached(used))
        self._drafted = self._reached(self._drafted)

    def _find_inner(self) -> dict[str, set[str]]:
        """Find what pages, styles and scripts among the assets name."""
        inner: dict[str, set[str]] = {}
        for asset in self._paths:
            if (text := self._text(asset, ExportFile(asset))) is not None:
                found = find_relative_assets(asset, text, self._assets)
                found |= {r.asset for r in find_asset_references(text, self._assets) if r.asset}
                inner[asset] = found
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

    def _users(self) -> dict[str, list[BlockKey]]:
        users: dict[str, list[BlockKey]] = {}
        for key, used in self._uses.items():
            for asset in used:
                users.setdefault(asset, []).append(key)
        return users

    def _text(self, path: str, contents: Contents) -> str | None:
        if isinstance(contents, bytes):
            return contents.decode("utf-8", "replace") if is_text(path, len(contents)) else None
        file = self._export.files[contents.path]
        if not is_text(contents.path, file.stat().st_size):
            return None
        return file.read_bytes().decode("utf-8", "replace")

    # Places --------------------------------------------------------------------------------------

    def _has_room(self, bundle: PlannedBundle) -> bool:
        return len(bundle.files) < self._limits.files_of(bundle.type)

    def _add(
        self, bundle: PlannedBundle, asset: str, places: dict[str, tuple[BlockKey, str]]
    ) -> None:
        wanted = f"{STATIC_FOLDER}{safe_path(self._name(asset))}"
        path = bundle.add(wanted, ExportFile(asset), original=asset)
        if path != wanted:
            self._findings.warning(
                "name-clash",
                asset,
                "Its name differs from another asset's only in case, which no bundle may hold; a "
                f"suffix was added ({quoted(path)}), which an export takes off again.",
            )
        places[asset] = (bundle.key, path)

    def _name(self, asset: str) -> str:
        """Return the name under which blocks will look for an asset.

        That is its own, unless all of them call it by its key.
        """
        own = asset.removeprefix(STATIC_FOLDER)
        names = self._names.get(asset, set())
        key = asset_key(own)
        return key if names == {key} and f"{STATIC_FOLDER}{key}" not in self._export.files else own

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
            if number not in bundles:
                key = BlockKey(ASSETS_TAG, name if count == 1 else f"{name}-{number + 1}")
                what = _TITLES[name] if count == 1 else f"{_TITLES[name]} {number + 1}"
                bundles[number] = PlannedBundle(
                    key=key,
                    type=ASSETS_TAG,
                    title=f"{self._course.title[: MAX_TITLE_LENGTH - 40]} ({what})",
                    origin=make_origin(self._course.org, self._course.course, key),
                )
            self._add(bundles[number], asset, places)
        return [bundles[number] for number in sorted(bundles)]

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
                key, path = places[asset]
                if key in targets:
                    needs.setdefault(key, set()).add(path)
            for key, paths in sorted(needs.items()):
                alias = free_alias(bundles[user], f"{key.name}-{ASSETS_TAG}", key)
                bundles[user].links[alias] = PlannedLink(key, frozenset(paths))
