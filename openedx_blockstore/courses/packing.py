"""Writing an export: to a folder, a ``.tar.gz`` or a ``.zip``; all of it or nothing.

The same files always make the same bytes: sorted entries, fixed times and owners.
"""

from __future__ import annotations

import contextlib
import gzip
import shutil
import tarfile
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from openedx_blockstore.courses.unpack import checked_path
from openedx_blockstore.exceptions import Invalid, InvalidArchive

TAR_SUFFIXES = (".tar.gz", ".tgz")
ZIP_SUFFIX = ".zip"

#: The time of every entry, the earliest that a zip archive can hold.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@frozen
class OutputFile:
    """A file to be written.

    Attributes:
        size: In bytes.
        open: Opens the contents when their turn comes.
    """

    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]


#: Called after every file with the number of files that are done.
Written = Callable[[int], None]


def write_export(
    files: Mapping[str, OutputFile], to: Path, *, folder: str, written: Written
) -> None:
    """Write files where they are wanted.

    Args:
        to: A folder that is not there yet or empty, or a file that ends in ``.tar.gz``, ``.tgz``
            or ``.zip``, which is replaced.
        folder: The folder of an archive in which everything lies.

    Raises:
        Invalid: The target is a folder with something in it, or a path leads out of it.
    """
    ordered = dict(sorted(files.items()))
    for path in ordered:
        if not _is_possible(path):
            raise Invalid(
                f"The bundles name {path!r} as a file of the export; no file can lie there."
            )
    name = to.name.lower()
    if name.endswith((*TAR_SUFFIXES, ZIP_SUFFIX)):
        to.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(to) as temporary:
            write = _write_zip if name.endswith(ZIP_SUFFIX) else _write_tar
            write({f"{folder}/{path}": file for path, file in ordered.items()}, temporary, written)
    else:
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise Invalid(
                f"{to} is there already; give an empty or new folder, or a file that ends in "
                f".tar.gz or .zip."
            )
        _write_folder(ordered, to, written)


def _is_possible(path: str) -> bool:
    try:
        return checked_path(path) == path
    except InvalidArchive:
        return False


@contextlib.contextmanager
def _replacing(to: Path) -> Iterator[Path]:
    """Give the name of a file beside the target, whose place it takes if all goes well."""
    temporary = _beside(to)
    try:
        yield temporary
        temporary.replace(to)
    finally:
        temporary.unlink(missing_ok=True)


def _write_folder(files: Mapping[str, OutputFile], to: Path, written: Written) -> None:
    with _filling(to) as folder:
        for number, (path, file) in enumerate(files.items(), start=1):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with file.open() as source, target.open("xb") as output:
                shutil.copyfileobj(source, output)
            written(number)


@contextlib.contextmanager
def _filling(to: Path) -> Iterator[Path]:
    """Give a folder that becomes the target if all goes well; otherwise the target is as it was."""
    if to.exists():  # and empty: it may be somebody's current folder, or a mounted one, so it stays
        folder = to
    else:
        to.parent.mkdir(parents=True, exist_ok=True)
        folder = _beside(to)
        folder.mkdir()
    try:
        yield folder
        if folder != to:
            folder.rename(to)
    except BaseException:
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if folder != to:
            folder.rmdir()
        raise


def _beside(to: Path) -> Path:
    return to.with_name(f".{to.name[:100]}.{uuid.uuid4().hex}.part")


def _write_tar(files: Mapping[str, OutputFile], to: Path, written: Written) -> None:
    with (
        to.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for number, (path, file) in enumerate(files.items(), start=1):
            info = tarfile.TarInfo(path)
            info.size = file.size
            info.mode = 0o644
            with file.open() as source:
                tar.addfile(info, source)
            written(number)


def _write_zip(files: Mapping[str, OutputFile], to: Path, written: Written) -> None:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number, (path, file) in enumerate(files.items(), start=1):
            info = zipfile.ZipInfo(_zip_name(path), _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            info.file_size = file.size
            with file.open() as source, zipped.open(info, "w") as output:
                shutil.copyfileobj(source, output)
            written(number)


def _zip_name(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise Invalid(
            f"A zip archive can not hold the name {path!a}, which is no text; export to a .tar.gz."
        ) from error
    return path
