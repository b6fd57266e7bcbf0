"""The runtime: blocks of learning contexts for one user, during one request."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NoReturn

from django.db import DatabaseError
from fs.osfs import OSFS
from fs.tempfs import TempFS
from web_fragments.fragment import Fragment
from xblock.core import XBlock
from xblock.exceptions import NoSuchServiceError, NoSuchViewError
from xblock.field_data import FieldData, SplitFieldData
from xblock.fields import Scope, ScopeIds
from xblock.runtime import KeyValueStore, KvsFieldData, MemoryIdManager

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.authored import AuthoredFieldData, ParsedBlock
from openedx_blockstore_xblock.bundles import BundleStates
from openedx_blockstore_xblock.children import ChildrenFieldData, KeyReader
from openedx_blockstore_xblock.choosing.experiments import Experiments
from openedx_blockstore_xblock.compatibility import PlatformRuntime
from openedx_blockstore_xblock.exceptions import ReadOnlyBlock
from openedx_blockstore_xblock.inheritance import Ancestry, SettingsAround
from openedx_blockstore_xblock.keys import BlockstoreDefinitionKey, BlockstoreUsageKey
from openedx_blockstore_xblock.loading import BlockLoader, FoundBlock
from openedx_blockstore_xblock.mixins import BlockMixologist, InheritedFieldsMixin
from openedx_blockstore_xblock.placeholders import PlaceholderBlock
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.sandbox import needs_sandbox, why_not
from openedx_blockstore_xblock.services import (
    PYTHON_LIBRARY,
    BlockUser,
    BlockUserService,
    CacheService,
    CompletionService,
    FileService,
    I18nService,
    ReplaceURLService,
    SandboxService,
    SettingsService,
    VideoConfigService,
    has_file_store,
)
from openedx_blockstore_xblock.state import EphemeralStore, StateStore, state_store
from openedx_blockstore_xblock.static_files import StaticFile, StaticFiles
from openedx_blockstore_xblock.surroundings import Surroundings
from openedx_blockstore_xblock.tree import BlockTree, Node
from openedx_blockstore_xblock.wrapping import wrap

log = logging.getLogger(__name__)

#: The views in which learners and authors meet a block; others are about editing it.
_SHOWING = {"student_view", "public_view", "author_view"}


class BlockstoreRuntime(PlatformRuntime):
    """Blocks out of bundles, for one user. It lives as long as a request, in one thread."""

    def __init__(self, user: BlockUser, surroundings: Surroundings) -> None:
        ids = MemoryIdManager()
        super().__init__(KeyReader(), ids, services={})
        self.mixologist = BlockMixologist((InheritedFieldsMixin,))
        self.user = user
        self._active = []
        self.is_author_mode = surroundings.author_mode
        #: Where problems look for files of the course that are not in a bundle: nowhere.
        self.resources_fs = _no_files()
        self._surroundings = surroundings
        self.preview = surroundings.preview
        self._bundles = BundleStates(
            surroundings.contexts,
            preview=surroundings.preview,
            visible_drafts=surroundings.visible_drafts,
        )
        self._loader = BlockLoader(self._bundles)
        self._authored = AuthoredFieldData()
        self._state = _state_store(user, surroundings.preview)
        self._settings = SettingsAround(Ancestry(self._loader), surroundings.contexts.settings)
        self._static = StaticFiles(self._bundles, user.user_id)
        #: How many views are being shown, one inside another.
        self._showing = 0
        #: The experiments of courses, for blocks that show a part of themselves.
        self.experiments = Experiments(self._loader, self._state, user)
        self._tree = BlockTree(
            self._loader,
            prefetch=self._prefetch,
            make=self._block,
            show_all=surroundings.author_mode,
        )
        self._field_data_of_blocks = self._split_field_data()

    # Blocks --------------------------------------------------------------------------------------

    def get_block(self, usage_id: BlockstoreUsageKey, for_parent: XBlock | None = None) -> XBlock:
        """Return a block.

        What authors have broken does not raise: a placeholder stands for it.

        Raises:
            BlockNotFound, LearningContextNotFound, MountNotFound: It is not there (only where it is
                asked for by itself, not as somebody's child).
            StorageError: The storage failed.
        """
        try:
            node = self._tree.node(usage_id)
            self._tree.check_no_circle(node, for_parent)
        except BlockstoreError as error:
            if for_parent is None and error.code.endswith("not_found"):
                raise
            return self._placeholder(usage_id, str(error), for_parent)
        if for_parent is None:
            # All that is shown with it is read together.
            self._tree.descend(usage_id)
        return self._block(node, for_parent)

    def _block(self, node: Node, for_parent: XBlock | None = None) -> XBlock:
        found = node.found
        usage_key = found.usage_key
        self._prefetch([usage_key])
        given = self._settings.of(usage_key, node.block_class)
        self._authored.add(usage_key, node.parsed, given)
        keys = ScopeIds(
            self.user_id,
            found.element.block_type,
            self._definition_key(found),
            usage_key,
        )
        mixed = self.mixologist.mix(node.block_class)
        block: XBlock = self.construct_xblock_from_class(mixed, keys, for_parent=for_parent)
        return block

    def _placeholder(
        self, usage_key: BlockstoreUsageKey, reason: str, for_parent: XBlock | None
    ) -> XBlock:
        keys = ScopeIds(self.user.user_id, usage_key.block_type, usage_key, usage_key)
        if not self._authored.knows(usage_key):
            self._authored.add(usage_key, ParsedBlock(usage_key.block_type, (), {}))
        block: XBlock = self.construct_xblock_from_class(
            self.mixologist.mix(PlaceholderBlock), keys, for_parent=for_parent
        )
        block.reason = reason
        return block

    def _definition_key(self, found: FoundBlock) -> BlockstoreDefinitionKey | BlockstoreUsageKey:
        contents = found.contents
        if contents.version is None and contents.draft_uuid is None:
            return found.usage_key
        return BlockstoreDefinitionKey(
            found.usage_key.bundle_uuid,
            found.element.block_type,
            found.usage_key.path,
            found.usage_key.inner_id,
            version=contents.version,
            draft_uuid=contents.draft_uuid,
        )

    def _prefetch(self, usage_keys: Iterable[BlockstoreUsageKey]) -> None:
        """Read learners' state and what is set elsewhere, for many blocks at a time."""
        new = self._settings.read(usage_keys)
        if new and isinstance(self._state, StateStore):
            self._state.prefetch(new)

    def types_inside(self, block: XBlock) -> list[str]:
        """Return the types of a block's children, as far as its own file tells them."""
        return self._authored.child_types(block.scope_ids.usage_id)

    def drafts_shown(self) -> list[BundleContents]:
        """Return the drafts that the preview has shown so far, in place of versions."""
        return self._bundles.drafts_shown()

    # Fields --------------------------------------------------------------------------------------

    def _split_field_data(self) -> FieldData:
        state = KvsFieldData(self._state)
        children = ChildrenFieldData(self._tree)
        return SplitFieldData(
            {
                Scope.content: self._authored,
                Scope.settings: self._authored,
                Scope.parent: children,
                Scope.children: children,
                Scope.user_state: state,
                Scope.user_state_summary: state,
                Scope.preferences: state,
                Scope.user_info: state,
            }
        )

    def save_block(self, block: XBlock) -> None:
        """Called when a block has saved its fields: authored ones go into the draft.

        Raises:
            ReadOnlyBlock: Authored fields have changed, and nobody is editing here.
            EditConflict, DraftConflict: Others have changed the block in the meantime.
            UnwritableField: OLX can not hold a value.
        """
        changed = self._authored.changed(block)
        if not changed:
            return
        if self._showing:
            # Some change what they are about to show, and mean nobody to keep that.
            self._authored.forget_changes(block)
            return
        usage_key = block.scope_ids.usage_id
        session, contents = self._surroundings.editing, self.contents_of(block)
        if session is None or contents is None:
            self._authored.forget_changes(block)
            raise ReadOnlyBlock(usage_key, changed)
        parsed = session.save(usage_key, contents, self._authored.wanted(block))
        self._authored.saved(block, parsed)

    # Services ------------------------------------------------------------------------------------

    def service(self, block: XBlock, service_name: str) -> Any:
        """Return a service that the block's class has asked for.

        Raises:
            NoSuchServiceError: It has not, or needs one that there is not.
        """
        declaration = block.service_declaration(service_name)
        if declaration is None:
            raise NoSuchServiceError(f"Service {service_name!r} was not requested.")
        makers: dict[str, Callable[[], Any]] = {
            "cache": lambda: CacheService(self._python_library_digest(block)),
            "completion": self._completion,
            "field-data": lambda: self._field_data_of_blocks,
            "i18n": lambda: I18nService(block),
            "replace_urls": lambda: self._replace_urls(block),
            "sandbox": lambda: SandboxService(lambda: self._python_library(block)),
            "settings": SettingsService,
            "user": lambda: BlockUserService(self.user),
            "video_config": lambda: VideoConfigService(partial(self._static_reader, block)),
            "xqueue": lambda: None,
            **({"fs": FileService} if has_file_store() else {}),
        }
        if service_name in makers:
            return makers[service_name]()
        if declaration == "need":
            raise NoSuchServiceError(f"Service {service_name!r} is not available.")
        return None

    def _python_library(self, block: XBlock) -> bytes | None:
        read = self._static_reader(block, PYTHON_LIBRARY)
        return read() if read is not None else None

    def _static_reader(self, block: XBlock, name: str) -> Callable[[], bytes] | None:
        """Return what reads ``/static/{name}``; None where there is no such file."""
        found = self._find_static(block, f"/static/{name}")
        return partial(found.contents.read, found.path) if found is not None else None

    def _python_library_digest(self, block: XBlock) -> str:
        # Problems keep the results of programs by the programs alone.
        if not needs_sandbox(block):
            return ""
        library = self._python_library(block)
        return hashlib.sha256(library).hexdigest() if library is not None else ""

    def _completion(self) -> CompletionService:
        return CompletionService(self.user, is_tracked=self.preview is None)

    def _replace_urls(self, block: XBlock) -> ReplaceURLService:
        return ReplaceURLService(lambda reference: self.reference_url(block, reference))

    def contents_of(self, block: XBlock) -> BundleContents | None:
        """Return the state of the bundle in which a block is; None where it is not there."""
        try:
            return self._tree.node(block.scope_ids.usage_id).found.contents
        except BlockstoreError:
            return None

    def asset_url(self, block: XBlock, name: str) -> str | None:
        """Return where a browser finds the file that a block calls ``/static/{name}``.

        Returns:
            None where there is no such file.
        """
        return self.reference_url(block, f"/static/{name}")

    def reference_url(self, block: XBlock, reference: str) -> str | None:
        """Return where a browser finds a file of a bundle that a block refers to.

        Args:
            reference: ``/static/cat.png``, ``./cat.png`` or ``links/{alias}/cat.png``.

        Returns:
            None where there is no such file, or none that browsers may have.
        """
        found = self._find_static(block, reference)
        return self._static.url(found) if found is not None else None

    def _find_static(self, block: XBlock, reference: str) -> StaticFile | None:
        try:
            found = self._tree.node(block.scope_ids.usage_id).found
        except BlockstoreError:
            return None
        return self._static.find(found, reference)

    # Addresses -----------------------------------------------------------------------------------

    def handler_url(
        self,
        block: XBlock,
        handler_name: str,
        suffix: str = "",
        query: str = "",
        thirdparty: bool = False,  # noqa: FBT001, FBT002, ARG002 - XBlock's
    ) -> str:
        """Return the address of a block's handler."""
        return self._surroundings.handler_url(block, handler_name, suffix, query)

    def local_resource_url(self, block: XBlock, uri: str) -> str:
        """Return the address of a file in a block's package."""
        return self._surroundings.resource_url(block, uri)

    def resource_url(self, resource: str) -> NoReturn:
        """Blocks have no files but those of their packages.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(f"Use local_resource_url for {resource!r}.")

    def publish(self, block: XBlock, event_type: str, event_data: dict[str, Any]) -> None:
        """Tell that something happened in a block."""
        self._surroundings.publish(block, event_type, event_data)

    # Views ---------------------------------------------------------------------------------------

    def render(
        self, block: XBlock, view_name: str, context: dict[str, Any] | None = None
    ) -> Fragment:
        """Show a block; where it can not be shown, a placeholder stands for it.

        To look at a block changes nothing that authors have written. The editor of a block that
        fails, as many do outside of Studio, is not replaced.

        Raises:
            StorageError: The storage failed.
        """
        usage_key = block.scope_ids.usage_id
        if view_name in _SHOWING and (reason := why_not(block)):
            block = self._placeholder(usage_key, reason, None)
        self._showing += 1
        try:
            return super().render(block, view_name, context)
        except (BlockstoreError, DatabaseError):
            raise
        except Exception as error:
            if isinstance(error, NoSuchViewError) and view_name not in _SHOWING:
                raise  # containers try one view after another
            if view_name == "studio_view":
                raise
            # It is another package's code, on what anybody has written.
            log.exception("The view %s of %s failed.", view_name, usage_key)
            reason = f"It can not be shown: {type(error).__name__}: {error}"
            return super().render(self._placeholder(usage_key, reason, None), view_name, context)
        finally:
            self._showing -= 1

    def wrap_xblock(
        self,
        block: XBlock,
        view: str,
        frag: Fragment,
        context: dict[str, Any] | None,  # noqa: ARG002 - XBlock's
    ) -> Fragment:
        """Rewrite addresses in what a block shows, and put it into an element of its own."""
        body = self._replace_urls(block).replace_urls(frag.content or "")
        completion = self._completion()
        seen_after_ms = None
        if (
            view == "student_view"
            and completion.completion_tracking_enabled()
            and completion.can_mark_block_complete_on_view(block)
        ):
            seen_after_ms = completion.get_complete_on_view_delay_ms()
        wrapped = Fragment(wrap(block, view, frag, body=body, seen_after_ms=seen_after_ms))
        wrapped.add_fragment_resources(frag)
        return wrapped

    def applicable_aside_types(self, block: XBlock) -> list[str]:  # noqa: ARG002 - XBlock's
        """There are no asides."""
        return []


def _state_store(user: BlockUser, preview: Preview | None) -> KeyValueStore:
    """Return where a learner's fields are: with a preview never where they last."""
    if preview is not None:
        looker = user.visitor if user.user_id is None else f"user {user.user_id}"
        return EphemeralStore(f"preview of {sorted(preview.query.items())} by {looker}")
    return EphemeralStore(user.visitor) if user.user_id is None else state_store()(user.user_id)


@functools.cache
def _no_files() -> OSFS:
    """Return an empty folder; it goes away with the process."""
    return TempFS("blockstore-no-files")
