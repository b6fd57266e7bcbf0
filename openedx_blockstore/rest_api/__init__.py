"""The REST API. It checks permissions, speaks HTTP, and leaves the rest to the Python API."""
