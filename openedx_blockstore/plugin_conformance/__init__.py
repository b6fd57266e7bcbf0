"""Tests that every plugin of a contract must pass, for whoever writes one. They need pytest."""

import pytest

# What is compared is told where it differs, as in tests.
pytest.register_assert_rewrite(f"{__name__}._search")
