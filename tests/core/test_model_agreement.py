"""Any sequence of operations agrees with a plain model of what Blockstore should do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import Storage
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from openedx_blockstore import api, exceptions
from openedx_blockstore.data import BundleFileData, BundleLinkData, CollectionData, LinkTarget
from openedx_blockstore.store import digest_of
from tests.core.helpers import contents_of, make_lender
from tests.core.model import Key, Model, ModelBundle, ModelDraft, Refused, Tree

pytestmark = pytest.mark.django_db

BUNDLES = 3

# Few of everything, so that things meet. One path differs from another one only in case.
paths = st.sampled_from(["a.txt", "b.txt", "B.txt", "folder/c.txt", "ünï/d.txt"])
aliases = st.sampled_from(["one", "two", "drei"])
contents = st.sampled_from([b"", b"x", b"y", b"z"])
bundles = st.integers(0, BUNDLES - 1)
drafts = st.integers(0, 1)
on_conflicts = st.sampled_from(["error", "error", "mine", "theirs"])
weak = st.sampled_from([False, False, True])


class Agreement(RuleBasedStateMachine):
    """Does everything twice: with Blockstore and with the model."""

    def __init__(self) -> None:
        super().__init__()
        self._savepoint = transaction.savepoint()
        self.model = Model(BUNDLES)
        collection = api.create_collection("Agreement")
        self.uuids = [api.create_bundle(collection.uuid, "b").uuid for _ in range(BUNDLES)]
        self.drafts = [
            [api.get_or_create_bundle_draft(uuid, name).uuid for name in ("first", "second")]
            for uuid in self.uuids
        ]
        self.touched: set[int] = set()

    # The operations

    @rule(
        number=bundles,
        draft=drafts,
        path=paths,
        new=contents,
        public=st.sampled_from([None, None, True, False]),
    )
    def write(self, number: int, draft: int, path: str, new: bytes, public: bool | None) -> None:
        """Write a file."""
        change: dict[Key, Any] = {("file", path): new if public is None else (new, public)}
        self._both(
            number,
            lambda: self.model.write(*self._draft(number, draft), change),
            lambda: api.write_draft_file(self.drafts[number][draft], path, new, public=public),
        )

    @rule(number=bundles, draft=drafts, path=paths)
    def delete(self, number: int, draft: int, path: str) -> None:
        """Delete a file, or nothing."""
        self._both(
            number,
            lambda: self.model.write(*self._draft(number, draft), {("file", path): None}),
            lambda: api.write_draft_file(self.drafts[number][draft], path, None),
        )

    @rule(
        number=bundles,
        draft=drafts,
        files=st.dictionaries(paths, st.one_of(st.none(), contents), min_size=1, max_size=4),
    )
    def write_many(self, number: int, draft: int, files: dict[str, bytes | None]) -> None:
        """Write and delete files together."""
        changes: dict[Key, Any] = {("file", path): new for path, new in files.items()}
        self._both(
            number,
            lambda: self.model.write(*self._draft(number, draft), changes),
            lambda: api.write_draft_files(self.drafts[number][draft], files),
        )

    @rule(
        number=bundles, draft=drafts, alias=aliases, to=bundles, back=st.integers(0, 2), weak=weak
    )
    def link(self, *, number: int, draft: int, alias: str, to: int, back: int, weak: bool) -> None:
        """Link to one of the newest versions of a bundle."""
        version = max(1, len(self.model.bundles[to].versions) - 1 - back)
        if version >= len(self.model.bundles[to].versions):
            return
        self._both(
            number,
            lambda: self.model.set_link(*self._draft(number, draft), alias, (to, version, weak)),
            lambda: api.set_draft_link(
                self.drafts[number][draft], alias, self.uuids[to], version, weak=weak
            ),
        )

    @rule(number=bundles, draft=drafts, alias=aliases)
    def unlink(self, number: int, draft: int, alias: str) -> None:
        """Delete a link, or nothing."""
        self._both(
            number,
            lambda: self.model.write(*self._draft(number, draft), {("link", alias): None}),
            lambda: api.set_draft_link(self.drafts[number][draft], alias, None, None),
        )

    @rule(number=bundles, draft=drafts, on_conflict=on_conflicts)
    def commit(self, number: int, draft: int, on_conflict: Any) -> None:
        """Commit everything."""
        self._both(
            number,
            lambda: self.model.commit(*self._draft(number, draft), None, on_conflict),
            lambda: api.commit_draft(self.drafts[number][draft], on_conflict=on_conflict),
        )

    @rule(
        number=bundles,
        draft=drafts,
        some_paths=st.sets(paths, max_size=3),
        some_aliases=st.sets(aliases, max_size=2),
        on_conflict=on_conflicts,
    )
    def commit_a_part(
        self,
        number: int,
        draft: int,
        some_paths: set[str],
        some_aliases: set[str],
        on_conflict: Any,
    ) -> None:
        """Commit some paths and links."""
        keys: set[Key] = {("file", path) for path in some_paths}
        keys |= {("link", alias) for alias in some_aliases}
        names = [*some_paths, *(f"links/{alias}" for alias in some_aliases)]
        self._both(
            number,
            lambda: self.model.commit(*self._draft(number, draft), keys, on_conflict),
            lambda: api.commit_draft(
                self.drafts[number][draft], paths=names, on_conflict=on_conflict
            ),
        )

    @rule(number=bundles, draft=drafts, on_conflict=on_conflicts)
    def update(self, number: int, draft: int, on_conflict: Any) -> None:
        """Bring a draft forward."""
        self._both(
            number,
            lambda: self.model.update(*self._draft(number, draft), on_conflict),
            lambda: api.update_draft(self.drafts[number][draft], on_conflict=on_conflict),
        )

    @rule(number=bundles, back=st.integers(0, 5))
    def revert(self, number: int, back: int) -> None:
        """Revert to an old version."""
        bundle = self.model.bundles[number]
        version = max(1, len(bundle.versions) - 1 - back)
        if version < len(bundle.versions):
            self._both(
                number,
                lambda: self.model.revert(bundle, version),
                lambda: api.revert_bundle(self.uuids[number], version),
            )

    @rule(
        number=bundles,
        files=st.dictionaries(paths, contents, max_size=3),
        public=st.sets(paths, max_size=2),
        links=st.dictionaries(aliases, st.tuples(bundles, weak), max_size=2),
    )
    def put(
        self,
        number: int,
        files: dict[str, bytes],
        public: set[str],
        links: dict[str, tuple[int, bool]],
    ) -> None:
        """Make a version without a draft."""
        tree: Tree = {("file", path): (new, path in public) for path, new in files.items()}
        targets = {}
        for alias, (to, weak) in links.items():
            version = len(self.model.bundles[to].versions) - 1
            if version > 0:
                tree["link", alias] = (to, version, weak)
                targets[alias] = LinkTarget(self.uuids[to], version, weak)
        self._both(
            number,
            lambda: self.model.put(self.model.bundles[number], tree),
            lambda: (
                api.import_version(
                    self.uuids[number], files, targets, public=public & files.keys()
                ).created
            ),
        )

    def _draft(self, number: int, draft: int) -> tuple[ModelBundle, ModelDraft]:
        bundle = self.model.bundles[number]
        return bundle, bundle.drafts[draft]

    def _both(
        self, number: int, in_model: Callable[[], Any], in_blockstore: Callable[[], Any]
    ) -> None:
        """Do something in both worlds, and compare what they answer."""
        self.touched.add(number)
        refused, expected = None, None
        try:
            expected = in_model()
        except Refused as error_of_model:
            refused = error_of_model
        if refused is not None:
            with pytest.raises(getattr(exceptions, refused.what)) as error:
                in_blockstore()
            assert type(error.value).__name__ == refused.what  # and no subclass
            assert set(getattr(error.value, "paths", ())) == {
                name if kind == "file" else f"links/{name}" for kind, name in refused.keys
            }
        else:
            answer = in_blockstore()
            assert expected is None or answer == expected

    # The comparisons

    @invariant()
    def what_was_touched_is_the_same(self) -> None:
        """The latest version and the drafts of a bundle are as in the model."""
        while self.touched:
            number = self.touched.pop()
            bundle, uuid = self.model.bundles[number], self.uuids[number]
            latest = api.get_bundle_version(uuid)
            assert (latest.version if latest is not None else 0) == len(bundle.versions) - 1
            if latest is not None:
                assert self._tree(uuid, latest.files, latest.links) == bundle.latest
            for draft, draft_uuid in zip(bundle.drafts, self.drafts[number], strict=True):
                data = api.get_draft(draft_uuid)
                view = self.model.view_of(bundle, draft)
                assert self._tree(uuid, data.files, data.links, draft=data.name) == view
                changed = {key for key, each in draft.staged.items() if each.new is not None}
                assert changed == {
                    *(("file", file.path) for file in data.files.values() if file.modified),
                    *(("link", link.name) for link in data.links.values() if link.modified),
                }

    def _tree(self, uuid: UUID, files: Any, links: Any, *, draft: str | None = None) -> Tree:
        """Return what Blockstore shows as the model would."""
        tree: Tree = {}
        for path, file in files.items():
            assert isinstance(file, BundleFileData)
            data = contents_by_digest[file.hash_digest]
            assert file.size == len(data)
            tree["file", path] = (data, file.public)
        for alias, link in links.items():
            assert isinstance(link, BundleLinkData)
            lender = self.uuids.index(link.direct.bundle_uuid)
            tree["link", alias] = (lender, link.direct.version, link.weak)
        return tree

    def teardown(self) -> None:
        """Compare everything that ever happened."""
        try:
            for bundle in self.model.bundles:
                self._compare_versions(bundle)
                self._compare_histories(bundle)
            self._compare_borrowers()
        finally:
            # The next example finds an empty database, as this one did.
            transaction.savepoint_rollback(self._savepoint)

    def _compare_versions(self, bundle: ModelBundle) -> None:
        uuid = self.uuids[bundle.number]
        for number, tree in enumerate(bundle.versions[1:], start=1):
            version = api.get_bundle_version(uuid, number)
            assert version is not None
            assert self._tree(uuid, version.files, version.links) == tree
            for path in version.files:
                with api.open_bundle_file(uuid, path, version_number=number) as file:
                    assert tree["file", path] == (file.read(), version.files[path].public)
            dependencies = api.get_dependencies(uuid, number).dependencies
            found = [(self.uuids.index(each.bundle_uuid), each.version) for each in dependencies]
            assert len(found) == len(set(found))
            assert set(found) == self.model.closure(tree)
            assert bundle.number not in {lender for lender, _version in found}
            changes = api.get_bundle_version_changes(uuid, number)
            before = bundle.versions[number - 1]
            assert {
                *(("file", change.path) for change in changes.files),
                *(("link", change.alias) for change in changes.links),
            } == {key for key in {*before, *tree} if before.get(key) != tree.get(key)}

    def _compare_histories(self, bundle: ModelBundle) -> None:
        uuid = self.uuids[bundle.number]
        for path in {name for tree in bundle.versions for kind, name in tree if kind == "file"}:
            assert [
                (
                    entry.version,
                    entry.kind,
                    contents_by_digest[entry.digest] if entry.digest is not None else None,
                )
                for entry in api.get_file_history(uuid, path)
            ] == self.model.history(bundle, path)

    def _compare_borrowers(self) -> None:
        for lender in self.model.bundles:
            expected = {
                (bundle.number, alias, link[1])
                for bundle in self.model.bundles
                for (kind, alias), link in bundle.latest.items()
                if kind == "link" and link is not None and link[0] == lender.number
            }
            assert {
                (self.uuids.index(each.bundle_uuid), each.alias, each.lender_version)
                for each in api.get_borrowers(self.uuids[lender.number])
            } == expected


contents_by_digest = {digest_of(each): each for each in (b"", b"x", b"y", b"z")}


def _run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Agreement,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_blockstore_agrees_with_the_model(file_storage: Storage) -> None:
    _run(examples=25, steps=25)


@pytest.mark.big
def test_blockstore_agrees_with_the_model_for_long(file_storage: Storage) -> None:
    _run(examples=400, steps=50)


# Merges -------------------------------------------------------------------------------------------

Edits = dict[str, bytes | None]

#: What several drafts do, each to paths of its own.
independent_edits = st.lists(
    st.dictionaries(st.sampled_from(["a.txt", "b.txt", "c.txt"]), st.one_of(st.none(), contents)),
    min_size=2,
    max_size=4,
)


@given(edits=independent_edits, order=st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def _check_order(collection: CollectionData, edits: list[Edits], order: Any) -> None:
    start: dict[str, bytes] = {f"{n}/a.txt": b"start" for n in range(len(edits))}
    lenders = [make_lender(collection.uuid) for _ in edits]
    orders = [list(range(len(edits))), list(range(len(edits)))]
    order.shuffle(orders[1])
    results = []
    for sequence in orders:
        uuid = api.create_bundle(collection.uuid, "bundle").uuid
        api.import_version(uuid, start)
        for number in range(len(edits)):
            draft = api.get_or_create_bundle_draft(uuid, str(number)).uuid
            api.write_draft_files(
                draft, {f"{number}/{path}": new for path, new in edits[number].items()}
            )
            api.set_draft_link(draft, f"link{number}", lenders[number].bundle_uuid, 1)
        for number in sequence:
            draft = api.get_or_create_bundle_draft(uuid, str(number)).uuid
            api.commit_draft(draft)
        links = {name: link.direct for name, link in api.get_bundle_links(uuid).items()}
        results.append((contents_of(uuid), links, api.get_dependencies(uuid).dependencies))
    assert results[0] == results[1]


@pytest.mark.slow
def test_independent_drafts_may_be_committed_in_any_order(
    collection: CollectionData, file_storage: Storage
) -> None:
    _check_order(collection)
