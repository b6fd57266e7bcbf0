"""Who is asking: by token, by the session of a browser, and by JWT where the host has it."""

from __future__ import annotations

import functools
from importlib.util import find_spec

from django.apps import apps
from django.utils.module_loading import import_string
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from openedx_blockstore.conf import get_settings
from openedx_blockstore.permissions import is_active

_JWT = "edx_rest_framework_extensions.auth.jwt.authentication.JwtAuthentication"


def authentication_classes() -> list[type[BaseAuthentication]]:
    """Return how callers may say who they are.

    By default by all ways that the host has: JWT if ``edx-drf-extensions`` is installed and set
    up, tokens if ``rest_framework.authtoken`` is among the apps, and sessions (with a check of the
    CSRF token) always.
    """
    return list(_classes(tuple(get_settings().REST_AUTHENTICATION_CLASSES)))


@functools.cache
def _classes(names: tuple[str, ...]) -> tuple[type[BaseAuthentication], ...]:
    if names:
        return tuple(import_string(name) for name in names)
    found: list[type[BaseAuthentication]] = []
    if apps.is_installed("rest_framework.authtoken"):
        found.append(TokenAuthentication)
    if find_spec("edx_rest_framework_extensions") is not None and _has_jwt_settings():
        found.append(import_string(_JWT))
    found.append(SessionAuthentication)
    return tuple(found)


def _has_jwt_settings() -> bool:
    from django.conf import settings  # noqa: PLC0415  (read when first asked for)

    return bool(getattr(settings, "JWT_AUTH", None))


class IsLoggedIn(BasePermission):
    """Every address but those of public files is for those who are logged in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether somebody is logged in.

        Raises:
            AuthenticationFailed: They are locked out, which not all ways to log in look at.
        """
        if request.user.is_authenticated and not is_active(request.user):
            raise AuthenticationFailed("This account is locked.")
        return bool(is_active(request.user))
