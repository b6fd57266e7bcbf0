"""The embedded engine: SQLite's full-text index, in files of its own beside the data."""

from openedx_blockstore_search.backends.sqlite.backend import SqliteBackend

__all__ = ["SqliteBackend"]
