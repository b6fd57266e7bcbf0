"""What is installed in this environment is no matter of these tests; those about it say so."""

from __future__ import annotations

import pytest

from openedx_blockstore_validation import vocabulary


@pytest.fixture(autouse=True)
def _no_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where no package of blocks is installed: all types that are known count."""
    if "installed" not in request.fixturenames:
        monkeypatch.setattr(vocabulary, "installed_types", frozenset)
