"""Reading an OLX export: a folder, a ``.tar.gz`` or a ``.zip``.

An export may come from a stranger. Nothing outside its own tree is read: symbolic links are never
followed and archives are unpacked to a temporary folder by :mod:`.unpack`. What is left out gets a
finding; what remains is a table of paths to regular files.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from attrs import frozen

from openedx_blockstore.conf import get_settings
from openedx_blockstore.courses.findings import FindingCollector, quoted
from openedx_blockstore.courses.unpack import unpack
from openedx_blockstore.exceptions import InvalidArchive, LimitExceeded

#: The files at the root of a course's or a library's export.
ROOT_FILES = ("course.xml", "library.xml")

#: How many folders below what is given a course may lie.
MAX_DEPTH = 4

#: What operating systems and tools leave lying about; never content.
JUNK_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", ".directory"})
JUNK_FOLDERS = frozenset({"__macosx", ".git", ".svn", ".hg", ".spotlight-v100", ".trashes"})


@frozen
class CourseExport:
    """The files of one export.

    Attributes:
        root_file: ``course.xml`` or ``library.xml``.
        files: Every regular file that is content: path in the export → file on disk.
        left_out: The paths of everything else; each has a finding.
    """

    root_file: str
    files: dict[str, Path]
    left_out: tuple[str, ...]

    def read(self, path: str) -> bytes:
        """Return the bytes of one file."""
        return self.files[path].read_bytes()


@contextmanager
def open_export(
    from_: str | os.PathLike[str], findings: FindingCollector
) -> Iterator[CourseExport]:
    """Give access to an export for as long as the context lasts.

    Args:
        from_: A folder, or a ``.tar.gz`` or ``.zip`` file. The course may lie in a folder of it.

    Raises:
        InvalidArchive: It is none of these, or holds not exactly one course or library.
        LimitExceeded: It has more entries or bytes than the settings allow.
    """
    if not os.fspath(from_):
        raise InvalidArchive("it has no name; give an OLX export as a folder, a .tar.gz or a .zip")
    path = Path(from_)
    if path.is_dir():
        yield read_folder(path, findings)
    elif path.is_file():
        with tempfile.TemporaryDirectory(prefix="blockstore-course-") as folder:
            unpacked = Path(folder, "export")
            unpacked.mkdir()
            links = unpack(path, unpacked)
            yield read_folder(unpacked, findings, archived_links=links)
    else:
        raise InvalidArchive(
            f"there is no file or folder {quoted(path)}; give an OLX export as a folder, a .tar.gz "
            f"or a .zip"
        )


def read_folder(
    folder: Path, findings: FindingCollector, *, archived_links: tuple[str, ...] = ()
) -> CourseExport:
    """Read the table of an export's files.

    Args:
        archived_links: Links of the archive that was unpacked here, which were not unpacked.
    """
    course_folder, root_file = find_root(folder)
    prefix = course_folder.relative_to(folder).as_posix()
    prefix = "" if prefix == "." else f"{prefix}/"
    files: dict[str, Path] = {}
    left_out: list[str] = []
    for path in archived_links:
        inside = path.removeprefix(prefix)
        findings.warning("symbolic-link", inside, "A link of the archive; links are left out.")
        left_out.append(inside)
    for entry in _walk(course_folder):
        path = entry.relative_to(course_folder).as_posix()
        if reason := _reason_to_leave_out(entry, path):
            code, message = reason
            findings.warning(code, path, message)
            left_out.append(path)
        else:
            files[path] = entry
    for entry in _walk(folder, below=course_folder) if prefix else ():
        path = f"../{entry.relative_to(folder).as_posix()}"
        findings.warning("outside-course", path, "Lies beside the course's folder, not in it.")
        left_out.append(path)
    if root_file not in files:
        raise InvalidArchive("it may not be read by whoever runs the import", entry=root_file)
    _check_size(files)
    return CourseExport(root_file=root_file, files=files, left_out=tuple(left_out))


def find_root(folder: Path) -> tuple[Path, str]:
    """Find the folder with ``course.xml`` or ``library.xml``: the nearest one from the top.

    An archive of a repository has its course some folders down. Below a course, nothing is looked
    for: ``course/course.xml`` belongs to it.

    Raises:
        InvalidArchive: None has such a file, or several equally near ones have.
    """
    level = [folder]
    for _ in range(MAX_DEPTH + 1):
        found = [
            (candidate, name)
            for candidate in level
            if _is_readable(candidate)
            for name in ROOT_FILES
            if (candidate / name).is_file() and not (candidate / name).is_symlink()
        ]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(
                quoted((path / name).relative_to(folder).as_posix()) for path, name in found[:5]
            )
            raise InvalidArchive(
                f"it holds more than one course or library ({names}); import them one by one"
            )
        level = sorted(entry for parent in level for entry in _folders(parent))
    raise InvalidArchive(
        f"it holds no course.xml and no library.xml, neither at its root nor in the folders "
        f"{MAX_DEPTH} levels down; an OLX export has one of them"
    )


def _folders(folder: Path) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.is_dir() and not entry.is_symlink() and entry.name.lower() not in JUNK_FOLDERS:
            yield entry


def _entries(folder: Path) -> list[Path]:
    """List a folder, sorted; nothing is in one that may not be read."""
    return sorted(folder.iterdir()) if _is_readable(folder) else []


def _is_readable(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)


def _walk(folder: Path, *, below: Path | None = None) -> Iterator[Path]:
    """Yield everything in a folder but folders, sorted; links are yielded, never followed.

    Folders that may not be read are yielded, too.
    """
    pending = [folder]
    while pending:
        current = pending.pop()
        if not _is_readable(current):
            yield current
        for entry in reversed(_entries(current)):
            if entry.is_dir() and not entry.is_symlink():
                if entry != below:
                    pending.append(entry)
            else:
                yield entry


def _reason_to_leave_out(entry: Path, path: str) -> tuple[str, str] | None:
    mode = entry.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "symbolic-link", "A symbolic link; links are left out."
    if stat.S_ISDIR(mode) or not os.access(entry, os.R_OK):
        return "unreadable", "Whoever runs the import may not read it; left out."
    if not stat.S_ISREG(mode):
        return "special-file", "No regular file (a device or a pipe); left out."
    *folders, name = PurePosixPath(path).parts
    if name.lower() in JUNK_NAMES or name.startswith("._"):
        return "junk", "Left behind by an operating system; not content."
    if any(folder.lower() in JUNK_FOLDERS for folder in folders):
        return "junk", "In a folder that a tool keeps for itself; not content."
    return None


def _check_size(files: dict[str, Path]) -> None:
    settings = get_settings()
    if len(files) > settings.MAX_ARCHIVE_ENTRIES:
        raise LimitExceeded(
            "The number of files in the export",
            actual=len(files),
            limit=settings.MAX_ARCHIVE_ENTRIES,
            setting="MAX_ARCHIVE_ENTRIES",
        )
    size = sum(entry.stat().st_size for entry in files.values())
    if size > settings.MAX_ARCHIVE_BYTES:
        raise LimitExceeded(
            "The size of the export",
            actual=size,
            limit=settings.MAX_ARCHIVE_BYTES,
            setting="MAX_ARCHIVE_BYTES",
        )
