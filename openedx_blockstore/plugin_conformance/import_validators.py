"""The suite for validators.

::

    class TestMyValidator(ImportValidatorConformance):
        plugin = MyValidator
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from openedx_blockstore.data import BundleData, Finding, Severity
from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.plugin_api import ImportValidator
from openedx_blockstore.plugin_conformance._plugin import (
    PluginConformance,
    check_finding,
    check_types_of_bundles,
    or_fail,
)
from openedx_blockstore.plugin_conformance.contents import (
    PROBLEM,
    BrokenContents,
    MemoryContents,
    examples,
)


class ImportValidatorConformance(PluginConformance):
    """Everything that every validator must bear and do."""

    contract = ImportValidator

    def test_it_says_which_types_it_understands(self, made: ImportValidator) -> None:
        """Or all of them."""
        check_types_of_bundles(made)

    @pytest.mark.django_db
    def test_it_bears_every_kind_of_bytes(self, made: ImportValidator) -> None:
        """And says the same of them whenever it is asked."""
        for bundle_type in self._types(made):
            previous: MemoryContents | None = None
            for what, contents in examples(bundle_type):
                ask = partial(made.validate, contents, previous)
                found = or_fail("validate()", ask, what)
                # What is gone was in a file that may be gone as well.
                paths = {*contents.files, *(previous.files if previous is not None else ())}
                for finding in found:
                    check_finding(finding, files=paths)
                again = or_fail("validate()", ask, what)
                assert found == again, (
                    f"validate() must say the same of the same contents. Of {what} it said first "
                    f"{found!r}, and then {again!r}."
                )
                previous = contents

    @pytest.mark.django_db
    def test_a_storage_that_fails_is_no_finding(self, made: ImportValidator) -> None:
        """What can not be read is not empty either."""
        for bundle_type in self._types(made):
            contents = BrokenContents(PROBLEM, bundle_type=bundle_type)
            try:
                found: list[Any] = list(made.validate(contents, None))
            except StorageError:
                continue
            except Exception as error:  # noqa: BLE001  (whatever it raises)
                pytest.fail(f"validate() must let StorageError through, but raised {error!r}.")
            read = [path for path in contents.opened if path in contents.files]
            assert not read, (
                f"validate() must let StorageError through. Reading {read[0]!r} failed, and it "
                f"found {found!r} as if nothing had happened."
            )

    def test_it_is_told_what_became_a_version(
        self, made: ImportValidator, bundle: BundleData
    ) -> None:
        """With its findings, and without any; twice, since a version may be imported again."""
        warning = Finding(Severity.WARNING, "odd", "definition.xml", 1, "It is odd.", "Mend it.")
        for findings in ((), (warning,), (warning,)):
            try:
                made.imported(bundle.uuid, 3, findings)
            except Exception as error:  # noqa: BLE001  (whatever it raises)
                pytest.fail(f"imported() raised {error!r}; that would stop the import.")

    def _types(self, made: ImportValidator) -> list[str]:
        if made.bundle_types is None:
            return ["", "problem", "video", "something else"]
        return sorted(made.bundle_types)
