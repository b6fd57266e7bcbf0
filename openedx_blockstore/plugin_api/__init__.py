"""The contracts of plugins: small base classes, and the values that they are given.

A plugin is a package that registers subclasses of these as entry points, one group for each
contract. It imports nothing of Blockstore but this package, :mod:`openedx_blockstore.api`,
:mod:`~openedx_blockstore.data`, :mod:`~openedx_blockstore.exceptions`,
:mod:`~openedx_blockstore.signals` and :mod:`~openedx_blockstore.models_api`.
"""

from openedx_blockstore.plugin_api.annotations import AnnotationSource
from openedx_blockstore.plugin_api.bundle_types import BundleType, PageRequest, Part
from openedx_blockstore.plugin_api.contents import BundleContents, ContentFile
from openedx_blockstore.plugin_api.events import ConsumerUnavailable, EventConsumer
from openedx_blockstore.plugin_api.export_transforms import ExportTransform
from openedx_blockstore.plugin_api.import_validators import ImportValidator

__all__ = [
    "AnnotationSource",
    "BundleContents",
    "BundleType",
    "ConsumerUnavailable",
    "ContentFile",
    "EventConsumer",
    "ExportTransform",
    "ImportValidator",
    "PageRequest",
    "Part",
]
