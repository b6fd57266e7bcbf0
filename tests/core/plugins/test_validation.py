"""Validators are asked before an import makes a version, and can stop it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from openedx_blockstore import api
from openedx_blockstore.archives import ARCHIVE_FORMATS
from openedx_blockstore.data import BundleData, CollectionData, ImportedVersion, LinkTarget
from openedx_blockstore.exceptions import ImportRefused, PluginError, PluginFailed
from openedx_blockstore.models import Bundle, BundleVersion
from tests.core.plugins.conftest import EntryPoints
from tests.core.plugins.validators import CALLS, GROUP
from tests.counting import counting

pytestmark = pytest.mark.django_db

Use = Callable[[EntryPoints], None]


@pytest.fixture(autouse=True)
def _no_calls() -> Iterator[None]:
    CALLS.clear()
    yield
    CALLS.clear()


def use(use_plugins: Use, *names: str) -> None:
    """Turn validators on."""
    use_plugins({GROUP: {name.lower(): f"tests.core.plugins.validators:{name}" for name in names}})


def store(bundle: BundleData, files: Mapping[str, str], **more: Any) -> ImportedVersion:
    """Import a version."""
    return api.import_version(bundle.uuid, files, **more)


# One version --------------------------------------------------------------------------------------


def test_an_error_stops_the_version(bundle: BundleData, use_plugins: Use) -> None:
    use(use_plugins, "Reader")
    with pytest.raises(ImportRefused, match=r"Bundle: error: a.txt:1: It is bad\. Do better") as no:
        store(bundle, {"a.txt": "bad", "b.txt": "odd"})
    (found,) = no.value.bundles
    assert (found.bundle_uuid, found.title) == (bundle.uuid, "Bundle")
    assert [finding.code for finding in found.findings] == ["bad", "odd"]
    assert not BundleVersion.objects.exists()
    assert "imported" not in [call[0] for call in CALLS]


def test_warnings_come_with_the_version_and_are_handed_over(
    bundle: BundleData, use_plugins: Use
) -> None:
    use(use_plugins, "Reader")
    made = store(bundle, {"a.txt": "odd"})
    assert [finding.code for finding in made.findings] == ["odd"]
    assert CALLS[-1] == ("imported", bundle.uuid, 1, ["odd"])


def test_the_version_before_is_shown(bundle: BundleData, use_plugins: Use) -> None:
    use(use_plugins, "Reader")
    store(bundle, {"a.txt": "1"})
    store(bundle, {"a.txt": "2"})
    asked = [call[3] for call in CALLS if call[0] == "Bundle"]
    assert asked == [None, {"a.txt": b"1"}]


def test_what_makes_no_version_is_not_looked_at(bundle: BundleData, use_plugins: Use) -> None:
    store(bundle, {"a.txt": "bad"})
    use(use_plugins, "Reader")
    assert not store(bundle, {"a.txt": "bad"}).created
    assert CALLS == []


def test_links_lead_on(bundle: BundleData, other_bundle: BundleData, use_plugins: Use) -> None:
    store(other_bundle, {"file.txt": "of the lender"})
    use(use_plugins, "Reader")
    store(bundle, {}, links={"lib": LinkTarget(other_bundle.uuid, 1)})
    assert ("lib", b"of the lender") in CALLS


def test_a_validator_sees_only_its_types(collection: CollectionData, use_plugins: Use) -> None:
    use(use_plugins, "OnlyVideos")
    for kind in ("problem", "video", ""):
        made = api.create_bundle(collection.uuid, "x", f"A {kind}", type=kind)
        store(made, {"a.txt": "fine"})
    assert [call[2] for call in CALLS if call[0] != "imported"] == ["video"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Raising", "KeyError: 'Bundle'"),
        ("RaisingLater", "RuntimeError: no place to keep it"),
        ("Wrong", "TypeError: it gave 'it is bad', which is no Finding"),
    ],
)
def test_one_that_fails_stops_the_import_and_is_named(
    bundle: BundleData,
    use_plugins: Use,
    caplog: pytest.LogCaptureFixture,
    name: str,
    reason: str,
) -> None:
    use(use_plugins, name)
    with caplog.at_level(logging.ERROR), pytest.raises(PluginFailed) as failed:
        store(bundle, {"a.txt": "1"})
    error = failed.value
    assert (error.group, error.name, error.package) == (GROUP, name.lower(), "tests")
    assert error.reason == reason
    assert not BundleVersion.objects.exists()
    assert caplog.records[-1].exc_info is not None


def test_one_that_can_not_be_used_is_not_passed_by(bundle: BundleData, use_plugins: Use) -> None:
    use(use_plugins, "NotThere")
    with pytest.raises(PluginError, match="can not be imported"):
        store(bundle, {"a.txt": "1"})
    assert not BundleVersion.objects.exists()


def test_without_validators_nothing_is_read(bundle: BundleData, use_plugins: Use) -> None:
    store(bundle, {"a.txt": "1"})
    with counting() as without:
        store(bundle, {"a.txt": "2"})
    use(use_plugins, "OnlyVideos")
    with counting() as with_other:
        store(bundle, {"a.txt": "3"})
    assert (with_other.statements, with_other.reads) == (without.statements, without.reads)


# Archives -----------------------------------------------------------------------------------------


@pytest.fixture(params=ARCHIVE_FORMATS)
def archive(request: pytest.FixtureRequest, collection: CollectionData) -> bytes:
    """A borrower, its lender in two versions; the lender's second one is odd."""
    lender = api.create_bundle(collection.uuid, "lender", "Lender", type="video")
    borrower = api.create_bundle(collection.uuid, "borrower", "Borrower")
    for text in ("fine", "odd"):
        store(lender, {"file.txt": text, "b.txt": "the same"})
    links = {"one": LinkTarget(lender.uuid, 1)}
    store(borrower, {"a.txt": "mine"}, links=links)
    other = api.create_bundle(collection.uuid, "other", "Other")
    store(other, {"a.txt": "mine"}, links={"two": LinkTarget(lender.uuid, 2)})
    target = io.BytesIO()
    api.export_collection(
        collection.uuid, [borrower.uuid, other.uuid], to=target, format=request.param
    )
    return target.getvalue()


@pytest.fixture
def elsewhere(collection: CollectionData) -> CollectionData:
    """Where archives are imported: what they hold is in another collection here."""
    return api.create_collection("Elsewhere")


@pytest.mark.parametrize("dry_run", [False, True])
def test_all_trees_of_an_archive_are_looked_at(
    archive: bytes, elsewhere: CollectionData, use_plugins: Use, dry_run: bool
) -> None:
    use(use_plugins, "Reader")
    before = BundleVersion.objects.count()
    done = api.import_archive(io.BytesIO(archive), collection_uuid=elsewhere.uuid, dry_run=dry_run)
    found = {(each.title, each.version): each.findings for each in done.bundles}
    assert {key: [f.code for f in findings] for key, findings in found.items()} == {
        ("Lender", 1): [],
        ("Lender", 2): ["odd"],
        ("Borrower", 1): [],
        ("Other", 1): [],
    }
    looked = [call for call in CALLS if call[0] != "imported"]
    # None of the bundles is here yet; a version of the archive is followed by the next one.
    assert ("Lender", None, "video", None) in looked
    assert ("Lender", None, "video", {"file.txt": b"fine", "b.txt": b"the same"}) in looked
    assert ("one", b"fine") in looked
    assert ("two", b"odd") in looked
    told = {(uuid, version) for what, uuid, version, _ in map(_four, CALLS) if what == "imported"}
    made = {(each.bundle_uuid, each.version) for each in done.bundles}
    assert told == (set() if dry_run else made)
    assert BundleVersion.objects.count() - before == (0 if dry_run else 4)


def _four(call: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*call, None, None)[:4]


def test_an_error_stops_all_of_an_archive(
    collection: CollectionData, elsewhere: CollectionData, use_plugins: Use
) -> None:
    fine = api.create_bundle(collection.uuid, "fine", "Fine")
    bad = api.create_bundle(collection.uuid, "bad", "Bad")
    store(fine, {"a.txt": "odd"})
    store(bad, {"a.txt": "bad"})
    target = io.BytesIO()
    api.export_collection(collection.uuid, to=target)
    use(use_plugins, "Reader")
    bundles = Bundle.objects.count()
    with pytest.raises(ImportRefused) as refused:
        api.import_archive(io.BytesIO(target.getvalue()), collection_uuid=elsewhere.uuid)
    assert {each.title for each in refused.value.bundles} == {"Fine", "Bad"}
    assert Bundle.objects.count() == bundles
    assert not [call for call in CALLS if call[0] == "imported"]
    tried = api.import_archive(
        io.BytesIO(target.getvalue()), collection_uuid=elsewhere.uuid, dry_run=True
    )
    assert {each.title: [f.code for f in each.findings] for each in tried.bundles} == {
        "Fine": ["odd"],
        "Bad": ["bad"],
    }


def test_what_is_here_already_is_not_looked_at(
    archive: bytes, elsewhere: CollectionData, use_plugins: Use
) -> None:
    api.import_archive(io.BytesIO(archive), collection_uuid=elsewhere.uuid)
    use(use_plugins, "Reader")
    for dry_run in (True, False):
        api.import_archive(io.BytesIO(archive), collection_uuid=elsewhere.uuid, dry_run=dry_run)
    assert CALLS == []


def test_one_that_fails_stops_all_of_an_archive(
    archive: bytes, elsewhere: CollectionData, use_plugins: Use
) -> None:
    use(use_plugins, "Raising")
    bundles = Bundle.objects.count()
    for dry_run in (True, False):
        with pytest.raises(PluginFailed, match="KeyError"):
            api.import_archive(io.BytesIO(archive), collection_uuid=elsewhere.uuid, dry_run=dry_run)
    assert Bundle.objects.count() == bundles


# What other imports ask with ----------------------------------------------------------------------


def test_what_was_said_before_is_taken_over(bundle: BundleData, use_plugins: Use) -> None:
    use(use_plugins, "Reader")
    store(bundle, {"a.txt": "odd"})
    contents = api.get_bundle_contents(bundle.uuid)
    found = api.validate_contents(contents, contents)
    assert [finding.code for finding in found.findings] == ["odd"]
    CALLS.clear()
    made = store(bundle, {"a.txt": "bad, but nobody looks"}, validated=found)
    assert [finding.code for finding in made.findings] == ["odd"]
    assert CALLS == [("imported", bundle.uuid, 2, ["odd"])]


def test_errors_that_were_found_before_stop_the_version(
    bundle: BundleData, use_plugins: Use
) -> None:
    store(bundle, {"a.txt": "bad"})
    use(use_plugins, "Reader")
    found = api.validate_contents(api.get_bundle_contents(bundle.uuid))
    with pytest.raises(ImportRefused):
        store(bundle, {"a.txt": "other"}, validated=found)
