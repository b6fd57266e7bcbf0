"""Blockstore: versioned storage for small, reusable pieces of learning content.

The public doors are :mod:`openedx_blockstore.api` (functions), :mod:`openedx_blockstore.data`
(values), :mod:`openedx_blockstore.exceptions`, :mod:`openedx_blockstore.courses` (OLX import and
export) and :mod:`openedx_blockstore.models_api` (foreign keys). Everything else is private.
"""

__version__ = "2.0.0"
