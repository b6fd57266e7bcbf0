"""The tables. Only the rows' shape and their queries live here; what happens to them is in ``api``.

Inside the core, import from here. Others make foreign keys through
:mod:`openedx_blockstore.models_api`, and otherwise use :mod:`openedx_blockstore.api`.
"""

from openedx_blockstore.models.audit import CollectionAudit
from openedx_blockstore.models.bundle import Bundle, BundleVersion, fold_text
from openedx_blockstore.models.collection import Collection
from openedx_blockstore.models.draft import Draft, StagedChange
from openedx_blockstore.models.event import (
    Event,
    EventConsumerState,
    EventLog,
    SetAsideEvent,
)
from openedx_blockstore.models.job import Job
from openedx_blockstore.models.link import BundleLink
from openedx_blockstore.models.role import CollectionRole
from openedx_blockstore.models.upload import Upload
from openedx_blockstore.models.version_range import VersionRange, VersionRangeQuerySet

__all__ = [
    "Bundle",
    "BundleLink",
    "BundleVersion",
    "Collection",
    "CollectionAudit",
    "CollectionRole",
    "Draft",
    "Event",
    "EventConsumerState",
    "EventLog",
    "Job",
    "SetAsideEvent",
    "StagedChange",
    "Upload",
    "VersionRange",
    "VersionRangeQuerySet",
    "fold_text",
]
