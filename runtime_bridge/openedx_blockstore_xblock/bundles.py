"""The states of bundles that usages lead to: what a context mounts, and what links pin from there.

A preview changes which they are. Each is found once in a runtime's life.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import NotFound
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.contexts import LearningContextKind
from openedx_blockstore_xblock.data import MountData
from openedx_blockstore_xblock.exceptions import BlockNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview

#: Is given bundles, and returns those whose drafts whoever is asking may see.
VisibleDrafts = Callable[[Collection[UUID]], Collection[UUID]]

#: The files that hold the one block a bundle is there for, by the bundle's type.
_MAIN_FILES = {"sequence": "sequence.xml", "library": "library.xml"}


def no_drafts(_bundle_uuids: Collection[UUID]) -> Collection[UUID]:
    """Return that nobody's drafts may be seen."""
    return ()


class BundleStates:
    """Finds the states of bundles, as somebody looks at them.

    Args:
        preview: How; None for what learners see.
        visible_drafts: Whose drafts a preview may show; all others are left out.
    """

    def __init__(
        self,
        contexts: LearningContextKind,
        *,
        preview: Preview | None = None,
        visible_drafts: VisibleDrafts = no_drafts,
    ) -> None:
        self._contexts = contexts
        self._preview = preview
        self._visible_drafts = visible_drafts
        self._mounted: dict[tuple[BlockstoreContextKey, str], BundleContents | None] = {}
        self._linked: dict[tuple[UUID, int], BundleContents | None] = {}
        self._drafts: dict[UUID, BundleContents | None] = {}

    def of(self, usage_key: BlockstoreUsageKey) -> BundleContents:
        """Return the state of the bundle in which a usage is.

        Raises:
            BlockNotFound: Nothing leads there any more.
            LearningContextNotFound, MountNotFound: There is nothing to start from.
            StorageError: The storage failed.
        """
        return self.along(usage_key)[-1]

    def along(self, usage_key: BlockstoreUsageKey) -> list[BundleContents]:
        """Return the states of all bundles through which one gets to a usage, its own the last.

        It raises what :meth:`of` raises.
        """
        alias, *links = usage_key.route
        contents = self.mounted(usage_key.context_key, alias)
        if contents is None:
            raise BlockNotFound(usage_key, f"the mount {alias!r} leads nowhere")
        way = [contents]
        for link in links:
            way.append(self.linked(usage_key, way[-1], link))
        return way

    def drafts_shown(self) -> list[BundleContents]:
        """Return the drafts that a preview shows in place of versions, as far as it was looked."""
        return [contents for contents in self._drafts.values() if contents is not None]

    def mounted(self, context_key: BlockstoreContextKey, alias: str) -> BundleContents | None:
        """Return the state of what is mounted; None if it is not there.

        Raises:
            LearningContextNotFound, MountNotFound: Nothing is mounted so.
            StorageError: The storage failed.
        """
        key = (context_key, alias)
        if key not in self._mounted:
            mount = self._contexts.mount(context_key, alias)
            try:
                self._mounted[key] = self._state_of(mount)
            except NotFound:
                self._mounted[key] = None
        return self._mounted[key]

    def linked(
        self, usage_key: BlockstoreUsageKey, contents: BundleContents, alias: str
    ) -> BundleContents:
        """Return the state of what a link leads to.

        Raises:
            BlockNotFound: It leads nowhere.
            StorageError: The storage failed.
        """
        target = contents.links.get(alias)
        if target is None:
            raise BlockNotFound(usage_key, f"the link {alias!r} is not there any more")
        self.read_linked([target])
        found = self.linked_by(target)
        if found is None:
            raise BlockNotFound(usage_key, f"the link {alias!r} is broken")
        return found

    def linked_by(self, target: LinkTarget) -> BundleContents | None:
        """Return what :meth:`read_linked` has found at the end of a link; None if it is broken."""
        return self._linked[_version_key(target)]

    def read_linked(self, targets: Iterable[LinkTarget]) -> None:
        """Find what links lead to, all at a time; what is broken is remembered as such."""
        missing = [each for each in targets if _version_key(each) not in self._linked]
        if not missing:
            return
        drafts = self._changed_drafts({each.bundle_uuid for each in missing})
        versions = [each for each in missing if each.bundle_uuid not in drafts]
        found = api.get_many_contents(versions) if versions else {}
        self._linked.update(
            {
                _version_key(each): drafts.get(each.bundle_uuid) or found.get(each)
                for each in missing
            }
        )

    def _state_of(self, mount: MountData) -> BundleContents:
        preview, uuid = self._preview, mount.bundle_uuid
        if preview is None or preview == Preview():
            return api.get_bundle_contents(uuid, mount.version, use_draft=mount.draft or None)
        if preview.draft:
            return self._changed_drafts({uuid}).get(uuid) or api.get_bundle_contents(uuid)
        return api.get_bundle_contents(uuid, preview.version, as_of=preview.as_of)

    def _changed_drafts(self, bundle_uuids: set[UUID]) -> dict[UUID, BundleContents]:
        """Return those of the preview's drafts that change something."""
        if self._preview is None or not self._preview.draft:
            return {}
        if new := bundle_uuids - self._drafts.keys():
            visible = set(self._visible_drafts(new))
            found = api.get_changed_draft_contents(visible, self._preview.draft) if visible else {}
            self._drafts.update({each: found.get(each) for each in new})
        known = {each: self._drafts[each] for each in bundle_uuids}
        return {uuid: contents for uuid, contents in known.items() if contents is not None}


def main_file(contents: BundleContents) -> str:
    """Return the file of the block that a bundle is there for; empty if it is there for none."""
    names = [_MAIN_FILES.get(contents.bundle_type, ""), f"{contents.bundle_type}.xml"]
    at_root = [path for path in contents.files if path.endswith(".xml") and "/" not in path]
    definitions = [path for path in contents.files if path.endswith("/definition.xml")]
    candidates = [*names, *at_root, *(definitions if len(definitions) == 1 else ())]
    return next((path for path in candidates if path in contents.files), "")


def _version_key(target: LinkTarget) -> tuple[UUID, int]:
    return target.bundle_uuid, target.version
