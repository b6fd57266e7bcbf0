"""Who looks at a block, as blocks ask for it."""

from __future__ import annotations

import hashlib
from typing import Any

from attrs import frozen
from django.conf import settings
from xblock.reference.user_service import UserService, XBlockUser


@frozen
class BlockUser:
    """Whoever looks at blocks.

    Attributes:
        user_id: The account's key; None for a visitor without one.
        visitor: Identifies a visitor without an account; empty for users.
        is_author: May change what is shown.
    """

    user_id: int | None = None
    username: str = ""
    full_name: str = ""
    email: str = ""
    visitor: str = ""
    is_author: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Whether there is no account."""
        return self.user_id is None

    @property
    def name(self) -> str:
        """Tells users and visitors apart."""
        return str(self.user_id) if self.user_id is not None else self.visitor

    @property
    def anonymous_id(self) -> str:
        """A name for the user that tells nobody who it is, always the same."""
        text = f"{settings.SECRET_KEY}:{self.name}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class BlockUserService(UserService):  # type: ignore[misc]
    """The user as XBlock has it, with the attributes that blocks of the platform look for."""

    def __init__(self, user: BlockUser) -> None:
        super().__init__()
        self._user = user

    def get_current_user(self) -> XBlockUser:
        """Return whoever looks at the block."""
        user = self._user
        found = XBlockUser(
            is_current_user=True,
            # Blocks take the first of an account, which may be empty.
            emails=[] if user.is_anonymous else [user.email],
            full_name=user.full_name or None,
        )
        found.display_name = user.full_name or user.username or None
        attributes: dict[str, Any] = {
            "is_authenticated": not user.is_anonymous,
            "user_id": user.user_id,
            "username": user.username or None,
            "anonymous_user_id": user.anonymous_id,
            "deprecated_anonymous_user_id": user.anonymous_id,
            "user_role": "staff" if user.is_author else "student",
            "user_is_staff": user.is_author,
            "user_is_global_staff": False,
            "user_is_beta_tester": False,
            "request_country_code": None,
            "user_preferences": {},
        }
        found.opt_attrs.update({f"edx-platform.{name}": each for name, each in attributes.items()})
        return found

    def get_user_by_anonymous_id(self, _anonymous_id: str | None = None) -> None:
        """Nobody is found out here."""
