"""Checking what somebody has on disk: exports, archives and folders. No database is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from openedx_blockstore.data import BundleFindings, Finding, LinkTarget, Severity
from openedx_blockstore.exceptions import InvalidArchive
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore.plugin_tools import OpenedTree, open_trees
from openedx_blockstore_validation.api import validate_contents
from openedx_blockstore_validation.checking import Progress
from openedx_blockstore_validation.codes import CODES
from openedx_blockstore_validation.report import by_place

#: What the import of a course says about an export, and we say better, with how to mend it.
_OURS = frozenset(
    {
        "dangling-asset",
        "doctype",
        "duplicate-name",
        "malformed-xml",
        "missing-block",
        "missing-page",
        "missing-transcript",
        "unknown-block",
    }
)


@frozen
class CheckedTree:
    """What was found in a course, or in one bundle version.

    Attributes:
        kind: ``course`` for an OLX export, ``bundle`` for a bundle version.
        type: The bundle's type; ``course`` or ``library`` for an OLX export.
        version: None where it has none yet.
    """

    kind: str
    type: str
    version: int | None
    found: BundleFindings


def check_path(
    path: str | os.PathLike[str],
    *,
    bundle_type: str | None = None,
    previous: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> list[CheckedTree]:
    """Check a folder or an archive.

    Args:
        bundle_type: Take bundles to be of this type.
        previous: What it was before, to find blocks that lost their identity.

    Raises:
        InvalidArchive: It is nothing that could be imported, or not to be trusted.
        LimitExceeded: It is larger than the settings allow.
        OSError: It can not be read.
    """
    with open_trees(path) as trees:
        if Path(path).is_dir() and not any(tree.contents.files for tree in trees):
            raise InvalidArchive(f"there is no file in {str(path)!r}")
        if previous is None:
            return [
                _check(tree, _before(tree, trees), trees, bundle_type, progress) for tree in trees
            ]
        with open_trees(previous) as earlier:
            if len(trees) != 1 or len(earlier) != 1 or trees[0].kind != earlier[0].kind:
                raise InvalidArchive(
                    f"{Path(path).name} and {Path(previous).name} can not be compared; give two "
                    f"OLX exports, or two archives or folders of one bundle version"
                )
            return [_check(trees[0], earlier[0].contents, trees, bundle_type, progress)]


def _check(
    tree: OpenedTree,
    previous: BundleContents | None,
    trees: tuple[OpenedTree, ...],
    bundle_type: str | None,
    progress: Progress | None,
) -> CheckedTree:
    contents = tree.contents
    if bundle_type is not None and tree.kind == "bundle":
        contents.bundle_type = bundle_type
    by_version = {(each.contents.bundle_uuid, each.contents.version): each for each in trees}

    def lender_files(target: LinkTarget) -> Iterable[str] | None:
        lender = by_version.get((target.bundle_uuid, target.version))
        return lender.contents.files if lender is not None else None

    found = validate_contents(
        contents,
        previous,
        layout="export" if tree.kind == "course" else None,
        lender_files=lender_files,
        progress=progress,
    )
    findings = sorted([*found, *_of_import(tree)], key=by_place)
    return CheckedTree(
        tree.kind,
        contents.bundle_type,
        contents.version,
        BundleFindings(contents.bundle_uuid, contents.title, tuple(findings)),
    )


def _before(tree: OpenedTree, trees: tuple[OpenedTree, ...]) -> BundleContents | None:
    """Return the version before in the same archive, if that holds it."""
    uuid, version = tree.contents.bundle_uuid, tree.contents.version
    if uuid is None or version is None:
        return None
    earlier = [
        each.contents
        for each in trees
        if each.contents.bundle_uuid == uuid and (each.contents.version or 0) < version
    ]
    return max(earlier, key=lambda each: each.version or 0, default=None)


def _of_import(tree: OpenedTree) -> list[Finding]:
    """Return what the import of a course says besides."""
    findings = [finding for finding in tree.findings if finding.code not in _OURS]
    if tree.refused:
        code = CODES["not-importable"]
        root = f"{tree.contents.bundle_type}.xml"
        findings.append(Finding(Severity.ERROR, code.name, root, None, tree.refused, code.mend))
    return findings
