"""What plugins share: settings, transactions, and data about spans of versions.

Data about content, such as tags or licences, change without making versions, and most of them hold
for many versions in a row. A model that inherits
:class:`~openedx_blockstore.models_api.VersionRange` keeps such data in one row for each span; the
functions here set, split, merge, clear and find them, so that no two rows for the same thing ever
hold for one version.
"""

from openedx_blockstore.plugin_tools.finding import is_enabled, plugins_of
from openedx_blockstore.plugin_tools.patterns import find_pattern
from openedx_blockstore.plugin_tools.ranges import (
    annotation_history,
    annotations_covering,
    clear_annotation,
    replace_annotations,
    set_annotation,
)
from openedx_blockstore.plugin_tools.settings import check_plugin_settings, read_settings
from openedx_blockstore.plugin_tools.transactions import (
    changing_bundle,
    changing_collection,
    write_transaction,
)
from openedx_blockstore.plugin_tools.trees import FolderContents, OpenedTree, open_trees

__all__ = [
    "FolderContents",
    "OpenedTree",
    "annotation_history",
    "annotations_covering",
    "changing_bundle",
    "changing_collection",
    "check_plugin_settings",
    "clear_annotation",
    "find_pattern",
    "is_enabled",
    "open_trees",
    "plugins_of",
    "read_settings",
    "replace_annotations",
    "set_annotation",
    "write_transaction",
]
