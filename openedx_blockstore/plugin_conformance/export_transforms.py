"""The suite for transforms of exports.

::

    class TestMyTransform(ExportTransformConformance):
        plugin = MyTransform
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.plugin_api import ExportTransform
from openedx_blockstore.plugin_conformance._plugin import PluginConformance, or_fail
from openedx_blockstore.plugin_conformance.contents import PROBLEM, BrokenContents, examples
from openedx_blockstore.store import normalize_path


class ExportTransformConformance(PluginConformance):
    """Everything that every transform must bear and do."""

    contract = ExportTransform

    @pytest.mark.django_db
    def test_it_bears_every_kind_of_bytes(self, made: ExportTransform) -> None:
        """And makes the same of them whenever it is asked."""
        for what, contents in examples("problem"):
            ask = partial(made.transform, contents)
            changes = or_fail("transform()", ask, what)
            for change in changes:
                _check_change(change, what)
            again = or_fail("transform()", ask, what)
            assert changes == again, f"transform() must make the same of {what} each time."

    @pytest.mark.django_db
    def test_a_storage_that_fails_stops_it(self, made: ExportTransform) -> None:
        """What can not be read is not empty either."""
        contents = BrokenContents(PROBLEM, bundle_type="problem")
        try:
            list(made.transform(contents))
        except StorageError:
            return
        except Exception as error:  # noqa: BLE001  (whatever it raises)
            pytest.fail(f"transform() must let StorageError through, but raised {error!r}.")
        read = [path for path in contents.opened if path in contents.files]
        assert not read, (
            f"transform() must let StorageError through. Reading {read[0]!r} failed, and it went "
            f"on as if nothing had happened."
        )


def _check_change(change: Any, what: str) -> None:
    assert isinstance(change, tuple), f"transform() must yield pairs, not {change!r} ({what})."
    path, contents = change
    try:
        normalized = normalize_path(path)
    except ValueError as error:
        pytest.fail(f"transform() gave a path that no version can have ({what}): {error}")
    assert normalized == path, f"transform() gave the path {path!r}, which is not in Unicode NFC."
    assert contents is None or isinstance(contents, bytes), (
        f"transform() gave {contents!r} for {path!r}; new contents are bytes, and None leaves out."
    )
