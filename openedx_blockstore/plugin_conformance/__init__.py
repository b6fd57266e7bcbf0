"""Tests that every plugin of a contract must pass, for whoever writes one. They need pytest."""

import pkgutil

import pytest

# What is compared is told where it differs, as in tests.
for _module in pkgutil.iter_modules(__path__):
    pytest.register_assert_rewrite(f"{__name__}.{_module.name}")

# For the suites of contracts that plugins bring.
from openedx_blockstore.plugin_conformance._plugin import (  # noqa: E402  (after the rewriting)
    PluginConformance,
    check_json,
    counting,
    statements,
)

__all__ = ["PluginConformance", "check_json", "counting", "statements"]
