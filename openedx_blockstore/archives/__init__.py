"""The formats of archives: reading them safely, writing them deterministically. Knows no database.

Outside this package, import from here.
"""

from openedx_blockstore.archives.contents import ArchiveContents, dump_contents
from openedx_blockstore.archives.formats import (
    ARCHIVE_FORMATS,
    DEFAULT_FORMAT,
    ArchiveFormat,
    format_of_name,
)
from openedx_blockstore.archives.info import (
    CollectionInfo,
    DerivedInfo,
    FileInfo,
    TreeInfo,
    dump_info,
)
from openedx_blockstore.archives.limits import ArchiveLimits
from openedx_blockstore.archives.ordering import lenders_first
from openedx_blockstore.archives.readers import ArchiveReader, ArchiveSource, open_archive
from openedx_blockstore.archives.scanning import (
    CONTENTS_PATH,
    INFO_PATH,
    PLUGINS_FOLDER,
    ScannedFile,
    scan_archive,
)
from openedx_blockstore.archives.tree_files import Parts
from openedx_blockstore.archives.trees import (
    ArchiveTree,
    ArchiveTrees,
    KnownContents,
    find_trees,
)
from openedx_blockstore.archives.writers import ArchiveWriter, write_archive

__all__ = [
    "ARCHIVE_FORMATS",
    "CONTENTS_PATH",
    "DEFAULT_FORMAT",
    "INFO_PATH",
    "PLUGINS_FOLDER",
    "ArchiveContents",
    "ArchiveFormat",
    "ArchiveLimits",
    "ArchiveReader",
    "ArchiveSource",
    "ArchiveTree",
    "ArchiveTrees",
    "ArchiveWriter",
    "CollectionInfo",
    "DerivedInfo",
    "FileInfo",
    "KnownContents",
    "Parts",
    "ScannedFile",
    "TreeInfo",
    "dump_contents",
    "dump_info",
    "find_trees",
    "format_of_name",
    "lenders_first",
    "open_archive",
    "scan_archive",
    "write_archive",
]
