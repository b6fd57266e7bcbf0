"""The plan of an import: bundles with their files and links, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, define, field, frozen

from openedx_blockstore.courses.identity import (
    BlockKey,
    make_slug,
    short_digest,
    with_suffix,
)

#: The tag in the keys of bundles of assets, which have no main block.
ASSETS_TAG = "assets"


@frozen
class ExportFile:
    """The contents of a file of the export, as they are."""

    path: str


#: What a planned file holds: bytes that the import made, or a file of the export.
Contents = bytes | ExportFile


@frozen
class PlannedLink:
    """A link of a planned bundle.

    Attributes:
        target: The key of the bundle it leads to.
        needs: The paths there that the borrower uses; None where it uses the bundle as a whole.
            As long as these do not change, the borrower need not follow a new version.
    """

    target: BlockKey
    needs: frozenset[str] | None = None


@define(eq=False)
class PlannedBundle:
    """One bundle as it is to be.

    Attributes:
        key: Of its main block, or one of :data:`ASSETS_TAG`.
        origin: Its origin key.
    """

    key: BlockKey
    type: str
    title: str
    origin: str
    files: dict[str, Contents] = Factory(dict)
    links: dict[str, PlannedLink] = Factory(dict)
    _taken: set[str] = field(factory=set, init=False, repr=False)
    _folders: set[str] = field(factory=set, init=False, repr=False)
    _aliases: dict[BlockKey, str] = field(factory=dict, init=False, repr=False)
    _taken_aliases: set[str] = field(factory=set, init=False, repr=False)

    def link(self, title: str, target: BlockKey, needs: frozenset[str] | None = None) -> str:
        """Link to another bundle, if that is not linked to yet.

        Args:
            title: What the alias is made of.
            needs: The paths there that are used; None for the bundle as a whole.

        Returns:
            The alias.
        """
        if target in self._aliases:
            return self._aliases[target]
        alias = make_slug(title) or make_slug(target.name) or target.tag
        if alias.casefold() in self._taken_aliases:
            alias = f"{alias}-{short_digest(str(target))}"
        self._aliases[target] = alias
        self._taken_aliases.add(alias.casefold())
        self.links[alias] = PlannedLink(target, needs)
        return alias

    def add(self, path: str, contents: Contents, *, original: str) -> str:
        """Add a file.

        Args:
            original: Its path in the export.

        Returns:
            Its path in the bundle: the one asked for, or, where a file is there that differs from
            it only in case (or a folder), the same with a suffix made of the original name.
        """
        for candidate in (path, with_suffix(path, original)):
            if self.is_free(candidate):
                path = candidate
                break
        folded = path.casefold()
        self._taken.add(folded)
        self._folders.update(_folders_of(folded))
        self.files[path] = contents
        return path

    def is_free(self, path: str) -> bool:
        """Tell whether no file differs from this path only in case, and none is its folder."""
        folded = path.casefold()
        return (
            folded not in self._taken
            and folded not in self._folders
            and not any(folder in self._taken for folder in _folders_of(folded))
        )


def _folders_of(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


@frozen
class CoursePlan:
    """Everything that is to be stored.

    Attributes:
        bundles: Lenders before borrowers; the course's own bundle is the last.
        places: Every file of the export → the key of its bundle and its path there.
    """

    title: str
    bundles: tuple[PlannedBundle, ...]
    places: Mapping[str, tuple[BlockKey, str]]

    @property
    def course(self) -> PlannedBundle:
        """The bundle of the course, or of the library."""
        return self.bundles[-1]
