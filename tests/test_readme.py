"""What the README shows works as it is written."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from django.core.files.storage import Storage

README = (Path(__file__).resolve().parent.parent / "README.rst").read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_python_example_runs(file_storage: Storage) -> None:
    """The example uses the API that there is, and its assertions hold."""
    (example,) = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", README)
    exec(compile(textwrap.dedent(example), "README.rst", "exec"), {})

    assert file_storage.listdir("")[0]


@pytest.mark.parametrize("target", re.findall(r"\bmake ([a-z-]+)", README))
def test_the_targets_that_it_names_exist(target: str) -> None:
    """Every ``make`` that the README speaks of is there."""
    makefile = (Path(__file__).resolve().parent.parent / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
