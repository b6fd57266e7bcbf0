"""Tests of the archives: their formats, their safety, exports and imports."""
