"""Blockstore's signals as those of ``openedx-events``, which a platform's event bus can carry.

Nothing but this package imports that library, and this package is only imported where it is
installed.
"""
