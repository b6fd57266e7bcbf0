"""The settings of the plugin, which stand in ``PLUGIN_SETTINGS`` of ``OPENEDX_BLOCKSTORE``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen
from attrs.validators import and_, deep_iterable, deep_mapping, ge, in_, instance_of, le

from openedx_blockstore.data import Severity
from openedx_blockstore.plugin_tools import read_settings
from openedx_blockstore_validation.codes import CODES

PACKAGE = "openedx_blockstore_validation"

#: What a setting may make of a code, beside the severities.
OFF = "off"

_positive = and_(instance_of(int), ge(1))
_types: Any = deep_iterable(instance_of(str), instance_of((list, tuple)))


@frozen
class ValidationSettings:
    """The settings of import validation."""

    #: Code → ``error``, ``warning``, ``info`` or ``off``, where it differs from the table of codes.
    SEVERITIES: Mapping[str, str] = field(
        factory=dict,
        validator=deep_mapping(
            in_(tuple(CODES)), in_((*map(str, Severity), OFF)), instance_of(Mapping)
        ),
    )
    #: Types of blocks that count as installed, beside those that are.
    KNOWN_BLOCK_TYPES: Sequence[str] = field(default=(), validator=_types)
    #: Types of blocks that keep what learners do, beside those that the documentation lists.
    STATEFUL_BLOCK_TYPES: Sequence[str] = field(default=(), validator=_types)
    #: Bytes in a file of OLX, and in any other text that is searched for references.
    MAX_OLX_BYTES: int = field(default=8 * 2**20, validator=_positive)
    #: Elements in a file of OLX.
    MAX_OLX_ELEMENTS: int = field(default=100_000, validator=_positive)
    #: Elements inside one another; the parser of the platform takes 256.
    MAX_OLX_DEPTH: int = field(default=200, validator=and_(_positive, le(255)))
    #: Attributes of one element.
    MAX_OLX_ATTRIBUTES: int = field(default=500, validator=_positive)
    #: Characters in one attribute; the parser of the platform takes 10,000,000.
    MAX_OLX_ATTRIBUTE_LENGTH: int = field(
        default=4 * 2**20, validator=and_(_positive, le(10_000_000))
    )
    #: Findings that are kept of one version; the gravest are kept.
    MAX_FINDINGS: int = field(default=1_000, validator=_positive)
    #: Files in a version or draft that is checked while somebody waits (REST).
    MAX_REQUEST_FILES: int = field(default=2_000, validator=_positive)
    #: Bytes of text in a version or draft that is checked while somebody waits (REST).
    MAX_REQUEST_BYTES: int = field(default=64 * 2**20, validator=_positive)


def get_settings() -> ValidationSettings:
    """Return the settings, defaults filled in."""
    return read_settings(PACKAGE, ValidationSettings)
