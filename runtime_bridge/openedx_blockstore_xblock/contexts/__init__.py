"""Kinds of learning contexts: what is mounted in one, what it sets, and who may be there."""

from openedx_blockstore_xblock.contexts.base import LearningContextKind
from openedx_blockstore_xblock.contexts.everywhere import GLOBAL_CONTEXT, GlobalContexts
from openedx_blockstore_xblock.contexts.rows import StoredContexts

__all__ = ["GLOBAL_CONTEXT", "GlobalContexts", "LearningContextKind", "StoredContexts"]
