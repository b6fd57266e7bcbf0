"""Who depends on what: dependencies, borrowers, outdated links, and who must be told."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openedx_blockstore import api
from openedx_blockstore.data import (
    BorrowerData,
    BundleData,
    BundleVersionData,
    CollectionData,
    DependenciesData,
    Dependency,
    LinkTarget,
    OutdatedLinkData,
)
from openedx_blockstore.exceptions import (
    BundleNotFound,
    BundleVersionNotFound,
    Invalid,
    InvalidLink,
    LimitExceeded,
    LinkCycle,
)
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion, Collection
from tests.core.helpers import make_lender, make_version, target_of

pytestmark = pytest.mark.django_db


def dependency(target: LinkTarget) -> Dependency:
    return Dependency(target.bundle_uuid, target.version)


def new_version(target: LinkTarget, **links: LinkTarget | None) -> LinkTarget:
    """Make another version of a bundle."""
    return target_of(make_version(target.bundle_uuid, {"new": uuid4().hex}, links))


# Dependencies -------------------------------------------------------------------------------------


def test_dependencies_are_all_that_is_reached_each_once_and_sorted(
    bundle: BundleData, collection: CollectionData
) -> None:
    bottom = make_lender(collection.uuid)
    left, right = (make_lender(collection.uuid, bottom) for _ in range(2))
    made = make_version(bundle.uuid, {"a": "1"}, {"left": left, "right": right})
    found = api.get_dependencies(bundle.uuid)
    assert found == DependenciesData(
        bundle_uuid=bundle.uuid,
        version=1,
        links=made.links,
        dependencies=tuple(sorted(map(dependency, (bottom, left, right)), key=str)),
        diamonds={},
    )
    assert found.links["left"].indirect == [dependency(bottom)]
    assert api.get_dependencies(bundle.uuid, 1) == found
    make_version(bundle.uuid, links={"left": None, "right": None})
    assert api.get_dependencies(bundle.uuid).dependencies == ()
    assert api.get_dependencies(bundle.uuid, 1) == found


def test_a_bundle_without_a_version_has_no_dependencies_to_ask_for(bundle: BundleData) -> None:
    with pytest.raises(BundleVersionNotFound):
        api.get_dependencies(bundle.uuid)


def test_different_versions_of_one_bundle_deep_down_are_allowed_and_reported(
    bundle: BundleData, collection: CollectionData
) -> None:
    old = make_lender(collection.uuid)
    left = make_lender(collection.uuid, old)
    new = new_version(old)
    right = make_lender(collection.uuid, new)
    make_version(bundle.uuid, links={"left": left, "right": right})
    found = api.get_dependencies(bundle.uuid)
    assert found.diamonds == {old.bundle_uuid: (1, 2)}
    assert {dependency(old), dependency(new)} <= set(found.dependencies)
    make_version(bundle.uuid, links={"direct": old})
    assert api.get_dependencies(bundle.uuid).diamonds == {old.bundle_uuid: (1, 2)}


def test_a_weak_link_is_listed_and_passes_nothing_on(
    bundle: BundleData, other_bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid, make_lender(collection.uuid))
    weak = LinkTarget(lender.bundle_uuid, 1, weak=True)
    made = make_version(bundle.uuid, {"a": "1"}, {"weak": weak})
    found = api.get_dependencies(bundle.uuid)
    assert (found.links["weak"].weak, found.links["weak"].indirect) == (True, [])
    assert found.links["weak"].direct == dependency(lender)
    assert found.dependencies == ()
    make_version(other_bundle.uuid, links={"x": target_of(made)})
    assert api.get_dependencies(other_bundle.uuid).dependencies == (Dependency(bundle.uuid, 1),)


def test_a_version_may_have_2000_dependencies_and_not_one_more(
    bundle: BundleData, collection: CollectionData
) -> None:
    """They are rows alone, as 2,000 bundles made one by one would take a while."""
    lenders = many_lenders(collection, 2_001)
    targets = {f"l{number}": target for number, target in enumerate(lenders)}
    with pytest.raises(LimitExceeded) as caught:
        api.import_version(bundle.uuid, {"a": b"1"}, targets)
    assert (caught.value.actual, caught.value.limit) == (2_001, 2_000)
    assert caught.value.setting == "MAX_DEPENDENCIES"
    del targets["l7"]
    made = api.import_version(bundle.uuid, {"a": b"1"}, targets).version
    assert len(made.links) == 2_000
    assert len(api.get_dependencies(bundle.uuid).dependencies) == 2_000
    borrower = api.create_bundle(collection.uuid, "borrower")
    draft = api.get_or_create_bundle_draft(borrower.uuid, "work")
    with CaptureQueriesContext(connection) as queries:
        api.set_draft_link(draft.uuid, "all", bundle.uuid, 1)
    statements = [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]
    assert len(statements) <= 6
    with pytest.raises(LimitExceeded, match="2,001"):
        api.commit_draft(draft.uuid)


def many_lenders(collection: CollectionData, count: int) -> list[LinkTarget]:
    row = Collection.objects.get(uuid=collection.uuid)
    bundles = Bundle.objects.bulk_create(Bundle(collection=row, title="x") for _ in range(count))
    rows = Bundle.objects.filter(uuid__in=[bundle.uuid for bundle in bundles])
    any_version = make_version(api.create_bundle(collection.uuid, "x").uuid, {"a": "1"})
    BundleVersion.objects.bulk_create(
        BundleVersion(
            bundle=bundle,
            version_num=1,
            manifest_digest=any_version.manifest_digest,
            created=any_version.created_at,
        )
        for bundle in rows
    )
    return [LinkTarget(bundle.uuid, 1) for bundle in bundles]


def test_a_closure_over_a_limit_that_was_lowered_can_be_kept_and_made_smaller(
    bundle: BundleData, collection: CollectionData, settings: Any
) -> None:
    lenders = [make_lender(collection.uuid) for _ in range(5)]
    make_version(bundle.uuid, links={f"l{n}": each for n, each in enumerate(lenders[:4])})
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "MAX_DEPENDENCIES": 2}
    make_version(bundle.uuid, {"a": "1"})
    make_version(bundle.uuid, links={"l0": lenders[4]})
    make_version(bundle.uuid, links={"l0": None})
    assert len(api.get_dependencies(bundle.uuid).dependencies) == 3
    with pytest.raises(LimitExceeded, match="MAX_DEPENDENCIES"):
        make_version(bundle.uuid, links={"l0": lenders[0]})


# Refusals -----------------------------------------------------------------------------------------


def test_a_cycle_is_refused_with_the_whole_chain(collection: CollectionData) -> None:
    a = make_lender(collection.uuid, title="A")
    b = make_lender(collection.uuid, a, title="B")
    c = make_lender(collection.uuid, make_lender(collection.uuid), b, title="C")
    draft = api.get_or_create_bundle_draft(a.bundle_uuid, "work")
    with pytest.raises(LinkCycle) as caught:
        api.set_draft_link(draft.uuid, "back", c.bundle_uuid, 1)
    assert caught.value.chain == (str(a.bundle_uuid), str(c), str(b), str(a))
    assert " → ".join(caught.value.chain) in str(caught.value)
    assert caught.value.alias == "back"
    assert api.get_draft(draft.uuid).links == {}


def test_any_version_of_oneself_in_the_closure_is_a_cycle(collection: CollectionData) -> None:
    a = make_lender(collection.uuid)
    b = make_lender(collection.uuid, a)
    newer = new_version(a)
    assert newer.version == 2
    draft = api.get_or_create_bundle_draft(a.bundle_uuid, "work")
    with pytest.raises(LinkCycle):
        api.set_draft_link(draft.uuid, "back", b.bundle_uuid, 1)


def test_two_bundles_may_borrow_older_versions_of_each_other(collection: CollectionData) -> None:
    a, b = make_lender(collection.uuid), make_lender(collection.uuid)
    new_a = new_version(a, other=b)
    new_b = new_version(b, other=a)
    assert (new_a.version, new_b.version) == (2, 2)
    assert api.get_affected_bundles(a.bundle_uuid) == [b.bundle_uuid]
    assert api.get_affected_bundles(b.bundle_uuid) == [a.bundle_uuid]
    for one, other in ((a, new_b), (b, new_a)):
        draft = api.get_or_create_bundle_draft(one.bundle_uuid, "work")
        with pytest.raises(LinkCycle):
            api.set_draft_link(draft.uuid, "other", other.bundle_uuid, 2)


def test_a_weak_link_back_is_no_cycle_but_a_weak_link_to_oneself_or_into_one_is(
    collection: CollectionData,
) -> None:
    a = make_lender(collection.uuid)
    b = make_lender(collection.uuid)
    weak_b = new_version(b, a=LinkTarget(a.bundle_uuid, 1, weak=True))
    assert new_version(a, b=weak_b).version == 2
    draft = api.get_or_create_bundle_draft(a.bundle_uuid, "work")
    with pytest.raises(LinkCycle):
        api.set_draft_link(draft.uuid, "me", a.bundle_uuid, 1, weak=True)


def test_a_deleted_lender_takes_no_new_borrowers_but_keeps_its_old_ones(
    bundle: BundleData, other_bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(bundle.uuid, links={"lib": lender})
    api.delete_bundle(lender.bundle_uuid)
    draft = api.get_or_create_bundle_draft(other_bundle.uuid, "work")
    with pytest.raises(InvalidLink, match="was deleted"):
        api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    make_version(bundle.uuid, {"a": "1"})
    make_version(bundle.uuid, links={"lib": None, "same": lender})
    assert api.get_borrowers(bundle.uuid) == []


# Borrowers ----------------------------------------------------------------------------------------


def borrower(
    version: BundleVersionData, lender: LinkTarget, last: int | None = None, alias: str = "lib"
) -> BorrowerData:
    return BorrowerData(
        bundle_uuid=version.bundle_uuid,
        alias=alias,
        lender_version=lender.version,
        first_version=version.version,
        last_version=last,
        weak=lender.weak,
    )


def test_borrowers_are_known_with_the_span_of_their_versions(
    bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    first = make_version(bundle.uuid, {"a": "1"}, {"lib": lender})
    make_version(bundle.uuid, {"a": "2"})
    assert api.get_borrowers(lender.bundle_uuid) == [borrower(first, lender)]
    upgraded = new_version(lender)
    third = make_version(bundle.uuid, links={"lib": upgraded})
    assert api.get_borrowers(lender.bundle_uuid) == [borrower(third, upgraded)]
    ever = [borrower(first, lender, last=2), borrower(third, upgraded)]
    assert api.get_borrowers(lender.bundle_uuid, latest_only=False) == ever
    assert api.get_borrowers(lender.bundle_uuid, version_number=1) == []
    assert api.get_borrowers(lender.bundle_uuid, version_number=1, latest_only=False) == ever[:1]
    assert api.get_borrowers(lender.bundle_uuid, version_number=2) == ever[1:]
    make_version(bundle.uuid, links={"lib": None})
    assert api.get_borrowers(lender.bundle_uuid) == []
    assert api.count_borrowers(lender.bundle_uuid) == 0
    assert api.get_borrowers(lender.bundle_uuid, latest_only=False)[1].last_version == 3


def test_a_link_that_goes_and_comes_back_has_two_spans(
    bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    for links in ({"lib": lender}, {"lib": None}, {"lib": lender}):
        make_version(bundle.uuid, {"a": uuid4().hex}, links)
    spans = [
        (each.first_version, each.last_version)
        for each in api.get_borrowers(lender.bundle_uuid, latest_only=False)
    ]
    assert spans == [(1, 1), (3, None)]


def test_commits_that_touch_no_link_leave_the_rows_of_links_alone(
    bundle: BundleData, collection: CollectionData
) -> None:
    make_version(bundle.uuid, links={"lib": make_lender(collection.uuid)})
    for number in range(5):
        make_version(bundle.uuid, {"a": str(number)})
    assert BundleLink.objects.filter(borrower__uuid=bundle.uuid).count() == 1


def test_a_bundle_counts_once_however_many_links_it_has(
    bundle: BundleData, other_bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    weak = LinkTarget(lender.bundle_uuid, 1, weak=True)
    one = make_version(bundle.uuid, links={"x": lender, "y": lender})
    two = make_version(other_bundle.uuid, links={"lib": weak})
    assert api.count_borrowers(lender.bundle_uuid) == 2
    assert api.get_borrowers(lender.bundle_uuid) == [
        borrower(one, lender, alias="x"),
        borrower(one, lender, alias="y"),
        borrower(two, weak),
    ]
    api.delete_bundle(bundle.uuid)
    assert api.count_borrowers(lender.bundle_uuid) == 1
    assert api.get_borrowers(lender.bundle_uuid) == [borrower(two, weak)]
    api.undelete_bundle(bundle.uuid)
    assert api.count_borrowers(lender.bundle_uuid) == 2


def test_ten_thousand_borrowers_are_paged_by_index(
    bundle: BundleData, collection: CollectionData
) -> None:
    make_version(bundle.uuid, {"a": "1"})
    lender = Bundle.objects.get(uuid=bundle.uuid)
    row = Collection.objects.get(uuid=collection.uuid)
    Bundle.objects.bulk_create(
        Bundle(collection=row, title=str(n), type="many") for n in range(10_000)
    )
    keys = list(Bundle.objects.filter(type="many").order_by("pk").values_list("pk", flat=True))
    BundleLink.objects.bulk_create(
        BundleLink(borrower_id=key, alias="lib", lender=lender, lender_version=1, first_version=1)
        for key in keys
    )
    started = time.perf_counter()
    assert api.count_borrowers(bundle.uuid) == 10_000
    seen: list[UUID] = []
    after: BorrowerData | None = None
    for _ in range(5):
        with CaptureQueriesContext(connection) as queries:
            page = api.get_borrowers(bundle.uuid, after=after, limit=100)
        assert len(queries) <= 3
        seen += [each.bundle_uuid for each in page]
        after = page[-1]
    assert len(set(seen)) == 500
    last = api.get_borrowers(bundle.uuid, limit=10_000)[-1]
    assert api.get_borrowers(bundle.uuid, after=last, limit=100) == []
    affected = api.get_affected_bundles(bundle.uuid, limit=100)
    assert len(affected) == 100
    assert api.get_affected_bundles(bundle.uuid, after=affected[-1], limit=1) == seen[100:101]
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("limit", [0, -1, "1", 1.5, 2**31, 2**70], ids=repr)
def test_a_page_of_an_impossible_size_is_refused(bundle: BundleData, limit: Any) -> None:
    for call in (
        lambda: api.get_borrowers(bundle.uuid, limit=limit),
        lambda: api.get_affected_bundles(bundle.uuid, limit=limit),
        lambda: api.get_bundles(limit=limit),
        lambda: api.get_collections(limit=limit),
    ):
        with pytest.raises(Invalid, match="limit"):
            call()


def test_a_page_can_only_start_behind_a_borrower(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    made = make_version(bundle.uuid, {"a": "1"})
    stranger = BorrowerData(other_bundle.uuid, "lib", 1, 1, None)
    for after in (stranger, other_bundle.uuid, "x", 5):
        with pytest.raises(Invalid, match="borrower"):
            api.get_borrowers(made.bundle_uuid, after=after)  # type: ignore[arg-type]
    with pytest.raises(BundleNotFound):
        api.get_affected_bundles(bundle.uuid, after=uuid4())


@pytest.mark.parametrize("number", [5, 0, -1, 2**40, 2**70, "1", [1]], ids=repr)
def test_a_version_that_is_not_there_has_no_borrowers(bundle: BundleData, number: Any) -> None:
    make_version(bundle.uuid, {"a": "1"})
    assert api.get_borrowers(bundle.uuid, version_number=number) == []


# Outdated and affected ----------------------------------------------------------------------------


def test_outdated_links_are_those_whose_lender_has_a_newer_version(
    bundle: BundleData, collection: CollectionData
) -> None:
    fresh, stale = make_lender(collection.uuid), make_lender(collection.uuid)
    make_version(bundle.uuid, links={"fresh": fresh, "stale": stale, "also": stale})
    assert api.get_outdated_links(bundle.uuid) == []
    new_version(stale)
    newest = new_version(stale)
    assert api.get_outdated_links(bundle.uuid) == [
        OutdatedLinkData("also", stale.bundle_uuid, 1, 3),
        OutdatedLinkData("stale", stale.bundle_uuid, 1, 3),
    ]
    make_version(bundle.uuid, links={"stale": newest, "also": newest})
    assert api.get_outdated_links(bundle.uuid) == []


def test_a_deleted_lender_is_an_outdated_link(
    bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(bundle.uuid, links={"lib": lender})
    api.delete_bundle(lender.bundle_uuid)
    assert api.get_outdated_links(bundle.uuid) == [
        OutdatedLinkData("lib", lender.bundle_uuid, 1, 1, deleted=True)
    ]
    api.undelete_bundle(lender.bundle_uuid)
    assert api.get_outdated_links(bundle.uuid) == []


def test_a_bundle_without_a_version_has_no_outdated_links(bundle: BundleData) -> None:
    assert api.get_outdated_links(bundle.uuid) == []


def test_all_whose_latest_version_depends_on_a_bundle_are_affected_each_once(
    collection: CollectionData,
) -> None:
    bottom = make_lender(collection.uuid)
    left, right = (make_lender(collection.uuid, bottom) for _ in range(2))
    top = make_lender(collection.uuid, left, right)
    former = make_lender(collection.uuid, bottom)
    new_version(former, link0=None)
    assert api.get_affected_bundles(bottom.bundle_uuid) == [
        left.bundle_uuid,
        right.bundle_uuid,
        top.bundle_uuid,
    ]
    assert api.get_affected_bundles(bottom.bundle_uuid, limit=2) == [
        left.bundle_uuid,
        right.bundle_uuid,
    ]
    assert api.get_affected_bundles(bottom.bundle_uuid, after=right.bundle_uuid) == [
        top.bundle_uuid
    ]
    assert api.get_affected_bundles(top.bundle_uuid) == []
    api.delete_bundle(left.bundle_uuid)
    assert api.get_affected_bundles(bottom.bundle_uuid) == [right.bundle_uuid, top.bundle_uuid]


def test_a_weak_link_is_told_of_its_target_and_passes_nothing_on(
    collection: CollectionData,
) -> None:
    bottom = make_lender(collection.uuid)
    weak = make_lender(collection.uuid, LinkTarget(bottom.bundle_uuid, 1, weak=True))
    above = make_lender(collection.uuid, weak)
    deep = make_lender(collection.uuid, bottom)
    weak_on_deep = make_lender(collection.uuid, LinkTarget(deep.bundle_uuid, 1, weak=True))
    assert api.get_affected_bundles(bottom.bundle_uuid) == [weak.bundle_uuid, deep.bundle_uuid]
    assert api.get_affected_bundles(weak.bundle_uuid) == [above.bundle_uuid]
    assert api.get_affected_bundles(deep.bundle_uuid) == [weak_on_deep.bundle_uuid]


def test_circles_of_bundles_end(collection: CollectionData) -> None:
    """Through older versions of each other, three bundles go round in a circle."""
    first = [make_lender(collection.uuid) for _ in range(3)]
    for number in range(3):
        new_version(first[number], next=first[(number + 1) % 3])
    for each in first:
        affected = api.get_affected_bundles(each.bundle_uuid)
        assert set(affected) == {other.bundle_uuid for other in first} - {each.bundle_uuid}


# Broken -------------------------------------------------------------------------------------------


def test_a_link_whose_lender_version_is_gone_is_listed_and_never_a_crash(
    bundle: BundleData, collection: CollectionData
) -> None:
    deep = make_lender(collection.uuid)
    lender = make_lender(collection.uuid, deep)
    made = make_version(bundle.uuid, {"a": "1"}, {"lib": lender})
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
    api.write_draft_file(draft.uuid, "a", "2")
    # As a force-deletion will do.
    BundleVersion.objects.filter(bundle__uuid=lender.bundle_uuid).delete()
    version = api.get_bundle_version(bundle.uuid)
    assert version is not None
    assert version.links == made.links
    assert version.links["lib"].direct.snapshot_digest == ""
    assert api.get_dependencies(bundle.uuid).dependencies == tuple(
        sorted(map(dependency, (deep, lender)), key=str)
    )
    assert api.get_draft(draft.uuid).links["lib"].direct == dependency(lender)
    with pytest.raises(BundleVersionNotFound):
        api.get_size(bundle.uuid)
    assert api.get_size(bundle.uuid, with_dependencies=False).files == 1
    assert api.commit_draft(draft.uuid).version == 2
    assert set(api.get_affected_bundles(deep.bundle_uuid)) == {lender.bundle_uuid, bundle.uuid}
    another = make_lender(collection.uuid)
    assert make_version(bundle.uuid, links={"more": another}).version == 3
    make_version(bundle.uuid, links={"lib": None})
    assert api.get_dependencies(bundle.uuid).dependencies == (dependency(another),)
