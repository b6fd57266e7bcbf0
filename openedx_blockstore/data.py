"""The values that the public API takes and returns.

Frozen ``attrs`` classes without behaviour: comparable, picklable (hosts put them in caches), and
hashable where they identify something. Nothing here knows Django, the database or the storage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import BinaryIO, Literal
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore._change_data import FileChange, LinkChange, LinkTarget
from openedx_blockstore._event_data import (
    DraftEventData,
    EventConsumerData,
    EventData,
    EventKind,
    EventTarget,
    LinkEventData,
    SetAsideEventData,
    TrimmedEvents,
)
from openedx_blockstore._finding_data import BundleFindings, Finding, Severity
from openedx_blockstore._service_data import (
    CollectionAuditData,
    GrantData,
    Role,
    RoleData,
    ServedFileData,
    UploadData,
    as_uuid,
)

#: Who may read a collection without a role on it, see :attr:`CollectionData.visibility`.
Visibility = Literal["private", "public_read", "public_reuse"]

#: What an author says of a version, so that borrowers can accept some updates unseen.
ChangeKind = Literal["content", "typo", "grading"]

#: What to do at commit with a path that others changed since the change was staged.
OnConflict = Literal["error", "mine", "theirs"]

#: The new bytes of a file: text (stored as UTF-8), bytes, or a readable binary file.
FileContents = str | bytes | BinaryIO

#: Like :data:`FileContents`, or a function that opens such a file when its turn comes.
FileSource = FileContents | Callable[[], BinaryIO]


@frozen
class CollectionData:
    """A set of bundles with one owner, one set of roles and one licence.

    Attributes:
        owner: Who owns the content legally.
        author: Who is credited for it.
        publisher: The IRI of the publisher, or an empty string.
        visibility: Who may read it without a role: nobody (``private``), everybody
            (``public_read``), or everybody, who may also link to it and copy it
            (``public_reuse``).
    """

    uuid: UUID = field(converter=as_uuid)
    title: str
    description: str = ""
    owner: str = ""
    author: str = ""
    publisher: str = ""
    visibility: Visibility = "private"


@frozen
class BundleData:
    """What one edits, versions, imports and exports as a single thing.

    Attributes:
        drafts: The UUID of each draft, by its name.
        latest_version: The newest version's number; 0 where there is none yet.
        type: What kind of content it is (``sequence``, ``video``, …); decides limits and which
            plugins take an interest. Empty for none in particular.
        origin: Where it was imported from and its key there; unique in the collection. None for
            a bundle made here.
        deleted_at: When it was deleted (aware, UTC), or None.
    """

    uuid: UUID = field(converter=as_uuid)
    title: str
    description: str
    slug: str
    drafts: dict[str, UUID]
    latest_version: int
    collection_uuid: UUID | None = None
    type: str = ""
    origin: str | None = None
    deleted_at: datetime | None = None


@frozen
class Dependency:
    """One version of one bundle, as something that another bundle depends on.

    Attributes:
        snapshot_digest: The digest of that version's manifest, or an empty string where it was
            not asked for. Two dependencies on one version are equal whatever this says.
    """

    bundle_uuid: UUID = field(converter=as_uuid)
    version: int
    snapshot_digest: str = field(default="", eq=False)

    def __str__(self) -> str:
        return f"{self.bundle_uuid}@{self.version}"


@frozen
class BundleFileData:
    """A file of a bundle version.

    Attributes:
        path: Relative to the bundle's root, with ``/`` between its parts, in Unicode NFC.
        size: In bytes.
        url: The stable, absolute URL of this path in this version.
        hash_digest: The lower-case hexadecimal SHA-256 of the contents.
        public: Anybody may read it, whatever the collection's visibility.
    """

    path: str
    size: int
    url: str
    hash_digest: str
    public: bool = False


@frozen
class DraftFileData(BundleFileData):
    """A file as a draft shows it.

    Attributes:
        modified: The draft changes it; it is not as in the version below.
    """

    modified: bool = False


@frozen
class BundleLinkData:
    """A link of a bundle version.

    Attributes:
        name: Its alias; its contents appear under ``links/{name}/``.
        direct: The version it leads to.
        indirect: What that version depends on in turn, sorted; empty for a weak link.
        weak: See :class:`LinkTarget`.
    """

    name: str
    direct: Dependency
    indirect: list[Dependency]
    weak: bool = False


@frozen
class DraftLinkData(BundleLinkData):
    """A link as a draft shows it; ``modified`` as in :class:`DraftFileData`."""

    modified: bool = False


@frozen
class BundleVersionData:
    """An immutable, numbered snapshot of a bundle.

    Attributes:
        version: Counts from 1 without gaps.
        created_at: Aware, UTC.
        manifest_digest: The identity of the version's content.
        change_kind: Whether the change was to the ``content``, to a ``typo``, or to ``grading``.
        author: Whoever made the version, as the caller named them.
        origin_version: The number that the version had where it was imported from, or None.
    """

    bundle_uuid: UUID = field(converter=as_uuid)
    version: int
    change_description: str
    created_at: datetime
    files: dict[str, BundleFileData]
    links: dict[str, BundleLinkData]
    manifest_digest: str = ""
    change_kind: ChangeKind = "content"
    author: str = ""
    origin_version: int | None = None


@frozen
class DraftData:
    """A named, mutable overlay on a bundle version.

    Attributes:
        updated_at: When a change was last staged, cleared or committed (aware, UTC).
        files: Every file as the draft shows it, by path; deleted ones are not there.
        links: Every link as the draft shows it, by alias.
        base_version: The number of the version below the changes; 0 where there is none. A draft
            with nothing staged follows the latest version.
        base_digest: The digest of that version's manifest; empty where there is none.
        deleted_files: The paths that the draft deletes, sorted.
        deleted_links: The aliases that the draft deletes, sorted.
    """

    uuid: UUID = field(converter=as_uuid)
    bundle_uuid: UUID = field(converter=as_uuid)
    name: str
    created_at: datetime
    updated_at: datetime
    files: dict[str, DraftFileData]
    links: dict[str, DraftLinkData]
    base_version: int = 0
    deleted_files: list[str] = field(factory=list)
    deleted_links: list[str] = field(factory=list)
    base_digest: str = ""


@frozen
class BundleTypeData:
    """A type of bundles.

    Attributes:
        name: What bundles of this type have as their ``type``.
        title: What people call it; empty where nobody said.
        max_files: How many files a version may hold.
    """

    name: str
    title: str
    max_files: int


@frozen
class ImportedVersion:
    """What :func:`openedx_blockstore.api.import_version` did.

    Attributes:
        version: The version that holds what was imported.
        created: Whether it is new; False where the latest version held all that already.
        findings: What validators said of a new one, none of it an error.
    """

    version: BundleVersionData
    created: bool
    findings: tuple[Finding, ...] = ()


@frozen
class ImportFindings:
    """What validators said of what is about to become a version.

    Attributes:
        findings: All of it, sorted by file and line.
        by_validator: The same by the names of the validators, which may want to keep it.
    """

    findings: tuple[Finding, ...] = ()
    by_validator: Mapping[str, tuple[Finding, ...]] = field(factory=dict)


@frozen
class BundleChanges:
    """What changed from one version to another.

    Attributes:
        from_version: The earlier state; 0 stands for "nothing yet".
    """

    bundle_uuid: UUID
    from_version: int
    to_version: int
    files: tuple[FileChange, ...]
    links: tuple[LinkChange, ...]


@frozen
class FileHistoryEntry:
    """One version that changed a path.

    Attributes:
        kind: ``added`` (first, or again after a removal), ``modified`` or ``removed``; ``gap``
            for a version that is not there any more, beyond which nothing is known.
        digest: The file's digest in that version; None where it was removed, or is unknown.
        created_at: When the version was made (aware, UTC); None for a gap.
    """

    version: int
    kind: Literal["added", "modified", "removed", "gap"]
    digest: str | None = None
    size: int | None = None
    change_description: str = ""
    author: str = ""
    created_at: datetime | None = None


@frozen
class DependenciesData:
    """Everything that a bundle version depends on.

    Attributes:
        links: The direct links by alias, weak ones too.
        dependencies: Every version that is reached through links which are not weak, each once,
            sorted.
        diamonds: The bundles of which more than one version is among the dependencies, with the
            numbers of those versions.
    """

    bundle_uuid: UUID
    version: int
    links: dict[str, BundleLinkData]
    dependencies: tuple[Dependency, ...]
    diamonds: dict[UUID, tuple[int, ...]]


@frozen
class BorrowerData:
    """A bundle that uses another one.

    Attributes:
        bundle_uuid: The borrower.
        lender_version: The version it uses.
        first_version: The first of the borrower's versions with this link.
        last_version: The last one; None where the latest version still has it.
    """

    bundle_uuid: UUID
    alias: str
    lender_version: int
    first_version: int
    last_version: int | None
    weak: bool = False


@frozen
class OutdatedLinkData:
    """A link of a bundle's latest version whose lender has moved on.

    Attributes:
        version: The version that the link leads to.
        latest_version: The lender's newest version.
        deleted: The lender was deleted; its pinned version is still readable.
    """

    alias: str
    bundle_uuid: UUID
    version: int
    latest_version: int
    deleted: bool = False


@frozen
class SizeData:
    """How much a version holds, each distinct content of each bundle counted once.

    Attributes:
        bytes: The sum of the sizes of the distinct contents.
        files: How many paths, in all bundles together.
        bundle_versions: How many versions were counted: 1, or with the dependencies.
    """

    bytes: int
    files: int
    bundle_versions: int


@frozen
class SkippedEntry:
    """Something in an archive that was not imported.

    Attributes:
        path: Of the entry in the archive; ``links/{alias}`` for a link that was dropped.
        reason: Why it was left out.
    """

    path: str
    reason: str


@frozen
class BundleImportData:
    """What became, or would become, of one bundle version in an archive.

    Attributes:
        bundle_uuid: The bundle that holds it now.
        version: The number of the version that holds it now.
        created: Whether that version is new; False where an existing one holds the same.
        bundle_created: Whether the bundle is new.
        origin_uuid: The bundle's UUID in the archive; None where the archive names none, since
            somebody packed it by hand. Differs from ``bundle_uuid`` where another collection has
            a bundle with that UUID already.
        origin_version: The version's number in the archive, or None likewise.
        skipped: What of it was not imported, and why.
        findings: What validators said of a new version; errors only in a dry run, since they stop
            an import. And what plugins said of their own parts of the archive.
    """

    bundle_uuid: UUID
    version: int
    title: str
    created: bool
    bundle_created: bool
    origin_uuid: UUID | None = None
    origin_version: int | None = None
    skipped: tuple[SkippedEntry, ...] = ()
    findings: tuple[Finding, ...] = ()


@frozen
class ArchiveImportData:
    """What became, or would become, of all bundle versions in an archive.

    Attributes:
        bundles: One for each tree, lenders before their borrowers.
        roots: Those of them that the archive was made for; the others are their dependencies.
        skipped: What belongs to none of them and was not imported, and why.
        dry_run: Nothing was made.
        findings: What plugins said of their parts about the collection.
    """

    bundles: tuple[BundleImportData, ...]
    roots: tuple[BundleImportData, ...]
    skipped: tuple[SkippedEntry, ...] = ()
    dry_run: bool = False
    findings: tuple[Finding, ...] = ()


@frozen
class ArchiveExportData:
    """What was written to an archive.

    Attributes:
        bundle_versions: One for each tree, lenders before their borrowers.
        files: How many files of bundles were written; in an archive of many trees, files with
            equal contents are written once.
        bytes: Their size together, before packing.
    """

    bundle_versions: tuple[Dependency, ...]
    files: int
    bytes: int


# They are values like all others, and are documented and pickled as such.
for _value in (
    BundleFindings,
    CollectionAuditData,
    DraftEventData,
    EventConsumerData,
    EventData,
    EventKind,
    EventTarget,
    FileChange,
    Finding,
    GrantData,
    LinkChange,
    LinkEventData,
    LinkTarget,
    RoleData,
    ServedFileData,
    SetAsideEventData,
    Severity,
    TrimmedEvents,
    UploadData,
):
    _value.__module__ = __name__
