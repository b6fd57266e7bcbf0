"""The suite for advisers.

::

    class TestMyAdviser(AdviserConformance):
        plugin = MyAdviser

        def provoke(self, bundle_uuid, lender_uuid):
            my_api.forbid_links_to(lender_uuid)
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, Finding, LinkTarget, Severity
from openedx_blockstore.plugin_api import Adviser
from openedx_blockstore.plugin_conformance._plugin import (
    PluginConformance,
    check_finding,
    counting,
    or_fail,
    statements,
)


class AdviserConformance(PluginConformance):
    """Everything that every adviser must bear and do."""

    contract = Adviser

    def provoke(self, bundle_uuid: UUID, lender_uuid: UUID) -> None:
        """Let there be something to say to links from one bundle to the other: for you to define.

        Both have a version.
        """
        pytest.skip(
            f"Define provoke(self, bundle_uuid, lender_uuid) in {type(self).__name__}: let there "
            f"be something to say to a link from bundle {bundle_uuid} to version 1 of "
            f"{lender_uuid}. What is advised can not be tested otherwise."
        )

    @pytest.fixture
    def lenders(self, collection: CollectionData) -> list[UUID]:
        """Bundles in another collection, each with a version."""
        other = api.create_collection(f"Not {collection.title}")
        found = []
        for number in range(5):
            bundle = api.create_bundle(other.uuid, "lender", f"Lender {number}")
            draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
            api.write_draft_file(draft.uuid, "file.txt", f"{number}")
            api.commit_draft(draft.uuid)
            found.append(bundle.uuid)
        return found

    def test_it_bears_what_is_not_there(self, made: Adviser, bundle: BundleData) -> None:
        """Others may delete a lender, or a version, while it is asked."""
        gone = {"gone": LinkTarget(uuid4(), 3), "weak": LinkTarget(uuid4(), 1, weak=True)}
        for uuid, version in ((bundle.uuid, 3), (bundle.uuid, None), (bundle.uuid, 99)):
            self._ask(made, uuid, version, gone)
            self._ask(made, uuid, version, {})
        self._ask(made, uuid4(), None, gone)

    def test_it_says_what_it_has_to_say(
        self, made: Adviser, bundle: BundleData, lenders: list[UUID]
    ) -> None:
        """The same of a link that is staged, and of a version that has it."""
        self.provoke(bundle.uuid, lenders[0])
        links = {"lent": LinkTarget(lenders[0], 1)}
        staged = self._ask(made, bundle.uuid, None, links)
        assert staged, "provoke() was called, and advise() has nothing to say to the link."
        assert staged == self._ask(made, bundle.uuid, None, links), "It says something else now."
        draft = api.get_or_create_bundle_draft(bundle.uuid, "links")
        api.set_draft_link(draft.uuid, "lent", lenders[0], 1)
        version = api.commit_draft(draft.uuid).version
        found = self._ask(made, bundle.uuid, version, links)
        assert {each.code for each in staged} <= {each.code for each in found}, (
            f"advise() says {staged!r} of the link when it is staged, and {found!r} of the version."
        )

    def test_many_links_take_as_many_statements_as_one(
        self, made: Adviser, bundle: BundleData, lenders: list[UUID]
    ) -> None:
        """A course has hundreds."""
        links = {f"lent-{n}": LinkTarget(uuid, 1) for n, uuid in enumerate(lenders)}
        self.provoke(bundle.uuid, lenders[0])
        self._ask(made, bundle.uuid, None, links)
        with counting() as one:
            self._ask(made, bundle.uuid, None, dict(list(links.items())[:1]))
        with counting() as many:
            self._ask(made, bundle.uuid, None, links)
        assert len(statements(many)) <= len(statements(one)), (
            "advise() asks the database link by link; ask for all of them at once."
        )

    def _ask(
        self, made: Adviser, uuid: UUID, version: int | None, links: dict[str, LinkTarget]
    ) -> list[Finding]:
        what = f"{sorted(links)} of version {version}"
        found: list[Any] = or_fail("advise()", lambda: made.advise(uuid, version, links), what)
        for each in found:
            check_finding(each, files={f"links/{alias}" for alias in links})
            assert each.severity is not Severity.ERROR, (
                f"Advice is a warning or information, and no error, as {each!r} is."
            )
        return found
