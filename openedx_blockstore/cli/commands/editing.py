"""``push`` and ``commit``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from openedx_blockstore.cli.commands.showing import changes_json, show_changes
from openedx_blockstore.cli.context import Context, pass_context
from openedx_blockstore.cli.errors import UsageError
from openedx_blockstore.cli.progress import human_size
from openedx_blockstore.cli.pulling import Puller
from openedx_blockstore.cli.pushing import (
    CommitOptions,
    Pushed,
    Pusher,
    PushOptions,
    pull_options,
)
from openedx_blockstore.cli.references import parse_uuid
from openedx_blockstore.cli.replicating import Replicator
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.workspace import WorkingCopy, find_workspace, locked, working_copies

_FOLDER = click.argument(
    "folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
_MESSAGE = click.option("-m", "--message", help="What has changed, for those who read the log.")
_KIND = click.option(
    "--kind",
    type=click.Choice(["content", "typo", "grading"]),
    default="content",
    help="What kind of change it is. [content]",
)
_JOBS = click.option(
    "-j", "--jobs", type=click.IntRange(1, 32), default=8, help="How many at a time. [8]"
)


@click.command()
@_FOLDER
@click.option("--commit", "commits", is_flag=True, help="Make it a version at once.")
@_MESSAGE
@_KIND
@click.option("--mine", is_flag=True, help="Overwrite what others have changed, too.")
@click.option("--draft", metavar="NAME", help="The name of the draft. [client-YOURNAME]")
@click.option(
    "--to-collection",
    metavar="UUID",
    help="Copy everything in the shared folder into this collection, of another server.",
)
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be done.")
@_JOBS
@pass_context
def push(  # noqa: PLR0917
    context: Context,
    folder: Path,
    commits: bool,  # noqa: FBT001
    message: str | None,
    kind: str,
    mine: bool,  # noqa: FBT001
    draft: str | None,
    to_collection: str | None,
    dry_run: bool,  # noqa: FBT001
    jobs: int,
) -> None:
    """Push what you have changed in FOLDER into a draft; with --commit, make it a version.

    FOLDER is one that was pulled; or the shared folder, for all that you work on in it. Exactly
    your changes are sent: files that are new, changed or gone, and links and public files that you
    have changed in .blockstore/info.json. Where others have changed the same, nothing is sent, and
    you see what it is.

    A push that was cut is repeated: it finds what it has sent already.

    With --server and --to-collection, all that was pulled, with all that it depends on, is copied
    to another server; only contents that are missing there are sent.
    """
    if to_collection is not None:
        _replicate(context, folder, to_collection, dry_run=dry_run)
        return
    if message is not None and not (commits or dry_run):
        raise UsageError("A message is for a version.", "Add --commit.")
    copies = working_copies(folder)
    if not copies:
        raise UsageError(f"There is nothing to work on in {folder}.", "Pull a bundle first.")
    server = _own_server(context, copies[0])
    name = draft or f"client-{server.me()['username']}"
    options = PushOptions(name[:180], overwrite=mine, jobs=jobs)
    commit_options = (
        CommitOptions(message or "", kind, "mine" if mine else "error") if commits else None
    )
    documents = []
    with locked(copies[0].workspace.folder):
        for copy in copies:
            pusher = Pusher(server, copy, context.output)
            pushed = Pushed(pusher.changes()) if dry_run else pusher.push(options)
            document = _pushed_json(copy, pushed)
            if commit_options is not None and not dry_run:
                puller = _puller(server, copy, jobs, context)
                document["version"] = pusher.commit(commit_options, puller)
            documents.append(document)
    context.output.result(
        {"dry_run": dry_run, "folders": documents},
        lambda: [line for document in documents for line in _lines(document)],
    )


def _own_server(context: Context, copy: WorkingCopy) -> Server:
    server = context.connect(near=copy.folder)
    if server.root != copy.workspace.root:
        raise UsageError(
            f"{copy.folder} was pulled from {copy.workspace.root}, not from {server.root}.",
            "To copy what was pulled to another server, add --to-collection.",
        )
    return server


def _puller(server: Server, copy: WorkingCopy, jobs: int, context: Context) -> Puller:
    folder = copy.workspace.folder
    return Puller(server, folder, pull_options(copy.state, jobs), context.output)


def _pushed_json(copy: WorkingCopy, pushed: Pushed) -> dict[str, Any]:
    return {
        "folder": str(copy.folder),
        **changes_json(pushed.changes, copy.state),
        "draft_uuid": pushed.draft,
        "files_sent": pushed.sent,
        "bytes_sent": pushed.bytes,
        "version": None,
    }


def _lines(document: dict[str, Any]) -> list[str]:
    lines = [f"{document['folder']}:", *show_changes(document)]
    if document["draft_uuid"] is None and not (document["files"] or document["links"]):
        return [f"{document['folder']}: nothing to push."]
    if document["draft_uuid"] is not None:
        lines.append(
            f"{document['files_sent']} files, {human_size(document['bytes_sent'])} sent to draft "
            f"{document['draft_uuid']}."
        )
    if document["version"] is not None:
        lines.append(f"It is version {document['version']} now.")
    return lines


@click.command()
@_FOLDER
@_MESSAGE
@_KIND
@click.option("--mine", is_flag=True, help="Overwrite what others have changed, too.")
@_JOBS
@pass_context
def commit(  # noqa: PLR0917
    context: Context,
    folder: Path,
    message: str | None,
    kind: str,
    mine: bool,  # noqa: FBT001
    jobs: int,
) -> None:
    """Make what was pushed from FOLDER the next version, and bring FOLDER to it.

    What you have changed since the push stays as it is here, and is not part of the version.
    """
    copies = working_copies(folder)
    pushed = [copy for copy in copies if copy.state.staged]
    if not pushed:
        raise UsageError(f"Nothing of {folder} was pushed.", "blockstore push comes first.")
    server = _own_server(context, pushed[0])
    options = CommitOptions(message or "", kind, "mine" if mine else "error")
    documents = []
    with locked(pushed[0].workspace.folder):
        for copy in pushed:
            pusher = Pusher(server, copy, context.output)
            number = pusher.commit(options, _puller(server, copy, jobs, context))
            documents.append(
                {
                    "folder": str(copy.folder),
                    "bundle_uuid": copy.state.bundle_uuid,
                    "version": number,
                }
            )
    context.output.result(
        {"folders": documents},
        lambda: [
            f"{each['folder']}: version {each['version']}"
            if each["version"] is not None
            else f"{each['folder']}: nothing to commit."
            for each in documents
        ],
    )


def _replicate(context: Context, folder: Path, collection: str, *, dry_run: bool) -> None:
    workspace = find_workspace(folder)
    if workspace is None:
        raise UsageError(f"{folder} is no shared folder.", "Pull something first.")
    server = context.connect()
    if server.root == workspace.root:
        raise UsageError(
            f"{workspace.folder} was pulled from {server.root} itself.",
            "Name the other server with --server.",
        )
    with locked(workspace.folder):
        replicator = Replicator(server, workspace, context.output)
        document = replicator.push(parse_uuid(collection), dry_run=dry_run)
    context.output.result(document, lambda: _replicated(document))


def _replicated(document: dict[str, Any]) -> list[str]:
    lines = [
        f"{each['title'] or each['bundle_uuid']}  {each['bundle_uuid']}@{each['version']}"
        f"{'  new' if each['created'] else ''}"
        for each in document["bundles"]
    ]
    sent = f"{document['contents_sent']} contents, {human_size(document['bytes_sent'])} sent"
    return [*lines, f"{sent}; {document['contents_present']} were there."]


COMMANDS = (push, commit)
