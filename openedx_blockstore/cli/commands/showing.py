"""How values look in JSON and on a terminal. The JSON is a contract; see the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_blockstore.cli.scan import LocalChanges
from openedx_blockstore.cli.state import TreeState, dump_files, dump_links
from openedx_blockstore.cli.values import Bundle, Collection, LinkEntry, Version, VersionSummary

_SIGNS = {"added": "A", "modified": "M", "removed": "D"}


def collection_json(collection: Collection) -> dict[str, Any]:
    """Return a collection as JSON has it."""
    return {
        "uuid": collection.uuid,
        "title": collection.title,
        "description": collection.description,
        "visibility": collection.visibility,
    }


def bundle_json(bundle: Bundle) -> dict[str, Any]:
    """Return a bundle as JSON has it."""
    return {
        "uuid": bundle.uuid,
        "title": bundle.title,
        "slug": bundle.slug,
        "description": bundle.description,
        "type": bundle.type,
        "origin": bundle.origin,
        "collection_uuid": bundle.collection_uuid,
        "latest_version": bundle.latest_version,
    }


def summary_json(summary: VersionSummary) -> dict[str, Any]:
    """Return what is said of a version as JSON has it."""
    return {
        "bundle_uuid": summary.key.bundle_uuid,
        "version": summary.key.version,
        "created_at": summary.created_at,
        "author": summary.author,
        "change_description": summary.change_description,
        "change_kind": summary.change_kind,
        "manifest_digest": summary.manifest_digest,
    }


def version_json(version: Version) -> dict[str, Any]:
    """Return a version as JSON has it."""
    return {
        **summary_json(version.summary),
        "files": dump_files(version.files),
        "links": dump_links(version.links),
        "dependencies": [
            {"bundle_uuid": key.bundle_uuid, "version": key.version} for key in version.dependencies
        ],
    }


def changes_json(changes: LocalChanges, state: TreeState) -> dict[str, Any]:
    """Return what was changed in a folder, in the form in which the server says such things."""
    return {
        "bundle_uuid": state.bundle_uuid,
        "from_version": state.version,
        "to_version": None,
        "files": [
            {
                "path": change.path,
                "kind": change.kind,
                "before_digest": change.before.digest if change.before else None,
                "after_digest": change.after.digest if change.after else None,
            }
            for change in changes.files
        ],
        "links": [
            {
                "alias": change.alias,
                "kind": change.kind,
                "before": _link(change.before),
                "after": _link(change.after),
            }
            for change in changes.links
        ],
    }


def _link(link: LinkEntry | None) -> dict[str, Any] | None:
    return dump_links({"": link})[""] if link is not None else None


def show_changes(changes: Mapping[str, Any]) -> list[str]:
    """Return changes as lines."""
    lines = [f"{_SIGNS[each['kind']]}  {each['path']}" for each in changes["files"]]
    for each in changes["links"]:
        where = " -> ".join(
            f"{side['bundle_uuid']}@{side['version']}"
            for side in (each["before"], each["after"])
            if side
        )
        lines.append(f"{_SIGNS[each['kind']]}  links/{each['alias']}  {where}")
    return lines
