"""Where files are: finding what references, includes and pointers mean in a bundle or an export."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Literal
from urllib.parse import unquote

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import BlockstoreError, NotFound
from openedx_blockstore.plugin_api import BundleContents

#: How files lie: ``{type}/{id}/definition.xml`` with links, as a bundle has them, or
#: ``{type}/{url_name}.xml``, as an OLX export has them.
Layout = Literal["bundle", "export"]

DEFINITION = "definition.xml"
STATIC = "static"

#: Lists the files of what a link leads to; None where that can not be listed.
LenderFiles = Callable[[LinkTarget], Iterable[str] | None]

#: Folders in which nothing is used by a block.
UNUSED_FOLDERS = ("drafts/", "other/")

_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_.~-]")

#: Times that a single file is looked for, where the files of lenders can not be listed.
_MAX_PROBES = 20_000


class Places:
    """The files of one state of a bundle, and those that its links lead to."""

    def __init__(
        self,
        contents: BundleContents,
        layout: Layout | None = None,
        lender_files: LenderFiles | None = None,
    ) -> None:
        self.contents = contents
        self._list_lender = lender_files or stored_files
        self.files = contents.files
        self.layout: Layout = layout or guess_layout(contents)
        self._own = with_folders(self.files)
        self._keys: frozenset[str] | None = None
        self._lenders: dict[str, frozenset[str] | None] = {}
        self._lent: frozenset[str] | None = None
        self._unlisted: list[str] = []
        self._probed: dict[str, bool] = {}
        self._probes = 0

    # Files ---------------------------------------------------------------------------------------

    def find_static(self, path: str, name: str) -> bool:
        """Tell whether there is what a file calls ``/static/{name}``.

        It is looked for beside the file, at the root, and through the links.
        """
        for spelling in _spellings(name):
            inside = posixpath.normpath(f"{STATIC}/{spelling}")
            if inside.startswith(f"{STATIC}/") and self._is_there(path, inside):
                return True
        return self.layout == "export" and self._is_key(name)

    def find_relative(self, path: str, name: str) -> bool:
        """Tell whether there is what a file calls ``./{name}``."""
        for spelling in _spellings(name.removeprefix("./")):
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), spelling))
            if beside == "." or beside in self._own:
                return True
            if self._is_there(path, posixpath.normpath(spelling)):
                return True
        return False

    def find_linked(self, name: str) -> bool:
        """Tell whether there is what is called ``links/{name}``."""
        for spelling in _spellings(name):
            alias, _, path = spelling.partition("/")
            if alias in self.contents.links:
                path = posixpath.normpath(path) if path else "."
                return path == "." or self.lender_has(alias, path)
        return False

    def find_definition(self, definition: str, source: str = "") -> str | None:
        """Return the path that a definition is at, or None.

        Args:
            definition: A path that ends in ``.xml``, or ``type/id`` for ``type/id/definition.xml``.
            source: The alias of the link that leads to its bundle; empty for this bundle.
        """
        path = posixpath.normpath(definition_path(definition))
        if not source:
            return path if path in self.files else None
        if source in self.contents.links and self.lender_has(source, path):
            return path
        return None

    def find_pointed(self, tag: str, name: str) -> str | None:
        """Return the file that an element with nothing but a ``url_name`` stands for, or None."""
        place = name.replace(":", "/")
        candidates = (
            f"{tag}/{place}.xml",
            f"{tag}/{place}/{DEFINITION}",
            f"units/{place}.xml" if tag in {"vertical", "unit"} else "",
        )
        return next((path for path in candidates if path in self.files), None)

    def find_page(self, path: str, name: str) -> bool:
        """Tell whether there is the page that an ``html`` block names."""
        place = name.replace(":", "/")
        folders = (posixpath.dirname(path), "html")
        return any(
            posixpath.normpath(posixpath.join(folder, each)) in self.files
            for folder in folders
            for each in (f"{place}.html", place)
        )

    def lender_has(self, alias: str, path: str) -> bool:
        """Tell whether the bundle that a link leads to has a file or folder."""
        files = self._lender_files(alias)
        if files is None:
            return self._can_open(f"links/{alias}/{path}")
        return path in files

    # What that takes -----------------------------------------------------------------------------

    def _is_there(self, path: str, inside: str) -> bool:
        """Look beside a file, at the root, and through the links."""
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), inside))
        return beside in self.files or inside in self.files or self._any_lender_has(inside)

    def _any_lender_has(self, path: str) -> bool:
        if self._lent is None:
            lists = {alias: self._lender_files(alias) for alias in self.contents.links}
            self._lent = frozenset().union(*(files for files in lists.values() if files))
            self._unlisted = [alias for alias, files in lists.items() if files is None]
        if path not in self._probed:
            self._probed[path] = path in self._lent or self._probe(path)
        return self._probed[path]

    def _probe(self, path: str) -> bool:
        """Look for a file in the lenders whose files can not be listed, one by one."""
        self._probes += len(self._unlisted)
        if self._probes > _MAX_PROBES:
            return True  # nobody knows; and who says that it is missing may be wrong
        return any(self._can_open(f"links/{alias}/{path}") for alias in self._unlisted)

    def _lender_files(self, alias: str) -> frozenset[str] | None:
        """Return the files and folders of a lender; None where they can not be listed."""
        if alias not in self._lenders:
            files = self._list_lender(self.contents.links[alias])
            self._lenders[alias] = with_folders(files) if files is not None else None
        return self._lenders[alias]

    def _can_open(self, path: str) -> bool:
        try:
            with self.contents.open(path):
                return True
        except (BlockstoreError, ValueError):
            return False

    def _is_key(self, name: str) -> bool:
        """Tell whether Studio calls an asset so: by its name with underscores."""
        if self._keys is None:
            self._keys = frozenset(
                studio_key(unicodedata.normalize("NFC", path.removeprefix(f"{STATIC}/")))
                for path in self.files
                if path.startswith(f"{STATIC}/")
            )
        return any(studio_key(spelling) in self._keys for spelling in _spellings(name))


def stored_files(target: LinkTarget) -> Iterable[str] | None:
    """Return the paths of a version in the store; None where it is not there (yet)."""
    try:
        return api.get_bundle_contents(target.bundle_uuid, target.version).files
    except NotFound:  # the same import is still to make it
        return None


def guess_layout(contents: BundleContents) -> Layout:
    """Tell how the files of a bundle lie."""
    files = contents.files
    has_root = "course.xml" in files or "library.xml" in files
    is_ours = "navigation.json" in files or "olx-layout.json" in files or contents.links
    return "export" if has_root and not is_ours else "bundle"


def definition_path(definition: str) -> str:
    """Return the path of a definition, as an include names it."""
    return definition if definition.endswith(".xml") else f"{definition}/{DEFINITION}"


def studio_key(name: str) -> str:
    """Return the name by which the platform serves an asset."""
    return _NOT_IN_KEYS.sub("_", name)


def with_folders(paths: Iterable[str]) -> frozenset[str]:
    """Return paths, and the folders that they are in."""
    found = set()
    for path in paths:
        while path and path not in found:
            found.add(path)
            path = posixpath.dirname(path)  # noqa: PLW2901 - upwards
    return frozenset(found)


def is_static(path: str) -> bool:
    """Tell whether a file is one for browsers, and no OLX."""
    return STATIC in path.split("/")[:-1]


def is_unused(path: str) -> bool:
    """Tell whether a file lies where no block uses it."""
    return path.startswith(UNUSED_FOLDERS)


def _spellings(name: str) -> Iterator[str]:
    """Yield a name as it is, and percent-decoded."""
    plain = unicodedata.normalize("NFC", name)
    yield plain
    decoded = unicodedata.normalize("NFC", unquote(plain))
    if decoded != plain:
        yield decoded
