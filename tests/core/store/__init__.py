"""Tests of bytes, manifests and closures."""
