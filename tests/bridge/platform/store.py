"""The bridge's store for the platform's tables, upon those of these tests."""

from __future__ import annotations

from openedx_blockstore_xblock.state.platform import PlatformStateStore


class StoreOfTests(PlatformStateStore):
    """All of it, but for where the tables are."""

    data_module = "tests.bridge.platform.model_data"
    models_module = "tests.bridge.platform.models"
