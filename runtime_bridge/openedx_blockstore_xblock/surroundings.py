"""What a runtime needs of whoever has made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen
from xblock.core import XBlock

from openedx_blockstore_xblock.bundles import VisibleDrafts, no_drafts
from openedx_blockstore_xblock.contexts import LearningContextKind
from openedx_blockstore_xblock.editing import EditSession
from openedx_blockstore_xblock.preview import Preview

#: Is given a block, the name of a handler, a suffix and a query, and returns an address.
HandlerURL = Callable[[XBlock, str, str, str], str]

#: Is given a block and the path of a file in its package, and returns an address.
ResourceURL = Callable[[XBlock, str], str]

#: Is given a block, the kind of what happened, and what there is to say of it.
Publish = Callable[[XBlock, str, dict[str, Any]], None]


@frozen
class Surroundings:
    """What a runtime needs of whoever has made it.

    Attributes:
        contexts: Knows what is mounted where.
        author_mode: Blocks are shown to those who may change them.
        preview: How mounts are looked at; None for what learners see.
        visible_drafts: Says whose drafts a preview may show.
        editing: Saves what authors change; None where nobody edits.
    """

    contexts: LearningContextKind
    handler_url: HandlerURL
    resource_url: ResourceURL
    publish: Publish
    author_mode: bool = False
    preview: Preview | None = None
    visible_drafts: VisibleDrafts = no_drafts
    editing: EditSession | None = None
