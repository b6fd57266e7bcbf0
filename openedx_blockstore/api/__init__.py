"""The public Python API of Blockstore.

It is for trusted code in the same process: it checks what it is given, and no permissions. UUIDs
may be given as :class:`uuid.UUID` or as text. Values are in :mod:`openedx_blockstore.data`, errors
in :mod:`openedx_blockstore.exceptions`.
"""

from openedx_blockstore.api._known_contents import find_known_contents
from openedx_blockstore.api.advice import get_advice, get_link_advice
from openedx_blockstore.api.annotations import (
    get_annotations,
    get_collection_annotations,
    get_many_annotations,
)
from openedx_blockstore.api.bundles import (
    create_bundle,
    delete_bundle,
    get_bundle,
    get_bundle_types,
    get_bundles,
    get_bundles_by_origin,
    undelete_bundle,
    update_bundle,
)
from openedx_blockstore.api.collections import (
    create_collection,
    delete_collection,
    get_collection,
    get_collections,
    update_collection,
)
from openedx_blockstore.api.commits import commit_draft, revert_bundle
from openedx_blockstore.api.contents import (
    get_bundle_contents,
    get_bundle_parts,
    get_changed_draft_contents,
    get_many_contents,
)
from openedx_blockstore.api.drafts import (
    change_draft,
    delete_draft,
    get_draft,
    get_or_create_bundle_draft,
    set_draft_link,
    update_draft,
    write_draft_file,
    write_draft_files,
)
from openedx_blockstore.api.event_consumers import (
    drop_events,
    get_event_consumers,
    get_set_aside_events,
    replay_events,
    retry_events,
)
from openedx_blockstore.api.events import get_events, notify_annotation_changed, trim_events
from openedx_blockstore.api.exports import export_bundle, export_collection
from openedx_blockstore.api.files import (
    digest_of,
    force_browser_url,
    get_bundle_file_data,
    get_bundle_file_metadata,
    get_bundle_files,
    get_bundle_files_dict,
    get_bundle_links,
    open_bundle_file,
    open_version_file,
)
from openedx_blockstore.api.grants import grant_static_access, grant_static_draft_access
from openedx_blockstore.api.history import (
    diff_versions,
    get_bundle_version_changes,
    get_file_history,
)
from openedx_blockstore.api.imports import import_archive, import_bundle
from openedx_blockstore.api.links import (
    count_borrowers,
    get_affected_bundles,
    get_borrowers,
    get_dependencies,
    get_outdated_links,
)
from openedx_blockstore.api.roles import get_collection_audit, get_roles, set_role
from openedx_blockstore.api.sizes import get_size
from openedx_blockstore.api.uploads import (
    abort_upload,
    begin_upload,
    clean_uploads,
    complete_upload,
    get_upload,
    get_upload_urls,
)
from openedx_blockstore.api.versions import (
    describe_bundle_version,
    get_bundle_version,
    get_bundle_version_files,
    get_bundle_version_links,
    import_version,
    validate_contents,
)

__all__ = [
    "abort_upload",
    "begin_upload",
    "change_draft",
    "clean_uploads",
    "commit_draft",
    "complete_upload",
    "count_borrowers",
    "create_bundle",
    "create_collection",
    "delete_bundle",
    "delete_collection",
    "delete_draft",
    "describe_bundle_version",
    "diff_versions",
    "digest_of",
    "drop_events",
    "export_bundle",
    "export_collection",
    "find_known_contents",
    "force_browser_url",
    "get_advice",
    "get_affected_bundles",
    "get_annotations",
    "get_borrowers",
    "get_bundle",
    "get_bundle_contents",
    "get_bundle_file_data",
    "get_bundle_file_metadata",
    "get_bundle_files",
    "get_bundle_files_dict",
    "get_bundle_links",
    "get_bundle_parts",
    "get_bundle_types",
    "get_bundle_version",
    "get_bundle_version_changes",
    "get_bundle_version_files",
    "get_bundle_version_links",
    "get_bundles",
    "get_bundles_by_origin",
    "get_changed_draft_contents",
    "get_collection",
    "get_collection_annotations",
    "get_collection_audit",
    "get_collections",
    "get_dependencies",
    "get_draft",
    "get_event_consumers",
    "get_events",
    "get_file_history",
    "get_link_advice",
    "get_many_annotations",
    "get_many_contents",
    "get_or_create_bundle_draft",
    "get_outdated_links",
    "get_roles",
    "get_set_aside_events",
    "get_size",
    "get_upload",
    "get_upload_urls",
    "grant_static_access",
    "grant_static_draft_access",
    "import_archive",
    "import_bundle",
    "import_version",
    "notify_annotation_changed",
    "open_bundle_file",
    "open_version_file",
    "replay_events",
    "retry_events",
    "revert_bundle",
    "set_draft_link",
    "set_role",
    "trim_events",
    "undelete_bundle",
    "update_bundle",
    "update_collection",
    "update_draft",
    "validate_contents",
    "write_draft_file",
    "write_draft_files",
]
