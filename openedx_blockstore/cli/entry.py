"""Where the program begins: it needs libraries that only the extra ``cli`` brings."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the client."""
    try:
        from openedx_blockstore.cli.app import run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("openedx_blockstore"):
            raise
        sys.stderr.write(
            f"The client needs {error.name}, which is not installed: "
            'pip install "openedx-blockstore[cli]"\n'
        )
        sys.exit(8)
    run()
