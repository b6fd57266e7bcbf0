"""What plugins share: reading their settings, and keeping data about spans of versions.

Data about content, such as tags or licences, change without making versions, and most of them hold
for many versions in a row. A model that inherits
:class:`~openedx_blockstore.models_api.VersionRange` keeps such data in one row for each span; the
functions here set, split, merge, clear and find them, so that no two rows for the same thing ever
hold for one version.
"""

from openedx_blockstore.plugin_tools.ranges import (
    annotation_history,
    annotations_covering,
    clear_annotation,
    replace_annotations,
    set_annotation,
)
from openedx_blockstore.plugin_tools.settings import check_plugin_settings, read_settings

__all__ = [
    "annotation_history",
    "annotations_covering",
    "check_plugin_settings",
    "clear_annotation",
    "read_settings",
    "replace_annotations",
    "set_annotation",
]
