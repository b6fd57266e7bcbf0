"""The contracts of plugins: small base classes, and the values that they are given.

A plugin is a package that registers subclasses of these as entry points, one group for each
contract. It imports nothing of Blockstore but this package, :mod:`openedx_blockstore.api`,
:mod:`~openedx_blockstore.data`, :mod:`~openedx_blockstore.exceptions`,
:mod:`~openedx_blockstore.signals`, :mod:`~openedx_blockstore.models_api`,
:mod:`~openedx_blockstore.plugin_tools` and :mod:`~openedx_blockstore.plugin_rest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from openedx_blockstore.plugin_api.advisers import Adviser
from openedx_blockstore.plugin_api.annotations import AnnotationSource
from openedx_blockstore.plugin_api.bundle_types import BundleType, PageRequest, Part
from openedx_blockstore.plugin_api.contents import BundleContents, ContentFile
from openedx_blockstore.plugin_api.events import ConsumerUnavailable, EventConsumer
from openedx_blockstore.plugin_api.export_transforms import ExportTransform
from openedx_blockstore.plugin_api.import_validators import ImportValidator
from openedx_blockstore.plugin_api.search_backends import SearchBackend

_contracts: dict[type, str] = {
    Adviser: "openedx_blockstore.advisers",
    AnnotationSource: "openedx_blockstore.annotations",
    BundleType: "openedx_blockstore.bundle_types",
    EventConsumer: "openedx_blockstore.event_consumers",
    ExportTransform: "openedx_blockstore.export_transforms",
    ImportValidator: "openedx_blockstore.import_validators",
    SearchBackend: "openedx_blockstore.search_backends",
}

#: The contracts, and the groups of entry points in which plugins register what fulfils them.
CONTRACTS: Mapping[type, str] = MappingProxyType(_contracts)


def add_contract(contract: type, group: str) -> None:
    """Let a plugin bring a contract of its own, which other packages fulfil.

    Call it in the ``ready`` method of the plugin's app configuration. What is registered in the
    group is then found, turned on and off, listed and checked like everything else.

    Args:
        group: Such as ``openedx_blockstore.learning_contexts``.

    Raises:
        ValueError: Another contract has this group.
    """
    if any(known == group and of is not contract for of, known in _contracts.items()):
        raise ValueError(f"The group {group!r} is another contract's.")
    _contracts[contract] = group


__all__ = [
    "CONTRACTS",
    "Adviser",
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
    "SearchBackend",
    "add_contract",
]
