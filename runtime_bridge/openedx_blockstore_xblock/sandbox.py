"""Python that authors have written: which problems need it, and whether there is a jail for it."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from xblock.core import XBlock

from openedx_blockstore_xblock.conf import PACKAGE, get_settings

_SETTING = f"OPENEDX_BLOCKSTORE['PLUGIN_SETTINGS']['{PACKAGE}']['SANDBOX']"

#: What of a problem is a program: every script that is of no other language, and the ways of
#: answering that are graded by one.
_PROGRAM = re.compile(
    r"<script(?![^>]*type\s*=\s*[\"'][^\"']*(?:javascript|perl))[^>]*>\s*[^<\s]"
    r"|<(?:customresponse|schematicresponse|symbolicresponse)\b",
    re.IGNORECASE,
)

_lock = threading.Lock()


def needs_sandbox(block: XBlock) -> bool:
    """Tell whether a block can not be shown, or not be answered, without running a program."""
    if block.scope_ids.block_type != "problem":
        return False
    return _PROGRAM.search(str(getattr(block, "data", "") or "")) is not None


def why_not(block: XBlock) -> str:
    """Return why a block can not be shown for want of a sandbox; empty if it can."""
    if is_on() or not needs_sandbox(block):
        return ""
    return (
        "A Python program belongs to this problem, and there is no sandbox in which it may run: "
        f"let an administrator set one up, and turn {_SETTING} on."
    )


def is_on() -> bool:
    """Tell whether there is a sandbox; the first time, make it known to its library."""
    if not get_settings().SANDBOX:
        return False
    if not getattr(settings, "ENABLE_CODEJAIL_REST_SERVICE", False):
        _configure()
    return True


def _configure() -> None:
    """Apply ``CODE_JAIL``, as LMS does by a middleware."""
    from codejail import django_integration_utils, jail_code  # noqa: PLC0415 - with a sandbox alone

    with _lock:
        if not jail_code.is_configured("python"):
            django_integration_utils.apply_django_settings(_jail())


def _jail() -> dict[str, Any]:
    given = getattr(settings, "CODE_JAIL", None)
    return given if isinstance(given, dict) else {}


def check_sandbox(**_kwargs: Any) -> Sequence[CheckMessage]:
    """Make sure that a sandbox which is on can be used; one of Django's checks."""
    try:
        wanted = get_settings().SANDBOX
    except ImproperlyConfigured:
        return []  # another check says so
    if not wanted or getattr(settings, "ENABLE_CODEJAIL_REST_SERVICE", False):
        return []
    jail = _jail()
    if jail.get("python_bin") and jail.get("user"):
        return []
    return [
        Error(
            f"{_SETTING} is on, and neither CODE_JAIL says where Python is ('python_bin') and whom "
            "it runs as ('user'), nor is ENABLE_CODEJAIL_REST_SERVICE on.",
            hint="Set up edx-codejail as its README says, or name a codejail service.",
            id=f"{PACKAGE}.E002",
        )
    ]
