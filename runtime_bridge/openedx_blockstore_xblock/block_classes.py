"""Which class a block's type has: an installed one, or a container of the bridge's."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping

from xblock.core import XBlock
from xblock.plugin import PluginMissingError

log = logging.getLogger(__name__)

#: Blocks of the ``xblocks-contrib`` package are registered under such names, since the plain ones
#: are the platform's. Outside of it nobody else supplies these.
_EXTRACTED = "_{}_extracted"


def own_classes() -> Mapping[str, type[XBlock]]:
    """Return the containers of the bridge by their types.

    They take precedence over installed ones of the same type: those of the platform need its own
    runtime.
    """
    from openedx_blockstore_xblock.blocks import CONTAINERS  # noqa: PLC0415 - XBlock is slow to load

    return CONTAINERS


def find_class(block_type: str) -> type[XBlock] | None:
    """Return the class of a type of blocks; None where no installed package has one that loads."""
    found, _why = _load(block_type)
    return found


def why_no_class(block_type: str) -> str:
    """Return what keeps a type's installed package from being loaded; empty if there is none."""
    _found, why = _load(block_type)
    return why


@functools.cache
def _load(block_type: str) -> tuple[type[XBlock] | None, str]:
    """Return the class of a type, or what keeps its installed package from being loaded."""
    if block_type in own_classes():
        return own_classes()[block_type], ""
    for name in (block_type, _EXTRACTED.format(block_type)):
        try:
            return XBlock.load_class(name), ""
        except PluginMissingError:
            continue
        except Exception as error:
            # Another package's code runs here. Some want modules that only the platform has.
            log.exception("The class of the type %s can not be loaded.", block_type)
            return None, f"{type(error).__name__}: {error}"
    return None, ""


def forget_classes() -> None:
    """Look for all classes anew; for whoever has changed which packages there are."""
    _load.cache_clear()


def is_container(block_type: str) -> bool:
    """Tell whether blocks of a type hold others. An unknown one is taken for a leaf."""
    found = find_class(block_type)
    return found is not None and bool(found.has_children)
