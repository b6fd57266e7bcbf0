"""Broken plugins, run through the suites of their contracts as their authors would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def told_about(source: str, folder: Path) -> str:
    """Return what pytest prints about plugins, in a process of its own; each message in one line.

    Args:
        source: A module with plugins and their tests, some of which must fail.
        folder: An empty one.
    """
    (folder / "test_broken.py").write_text(source)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
        "DJANGO_SETTINGS_MODULE": "openedx_blockstore.settings.standalone",
        "BLOCKSTORE_DATA_DIR": str(folder / "var"),
    }
    for name in ("BLOCKSTORE_TEST_DIR", "PYTEST_ADDOPTS", "DATABASE_URL"):
        environment.pop(name, None)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider"),
            *("--rootdir", str(folder), "-c", "/dev/null", "-q", "-rs", "test_broken.py"),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return re.sub(r"\s*\nE\s+", " ", done.stdout)
