"""Tests of the tagging plugin."""
