"""Tests that every plugin of a contract of the bridge must pass. They need pytest."""

import pkgutil

import pytest

# What is compared is told where it differs, as in tests.
for _module in pkgutil.iter_modules(__path__):
    pytest.register_assert_rewrite(f"{__name__}.{_module.name}")
