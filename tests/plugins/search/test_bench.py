"""The program that measures runs. What it measures is no test's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.slow


def test_a_few_documents_are_indexed_and_looked_for(tmp_path: Path) -> None:
    small = ["search", "--documents", "200", "--rounds", "1", "--json"]
    run = subprocess.run(
        [sys.executable, "-m", "bench", *small, "--folder", str(tmp_path)],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        check=True,
        timeout=900,
    )
    found = json.loads(run.stdout)["operations"]
    names = [operation["name"] for operation in found]
    assert names[0] == "SQLite: index 200 parts"
    assert "SQLite: all problems of a collection (" in " ".join(names)
    assert all(operation["seconds"] > 0 < operation["floor_seconds"] for operation in found)
    assert list(tmp_path.iterdir()) == [], "nothing is left"
