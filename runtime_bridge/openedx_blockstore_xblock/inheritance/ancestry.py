"""What is around a block: containers of its file, those that include it, and its course.

It follows from the usage alone, by whatever way somebody got there: within a bundle from the block
that the bundle is there for, downwards; then along the route, from link to link. Where a block is
included more than once in the same way, the first place counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.block_classes import is_container
from openedx_blockstore_xblock.bundles import main_file
from openedx_blockstore_xblock.exceptions import BadOlx, BlockNotFound
from openedx_blockstore_xblock.inheritance.courses import CourseSettings, course_settings
from openedx_blockstore_xblock.inherited_fields import INHERITED
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.loading import BlockLoader
from openedx_blockstore_xblock.olx import Include, OlxDocument

#: Containers inside one another, at most; whatever is deeper inherits from the innermost ones.
_MAX_DEPTH = 100

#: Files of containers of one bundle that are looked at.
_MAX_FILES = 1_000


@frozen
class Surrounding:
    """A block, or a container around it.

    Attributes:
        usage_key: Where it stands.
        name: What the policy of a course calls it: ``type/url_name``; may be empty.
        attributes: What it hands down, as OLX has it.
    """

    usage_key: BlockstoreUsageKey
    name: str
    attributes: Mapping[str, str]


@frozen
class Around:
    """What is around a block.

    Attributes:
        blocks: The block itself, and the containers, from the inside to the outside.
        course: What the course sets, in which all of them are; None where there is none.
        chapter: What the course's policy calls the chapter; may be empty.
    """

    blocks: tuple[Surrounding, ...]
    course: CourseSettings | None = None
    chapter: str = ""


@frozen
class _InFile:
    """A block of a file, and how one gets there."""

    route: tuple[str, ...]
    path: str
    inner_id: str


class Ancestry:
    """Finds what is around the blocks of one runtime."""

    def __init__(self, loader: BlockLoader) -> None:
        self._loader = loader
        self._states: dict[int, _Includes] = {}

    def of(self, usage_key: BlockstoreUsageKey) -> Around:
        """Return what is around a block; of one that is not there, only itself.

        Raises:
            StorageError: The storage failed.
        """
        alone = Around((Surrounding(usage_key, "", {}),))
        try:
            states = self._loader.states(usage_key)
        except BlockNotFound:
            return alone
        blocks: list[Surrounding] = []
        here = _InFile(usage_key.route, usage_key.path, usage_key.inner_id)
        place: str | None = usage_key.place
        while True:
            above = self._above(states, here, place)
            own_place = place if place is not None else (above[1] if above else "")
            try:
                blocks += self._in_file(usage_key, states, here, own_place)
            except (BadOlx, BlockNotFound):
                return Around(tuple(blocks)) if blocks else alone
            if not blocks:
                return alone  # its file has no such block
            if above is None or len(blocks) > _MAX_DEPTH:
                break
            here, place = above[0], None
        return self._in_course(blocks, states, here)

    def _in_file(
        self,
        usage_key: BlockstoreUsageKey,
        states: list[BundleContents],
        here: _InFile,
        place: str,
    ) -> Iterator[Surrounding]:
        """Return a block of a file, and the containers around it in the file."""
        contents = states[len(here.route) - 1]
        if contents.bundle_uuid is None:
            raise AssertionError("What is stored has a bundle.")
        document = self._loader.files.document(contents, here.path)
        for block in document.upwards(here.inner_id):
            key = BlockstoreUsageKey(
                usage_key.context_key,
                block.block_type,
                contents.bundle_uuid,
                here.path,
                block.inner_id,
                route=here.route,
                place=place,
            )
            attributes = {
                str(name): str(value)
                for name, value in block.element.attrib.items()
                if name in INHERITED
            }
            yield Surrounding(key, _name(key), attributes)

    def _above(
        self, states: list[BundleContents], here: _InFile, place: str | None
    ) -> tuple[_InFile, str] | None:
        """Return the container that includes a file, and what its include calls the place."""
        for source, route in (("", here.route), (here.route[-1], here.route[:-1])):
            if not route:
                return None
            contents = states[len(route) - 1]
            if id(contents) not in self._states:
                self._states[id(contents)] = _Includes(self._loader, contents)
            if found := self._states[id(contents)].find(source, here.path, place):
                path, inner_id, include = found
                return _InFile(route, path, inner_id), include.usage
        return None

    @staticmethod
    def _in_course(
        blocks: list[Surrounding], states: list[BundleContents], here: _InFile
    ) -> Around:
        """Return blocks with the course around them, in which their bundle is linked."""
        course = course_settings(states[0])
        if course is None:
            return Around(tuple(blocks))
        *above, last = blocks
        place = (here.route[1], here.path) if len(here.route) == 2 else None  # noqa: PLR2004
        name, chapter = course.sequences.get(place, ("", "")) if place else ("", "")
        # What the course calls it is not always to be seen from its file.
        last = Surrounding(last.usage_key, name or last.name, last.attributes)
        return Around((*above, last), course, chapter)


class _Includes:
    """Where the containers of one state of a bundle include what; found level by level."""

    def __init__(self, loader: BlockLoader, contents: BundleContents) -> None:
        self._loader = loader
        self._contents = contents
        self._found: dict[tuple[str, str], list[tuple[str, str, Include]]] = {}
        main = main_file(contents)
        self._main = main
        self._next = [main] if main else []
        self._seen = set(self._next)

    def find(self, source: str, path: str, place: str | None) -> tuple[str, str, Include] | None:
        """Return the first include of a file: its own file, its block, and itself.

        Args:
            source: The alias of the link that leads to the file; empty for the same bundle.
            place: What the include calls the place; None for whatever.
        """
        if not source and path == self._main:
            return None
        while True:
            for found in self._found.get((source, path), ()):
                if place is None or found[2].usage == place:
                    return found
            if not self._next:
                return None
            self._go_down()

    def _go_down(self) -> None:
        level, self._next = self._next, []
        self._loader.files.fetch((self._contents, path) for path in level)
        for path in level:
            try:
                document = self._loader.files.document(self._contents, path)
            except BadOlx:
                continue
            for inner_id, include in document.includes():
                self._add(document, inner_id, include)

    def _add(self, document: OlxDocument, inner_id: str, include: Include) -> None:
        found = self._found.setdefault((include.source, include.path), [])
        found.append((document.file, inner_id, include))
        if (
            not include.source
            and include.path not in self._seen
            and include.path in self._contents.files
            and len(self._seen) < _MAX_FILES
            and (not include.stated_type or is_container(include.stated_type))
        ):
            self._seen.add(include.path)
            self._next.append(include.path)


def _name(usage_key: BlockstoreUsageKey) -> str:
    """Return what an export calls a block; empty where that does not follow from its place."""
    block_type = "vertical" if usage_key.block_type == "unit" else usage_key.block_type
    if usage_key.inner_id:
        return f"{block_type}/{usage_key.inner_id.partition('/')[2]}"
    name = usage_key.place
    if not name:
        folder, _slash, file = usage_key.path.rpartition("/")
        if file == "definition.xml":
            # A colon in a name is a folder.
            name = folder.partition("/")[2].replace("/", ":")
        elif folder == "units":
            name = file.removesuffix(".xml")
    return f"{block_type}/{name}" if name else ""
