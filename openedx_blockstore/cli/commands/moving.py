"""``import`` and ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from openedx_blockstore.cli.context import Context, pass_context
from openedx_blockstore.cli.errors import LocalError, UsageError
from openedx_blockstore.cli.progress import human_size
from openedx_blockstore.cli.references import latest_of, parse_reference, parse_uuid
from openedx_blockstore.cli.transfers import export_file, import_file
from openedx_blockstore.cli.values import Collection, VersionKey

_FORMATS = {".zip": "zip", ".tar.gz": "tar.gz", ".tgz": "tar.gz"}


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-c", "--collection", metavar="UUID", required=True, help="The collection that it goes into."
)
@click.option("--course", is_flag=True, help="It is an OLX export of a course or library.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would become of it.")
@pass_context
def import_(
    context: Context,
    path: Path,
    collection: str,
    course: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
) -> None:
    """Import an archive (.tar.gz or .zip) or a folder: bundles, or with --course, a course.

    All of it is imported, or nothing. What is there already is not made again.
    """
    server = context.connect()
    params: dict[str, Any] = {"dry_run": "true" if dry_run else "false"}
    kind = "import_course" if course else "import"
    document = import_file(
        server, parse_uuid(collection), path, kind=kind, params=params, output=context.output
    )
    context.output.result(document, lambda: _course(document) if course else _archive(document))


def _archive(document: dict[str, Any]) -> list[str]:
    lines = [
        f"{each['bundle_uuid']}@{each['version']}  {'new' if each['created'] else 'there'}  "
        f"{each['title']}"
        for each in document["bundles"]
    ]
    lines += [f"Skipped {s['path']}: {s['reason']}" for s in document["skipped"]]
    # Servers without plugins of this kind say nothing of findings.
    lines += [_finding(finding) for finding in document.get("findings", ())]
    for each in document["bundles"]:
        lines += [f"{each['title']}: {_finding(f)}" for f in each.get("findings", ())]
    return lines


def _finding(finding: dict[str, Any]) -> str:
    line = f":{finding['line']}" if finding["line"] else ""
    mend = f" {finding['mend']}" if finding.get("mend") else ""
    return f"{finding['severity']}: {finding['file']}{line}: {finding['message']}{mend}"


def _course(document: dict[str, Any]) -> list[str]:
    counts = {name: len(document[name]) for name in ("created", "updated", "unchanged")}
    lines = [_finding(finding) for finding in document["findings"]]
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    return [*lines, f"Course bundle {document['course_bundle_uuid']}: {told}."]


@click.command()
@click.argument("what")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--alone", is_flag=True, help="A bundle without what it depends on.")
@click.option("--course", is_flag=True, help="A course's bundle, as an OLX export.")
@click.option(
    "--transform",
    "transforms",
    metavar="NAME",
    multiple=True,
    help="Let this plugin of the server change what is exported; may be given several times.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite PATH.")
@pass_context
def export(  # noqa: PLR0917
    context: Context,
    what: str,
    path: Path,
    alone: bool,  # noqa: FBT001
    course: bool,  # noqa: FBT001
    transforms: tuple[str, ...],
    force: bool,  # noqa: FBT001
) -> None:
    """Export a bundle, a version of it (UUID@NUMBER) or a collection as an archive.

    PATH ends with .tar.gz or .zip. All that it depends on is in the archive, too, each version and
    each content once.
    """
    form = next((f for suffix, f in _FORMATS.items() if path.name.lower().endswith(suffix)), None)
    if form is None:
        raise UsageError(f"{path} has no format.", "Let it end with .tar.gz or .zip.")
    if path.exists() and not force:
        raise LocalError(f"{path} is there already.", "Add --force to overwrite it.")
    server = context.connect()
    reference = parse_reference(what)
    params: dict[str, Any] = {"format": form}
    if transforms and course:
        raise UsageError("--transform is for archives; a course is exported as it is.")
    if transforms:
        params["transforms"] = ",".join(transforms)
    if reference.version is not None:
        found: Any = VersionKey(reference.uuid, reference.version)
    else:
        found = server.what_is(reference.uuid)
    if isinstance(found, Collection):
        if alone or course:
            raise UsageError("--alone and --course are for bundles.")
        address = f"collections/{found.uuid}/export"
    else:
        key = found if isinstance(found, VersionKey) else latest_of(found)
        action = "export_course" if course else "export"
        address = f"bundle_versions/{key.bundle_uuid},{key.version}/{action}"
        if not course:
            params["with_dependencies"] = "false" if alone else "true"
    size = export_file(server, address, path, params, context.output)
    context.output.result(
        {"path": str(path), "bytes": size, "format": form},
        lambda: [f"{path}: {human_size(size)}"],
    )


COMMANDS = (import_, export)
