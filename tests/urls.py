"""Addresses of the test project; the same as those of the stand-alone project."""

from __future__ import annotations

from openedx_blockstore.settings.standalone_urls import urlpatterns

__all__ = ["urlpatterns"]
