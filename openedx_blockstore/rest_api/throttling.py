"""How often one may ask. The rates are settings, and are counted in Django's default cache."""

from __future__ import annotations

from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

from openedx_blockstore.conf import get_settings


class _ByOurSettings(SimpleRateThrottle):
    def get_rate(self) -> str | None:
        """Return the rate of this scope, such as ``100/minute``; None for no limit."""
        return get_settings().rest_throttle_rate(str(self.scope))


class UserThrottle(_ByOurSettings, UserRateThrottle):
    """Requests of one user."""

    scope = "user"


class AnonymousThrottle(_ByOurSettings, AnonRateThrottle):
    """Requests of nobody who is logged in, from one address."""

    scope = "anonymous"


class LoginThrottle(_ByOurSettings, AnonRateThrottle):
    """Attempts to log in with a password, from one address."""

    scope = "login"

    def get_cache_key(self, request: object, view: object) -> str | None:
        """Count by address, whoever the password turns out to belong to."""
        return self.cache_format % {
            "scope": self.scope,
            "ident": self.get_ident(request),  # type: ignore[arg-type]
        }
