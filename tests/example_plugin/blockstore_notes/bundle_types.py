"""What the plugin knows of types of bundles."""

from __future__ import annotations

from blockstore_notes.conf import get_settings
from openedx_blockstore.builtin_types import Problem
from openedx_blockstore.plugin_api import PageRequest


class PreviewedProblem(Problem):
    """A problem that can be previewed; otherwise as Blockstore's own."""

    def page_url(self, request: PageRequest) -> str | None:
        """Return the address of the preview; there is no page to edit problems."""
        if request.page != "preview":
            return None
        about = request.draft_uuid or request.version or request.latest_version
        return f"{get_settings().PREVIEW_URL}{request.bundle_uuid}/{about}"
