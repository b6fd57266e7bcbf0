"""What is left when something fails half-way: all of a change, or nothing of it."""

from __future__ import annotations

import contextlib
import io
import re
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen
from django.conf import settings
from django.db import OperationalError
from django.test.utils import override_settings

from openedx_blockstore import api
from openedx_blockstore.api._store import get_store
from openedx_blockstore.data import CollectionData, LinkTarget
from openedx_blockstore.exceptions import DraftHasNoChangesToCommit, StorageError
from tests.core.faults import (
    FailingFileSystemStorage,
    FailingObjectStorage,
    Fault,
    database_fault,
    die,
    in_a_process_of_its_own,
    lost,
    no_answer,
    storage_fault,
)
from tests.core.helpers import (
    contents_of,
    forget_everything_cached,
    make_lender,
    make_version,
    stored_names,
)

pytestmark = pytest.mark.django_db(transaction=True)

#: More than any operation here does.
MANY = 200


@pytest.fixture(autouse=True)
def failing_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Blockstore stores in a folder that can fail; the parameter may name another class."""
    cls = getattr(request, "param", FailingFileSystemStorage)
    entry = {
        "BACKEND": f"{cls.__module__}.{cls.__qualname__}",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    with override_settings(STORAGES={**settings.STORAGES, "openedx_blockstore": entry}):
        yield


@frozen
class Subject:
    """A bundle with two versions and a draft, and who it could link to."""

    bundle: UUID
    draft: UUID
    lender: LinkTarget
    other_lender: LinkTarget


@pytest.fixture
def collection(db: None) -> CollectionData:
    """A collection."""
    return api.create_collection("Crashes")


def make_subject(collection: CollectionData) -> Subject:
    """Make a bundle with two versions and a link, a draft with changes, and lenders."""
    lender, other = make_lender(collection.uuid), make_lender(collection.uuid)
    bundle = api.create_bundle(collection.uuid, "subject")
    make_version(bundle.uuid, {"a.txt": "a1", "b.txt": "b1"}, {"lender": lender})
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
    api.write_draft_files(draft.uuid, {"a.txt": "a in the draft", "b.txt": None})
    api.set_draft_link(draft.uuid, "lender", other.bundle_uuid, other.version)
    make_version(bundle.uuid, {"c.txt": "c2"})
    return Subject(bundle.uuid, draft.uuid, lender, other)


def write_one(subject: Subject) -> None:
    api.write_draft_file(subject.draft, "new.txt", "new" * 1000)


def write_some(subject: Subject) -> None:
    api.write_draft_files(
        subject.draft, {"new.txt": "new", "a.txt": "a once more", "c.txt": None, "b.txt": "b1"}
    )


def set_link(subject: Subject) -> None:
    api.set_draft_link(subject.draft, "more", subject.lender.bundle_uuid, 1)


def commit(subject: Subject) -> None:
    api.commit_draft(subject.draft)


def commit_a_part(subject: Subject) -> None:
    api.commit_draft(subject.draft, paths=["a.txt"])


def revert(subject: Subject) -> None:
    api.revert_bundle(subject.bundle, 1)


def import_one(subject: Subject) -> None:
    api.import_version(
        subject.bundle, {"imported.txt": "imported", "a.txt": "a1"}, {"more": subject.other_lender}
    )


def update(subject: Subject) -> None:
    api.update_draft(subject.draft)


OPERATIONS = [write_one, write_some, set_link, commit, commit_a_part, revert, import_one, update]


def look(subject: Subject) -> Any:
    """Return all that there is to see of a bundle; every file is read and verified."""
    forget_everything_cached()
    latest = api.get_bundle_version(subject.bundle)
    assert latest is not None
    versions = []
    for number in range(1, latest.version + 1):
        version = api.get_bundle_version(subject.bundle, number)
        assert version is not None
        contents = {}
        for path in version.files:
            with api.open_bundle_file(subject.bundle, path, version_number=number) as file:
                contents[path] = file.read()
        versions.append((contents, version.links))
    draft = api.get_draft(subject.draft)
    return (
        versions,
        contents_of(subject.bundle, "work"),
        draft.links,
        draft.base_version,
        draft.deleted_files,
        {path for path, file in draft.files.items() if file.modified},
        [
            (borrower.alias, borrower.lender_version, borrower.first_version, borrower.last_version)
            for lender in (subject.lender, subject.other_lender)
            for borrower in api.get_borrowers(lender.bundle_uuid, latest_only=False)
        ],
    )


def outcomes(operation: Callable[[Subject], None], collection: CollectionData) -> list[Any]:
    """Return what there is to see before and after an operation that nothing disturbs."""
    subject = make_subject(collection)
    before = look(subject)
    operation(subject)
    return [_comparable(before, subject), _comparable(look(subject), subject)]


def _comparable(seen: Any, subject: Subject) -> str:
    """Return what was seen without what differs from subject to subject."""
    text = repr(seen)
    for number, uuid in enumerate(
        [
            subject.bundle,
            subject.draft,
            subject.lender.bundle_uuid,
            subject.other_lender.bundle_uuid,
        ]
    ):
        text = text.replace(str(uuid), f"uuid {number}")
    return re.sub("snapshot_digest='[0-9a-f]*'", "", text)


class Trials:
    """Tries an operation again and again, with a fault at a later point each time.

    After each trial there must be all of the change, or nothing. Where there is nothing, the next
    trial is one with the same bundle; so what a fault leaves may not disturb it.
    """

    def __init__(self, operation: Callable[[Subject], None], collection: CollectionData) -> None:
        self._operation = operation
        self._collection = collection
        subject = make_subject(collection)
        self._before = _comparable(look(subject), subject)
        operation(subject)
        self._after = _comparable(look(subject), subject)
        self._subject = make_subject(collection)

    def __iter__(self) -> Iterator[tuple[int, Subject]]:
        """Yield the point of the next fault, and the bundle."""
        for number in range(1, MANY):
            forget_everything_cached()
            yield number, self._subject
            seen = _comparable(look(self._subject), self._subject)
            assert seen in (self._before, self._after), f"after a fault at {number}"
            if seen == self._after:
                self._go_on()
        pytest.fail("The operation never ends.")

    def finish(self) -> None:
        """Make sure that there is all of the change; call after a trial without a fault."""
        assert _comparable(look(self._subject), self._subject) == self._after

    def _go_on(self) -> None:
        """Make sure that one can go on with the bundle, and take a new one."""
        api.write_draft_file(self._subject.draft, "later.txt", "later")
        api.commit_draft(self._subject.draft, on_conflict="mine")
        assert contents_of(self._subject.bundle)["later.txt"] == b"later"
        self._subject = make_subject(self._collection)


@pytest.fixture(params=OPERATIONS, ids=lambda operation: operation.__name__)
def operation(request: pytest.FixtureRequest) -> Callable[[Subject], None]:
    """Each operation that changes something."""
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize(
    "failing_storage",
    [FailingFileSystemStorage, FailingObjectStorage],
    ids=["files", "objects"],
    indirect=True,
)
def test_a_storage_that_fails_leaves_no_half_change(
    collection: CollectionData, operation: Callable[[Subject], None], lasting: bool
) -> None:
    trials = Trials(operation, collection)
    for number, subject in trials:
        with storage_fault(Fault(number, no_answer, lasting=lasting)) as fault:
            try:
                operation(subject)
            except StorageError as error:
                assert "the storage does not answer" in str(error)  # noqa: PT017
        if not fault.happened:
            trials.finish()
            break


def test_a_database_that_fails_leaves_no_half_change(
    collection: CollectionData, operation: Callable[[Subject], None]
) -> None:
    trials = Trials(operation, collection)
    for number, subject in trials:
        with (
            database_fault(Fault(number, lost)) as fault,
            contextlib.suppress(OperationalError),
        ):
            operation(subject)
        if not fault.happened:
            trials.finish()
            break


@pytest.mark.slow
@pytest.mark.parametrize("faults", [storage_fault, database_fault], ids=["storage", "database"])
def test_a_process_that_is_killed_leaves_no_half_change(
    collection: CollectionData, operation: Callable[[Subject], None], faults: Any
) -> None:
    trials = Trials(operation, collection)
    for number, subject in trials:

        def run(subject: Subject = subject, number: int = number) -> None:
            with faults(Fault(number, die)):
                operation(subject)

        ended = in_a_process_of_its_own(run)
        assert ended in (0, signal.SIGKILL)
        if ended == 0:
            trials.finish()
            break


def test_nothing_is_left_of_a_write_that_failed(collection: CollectionData) -> None:
    """What did arrive of the bytes is taken away again."""
    subject = make_subject(collection)
    before = stored_names(subject.bundle)

    class Unreadable:
        """The first megabyte can be read."""

        count = 0

        def read(self, _size: int = -1) -> bytes:
            self.count += 1
            if self.count > 4:
                raise EOFError("the client went away")
            return b"x" * 2**18

    with pytest.raises(EOFError, match="the client went away"):
        api.write_draft_file(subject.draft, "new.txt", Unreadable())  # type: ignore[arg-type]
    assert stored_names(subject.bundle) == before


@pytest.mark.parametrize("limit", [10, 300_000])
@pytest.mark.parametrize("length", [100, 5_000_000])
def test_a_full_disk_is_a_storage_error(
    collection: CollectionData, limit: int, length: int, tmp_path: Path
) -> None:
    """Here the disk is full for files over a limit, which fails just as a full disk does."""
    subject = make_subject(collection)
    before, names = look(subject), stored_names(subject.bundle)

    def run() -> None:
        # The database must not hit the limit itself.
        state = api.get_draft(subject.draft)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with pytest.raises(StorageError, match="File too large"):
            get_store().put_blob(state.bundle_uuid, io.BytesIO(b"x" * length))

    fits = length <= limit
    assert in_a_process_of_its_own(run) == (1 if fits else 0)
    if not fits:
        assert stored_names(subject.bundle) == names
    assert look(subject) == before


def test_committing_twice_after_a_lost_answer_is_no_second_version(
    collection: CollectionData,
) -> None:
    subject = make_subject(collection)
    api.commit_draft(subject.draft)
    with pytest.raises(DraftHasNoChangesToCommit):
        api.commit_draft(subject.draft)
