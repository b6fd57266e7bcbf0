"""Bundle versions: reading them, and making one of files that come from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from attrs import frozen

from openedx_blockstore.api._events import bundle_event, locked_bundles, record
from openedx_blockstore.api._lookup import (
    find_bundle,
    find_version,
    read_manifest,
    require_version,
)
from openedx_blockstore.api._sources import Source, SourceContents, version_contents
from openedx_blockstore.api._store import confirm_blobs, get_store
from openedx_blockstore.api._transactions import write_transaction
from openedx_blockstore.api._validation import (
    NO_FINDINGS,
    refuse_errors,
    run_validators,
    tell_validators,
)
from openedx_blockstore.api._values import (
    check_actor,
    check_choice,
    check_mapping,
    check_text,
    check_values,
    is_positive,
    opened,
)
from openedx_blockstore.api._version_data import version_data, version_files, version_links
from openedx_blockstore.api._versions import VersionInfo, check_file_count, make_version
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import (
    BundleFileData,
    BundleFindings,
    BundleLinkData,
    BundleVersionData,
    ChangeKind,
    EventKind,
    FileSource,
    ImportedVersion,
    ImportFindings,
    LinkTarget,
)
from openedx_blockstore.exceptions import Invalid, InvalidLink
from openedx_blockstore.models import Bundle, BundleVersion
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore.store import (
    EMPTY_TREE,
    Tree,
    TreeFile,
    normalize_alias,
    normalize_path,
)


def get_bundle_version(
    bundle_uuid: UUID | str, version_number: int | None = None
) -> BundleVersionData | None:
    """Return a version of a bundle: all its files and links.

    Args:
        version_number: None for the latest one.

    Returns:
        None for a bundle without a version, and for version 0.

    Raises:
        BundleNotFound: There is no such bundle; or it was deleted, and nobody uses this version.
        BundleVersionNotFound: It has no such version.
        StorageError: The storage failed.
    """
    version = find_version(bundle_uuid, version_number)
    return version_data(version, read_manifest(version)) if version is not None else None


def get_bundle_version_files(
    bundle_uuid: UUID | str, version_number: int | None
) -> list[BundleFileData]:
    """Return the files of a version, sorted by path; none for version 0.

    It raises what :func:`get_bundle_version` raises.
    """
    version = find_version(bundle_uuid, version_number)
    if version is None:
        return []
    return list(version_files(version, read_manifest(version).tree().files).values())


def get_bundle_version_links(
    bundle_uuid: UUID | str, version_number: int | None
) -> dict[str, BundleLinkData]:
    """Return the links of a version by alias; none for version 0.

    It raises what :func:`get_bundle_version` raises.
    """
    version = find_version(bundle_uuid, version_number)
    return version_links(version, read_manifest(version).tree().links) if version else {}


def describe_bundle_version(
    bundle_uuid: UUID | str, version_number: int, change_description: str, *, actor: str = ""
) -> None:
    """Change what is said of the change that a version made. What it holds never changes.

    Args:
        actor: The name of the user who does this, for the event.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        Invalid: The text can not be stored.
    """
    check_text("change description", change_description)
    check_actor(actor)
    version = require_version(bundle_uuid, version_number)
    with write_transaction():
        # One at a time, so that what the event says was before, was.
        bundle = locked_bundles().get(pk=version.bundle_id)
        version.refresh_from_db(fields=["change_description"])
        before = version.change_description
        if before == change_description:
            return
        version.change_description = change_description
        version.save(update_fields=["change_description"])
        record(
            bundle_event(
                EventKind.BUNDLE_UPDATED,
                bundle,
                actor=actor,
                version=version.version_num,
                facts={"changes": {"change_description": [before, change_description]}},
            )
        )


def import_version(
    bundle_uuid: UUID | str,
    files: Mapping[str, FileSource],
    links: Mapping[str, LinkTarget] | None = None,
    *,
    public: Collection[str] = frozenset(),
    change_description: str = "",
    change_kind: ChangeKind = "content",
    author: str | None = None,
    origin_version: int | None = None,
    validated: ImportFindings | None = None,
) -> ImportedVersion:
    """Make a version that holds exactly these files and links, unless the latest one does already.

    Drafts stay as they are. Contents that the latest version has are not written again.

    Args:
        files: The contents by path: text, bytes, a readable binary file, or a function that opens
            one when its turn comes.
        links: The targets by alias.
        public: The paths that anybody may read.
        change_description: What is to be said of the change.
        change_kind: How much it matters to those who use the bundle.
        author: Who made it.
        origin_version: Its number where it is imported from.
        validated: What :func:`validate_contents` said of the same files and links; None to let
            validators look at them now.

    Raises:
        BundleNotFound: There is no such bundle.
        ImportRefused: Validators found errors.
        PluginError, PluginFailed: A validator can not be used, or failed.
        InvalidPath, InvalidLink, LinkCycle, LimitExceeded: There can be no such version.
        Invalid: An argument has a wrong value; or it is a first version without files and links.
        StorageError: The storage failed.
        VersionConflict: Others kept making versions of the bundle.
    """
    check_choice("change_kind", change_kind)
    if validated is not None and not isinstance(validated, ImportFindings):
        raise Invalid(f"validated must be ImportFindings or None, not {validated!r}.")
    if origin_version is not None and not is_positive(origin_version):
        raise Invalid(f"origin_version must be a positive number, not {origin_version!r}.")
    info = VersionInfo(
        change_description=check_text("change description", change_description),
        change_kind=change_kind,
        author=check_text("author", author, max_length=255) if author is not None else "",
        origin_version=origin_version,
    )
    new_links = _named_links({} if links is None else links)
    places = _named_files(files, public)
    latest = find_version(bundle_uuid, None)
    bundle = latest.bundle if latest is not None else find_bundle(bundle_uuid)
    old = read_manifest(latest).tree() if latest is not None else EMPTY_TREE
    check_file_count(bundle, old=len(old.files), new=len(files))
    new_files, reused = _put_all(bundle, old, files, places)
    judge = _Judge(bundle, Tree(new_files, new_links), latest, validated)

    def finish(version: BundleVersion) -> None:
        confirm_blobs(bundle.uuid, reused)
        tell_validators(bundle.uuid, version.version_num, judge.found)

    made = make_version(
        bundle, lambda old, _exclusive: judge.look(old), info, latest=latest, after=finish
    )
    if made is None:
        raise Invalid(f"A first version of bundle {bundle.uuid} needs a file or a link.")
    findings = judge.found.findings if made.created else ()
    return ImportedVersion(version_data(made.row, made.manifest), made.created, findings)


def validate_contents(
    contents: BundleContents,
    previous: BundleContents | None = None,
    *,
    leave_out: Collection[str] = (),
) -> ImportFindings:
    """Let validators look at what is to be imported, before any of it is.

    It is for imports of many bundles, none of which may be made if there is an error in any.

    Args:
        contents: What is to become a version.
        previous: The bundle's latest version; None where it has none.
        leave_out: The names of validators that are not asked: one that wants to know what the
            others say leaves itself out.

    Raises:
        Invalid: Either is something else.
        PluginError, PluginFailed: A validator can not be used, or failed.
        StorageError: The storage failed.
    """
    given: tuple[object, ...] = (contents,) if previous is None else (contents, previous)
    for each in given:
        if not isinstance(each, BundleContents):
            raise Invalid(f"What is validated must be BundleContents, not {type(each).__name__}.")
    return run_validators(contents, lambda: previous, leave_out=leave_out)


class _Judge:
    """Lets validators look at a tree, once, and only if there is to be a version of it."""

    def __init__(
        self,
        bundle: Bundle,
        tree: Tree,
        latest: BundleVersion | None,
        validated: ImportFindings | None,
    ) -> None:
        self._bundle = bundle
        self._tree = tree
        self._latest = latest
        self._asked = validated is not None
        self.found = validated or NO_FINDINGS

    def look(self, latest: Tree) -> Tree:
        """Return the tree of the version; called again after a lost race."""
        if not self._asked and latest != self._tree:
            self._asked = True
            contents = SourceContents(Source(self._bundle.uuid, self._tree), self._bundle)
            self.found = run_validators(contents, self._previous)
        findings = BundleFindings(self._bundle.uuid, self._bundle.title, self.found.findings)
        refuse_errors([findings])
        return self._tree

    def _previous(self) -> BundleContents | None:
        return version_contents(self._latest) if self._latest is not None else None


def _named_links(links: Mapping[str, LinkTarget]) -> dict[str, LinkTarget]:
    """Return the targets by aliases as they are stored."""
    check_mapping("links", links)
    named = {normalize_alias(alias): target for alias, target in links.items()}
    if len(named) < len(links):
        raise Invalid("Two of the aliases are the same, once both are in Unicode NFC.")
    for alias, target in named.items():
        if not isinstance(target, LinkTarget):
            raise InvalidLink(alias, f"its target must be a LinkTarget, not {target!r}")
    return named


@frozen
class _Place:
    """Where a file is to be, and whether anybody may read it."""

    path: str
    public: bool


def _named_files(files: Mapping[str, FileSource], public: Collection[str]) -> dict[str, _Place]:
    """Return what becomes of each path as the caller spells it."""
    check_mapping("files", files)
    check_values("public", public)
    limit = get_settings().MAX_PATH_LENGTH
    named = {path: normalize_path(path, max_length=limit) for path in files}
    if len(set(named.values())) < len(files):
        raise Invalid("Two of the paths are the same, once both are in Unicode NFC.")
    open_to_all = {normalize_path(path, max_length=limit) for path in public}
    if missing := sorted(open_to_all.difference(named.values())):
        raise Invalid(f"public names {missing[0]!r}, which is not among the files.")
    return {given: _Place(path, path in open_to_all) for given, path in named.items()}


def _put_all(
    bundle: Bundle, old: Tree, files: Mapping[str, FileSource], places: Mapping[str, _Place]
) -> tuple[dict[str, TreeFile], set[str]]:
    """Store the contents; return the files, and the digests that the storage had already."""
    known = {file.digest for file in old.files.values()}
    stored_files: dict[str, TreeFile] = {}
    reused: set[str] = set()
    for path, source in files.items():
        with opened(source) as contents:
            stored = get_store().put_blob(bundle.uuid, contents, known=known)
        if stored.reused and stored.digest not in known:
            reused.add(stored.digest)
        known.add(stored.digest)
        place = places[path]
        stored_files[place.path] = TreeFile(stored.digest, stored.size, place.public)
    if known:
        get_store().sync_blobs(bundle.uuid)
    return stored_files, reused
