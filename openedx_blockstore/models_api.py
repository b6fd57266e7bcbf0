"""The models that plugins may make foreign keys to, and the span of versions they may inherit.

Never create, change or delete rows through these; :mod:`openedx_blockstore.api` does that.
"""

from openedx_blockstore.models import (
    Bundle,
    BundleVersion,
    Collection,
    VersionRange,
    VersionRangeQuerySet,
)

__all__ = ["Bundle", "BundleVersion", "Collection", "VersionRange", "VersionRangeQuerySet"]
