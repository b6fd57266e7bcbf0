"""Every error that Blockstore raises on purpose.

One root, a few families, and leaves that carry their facts as attributes and build their own
message from them. Each class has a stable ``code`` for machines. None knows HTTP: what a family
means as a status is the business of whoever speaks HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from attrs import frozen

from openedx_blockstore._base_exceptions import (
    BlockstoreError,
    Conflict,
    Invalid,
    NotFound,
    shortened,
)
from openedx_blockstore._plugin_exceptions import (
    ImportRefused,
    PluginError,
    PluginFailed,
    PluginNotFound,
    PluginProblem,
)

# Not found ---------------------------------------------------------------------------------------


class CollectionNotFound(NotFound):
    """No collection has this UUID."""

    code = "collection_not_found"

    def __init__(self, collection_uuid: UUID | str) -> None:
        self.collection_uuid = collection_uuid
        super().__init__(f"There is no collection {collection_uuid}.")


class BundleNotFound(NotFound):
    """No bundle has this UUID, or it was deleted."""

    code = "bundle_not_found"

    def __init__(self, bundle_uuid: UUID | str) -> None:
        self.bundle_uuid = bundle_uuid
        super().__init__(f"There is no bundle {bundle_uuid}.")


class BundleVersionNotFound(NotFound):
    """The bundle has no version with this number."""

    code = "bundle_version_not_found"

    def __init__(self, bundle_uuid: UUID | str, version: int) -> None:
        self.bundle_uuid = bundle_uuid
        self.version = version
        super().__init__(f"Bundle {bundle_uuid} has no version {version}.")


class DraftNotFound(NotFound):
    """No draft has this UUID."""

    code = "draft_not_found"

    def __init__(self, draft_uuid: UUID | str) -> None:
        self.draft_uuid = draft_uuid
        super().__init__(f"There is no draft {draft_uuid}.")


class BundleFileNotFound(NotFound):
    """The bundle version or draft has no file at this path."""

    code = "bundle_file_not_found"

    def __init__(self, bundle_uuid: UUID | str, path: str) -> None:
        self.bundle_uuid = bundle_uuid
        self.path = path
        super().__init__(f"Bundle {bundle_uuid} has no file {path!r} here.")


class BundlePageNotFound(NotFound):
    """Nobody has said where bundles of this type are previewed or edited, or not this way.

    Attributes:
        bundle_type: The type of the bundle.
        page: What was asked for: ``preview`` or ``edit``.
        lacking: What the page's address leaves out, and so can not be about: ``version`` or
            ``draft``; None where there is no page.
    """

    code = "bundle_page_not_found"

    def __init__(self, bundle_type: str, page: str, *, lacking: str | None = None) -> None:
        self.bundle_type = bundle_type
        self.page = page
        self.lacking = lacking
        about = f" that takes a {lacking}" if lacking is not None else ""
        super().__init__(
            f"Bundles of the type {bundle_type!r} have no page to {page} them{about} "
            f"(OPENEDX_BLOCKSTORE['BUNDLE_TYPE_PAGES'])."
        )


class GrantNotFound(NotFound):
    """The grant in an address is none, or has expired."""

    code = "grant_not_found"

    def __init__(self) -> None:
        super().__init__("This address is not valid, or not any more.")


class UploadNotFound(NotFound):
    """No direct upload has this UUID, or it was abandoned."""

    code = "upload_not_found"

    def __init__(self, upload_uuid: UUID | str) -> None:
        self.upload_uuid = upload_uuid
        super().__init__(f"There is no upload {upload_uuid}.")


# Conflicts ---------------------------------------------------------------------------------------


@frozen
class PathConflict:
    """One path or link on which a draft and others disagree.

    Attributes:
        path: The path; ``links/{alias}`` for a link.
        expected: What the change was made against: a digest (``uuid@version`` for a link), or
            None for "not there".
        actual: What is there now, in the same form.
        mine: What the caller wanted there, in the same form.
    """

    path: str
    expected: str | None
    actual: str | None
    mine: str | None


class DraftConflict(Conflict):
    """Paths of a draft were changed by others since they were read or staged.

    Nothing was changed by the call that raised it. Read what is there now, merge, and stage again;
    or commit with ``on_conflict="mine"`` or ``"theirs"``.
    """

    code = "draft_conflict"

    def __init__(self, draft_uuid: UUID | str, conflicts: Sequence[PathConflict]) -> None:
        self.draft_uuid = draft_uuid
        self.conflicts = tuple(conflicts)
        details = "; ".join(
            f"{c.path}: expected {c.expected or 'nothing'}, found {c.actual or 'nothing'}"
            for c in self.conflicts
        )
        super().__init__(f"Draft {draft_uuid} conflicts with changes by others: {details}.")

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths in conflict; ``links/{alias}`` for a link."""
        return tuple(conflict.path for conflict in self.conflicts)


class VersionConflict(Conflict):
    """Others kept making versions of this bundle, and this one never got its turn."""

    code = "version_conflict"

    def __init__(self, bundle_uuid: UUID | str, attempts: int) -> None:
        self.bundle_uuid = bundle_uuid
        self.attempts = attempts
        super().__init__(
            f"Bundle {bundle_uuid} was changed by others during each of {attempts} attempts to "
            f"make a version of it. Nothing was changed; try again."
        )


class BundleExists(Conflict):
    """A bundle with this UUID, or with this origin in the collection, exists already.

    Attributes:
        key: The UUID or origin.
        bundle_uuid: The bundle that has it, if it is known.
    """

    code = "bundle_exists"

    def __init__(self, key: str, bundle_uuid: UUID | None) -> None:
        self.key = key
        self.bundle_uuid = bundle_uuid
        where = f" ({bundle_uuid})" if bundle_uuid is not None else ""
        super().__init__(f"There is a bundle {key} already{where}.")


class UploadIncomplete(Conflict):
    """A direct upload was to be completed before all of its parts had arrived.

    Attributes:
        missing: The numbers of the parts that are to be sent (again), sorted.
    """

    code = "upload_incomplete"

    def __init__(self, upload_uuid: UUID, missing: Iterable[int]) -> None:
        self.upload_uuid = upload_uuid
        self.missing = tuple(missing)
        listed = ", ".join(str(number) for number in self.missing[:10])
        more = ", …" if len(self.missing) > 10 else ""  # noqa: PLR2004
        super().__init__(
            f"Upload {upload_uuid} lacks {len(self.missing):,} parts, or has them in another size "
            f"({listed}{more})."
        )


# Invalid input -----------------------------------------------------------------------------------


class InvalidPath(Invalid):
    """A path or alias that no version may hold."""

    code = "invalid_path"

    def __init__(self, path: object, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{shortened(path)} is not a possible path: {reason}.")


class InvalidLink(Invalid):
    """A link that can not be set."""

    code = "invalid_link"

    def __init__(self, alias: str, reason: str) -> None:
        self.alias = alias
        self.reason = reason
        super().__init__(f"The link {alias!r} is not possible: {reason}.")


class LinkCycle(InvalidLink):
    """A link that would make a bundle depend on itself.

    Attributes:
        chain: From the borrower through the lender back to the borrower, as ``uuid@version`` (the
            first one, which is not a version yet, without a number).
    """

    code = "link_cycle"

    def __init__(self, alias: str, chain: Iterable[str]) -> None:
        self.chain = tuple(chain)
        super().__init__(alias, f"it would close a cycle, {' → '.join(self.chain)}")


class LimitExceeded(Invalid):
    """Something is larger than a limit allows.

    Attributes:
        setting: The key in ``OPENEDX_BLOCKSTORE`` that holds the limit.
    """

    code = "limit_exceeded"

    def __init__(self, what: str, *, actual: int, limit: int, setting: str) -> None:
        self.what = what
        self.actual = actual
        self.limit = limit
        self.setting = setting
        super().__init__(
            f"{what}: {actual:,} is more than the limit of {limit:,} "
            f"(OPENEDX_BLOCKSTORE[{setting!r}])."
        )


class DirectUploadUnavailable(Invalid):
    """The storage takes nothing directly; write the file through the application."""

    code = "direct_upload_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "Blockstore's storage takes no direct uploads; write the file through the application."
        )


class DigestMismatch(Invalid):
    """What was uploaded does not have the size or the digest that was announced.

    Attributes:
        expected: The digest that was announced.
        actual: The digest of what has arrived; None where its size is wrong already.
    """

    code = "digest_mismatch"

    def __init__(self, expected: str, actual: str | None) -> None:
        self.expected = expected
        self.actual = actual
        found = f"has the digest {actual}" if actual is not None else "has another size"
        super().__init__(f"The digest {expected} was announced, but what arrived {found}.")


class InvalidArchive(Invalid):
    """An archive or export that can not be read, or must not be.

    Attributes:
        entry: The entry of the archive that is at fault, or None where it is the whole.
    """

    code = "invalid_archive"

    def __init__(self, reason: str, *, entry: str | None = None) -> None:
        self.reason = reason
        self.entry = entry
        where = f"{shortened(entry)}: " if entry is not None else ""
        super().__init__(f"The archive can not be imported: {where}{reason}.")


# Plugins -----------------------------------------------------------------------------------------


# The rest ----------------------------------------------------------------------------------------


class InUse(BlockstoreError):
    """What is to be deleted is still needed.

    Attributes:
        count: How many things still need it.
        examples: The UUIDs of some of them.
    """

    code = "in_use"

    def __init__(self, what: str, *, count: int, examples: Sequence[UUID] = ()) -> None:
        self.what = what
        self.count = count
        self.examples = tuple(examples)
        listed = ", ".join(str(uuid) for uuid in self.examples)
        more = ", …" if count > len(self.examples) else ""
        super().__init__(f"{what} ({count:,}{': ' if listed else ''}{listed}{more}).")


class StorageError(BlockstoreError):
    """The storage failed, or holds something else than it should."""

    code = "storage_error"

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"Storage error at {name}: {reason}.")


class DraftHasNoChangesToCommit(BlockstoreError):
    """A commit or revert that would make a version equal to the latest one."""

    code = "draft_has_no_changes_to_commit"

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(f"{subject} has no changes to commit: no version was made.")


# They are errors like all others, and are documented and pickled as such.
for _error in (
    BlockstoreError,
    Conflict,
    ImportRefused,
    Invalid,
    NotFound,
    PluginError,
    PluginFailed,
    PluginNotFound,
    PluginProblem,
):
    _error.__module__ = __name__
