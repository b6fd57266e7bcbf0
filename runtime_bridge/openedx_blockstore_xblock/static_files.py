"""The static files of bundles that blocks refer to, and where a browser finds them."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from attrs import frozen

from openedx_blockstore import api
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.assets import candidates, is_servable
from openedx_blockstore_xblock.bundles import BundleStates
from openedx_blockstore_xblock.loading import FoundBlock


@frozen(eq=False)
class StaticFile:
    """A file that is there.

    Attributes:
        contents: The state of a bundle from which one gets to it.
        path: The way from there, such as ``links/art/static/cat.png``.
    """

    contents: BundleContents
    path: str


class StaticFiles:
    """Finds files for the blocks of one runtime, and grants its user access to them."""

    def __init__(self, bundles: BundleStates, user_id: int | None) -> None:
        self._bundles = bundles
        self._user_id = user_id
        self._grants: dict[tuple[UUID | None, int | None, UUID | None], str] = {}

    def find(self, block: FoundBlock, reference: str) -> StaticFile | None:
        """Return the file that a block refers to; None where there is none for browsers.

        Args:
            reference: ``/static/cat.png``, ``./cat.png`` or ``links/{alias}/cat.png``.
        """
        contents = block.contents
        wanted = list(filter(is_servable, candidates(block.usage_key.path, reference)))
        for path in wanted:
            if (there := self._follow(contents, path)) is not None:
                return there
        in_root = [path for path in wanted if path.startswith("static/")]
        self._bundles.read_linked(contents.links.values())
        for alias, target in contents.links.items():
            lender = self._bundles.linked_by(target)
            for path in in_root:
                if lender is None or path not in lender.files:
                    continue
                if lender.draft_uuid is not None:
                    return StaticFile(lender, path)  # the link itself leads to a version
                return StaticFile(contents, f"links/{alias}/{path}")
        return None

    def _follow(self, contents: BundleContents, path: str) -> StaticFile | None:
        """Return a file that is there, through the links that its path names."""
        origin, here, rest = contents, contents, path
        while rest.startswith("links/"):
            _links, alias, rest = [*rest.split("/", 2), ""][:3]
            target = here.links.get(alias)
            if target is None:
                return None
            self._bundles.read_linked([target])
            lender = self._bundles.linked_by(target)
            if lender is None:
                return None
            here = lender
            if here.draft_uuid is not None:
                origin, path = here, rest  # the link itself leads to a version
        return StaticFile(origin, path) if rest in here.files else None

    def url(self, file: StaticFile) -> str | None:
        """Return the address of a file, good for a day; None where nobody can be given one."""
        grant = self._grant(file.contents)
        return grant + quote(file.path) if grant is not None else None

    def _grant(self, contents: BundleContents) -> str | None:
        key = (contents.bundle_uuid, contents.version, contents.draft_uuid)
        if key not in self._grants:
            if contents.draft_uuid is not None:
                grant = api.grant_static_draft_access(contents.draft_uuid, user_id=self._user_id)
            elif contents.bundle_uuid is not None and contents.version is not None:
                grant = api.grant_static_access(
                    contents.bundle_uuid, contents.version, user_id=self._user_id
                )
            else:
                return None
            self._grants[key] = grant
        return self._grants[key]
