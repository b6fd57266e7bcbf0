"""Admin pages to look around in, and to see to what events have come to."""

from openedx_blockstore.admin import content, events

__all__ = ["content", "events"]
