"""``pull``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from openedx_blockstore.cli.context import Context, pass_context
from openedx_blockstore.cli.errors import IncompleteError, NotFoundError, UsageError
from openedx_blockstore.cli.links import LinkStyle
from openedx_blockstore.cli.merging import OnConflict, TreePlan
from openedx_blockstore.cli.names import NameStyle
from openedx_blockstore.cli.output import Output
from openedx_blockstore.cli.progress import human_size
from openedx_blockstore.cli.pulling import Estimate, Puller, PullOptions
from openedx_blockstore.cli.references import latest_of, parse_reference
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.values import Bundle, VersionKey
from openedx_blockstore.cli.workspace import find_workspace, locked


@click.command()
@click.argument("what")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--only",
    metavar="GLOB",
    multiple=True,
    help="Only files that match, such as '*.mp4' or 'static/**'; may be repeated.",
)
@click.option("--alone", is_flag=True, help="Without what it depends on.")
@click.option("--mine", is_flag=True, help="Keep what you have changed and others have, too.")
@click.option("--theirs", is_flag=True, help="Take theirs; yours is put aside.")
@click.option(
    "--links",
    type=click.Choice(["symlink", "copy", "mapping"]),
    help="How links/ALIAS is made. [symbolic links, where there are any; else a mapping]",
)
@click.option(
    "--names",
    type=click.Choice(["native", "portable"]),
    help="Call files as on the server, or so that Windows can, too. [what the disk can have]",
)
@click.option("-j", "--jobs", type=click.IntRange(1, 32), default=8, help="How many at a time. [8]")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say how much it would be.")
@pass_context
def pull(  # noqa: PLR0917
    context: Context,
    what: str,
    folder: Path | None,
    only: tuple[str, ...],
    alone: bool,  # noqa: FBT001
    mine: bool,  # noqa: FBT001
    theirs: bool,  # noqa: FBT001
    links: LinkStyle | None,
    names: NameStyle | None,
    jobs: int,
    yes: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
) -> None:
    """Pull a bundle or a collection into the shared FOLDER, with all that it depends on.

    FOLDER is where you are, by default. Each bundle that you name gets a folder of its own there,
    to work in; what they depend on goes to versions/, each version once, and links/ALIAS leads to
    it. Everything is held against its digest.

    WHAT is a UUID; with UUID@NUMBER you get that version in versions/, just to look at.

    A pull that was cut goes on where it stopped: run the same again. Pulling again what you work
    on brings it to the latest version. What you have changed stays; where others have changed the
    same file nothing is touched until you say --mine or --theirs.
    """
    if mine and theirs:
        raise UsageError("--mine and --theirs exclude each other.")
    place = folder or _here()
    server = context.connect(near=place)
    on_conflict: OnConflict = "mine" if mine else "theirs" if theirs else "error"
    options = PullOptions(tuple(only), not alone, jobs, on_conflict, links, names)
    working, fixed = _roots(server, what)
    with locked(place):
        puller = Puller(server, place, options, context.output)
        estimate = puller.estimate(working, fixed)
        for note in estimate.notes:
            context.output.warn(note)
        context.output.say(
            f"{human_size(estimate.bytes)} to download, {estimate.files:,} files to write, "
            f"{len(estimate.plans):,} bundle versions in {place}."
        )
        if dry_run:
            _tell(context.output, estimate, 0, dry_run=True)
            return
        if estimate.bytes and not yes and context.output.is_terminal:
            click.confirm("Go on?", default=True, abort=True, err=True)
        received = puller.carry_out(estimate)
    _tell(context.output, estimate, received, dry_run=False)
    if estimate.closure.missing:
        raise IncompleteError(
            "What it depends on is not all there: "
            + "; ".join(
                f"{key}, which {borrower} needs"
                for key, borrower in estimate.closure.missing.items()
            )
            + ".",
            "It was deleted, or needs a role that you do not have. All the rest was pulled.",
            facts={"missing": [str(key) for key in estimate.closure.missing]},
        )


def _here() -> Path:
    """Return the shared folder that one is in, or else where one is."""
    workspace = find_workspace(Path.cwd())
    return workspace.folder if workspace is not None else Path.cwd()


def _roots(server: Server, what: str) -> tuple[list[VersionKey], list[VersionKey]]:
    """Return the versions to work on, and those just to look at."""
    reference = parse_reference(what)
    if reference.version is not None:
        return [], [VersionKey(reference.uuid, reference.version)]
    found = server.what_is(reference.uuid)
    if isinstance(found, Bundle):
        return [latest_of(found)], []
    keys = [latest_of(bundle) for bundle in server.bundles(found.uuid) if bundle.latest_version]
    if not keys:
        raise NotFoundError(f"Collection {found.uuid} has no bundles with a version yet.")
    return keys, []


def _tell(output: Output, estimate: Estimate, received: int, *, dry_run: bool) -> None:
    document: dict[str, Any] = {
        "folder": str(estimate.workspace.folder),
        "server": estimate.workspace.root,
        "dry_run": dry_run,
        "bytes": estimate.bytes,
        "bytes_received": received,
        "files": estimate.files,
        "links": estimate.links,
        "bundles": [_plan_json(estimate, plan) for plan in estimate.plans.values()],
        "missing": [
            {"bundle_uuid": key.bundle_uuid, "version": key.version}
            for key in estimate.closure.missing
        ],
    }
    working = [plan for plan in estimate.plans.values() if plan.working]
    output.result(
        document,
        lambda: [
            *(f"{plan.folder}  {plan.key}" for plan in working),
            *(f"{plan.folder}: yours was kept: {p}" for plan in working for p in plan.kept),
            *(
                f"{plan.folder}: {path!r} is called {name!r} here."
                for plan in working
                for path, name in plan.state.names.items()
            ),
        ],
    )


def _plan_json(estimate: Estimate, plan: TreePlan) -> dict[str, Any]:
    bundle = estimate.closure.bundles.get(plan.key.bundle_uuid)
    return {
        "bundle_uuid": plan.key.bundle_uuid,
        "version": plan.key.version,
        "title": bundle.title if bundle is not None else None,
        "folder": str(plan.folder),
        "working": plan.working,
        "written": sorted(plan.writes),
        "kept": list(plan.kept),
        "names": dict(plan.state.names),
    }


COMMANDS = (pull,)
