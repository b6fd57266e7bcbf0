"""``python -m openedx_blockstore.cli``."""

from __future__ import annotations

from openedx_blockstore.cli.entry import main

if __name__ == "__main__":
    main()
