"""Value objects and errors: comparable, hashable where they identify, and safe to send around."""

from __future__ import annotations

import copy
import inspect
import pickle
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import attrs
import pytest

from openedx_blockstore import api, data, exceptions
from openedx_blockstore.data import (
    BorrowerData,
    BundleData,
    BundleFileData,
    BundleFindings,
    BundleLinkData,
    CollectionData,
    Dependency,
    DraftFileData,
    FileChange,
    Finding,
    LinkTarget,
    Severity,
)
from openedx_blockstore.exceptions import BlockstoreError, PathConflict, PluginProblem
from tests.core.helpers import make_lender, make_version

ONE, TWO = UUID(int=1), UUID(int=2)
NOW = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_everything_the_api_returns_can_be_pickled_and_compared(
    bundle: BundleData, collection: CollectionData
) -> None:
    """Hosts put it into their caches."""
    lender = make_lender(collection.uuid, make_lender(collection.uuid))
    made = make_version(bundle.uuid, {"a": "1"}, {"lib": lender})
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
    api.write_draft_file(draft.uuid, "a", "2")
    make_version(lender.bundle_uuid, {"b": "2"})
    values: list[object] = [
        collection,
        api.get_bundle(bundle.uuid),
        made,
        api.get_draft(draft.uuid),
        api.get_bundle_links(bundle.uuid, use_draft="work"),
        api.get_bundle_version_changes(bundle.uuid, 1),
        api.get_file_history(bundle.uuid, "a"),
        api.get_dependencies(bundle.uuid),
        api.get_borrowers(lender.bundle_uuid),
        api.get_outdated_links(bundle.uuid),
        api.get_size(bundle.uuid),
        api.get_events(collection.uuid),
        api.notify_annotation_changed((bundle.uuid, 1), "tags"),
    ]
    for value in values:
        assert value
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(value, protocol)) == value
        assert copy.deepcopy(value) == value


def test_all_values_are_frozen() -> None:
    classes = [each for _, each in inspect.getmembers(data, attrs.has)]
    assert len(classes) > 20
    for each in classes:
        assert each.__module__ == "openedx_blockstore.data"
        assert each.__doc__
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            object.__new__(each).uuid = ONE  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (Dependency(ONE, 1, "x"), Dependency(ONE, 1, "y"), Dependency(ONE, 2, "x")),
        (LinkTarget(ONE, 1), LinkTarget(ONE, 1), LinkTarget(ONE, 1, weak=True)),
        (
            CollectionData(ONE, "a"),
            CollectionData(ONE, "a"),
            CollectionData(ONE, "b"),
        ),
        (
            BundleFileData("a", 1, "/a", "0"),
            BundleFileData("a", 1, "/a", "0"),
            BundleFileData("b", 1, "/a", "0"),
        ),
        (
            BorrowerData(ONE, "x", 1, 1, None),
            BorrowerData(ONE, "x", 1, 1, None),
            BorrowerData(TWO, "x", 1, 1, None),
        ),
        (FileChange("a", "added"), FileChange("a", "added"), FileChange("b", "added")),
    ],
)
def test_what_identifies_can_be_in_a_set(one: Any, same: Any, other: Any) -> None:
    assert one == same
    assert one != other
    assert {one, same, other} == {one, other}


def test_a_uuid_may_be_given_as_text() -> None:
    assert Dependency(str(ONE), 1) == Dependency(ONE, 1)
    assert LinkTarget(str(ONE), 1).bundle_uuid == ONE


def test_files_are_made_by_keyword_as_the_first_blockstore_s_were() -> None:
    file = BundleFileData(path="a", size=1, url="/a", hash_digest="0")
    assert file.public is False
    draft_file = DraftFileData(path="a", size=1, url="/a", hash_digest="0", modified=True)
    assert isinstance(draft_file, BundleFileData)
    assert draft_file != file
    link = BundleLinkData(name="x", direct=Dependency(ONE, 1), indirect=[])
    assert (link.direct.bundle_uuid, link.direct.version) == (ONE, 1)


# Errors -------------------------------------------------------------------------------------------

CONFLICT = PathConflict("a", "0", None, "1")
PROBLEM = PluginProblem("mine", "group", "x", "The plugin x is broken.", "Mend it.")
FINDINGS = BundleFindings(
    ONE,
    "One",
    (
        Finding(Severity.ERROR, "wrong", "a.xml", 3, "It is wrong."),
        Finding(Severity.WARNING, "odd", "a.xml", 4, "It is odd."),
    ),
)
ERRORS: list[tuple[BlockstoreError, dict[str, object], str]] = [
    (
        exceptions.CollectionNotFound(ONE),
        {"collection_uuid": ONE},
        f"There is no collection {ONE}.",
    ),
    (exceptions.BundleNotFound("x"), {"bundle_uuid": "x"}, "There is no bundle x."),
    (
        exceptions.BundleVersionNotFound(ONE, 3),
        {"bundle_uuid": ONE, "version": 3},
        f"Bundle {ONE} has no version 3.",
    ),
    (
        exceptions.BundlePageNotFound("video", "edit", lacking="draft"),
        {"bundle_type": "video", "page": "edit", "lacking": "draft"},
        (
            "Bundles of the type 'video' have no page to edit them that takes a draft "
            "(OPENEDX_BLOCKSTORE['BUNDLE_TYPE_PAGES'])."
        ),
    ),
    (
        exceptions.PluginNotFound("openedx_blockstore.annotations", "x", ["a", "b"]),
        {"group": "openedx_blockstore.annotations", "name": "x", "known": ("a", "b")},
        "No plugin is called 'x' in openedx_blockstore.annotations; there are: a, b.",
    ),
    (
        exceptions.PluginError([PROBLEM]),
        {"problems": (PROBLEM,)},
        "The plugin x is broken. Mend it.",
    ),
    (
        exceptions.PluginFailed("group", "x", package="mine", reason="KeyError: 'a'"),
        {"group": "group", "name": "x", "package": "mine", "reason": "KeyError: 'a'"},
        (
            "The plugin 'x' of the package mine (group) failed: KeyError: 'a'. Mend it, or turn it "
            "off in OPENEDX_BLOCKSTORE['DISABLED_PLUGINS']."
        ),
    ),
    (
        exceptions.ImportRefused([FINDINGS]),
        {"bundles": (FINDINGS,)},
        "Nothing was imported, because of an error: One: error: a.xml:3: It is wrong. [wrong].",
    ),
    (exceptions.GrantNotFound(), {}, "This address is not valid, or not any more."),
    (exceptions.UploadNotFound(ONE), {"upload_uuid": ONE}, f"There is no upload {ONE}."),
    (
        exceptions.UploadIncomplete(ONE, [2, 3]),
        {"upload_uuid": ONE, "missing": (2, 3)},
        f"Upload {ONE} lacks 2 parts, or has them in another size (2, 3).",
    ),
    (
        exceptions.DirectUploadUnavailable(),
        {},
        "Blockstore's storage takes no direct uploads; write the file through the application.",
    ),
    (
        exceptions.DigestMismatch("0", None),
        {"expected": "0", "actual": None},
        "The digest 0 was announced, but what arrived has another size.",
    ),
    (exceptions.DraftNotFound(ONE), {"draft_uuid": ONE}, f"There is no draft {ONE}."),
    (
        exceptions.BundleFileNotFound(ONE, "a"),
        {"bundle_uuid": ONE, "path": "a"},
        f"Bundle {ONE} has no file 'a' here.",
    ),
    (
        exceptions.DraftConflict(ONE, [CONFLICT]),
        {"draft_uuid": ONE, "conflicts": (CONFLICT,), "paths": ("a",)},
        f"Draft {ONE} conflicts with changes by others: a: expected 0, found nothing.",
    ),
    (
        exceptions.VersionConflict(ONE, 8),
        {"bundle_uuid": ONE, "attempts": 8},
        (
            f"Bundle {ONE} was changed by others during each of 8 attempts to make a version of "
            f"it. Nothing was changed; try again."
        ),
    ),
    (
        exceptions.BundleExists("key", ONE),
        {"key": "key", "bundle_uuid": ONE},
        f"There is a bundle key already ({ONE}).",
    ),
    (
        exceptions.BundleExists("key", None),
        {"key": "key", "bundle_uuid": None},
        "There is a bundle key already.",
    ),
    (
        exceptions.InvalidPath("a//b", "it has two slashes"),
        {"path": "a//b", "reason": "it has two slashes"},
        "'a//b' is not a possible path: it has two slashes.",
    ),
    (
        exceptions.InvalidLink("x", "there is no such version"),
        {"alias": "x", "reason": "there is no such version"},
        "The link 'x' is not possible: there is no such version.",
    ),
    (
        exceptions.LinkCycle("x", ["a", "b@1", "a@2"]),
        {"alias": "x", "chain": ("a", "b@1", "a@2")},
        "The link 'x' is not possible: it would close a cycle, a → b@1 → a@2.",
    ),
    (
        exceptions.LimitExceeded("Files", actual=10_001, limit=10_000, setting="MAX_FILES"),
        {"what": "Files", "actual": 10_001, "limit": 10_000, "setting": "MAX_FILES"},
        "Files: 10,001 is more than the limit of 10,000 (OPENEDX_BLOCKSTORE['MAX_FILES']).",
    ),
    (
        exceptions.InvalidArchive("it is no archive", entry="a"),
        {"reason": "it is no archive", "entry": "a"},
        "The archive can not be imported: 'a': it is no archive.",
    ),
    (
        exceptions.InvalidArchive("it is no archive"),
        {"entry": None},
        "The archive can not be imported: it is no archive.",
    ),
    (
        exceptions.InUse("Collection x is not empty", count=3, examples=[ONE]),
        {"what": "Collection x is not empty", "count": 3, "examples": (ONE,)},
        f"Collection x is not empty (3: {ONE}, …).",
    ),
    (
        exceptions.StorageError("a/b", "it is not there"),
        {"name": "a/b", "reason": "it is not there"},
        "Storage error at a/b: it is not there.",
    ),
    (
        exceptions.DraftHasNoChangesToCommit("Draft x"),
        {"subject": "Draft x"},
        "Draft x has no changes to commit: no version was made.",
    ),
    (exceptions.Invalid("It is wrong."), {}, "It is wrong."),
]


@pytest.mark.parametrize(("error", "facts", "message"), ERRORS)
def test_an_error_carries_its_facts_and_a_readable_message(
    error: BlockstoreError, facts: dict[str, object], message: str
) -> None:
    assert str(error) == message
    assert {name: getattr(error, name) for name in facts} == facts
    assert error.__doc__


@pytest.mark.parametrize(("error", "facts", "message"), ERRORS)
def test_an_error_survives_the_way_to_another_process(
    error: BlockstoreError, facts: dict[str, object], message: str
) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert str(again) == message
        assert {name: getattr(again, name) for name in facts} == facts


def leaves(error: type[BlockstoreError] = BlockstoreError) -> list[type[BlockstoreError]]:
    return [error] + [leaf for each in error.__subclasses__() for leaf in leaves(each)]


def test_every_class_of_errors_has_a_code_of_its_own() -> None:
    ours = [each for each in leaves() if each.__module__ == "openedx_blockstore.exceptions"]
    codes = [each.code for each in ours]
    assert len(set(codes)) == len(codes) > 15
    families = {exceptions.BlockstoreError, exceptions.NotFound, exceptions.Conflict}
    assert set(ours) - families - {type(error) for error, _, _ in ERRORS} == set()


def test_the_families_of_errors_are_as_documented() -> None:
    family: dict[type[Exception], list[type[Exception]]] = {
        exceptions.NotFound: [
            exceptions.CollectionNotFound,
            exceptions.BundleNotFound,
            exceptions.BundleVersionNotFound,
            exceptions.DraftNotFound,
            exceptions.BundleFileNotFound,
        ],
        exceptions.Conflict: [exceptions.DraftConflict],
        exceptions.Invalid: [
            exceptions.InvalidPath,
            exceptions.InvalidLink,
            exceptions.LimitExceeded,
            exceptions.InvalidArchive,
        ],
        exceptions.InvalidLink: [exceptions.LinkCycle],
        exceptions.BlockstoreError: [
            exceptions.NotFound,
            exceptions.Conflict,
            exceptions.Invalid,
            exceptions.InUse,
            exceptions.StorageError,
            exceptions.DraftHasNoChangesToCommit,
        ],
        ValueError: [exceptions.Invalid],
    }
    for parent, children in family.items():
        for child in children:
            assert issubclass(child, parent)


def test_a_long_path_is_shortened_in_the_message_alone() -> None:
    error = exceptions.InvalidPath("x" * 10_000, "it is long")
    assert len(str(error)) < 300
    assert error.path == "x" * 10_000
