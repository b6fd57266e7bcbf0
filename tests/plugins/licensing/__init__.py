"""Tests of the licensing plugin."""
