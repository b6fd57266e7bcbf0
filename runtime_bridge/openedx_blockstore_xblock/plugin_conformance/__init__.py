"""Tests that every plugin of a contract of the bridge must pass. They need pytest."""

import pytest

for _module in ("choosers", "learning_contexts"):
    pytest.register_assert_rewrite(f"{__name__}.{_module}")
