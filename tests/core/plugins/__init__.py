"""Tests of how the core finds plugins, and what it asks them."""
