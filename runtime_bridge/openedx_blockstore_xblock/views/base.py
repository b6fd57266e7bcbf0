"""What all pages have in common: who may see them, and what is said when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from opaque_keys import InvalidKeyError

from openedx_blockstore.exceptions import (
    BlockstoreError,
    Conflict,
    InUse,
    Invalid,
    NotFound,
    StorageError,
)
from openedx_blockstore_xblock.conf import get_settings

Page = Callable[..., HttpResponse]

#: What errors mean to a browser; the first family that fits.
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (PermissionDenied, 403),
    (Conflict, 409),
    (InUse, 409),
    (Invalid, 400),
    (StorageError, 503),
    (BlockstoreError, 400),
)

_TITLES = {
    400: "That can not be done",
    403: "That is not for you",
    409: "Somebody was quicker",
    503: "Try again later",
}


def page(*methods: str) -> Callable[[Page], Page]:
    """Make a view answer what is not there, or not to be seen, alike; and let people log in first.

    Args:
        methods: What can be done beside reading.
    """

    def decorate(view: Page) -> Page:
        @never_cache
        @require_http_methods(["GET", "HEAD", *methods])
        @wraps(view)
        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, **kwargs)
            except (NotFound, InvalidKeyError) as error:
                if not request.user.is_authenticated:
                    return redirect_to_login(request.get_full_path())
                raise Http404(str(error)) from error
            except (PermissionDenied, BlockstoreError) as error:
                return _refuse(request, error)

        return answer

    return decorate


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with one of our templates."""
    return render(
        request,
        f"openedx_blockstore_xblock/{template}",
        {"told": get_messages(request), "mathjax_url": get_settings().MATHJAX_URL, **context},
        status=status,
    )


def _refuse(request: HttpRequest, error: Exception) -> HttpResponse:
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    context = {"title": _TITLES[status], "reason": str(error)}
    return show(request, "error.html", context, status=status)
