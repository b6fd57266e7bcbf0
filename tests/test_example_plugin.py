"""The examples work where they are installed, as strangers' packages would be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
EXAMPLES = ("example_contexts", "example_plugin")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter for which wheels of Blockstore and the examples are installed.

    What they need it has from the one that runs the tests.
    """
    folder = tmp_path_factory.mktemp("example")
    wheels = [_wheel(source, folder) for source in (ROOT, *(TESTS / name for name in EXAMPLES))]
    environment = folder / "environment"
    run([sys.executable, "-m", "venv", "--without-pip", str(environment)])
    made = environment / "bin" / "python"
    (site,) = environment.glob("lib/python*/site-packages")
    shared = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (site / "shared.pth").write_text("\n".join(shared))
    pip = [sys.executable, "-m", "pip", "--python", str(made), "install", "--quiet"]
    run([*pip, "--no-deps", "--no-index", *wheels])
    return made


def _wheel(source: Path, folder: Path) -> str:
    """Build a wheel of what stands in a folder, from a copy, which nothing else writes to."""
    copy = folder / source.name
    shutil.copytree(
        source,
        copy,
        ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "docs", "tests", "var"),
    )
    target = folder / f"{source.name}-wheel"
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    run([*pip, "--wheel-dir", str(target), str(copy)])
    (wheel,) = target.glob("*.whl")
    return str(wheel)


def run(command: list[str], **environment: str) -> str:
    """Run a program, and return what it prints."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "DJANGO_SETTINGS_MODULE", "BLOCKSTORE_TEST_DIR"}
        and not name.startswith("PYTEST_")
    }
    done = subprocess.run(
        command,
        env={**inherited, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def settings(tmp_path: Path) -> dict[str, str]:
    """The stand-alone project, with a place of its own."""
    return {
        "DJANGO_SETTINGS_MODULE": "openedx_blockstore.settings.standalone",
        "BLOCKSTORE_DATA_DIR": str(tmp_path / "var"),
        "DATABASE_URL": "",
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_does_what_it_says(python: Path, tmp_path: Path, example: str) -> None:
    """The plugin counts, notes, refuses, transforms and previews; a class is where pupils learn."""
    said = run([str(python), "-I", str(TESTS / f"use_{example}.py")], **settings(tmp_path))
    assert said.endswith(" does what it says.\n"), said


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_passes_every_suite(python: Path, tmp_path: Path, example: str) -> None:
    """As its author would run them."""
    (source,) = (TESTS / example).glob("test_*.py")
    tests = shutil.copy(source, tmp_path)
    said = run(
        [
            *(str(python), "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(tmp_path)),
            *("-p", "no:cacheprovider", str(tests)),
        ],
        **settings(tmp_path),
    )
    assert " passed" in said
    assert "skipped" not in said
