"""Makes ``links/{alias}`` in a pulled folder: symbolic links, copies, or a list of where to go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from openedx_blockstore.cli.errors import LocalError
from openedx_blockstore.cli.files import canonical_json, read_json, write_whole
from openedx_blockstore.cli.names import local_names, style_of
from openedx_blockstore.cli.scan import LINKS
from openedx_blockstore.cli.state import FOLDER

LinkStyle = Literal["symlink", "copy", "mapping"]
#: Where the list is, if there are no symbolic links.
MAPPING = "links.json"
#: Which of the folders in ``links/`` are copies, made anew by each pull.
COPIES = "copies.json"


def can_link(folder: Path) -> bool:
    """Tell whether symbolic links can be made in a folder."""
    probe = folder / f".link-probe-{os.getpid()}"
    try:
        probe.symlink_to(folder.name, target_is_directory=True)
        probe.unlink()
    except (OSError, NotImplementedError):
        return False
    return True


def write_links(folder: Path, targets: Mapping[str, Path], style: LinkStyle) -> None:
    """Make the links of one folder, and remove those that it does not have any more.

    Args:
        targets: By alias, the folder that it leads to.

    Raises:
        OSError: They can not be made.
        LocalError: Something is in their place.
    """
    names = local_names(targets, style=style_of(folder / FOLDER))
    local = {names.get(alias, alias): target for alias, target in targets.items()}
    _write_mapping(folder, targets, wanted=style == "mapping" or bool(names))
    links = folder / LINKS
    _clear(folder, links, local if style == "symlink" else {})
    for name, target in local.items() if style != "mapping" else ():
        link = links / name
        links.mkdir(exist_ok=True)
        if link.exists() and not link.is_symlink():
            raise LocalError(f"{link} is in the place of a link.", "Move it elsewhere.")
        if style == "copy":
            # The folder's own links are there by now, and are copied as what they lead to.
            shutil.copytree(target, link, ignore=shutil.ignore_patterns(FOLDER))
        elif not link.is_symlink():
            link.symlink_to(os.path.relpath(target, links), target_is_directory=True)
    if style == "copy" and local:
        write_whole(folder / FOLDER / COPIES, canonical_json({"copies": sorted(local)}))
    if links.is_dir() and not any(links.iterdir()):
        links.rmdir()


def _write_mapping(folder: Path, targets: Mapping[str, Path], *, wanted: bool) -> None:
    """Write where each alias leads; also where one can not be called here as it is."""
    mapping = folder / FOLDER / MAPPING
    if not wanted:
        mapping.unlink(missing_ok=True)
        return
    document = {
        alias: Path(os.path.relpath(target, folder)).as_posix()
        for alias, target in sorted(targets.items())
    }
    write_whole(mapping, canonical_json(document))


def _clear(folder: Path, links: Path, kept: Mapping[str, Path]) -> None:
    """Remove what an earlier pull has made; whatever else is there is somebody's."""
    copies = read_json(folder / FOLDER / COPIES) or {}
    for name in copies.get("copies", ()):
        if (links / name).is_dir() and not (links / name).is_symlink():
            shutil.rmtree(links / name)
    (folder / FOLDER / COPIES).unlink(missing_ok=True)
    for entry in sorted(links.iterdir()) if links.is_dir() else ():
        if entry.is_symlink() and not (entry.name in kept and _leads_to(entry, kept)):
            entry.unlink()


def _leads_to(entry: Path, local: Mapping[str, Path]) -> bool:
    return os.path.relpath(local[entry.name], entry.parent) == str(entry.readlink())
