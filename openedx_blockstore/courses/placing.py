"""Placing: which block lives in which bundle, and at which path there.

A pure function of the course and of what earlier imports decided. The rules:

* a sequential, any other block that stands directly in a chapter or the course, a component of a
  library and a video with files of its own are each the main block of a bundle;
* every other block lives in the bundle of its parent; one whose parents live in different bundles
  gets a bundle of its own, which both can link to;
* a block that an earlier import placed stays where it is, unless its bundle is gone or a circle of
  links would result.
"""

from __future__ import annotations

from attrs import Factory, define, frozen

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.assets import AssetIndex
from openedx_blockstore.courses.blocks import Block, Course
from openedx_blockstore.courses.findings import FindingCollector, quoted
from openedx_blockstore.courses.identity import BlockKey, safe_path, with_suffix
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.courses.references import find_video_assets

#: The bundle types of main blocks; any other has its tag as its type.
BUNDLE_TYPES = {
    "sequential": "sequence",
    "vertical": "unit",
    "videoalpha": "video",
}

#: The names of the main files, for blocks whose file is not called after the tag.
MAIN_FILES = {
    "sequential": "sequence.xml",
    "vertical": "unit.xml",
}

#: The file of a block's definition in its folder ``type/id/``.
DEFINITION_FILE = "definition.xml"

#: The folder of a sequence's units.
UNITS_FOLDER = "units"


@frozen
class Home:
    """Where a block lives.

    Attributes:
        bundle: The key of the bundle's main block.
        path: The path of the definition.
    """

    bundle: BlockKey
    path: str


@define
class Placement:
    """The result of placing.

    Attributes:
        homes: Block → home, for all blocks of the course, parents before children.
        types: The key of each bundle → its type, in the order of their first use.
    """

    homes: dict[Block, Home] = Factory(dict)
    types: dict[BlockKey, str] = Factory(dict)


@frozen
class PlacingLimits:
    """The limits that placing keeps to.

    Attributes:
        max_files: Bundle type → files in a version.
        max_bundles: Bundles that the course's bundle can depend on.
    """

    max_files: dict[str, int]
    max_bundles: int

    def files_of(self, bundle_type: str) -> int:
        """Return how many files a version of this type may hold."""
        return self.max_files.get(bundle_type, self.max_files[""])


def main_file(tag: str) -> str:
    """Return the name of the file of a bundle's main block."""
    return MAIN_FILES.get(tag, f"{tag}.xml")


def bundle_type(tag: str) -> str:
    """Return the type of a bundle by the tag of its main block."""
    return BUNDLE_TYPES.get(tag, tag)


def place_blocks(
    course: Course,
    assets: AssetIndex,
    previous: PreviousImport,
    limits: PlacingLimits,
    findings: FindingCollector,
) -> Placement:
    """Give every block of a course its home."""
    placer = _Placer(course, assets, previous, limits, findings)
    return placer.place()


class _Placer:
    def __init__(
        self,
        course: Course,
        assets: AssetIndex,
        previous: PreviousImport,
        limits: PlacingLimits,
        findings: FindingCollector,
    ) -> None:
        self._course = course
        self._limits = limits
        self._findings = findings
        self._previous = dict(previous.homes)
        self._by_key = {block.key: block for block in course.blocks}
        self._parents: dict[Block, list[Block]] = {block: [] for block in course.blocks}
        for block in course.blocks:
            for slot in block.children:
                if block not in self._parents[slot.child]:
                    self._parents[slot.child].append(block)
        self._parts: dict[Block, BlockKey] = {}
        self._roots = self._find_roots(assets)

    def place(self) -> Placement:
        """Decide the bundles, mend what can not be, then name the paths."""
        bundles = self._decide_bundles()
        while self._open_circle(bundles) or self._split_large(bundles):
            bundles = self._decide_bundles()
        return self._name_paths(bundles)

    def _open_circle(self, bundles: dict[Block, BlockKey]) -> bool:
        moved = self._find_cycle(bundles)
        if moved is None:
            return False
        del self._previous[moved.key]
        self._findings.info(
            "block-moved",
            moved.source,
            f"{quoted(moved.key)} moves to the bundle of its new parent: its old bundle would "
            f"have to link in a circle.",
        )
        return True

    # Bundles -------------------------------------------------------------------------------------

    def _find_roots(self, assets: AssetIndex) -> dict[Block, None]:
        """Return the blocks that must be the main blocks of bundles."""
        tops = list(dict.fromkeys(self._course.tops()))
        if self._course.library is not None:
            tops += [slot.child for slot in self._course.library.children]
        own = [
            block
            for block in self._course.blocks
            if (home := self._previous.get(block.key)) is not None and home[0] == block.key
        ]
        videos = [block for block in self._course.blocks if self._is_full_video(block, assets)]
        # What earlier imports placed inside another bundle stays there.
        roots: dict[Block, None] = {}
        known = {block.key for block in [*tops, *own]}
        for block in dict.fromkeys([*tops, *own, *videos]):
            home = self._previous.get(block.key)
            stays = home is not None and home[0] != block.key and home[0] in known
            if not stays or block.key.tag == "sequential":
                roots[block] = None
        return self._within_limit(roots, tops)

    def _within_limit(self, roots: dict[Block, None], tops: list[Block]) -> dict[Block, None]:
        """Leave the last components, or videos, inside their parents where there are too many."""
        # The assets have bundles, too.
        limit = max(self._limits.max_bundles - 20, 1)
        if len(roots) <= limit:
            return roots
        self._findings.warning(
            "too-many-bundles",
            self._course.course_file,
            f"{len(roots)} parts deserve a bundle of their own, but the course can only depend on "
            f"{limit}; the others are kept inside their parents' bundles.",
        )
        first = set(self._course.tops())
        dispensable = [block for block in roots if block not in first]
        named = set(tops)
        dispensable.sort(key=lambda block: block in named)
        for block in reversed(dispensable[-(len(roots) - limit) :]):
            del roots[block]
            self._previous.pop(block.key, None)
        return roots

    def _is_full_video(self, block: Block, assets: AssetIndex) -> bool:
        return (
            block.key.tag in olx.VIDEO_TAGS
            and block.element is not None
            and bool(find_video_assets(block.element, assets))
        )

    def _decide_bundles(self) -> dict[Block, BlockKey]:
        possible = {block.key for block in self._roots} | set(self._parts.values())
        bundles: dict[Block, BlockKey] = {}
        for block in self._course.blocks:  # parents come before their children
            home = self._previous.get(block.key)
            if block in self._roots:
                bundles[block] = block.key
            elif block in self._parts:
                bundles[block] = self._parts[block]
            elif home is not None and home[0] in possible:
                bundles[block] = home[0]
            else:
                above = dict.fromkeys(bundles[parent] for parent in self._parents[block])
                bundles[block] = next(iter(above)) if len(above) == 1 else block.key
        return bundles

    def _find_cycle(self, bundles: dict[Block, BlockKey]) -> Block | None:
        """Return a block that lives away from its parents and closes a circle of links."""
        edges: dict[BlockKey, dict[BlockKey, Block]] = {}
        for block, bundle in bundles.items():
            for parent in self._parents[block]:
                if bundles[parent] != bundle:
                    edges.setdefault(bundles[parent], {}).setdefault(bundle, block)
        done: set[BlockKey] = set()
        for start in edges:
            path: list[BlockKey] = []
            stack: list[tuple[BlockKey, bool]] = [(start, False)]
            while stack:
                key, is_exit = stack.pop()
                if is_exit:
                    path.pop()
                    done.add(key)
                elif key in path:
                    circle = [*path[path.index(key) :], key]
                    return self._movable(bundles, set(circle))
                elif key not in done:
                    path.append(key)
                    stack.append((key, True))
                    stack.extend((lender, False) for lender in edges.get(key, ()))
        return None

    def _movable(self, bundles: dict[Block, BlockKey], circle: set[BlockKey]) -> Block | None:
        """Return the first block in a circle that is where it is only because it was there."""
        for block, bundle in bundles.items():
            home = self._previous.get(block.key)
            if bundle in circle and home is not None and home[0] == bundle != block.key:
                above = {bundles[parent] for parent in self._parents[block]}
                if above - {bundle} and above & circle:
                    return block
        # Without earlier decisions links follow the tree, which has no circles.
        for block, bundle in bundles.items():
            if bundle in circle and block.key in self._previous:
                return block
        return None

    # Limits --------------------------------------------------------------------------------------

    def _split_large(self, bundles: dict[Block, BlockKey]) -> bool:
        """Move the last children of a main block with too many files to a bundle of their own."""
        sizes: dict[BlockKey, int] = {}
        for block, bundle in bundles.items():
            sizes[bundle] = sizes.get(bundle, 0) + 1 + len(block.attachments)
        for bundle, size in sizes.items():
            root = self._by_key.get(bundle)
            if root is None or root.key.tag == "library":
                continue
            limit = self._limits.files_of(bundle_type(bundle.tag))
            if size > limit and (movable := self._movable_parts(root, bundles, limit)):
                self._split(bundle, movable, bundles, limit)
                return True
        return False

    def _movable_parts(
        self, root: Block, bundles: dict[Block, BlockKey], limit: int
    ) -> list[list[Block]]:
        """Return what can leave a bundle, in order: each block with all that is below it."""
        movable: list[list[Block]] = []
        pending = [root]
        seen = {root}
        while pending:
            inside = []
            for slot in pending.pop().children:
                if slot.child in seen or bundles[slot.child] != root.key:
                    continue
                seen.add(slot.child)
                part = self._below(slot.child)
                if _count_files(part) >= limit and slot.child.children:
                    inside.append(slot.child)  # too large for any bundle: it stays, its parts go
                else:
                    movable.append(part)
            pending.extend(reversed(inside))
        return movable

    def _split(
        self,
        bundle: BlockKey,
        movable: list[list[Block]],
        bundles: dict[Block, BlockKey],
        limit: int,
    ) -> None:
        staying = {block for part in movable for block in part}
        room = limit - _count_files(
            [b for b in bundles if bundles[b] == bundle and b not in staying]
        )
        number = 1
        for part in movable:
            needed = _count_files(part)
            if needed > room:
                number, room = number + 1, limit
            room -= needed
            if number > 1:
                self._parts[part[0]] = BlockKey(bundle.tag, f"{bundle.name}~part-{number}")
                for block in part:
                    self._previous.pop(block.key, None)
        self._findings.info(
            "large-sequence",
            self._by_key[bundle].source,
            f"{quoted(bundle)} has more files than a bundle of its type may hold ({limit}); its "
            f"last parts are in bundles of their own.",
        )

    def _below(self, top: Block) -> list[Block]:
        """Return a block and all below it that has no bundle of its own."""
        seen: dict[Block, None] = {}
        pending = [top]
        while pending:
            block = pending.pop()
            if block not in seen and (block is top or block not in self._roots):
                seen[block] = None
                pending.extend(slot.child for slot in block.children)
        return list(seen)

    # Paths ---------------------------------------------------------------------------------------

    def _name_paths(self, bundles: dict[Block, BlockKey]) -> Placement:
        placement = Placement()
        taken: dict[BlockKey, dict[str, Block]] = {}
        paths: dict[Block, str] = {}
        for block, bundle in bundles.items():
            placement.types.setdefault(bundle, bundle_type(bundle.tag))
            home = self._previous.get(block.key)
            used = taken.setdefault(bundle, {})
            if home is not None and home[0] == bundle and home[1].casefold() not in used:
                paths[block] = home[1]
                used[home[1].casefold()] = block
        for block, bundle in bundles.items():
            if block not in paths:
                used = taken.setdefault(bundle, {})
                path = self._default_path(block, bundle)
                if path.casefold() in used:
                    path = self._apart(block, path)
                used[path.casefold()] = block
                paths[block] = path
            placement.homes[block] = Home(bundle, paths[block])
        return placement

    def _default_path(self, block: Block, bundle: BlockKey) -> str:
        tag, name = block.key.tag, safe_path(block.key.name.replace(":", "/"))
        if block.key == bundle:
            return main_file(tag)
        if tag == "vertical" and bundle.tag == "sequential":
            above = [parent.key.tag for parent in self._parents[block]]
            if "sequential" in above:
                return f"{UNITS_FOLDER}/{name}.xml"
        return f"{tag}/{name}/{DEFINITION_FILE}"

    def _apart(self, block: Block, path: str) -> str:
        """Return a path for a block whose name differs from another's only in case."""
        self._findings.warning(
            "name-clash",
            block.source,
            f"{quoted(block.key)} differs from another block only in case, which no bundle may "
            f"hold; a suffix was added, which an export takes off again.",
        )
        if path.endswith(f"/{DEFINITION_FILE}"):
            folder = path.removesuffix(f"/{DEFINITION_FILE}")
            return f"{with_suffix(folder, str(block.key))}/{DEFINITION_FILE}"
        return with_suffix(path, str(block.key))


def _count_files(blocks: list[Block]) -> int:
    return sum(1 + len(block.attachments) for block in blocks)
