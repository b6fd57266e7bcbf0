"""Kinds of learning contexts: what is mounted in one, and what it sets differently."""

from openedx_blockstore_xblock.contexts.base import LearningContextKind
from openedx_blockstore_xblock.contexts.everywhere import GLOBAL_CONTEXT, GlobalContexts
from openedx_blockstore_xblock.contexts.rows import StoredContexts

__all__ = ["GLOBAL_CONTEXT", "GlobalContexts", "LearningContextKind", "StoredContexts"]
