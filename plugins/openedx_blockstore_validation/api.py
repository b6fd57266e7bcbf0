"""The Python API of import validation, for trusted code in the same process.

Findings are of :class:`openedx_blockstore.data.Finding`; docs/plugins/validation.rst lists the
codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from openedx_blockstore import api
from openedx_blockstore.data import Finding
from openedx_blockstore.exceptions import BundleVersionNotFound, LimitExceeded
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_validation.checking import Progress, check_contents
from openedx_blockstore_validation.conf import get_settings
from openedx_blockstore_validation.places import Layout, LenderFiles, is_static
from openedx_blockstore_validation.references import TEXT_SUFFIXES
from openedx_blockstore_validation.report import by_place
from openedx_blockstore_validation.stored import load_findings
from openedx_blockstore_validation.validator import NAME

_SETTINGS = "PLUGIN_SETTINGS['openedx_blockstore_validation']"


def validate_contents(
    contents: BundleContents,
    previous: BundleContents | None = None,
    *,
    layout: Layout | None = None,
    lender_files: LenderFiles | None = None,
    progress: Progress | None = None,
) -> tuple[Finding, ...]:
    """Return what there is to say about one state of a bundle, by file and line.

    Nothing is stored. Whatever bytes the files hold, it is told in findings: those of this plugin,
    and those of all others that are asked before an import.

    Args:
        contents: A version, a draft, or anything else with files and links.
        previous: The state before, to find blocks that lost their identity; None for none.
        layout: ``bundle`` or ``export`` (the files lie as in an OLX export); None to find out.
        lender_files: Is given what a link leads to, and returns the paths there, or None where they
            can not be listed; then the contents are asked for single files. None for the store.
        progress: Called after every file: how many are done, how many there are, and its path.

    Raises:
        PluginError, PluginFailed: Another plugin can not be used, or failed.
        StorageError: The storage failed.
    """
    found = check_contents(
        contents, previous, layout=layout, lender_files=lender_files, progress=progress
    )
    others = api.validate_contents(contents, previous, leave_out=[NAME])
    return tuple(sorted([*found, *others.findings], key=by_place))


def validate_version(
    bundle_uuid: UUID | str, version_number: int | None = None
) -> tuple[Finding, ...]:
    """Check a version anew, against the one before it.

    Args:
        version_number: None for the latest one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        StorageError: The storage failed.
    """
    contents = api.get_bundle_contents(bundle_uuid, version_number)
    return validate_contents(contents, _before(contents))


def validate_draft(draft_uuid: UUID | str) -> tuple[Finding, ...]:
    """Check a draft as it is, against the version below its changes.

    Raises:
        DraftNotFound: There is no such draft.
        StorageError: The storage failed.
    """
    contents, previous = draft_contents(draft_uuid)
    return validate_contents(contents, previous)


def get_findings(bundle_uuid: UUID | str, version_number: int) -> tuple[Finding, ...]:
    """Return the findings that travel with a version: what its import found.

    Returns:
        Nothing where nothing was found, or where the version was not imported.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
    """
    version = api.get_bundle_contents(bundle_uuid, version_number)
    assert version.bundle_uuid is not None, "what is stored has a UUID"
    return load_findings(version.bundle_uuid, [version_number]).get(version_number, ())


def draft_contents(draft_uuid: UUID | str) -> tuple[BundleContents, BundleContents | None]:
    """Return what a draft shows, and the version below it; None where there is none.

    Raises:
        DraftNotFound: There is no such draft.
    """
    draft = api.get_draft(draft_uuid)
    contents = api.get_bundle_contents(draft.bundle_uuid, use_draft=draft.name)
    below = draft.base_version
    return contents, api.get_bundle_contents(draft.bundle_uuid, below) if below else None


def version_contents(
    bundle_uuid: UUID | str, version_number: int
) -> tuple[BundleContents, BundleContents | None]:
    """Return a version, and the one before it; None where there is none, or not any more.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
    """
    contents = api.get_bundle_contents(bundle_uuid, version_number)
    return contents, _before(contents)


def check_request_size(states: Iterable[BundleContents | None]) -> None:
    """Make sure that checking takes no longer than somebody waits.

    Raises:
        LimitExceeded: There are too many files, or too many bytes of text.
    """
    settings = get_settings()
    files = [file for state in states if state is not None for file in state.files.values()]
    if len(files) > settings.MAX_REQUEST_FILES:
        raise LimitExceeded(
            "Files to be checked at once",
            actual=len(files),
            limit=settings.MAX_REQUEST_FILES,
            setting=f"{_SETTINGS}['MAX_REQUEST_FILES']",
        )
    texts = sum(
        file.size
        for file in files
        if file.path.lower().endswith(TEXT_SUFFIXES)
        and not is_static(file.path)
        and file.size <= settings.MAX_OLX_BYTES
    )
    if texts > settings.MAX_REQUEST_BYTES:
        raise LimitExceeded(
            "Bytes of text to be checked at once",
            actual=texts,
            limit=settings.MAX_REQUEST_BYTES,
            setting=f"{_SETTINGS}['MAX_REQUEST_BYTES']",
        )


def _before(contents: BundleContents) -> BundleContents | None:
    assert contents.bundle_uuid is not None, "what is stored has a UUID"
    number = (contents.version or 0) - 1
    if number < 1:
        return None
    try:
        return api.get_bundle_contents(contents.bundle_uuid, number)
    except BundleVersionNotFound:  # retention took it
        return None


__all__ = [
    "check_request_size",
    "draft_contents",
    "get_findings",
    "validate_contents",
    "validate_draft",
    "validate_version",
    "version_contents",
]
