"""Apps of the platform, as far as they can be used without it."""

from __future__ import annotations

from django.apps import AppConfig


class CompletionTables(AppConfig):
    """The tables of ``edx-completion``, without its REST API, which needs LMS."""

    name = "completion"
