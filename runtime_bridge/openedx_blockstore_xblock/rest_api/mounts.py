"""What learning contexts mount: pinning it, un-pinning it, and what is new there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api as blockstore
from openedx_blockstore.plugin_rest import (
    Permission,
    extend_schema,
    in_body,
    valid,
    visible_bundle,
)
from openedx_blockstore_xblock import api
from openedx_blockstore_xblock.access import administer_context
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.exceptions import MountNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.pages import main_usage, mounted, read_outline, states_for
from openedx_blockstore_xblock.rest_api.base import ALIAS, CONTEXT, ContextView
from openedx_blockstore_xblock.rest_api.serializers import (
    MountChangeSerializer,
    MountedSerializer,
    MountInputSerializer,
    MountSerializer,
    MountUpdatesSerializer,
    show_mount,
    show_outline,
    show_update,
)


class MountView(ContextView):
    """One mount of a learning context."""

    @extend_schema(parameters=[CONTEXT, ALIAS], responses=MountedSerializer)
    def get(self, request: Request, context_key: str, alias: str) -> Response:
        """Return what is mounted: of a course the outline, of all else the block to begin with."""
        key = self.visible_context(context_key)
        found = self.visible_mount(key, alias)
        states = states_for()
        contents = mounted(states, key, alias)
        outline = read_outline(states, key, alias)
        if outline is not None and not found.is_author:
            outline = outline.for_learners()
        try:
            main = str(main_usage(key, alias, contents)) if outline is None else None
        except MountNotFound:
            main = None
        body = {
            **show_mount(found.mount),
            "title": contents.title,
            "is_author": found.is_author,
            "usage_key": main,
            "outline": show_outline(outline) if outline is not None else None,
        }
        return Response(body)

    @extend_schema(
        parameters=[CONTEXT, ALIAS], request=MountInputSerializer, responses=MountSerializer
    )
    def put(self, request: Request, context_key: str, alias: str) -> Response:
        """Mount a bundle under an alias, in place of what was there; for the owner and staff.

        The caller must be able to re-use the bundle; to mount a draft, to edit it.
        """
        key = self._administered(context_key)
        values = valid(MountInputSerializer(data=request.data))
        bundle_uuid = values.pop("bundle_uuid")
        with in_body():
            return Response(show_mount(self._mount(key, alias, bundle_uuid, values)))

    @extend_schema(
        parameters=[CONTEXT, ALIAS], request=MountChangeSerializer, responses=MountSerializer
    )
    def patch(self, request: Request, context_key: str, alias: str) -> Response:
        """Pin a mount to a version, or un-pin it; for the owner and staff."""
        key = self._administered(context_key)
        values = valid(MountChangeSerializer(data=request.data))
        mount = ALL_CONTEXTS.mount(key, alias)
        with in_body():
            return Response(show_mount(self._mount(key, alias, mount.bundle_uuid, values)))

    @extend_schema(parameters=[CONTEXT, ALIAS], responses={204: None})
    def delete(self, request: Request, context_key: str, alias: str) -> Response:
        """Take a mount away; for the owner and staff. What learners have left stays."""
        api.unmount_bundle(self._administered(context_key), alias)
        return Response(status=204)

    def _administered(self, text: str) -> BlockstoreContextKey:
        key = self.visible_context(text)
        administer_context(self.user, key)
        return key

    def _mount(
        self, key: BlockstoreContextKey, alias: str, bundle_uuid: UUID, values: dict[str, Any]
    ) -> Any:
        needed: Permission = "author" if values["draft"] else "reuse"
        visible_bundle(self.user, str(bundle_uuid), needed)
        return api.mount_bundle(key, alias, bundle_uuid, **values)


class UpdatesView(ContextView):
    """What is new in what a learning context mounts."""

    @extend_schema(parameters=[CONTEXT], responses=MountUpdatesSerializer)
    def get(self, request: Request, context_key: str) -> Response:
        """List the mounts that are pinned while there is a newer version, and what changed.

        Those that the caller may view.
        """
        key = self.visible_context(context_key)
        visible = set(ALL_CONTEXTS.visible_mounts(self.user, key))
        results = [
            show_update(
                update.mount,
                update.latest_version,
                blockstore.diff_versions(
                    update.mount.bundle_uuid, update.mount.version or 0, update.latest_version
                ),
            )
            for update in api.get_mount_updates(key)
            if update.mount in visible
        ]
        return Response({"results": results})
