"""``ls``, ``show``, ``cat``, ``size``, ``log`` and ``diff``: they change nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import requests

from openedx_blockstore.cli.closure import find_closure
from openedx_blockstore.cli.commands.showing import (
    bundle_json,
    changes_json,
    collection_json,
    show_changes,
    summary_json,
    version_json,
)
from openedx_blockstore.cli.context import Context, pass_context
from openedx_blockstore.cli.digests import CHUNK_BYTES, Digester
from openedx_blockstore.cli.errors import NotFoundError, ServerError, UsageError
from openedx_blockstore.cli.output import table
from openedx_blockstore.cli.progress import human_size
from openedx_blockstore.cli.pushing import Pusher
from openedx_blockstore.cli.references import (
    Reference,
    latest_of,
    parse_reference,
    parse_uuid,
    version_of,
)
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.state import TreeState
from openedx_blockstore.cli.values import Bundle, Collection, VersionKey
from openedx_blockstore.cli.workspace import working_copies

_JOBS = 8


@click.command()
@click.argument("what", required=False)
@pass_context
def ls(context: Context, what: str | None) -> None:
    """List what there is.

    Without WHAT, the collections that you may see. With the UUID of a collection, its bundles.
    With that of a bundle (and @NUMBER for an older version), its files and links.
    """
    server = context.connect()
    if what is None:
        collections = list(server.collections())
        context.output.result(
            {"collections": [collection_json(each) for each in collections]},
            lambda: table([(c.uuid, c.visibility, c.title) for c in collections]),
        )
        return
    reference = parse_reference(what)
    found = _what_is(server, reference)
    if isinstance(found, Collection):
        bundles = list(server.bundles(found.uuid))
        context.output.result(
            {"collection": collection_json(found), "bundles": [bundle_json(b) for b in bundles]},
            lambda: table(
                [(b.uuid, f"@{b.latest_version}", b.type or "-", b.slug, b.title) for b in bundles]
            ),
        )
        return
    version = server.version(_key(reference, found))
    files = sorted(version.files.items())
    context.output.result(
        version_json(version),
        lambda: [
            *table([(human_size(f.size), "public" if f.public else "", p) for p, f in files]),
            *(f"links/{alias} -> {link.target}" for alias, link in sorted(version.links.items())),
        ],
    )


@click.command()
@click.argument("what")
@pass_context
def show(context: Context, what: str) -> None:
    """Show what is known of a collection, a bundle, or a version (BUNDLE@NUMBER)."""
    server = context.connect()
    reference = parse_reference(what)
    found = _what_is(server, reference)
    if isinstance(found, Collection):
        document = collection_json(found)
    else:
        document = bundle_json(found)
        if reference.version is not None or found.latest_version:
            document["version"] = version_json(server.version(_key(reference, found)))
    context.output.result(document, lambda: _lines(document))


def _lines(document: dict[str, Any]) -> Iterable[str]:
    version = document.pop("version", None)
    rows = [(name.replace("_", " "), str(value)) for name, value in document.items()]
    if version is not None:
        size = sum(file["size"] for file in version["files"].values())
        rows += [
            ("version", str(version["version"])),
            ("made", f"{version['created_at']} by {version['author'] or 'nobody named'}"),
            ("change", f"{version['change_description'] or '-'} ({version['change_kind']})"),
            ("files", f"{len(version['files'])}, {human_size(size)}"),
            ("links", str(len(version["links"]))),
            ("depends on", f"{len(version['dependencies'])} bundle versions"),
        ]
    return table(rows)


@click.command()
@click.argument("bundle")
@click.argument("path")
@pass_context
def cat(context: Context, bundle: str, path: str) -> None:
    """Write a file to standard output.

    PATH is the file's path in the bundle; links/ALIAS/… for one of a bundle that it links to.
    What comes is held against the file's digest; if it differs, the exit code says so.
    """
    server = context.connect()
    key = version_of(server, parse_reference(bundle))
    target, path = _follow(server, key, path)
    version = server.version(target)
    file = version.files.get(path)
    if file is None:
        raise NotFoundError(
            f"{target} has no file {path!r}.", f"blockstore ls {target} shows its files."
        )
    digester = Digester()
    stream = sys.stdout.buffer
    try:
        with server.open_file(target, path) as response:
            for chunk in response.iter_content(CHUNK_BYTES):
                digester.feed(chunk)
                stream.write(chunk)
    except requests.RequestException as error:
        raise ServerError("The connection was lost.", "Try again.", code="unreachable") from error
    stream.flush()
    if digester.digest != file.digest:
        raise ServerError(
            f"{path} arrived damaged: its digest is {digester.digest}, not {file.digest}.",
            code="damaged",
        )


def _follow(server: Server, key: VersionKey, path: str) -> tuple[VersionKey, str]:
    """Return the version that has a file which was named through links."""
    while path.startswith("links/"):
        _folder, alias, *rest = path.split("/", 2)
        link = server.version(key).links.get(alias)
        if link is None or not rest:
            raise NotFoundError(f"{key} has no file {path!r}.", "Name a file below the link.")
        key, path = link.target, rest[0]
    return key, path


@click.command()
@click.argument("what")
@click.option("--alone", is_flag=True, help="Without what it depends on.")
@pass_context
def size(context: Context, what: str, alone: bool) -> None:  # noqa: FBT001
    """Say how many bytes a bundle or collection holds, before you download it.

    With all that it depends on, unless --alone says otherwise.
    """
    server = context.connect()
    reference = parse_reference(what)
    found = _what_is(server, reference)
    if isinstance(found, Bundle):
        document = server.size(_key(reference, found), with_dependencies=not alone)
    else:
        roots = [latest_of(b) for b in server.bundles(found.uuid) if b.latest_version]
        closure = find_closure(server, roots, deep=not alone, jobs=_JOBS)
        files = [file for v in closure.versions.values() for file in v.files.values()]
        document = {
            "bytes": sum({file.digest: file.size for file in files}.values()),
            "files": len(files),
            "bundle_versions": len(closure.versions),
        }
    context.output.result(
        document,
        lambda: [_size_line(document)],
    )


def _size_line(document: dict[str, Any]) -> str:
    return (
        f"{human_size(document['bytes'])} ({document['bytes']:,} bytes) in "
        f"{document['files']:,} files of {document['bundle_versions']:,} bundle versions"
    )


@click.command()
@click.argument("bundle")
@click.argument("path", required=False)
@click.option("-n", "--limit", type=click.IntRange(1), help="Only so many.")
@pass_context
def log(context: Context, bundle: str, path: str | None, limit: int | None) -> None:
    """List the versions of a bundle, the newest first; with PATH, those that changed that file."""
    server = context.connect()
    uuid = parse_uuid(bundle)
    if path is not None:
        entries = server.history(uuid, path)[:limit]
        context.output.result(
            {"bundle_uuid": uuid, "path": path, "history": entries},
            lambda: table(
                [
                    (
                        f"@{each['version']}",
                        each["kind"],
                        str(each["created_at"] or ""),
                        each["author"],
                        each["change_description"],
                    )
                    for each in entries
                ]
            ),
        )
        return
    server.bundle(uuid)
    versions = list(server.versions(uuid))[::-1][:limit]
    context.output.result(
        {"bundle_uuid": uuid, "versions": [summary_json(each) for each in versions]},
        lambda: table(
            [
                (f"@{v.key.version}", v.created_at, v.author, v.change_kind, v.change_description)
                for v in versions
            ]
        ),
    )


@click.command()
@click.argument("what", default=".")
@click.argument("to", required=False)
@pass_context
def diff(context: Context, what: str, to: str | None) -> None:
    """Show what differs.

    With a pulled folder (by default, where you are): what you have changed in it since. With
    BUNDLE@3: what changed from version 3 to the latest one. With BUNDLE@3 @5: from 3 to 5.
    """
    if Path(what).exists():
        _diff_folder(context, Path(what))
        return
    reference = parse_reference(what)
    server = context.connect()
    if reference.version is None:
        latest = server.bundle(reference.uuid).latest_version
        reference = Reference(reference.uuid, max(0, latest - 1))
    changes = server.diff(reference.uuid, reference.version or 0, _number(to, reference))
    context.output.result(changes, lambda: show_changes(changes))


def _diff_folder(context: Context, folder: Path) -> None:
    copies = working_copies(folder)
    documents = []
    for copy in copies:
        changes = Pusher(_nowhere(copy.state), copy, context.output).changes()
        documents.append({"folder": str(copy.folder), **changes_json(changes, copy.state)})
    context.output.result(
        {"folders": documents},
        lambda: [
            line
            for document in documents
            for line in (
                *([f"{document['folder']}:"] if len(documents) > 1 else []),
                *(show_changes(document) or ["Nothing was changed."]),
            )
        ],
    )


def _nowhere(state: TreeState) -> Server:
    """Return a server that is asked nothing: what was changed here is known here."""
    from openedx_blockstore.cli.transport import Transport  # noqa: PLC0415

    return Server(state.root, Transport(""))


def _number(text: str | None, reference: Reference) -> int | None:
    if text is None:
        return None
    number = text.removeprefix(reference.uuid).removeprefix("@")
    if not (number.isascii() and number.isdigit() and len(number) <= 10):  # noqa: PLR2004
        raise UsageError(f"{text!r} is no version.", "Give a number, such as @5.")
    return int(number)


def _what_is(server: Server, reference: Reference) -> Bundle | Collection:
    if reference.version is not None:
        return server.bundle(reference.uuid)
    return server.what_is(reference.uuid)


def _key(reference: Reference, bundle: Bundle) -> VersionKey:
    if reference.version is not None:
        return VersionKey(bundle.uuid, reference.version)
    return latest_of(bundle)


COMMANDS = (ls, show, cat, size, log, diff)
