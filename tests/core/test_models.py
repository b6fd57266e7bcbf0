"""The tables: spans of versions, text that is compared code point by code point, migrations."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion, Collection, fold_text
from openedx_blockstore.models_api import __all__ as public_models
from tests.core.helpers import make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def spans(bundle: BundleData, other_bundle: BundleData) -> dict[str, BundleLink]:
    """Rows with the spans 1-1, 2-4, 3-… and 5-…, by these names."""
    borrower = Bundle.objects.get(uuid=bundle.uuid)
    lender = Bundle.objects.get(uuid=other_bundle.uuid)
    return {
        name: BundleLink.objects.create(
            borrower=borrower,
            lender=lender,
            alias=name,
            lender_version=1,
            first_version=first,
            last_version=last,
        )
        for name, first, last in (("1-1", 1, 1), ("2-4", 2, 4), ("3-", 3, None), ("5-", 5, None))
    }


def names(version_num: int) -> list[str]:
    rows = BundleLink.objects.covering(version_num).order_by("first_version")
    return list(rows.values_list("alias", flat=True))


def test_a_span_covers_both_its_ends_and_all_between(spans: dict[str, BundleLink]) -> None:
    assert {number: names(number) for number in range(7)} == {
        0: [],
        1: ["1-1"],
        2: ["2-4"],
        3: ["2-4", "3-"],
        4: ["2-4", "3-"],
        5: ["3-", "5-"],
        6: ["3-", "5-"],
    }


def test_a_span_without_an_end_is_open(spans: dict[str, BundleLink]) -> None:
    assert {row.alias for row in BundleLink.objects.open()} == {"3-", "5-"}


def test_closing_ends_the_open_ones_alone(spans: dict[str, BundleLink]) -> None:
    assert BundleLink.objects.close_at(9) == 2
    assert BundleLink.objects.close_at(10) == 0
    ends = dict(BundleLink.objects.values_list("alias", "last_version"))
    assert ends == {"1-1": 1, "2-4": 4, "3-": 9, "5-": 9}


def test_splitting_makes_two_spans_that_touch(spans: dict[str, BundleLink]) -> None:
    for name, end in (("2-4", 4), ("3-", None)):
        row = spans[name]
        later = row.split_at(4)
        row.refresh_from_db()
        later.refresh_from_db()
        assert later.pk != row.pk
        assert (row.first_version, row.last_version) == (int(name[0]), 3)
        assert (later.first_version, later.last_version) == (4, end)
        assert (later.alias, later.lender_id) == (row.alias, row.lender_id)
    assert BundleLink.objects.count() == 6


@pytest.mark.parametrize(("name", "at"), [("1-1", 1), ("2-4", 2), ("2-4", 5), ("3-", 3), ("3-", 1)])
def test_a_span_is_split_inside_only(spans: dict[str, BundleLink], name: str, at: int) -> None:
    with pytest.raises(ValueError, match=f"can not be split at {at}"):
        spans[name].split_at(at)
    assert BundleLink.objects.count() == 4


def test_a_bundle_has_each_version_number_once(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "1"})
    row = BundleVersion.objects.get(bundle__uuid=bundle.uuid)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_a_lender_can_not_be_removed_from_under_its_borrowers(
    spans: dict[str, BundleLink], collection: CollectionData
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        spans["1-1"].lender.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Collection.objects.get(uuid=collection.uuid).delete()


def test_searched_text_is_folded_the_same_whatever_its_spelling() -> None:
    for one, other in (("É", "e\u0301"), ("ＡＢＣ", "abc"), ("STRASSE", "straße"), ("ﬁ", "FI")):
        assert fold_text(one) == fold_text(other)


def test_saving_some_fields_keeps_the_searched_text_in_step(bundle: BundleData) -> None:
    row = Bundle.objects.get(uuid=bundle.uuid)
    row.title = "ÄNDERUNG"
    row.save(update_fields=["title"])
    assert api.get_bundles(text_search="änderung", collection_uuid=bundle.collection_uuid)


def test_rows_name_themselves(bundle: BundleData, spans: dict[str, BundleLink]) -> None:
    make_version(bundle.uuid, {"a": "1"})
    row = Bundle.objects.get(uuid=bundle.uuid)
    version, draft = row.versions.get(), row.drafts.get()
    assert str(row) == "Bundle"
    assert str(Bundle(uuid=row.uuid, title="")) == str(row.uuid)
    assert str(row.collection) == "Collection"
    assert str(version) == "Version 1"
    assert str(draft) == draft.name
    assert "→" in str(spans["1-1"])


def test_the_models_that_others_may_refer_to_are_public() -> None:
    assert {"Bundle", "BundleVersion", "Collection", "VersionRange"} <= set(public_models)


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
