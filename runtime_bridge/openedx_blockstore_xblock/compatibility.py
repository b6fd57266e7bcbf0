"""What the platform's runtimes have beside XBlock's own interface, and published blocks ask for.

Some is deprecated there as well, but blocks that are in use still want it. There is no
``course_id``: where a runtime has one, some blocks take it for LMS, and import its modules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from web_fragments.fragment import Fragment
from webob import Request, Response
from xblock.core import XBlock
from xblock.runtime import Runtime

from openedx_blockstore_xblock.block_classes import find_class
from openedx_blockstore_xblock.placeholders import PlaceholderBlock
from openedx_blockstore_xblock.services import BlockUser, ReplaceURLService


class PlatformRuntime(Runtime):  # type: ignore[misc]
    """Attributes of the platform's runtimes, for the block that is shown or handles a request.

    The platform had a runtime for each block once, so that some of them depend on the block.
    """

    user: BlockUser

    #: By this name blocks ask whether handlers work for visitors without an account (sic).
    suppports_state_for_anonymous_users = True

    #: Blocks that are shown or handle a request, the innermost last.
    _active: list[XBlock]

    def load_block_type(self, block_type: str) -> type[XBlock]:
        """Return the class that blocks of a type have here; placeholders have one, too."""
        return find_class(block_type) or PlaceholderBlock

    def render(
        self, block: XBlock, view_name: str, context: dict[str, Any] | None = None
    ) -> Fragment:
        """Show a block."""
        with self._acting(block):
            return super().render(block, view_name, context)

    def handle(
        self, block: XBlock, handler_name: str, request: Request, suffix: str = ""
    ) -> Response:
        """Hand a request to a block's handler."""
        with self._acting(block):
            return super().handle(block, handler_name, request, suffix)

    @contextmanager
    def _acting(self, block: XBlock) -> Iterator[None]:
        self._active.append(block)
        try:
            yield
        finally:
            self._active.pop()

    @property
    def user_id(self) -> int | str:
        """The account's key; for visitors without one what they are known by."""
        return self.user.user_id if self.user.user_id is not None else self.user.visitor

    @property
    def anonymous_student_id(self) -> str:
        """A name for the user that tells nobody who it is, another in each learning context.

        Some blocks keep answers under it alone, in tables of their own.
        """
        name = self.user.anonymous_id
        if not self._active:
            return name
        text = f"{name}:{self._active[-1].scope_ids.usage_id.context_key}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    @property
    def user_is_staff(self) -> bool:
        """Whether the user may change what is shown."""
        return self.user.is_author

    @property
    def seed(self) -> int:
        """What to begin random numbers with, so that a user gets the same ones again."""
        return self.user.user_id or 0

    def replace_urls(self, text: str) -> str:
        """Return a text with the addresses of files; see the service of this name."""
        return self._replace_urls(self._active[-1]).replace_urls(text) if self._active else text

    def replace_course_urls(self, text: str) -> str:
        """Return a text as it is: addresses that begin with ``/course/`` lead nowhere here."""
        return text

    def replace_jump_to_id_urls(self, text: str) -> str:
        """Return a text as it is: addresses that begin with ``/jump_to_id/`` lead nowhere here."""
        return text

    def _replace_urls(self, block: XBlock) -> ReplaceURLService:
        raise NotImplementedError
