"""``blockstore``, the command-line client of the REST API.

It runs on the machines of authors, where there is no Django: nothing here imports Django, or any
part of Blockstore that does.
"""

from __future__ import annotations

from openedx_blockstore.cli.entry import main

__all__ = ["main"]
