"""Tests that every plugin of a contract must pass, for whoever writes one. They need pytest."""
