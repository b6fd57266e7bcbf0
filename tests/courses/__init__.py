"""Tests of importing and exporting courses."""
