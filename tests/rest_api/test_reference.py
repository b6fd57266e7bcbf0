"""The page about the REST API is complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.rest_api import errors
from openedx_blockstore.rest_api.schema import build_schema
from openedx_blockstore.rest_api.v1.views.jobs import JobNotFound
from openedx_blockstore.settings import standalone_urls

PAGE = " ".join(
    (Path(__file__).resolve().parents[2] / "docs/reference/rest_api.rst").read_text().split()
)


def _operations() -> list[str]:
    paths: dict[str, Any] = build_schema(server="")["paths"]
    return [
        f"{method.upper()} {path.removeprefix('/v1/') or '/'}"
        for path, methods in paths.items()
        for method in methods
        if method != "parameters"
    ]


def test_every_operation_stands_there_and_no_other() -> None:
    """By method and address."""
    listed = set(re.findall(r"``((?:GET|POST|PUT|PATCH|DELETE) [^`]+)``", PAGE))
    # The page that shows the document is not in it.
    assert listed - {"GET docs"} == set(_operations())


def test_every_code_of_an_error_stands_there() -> None:
    """Those of Blockstore, and those of HTTP."""

    def families(cls: type[BlockstoreError]) -> set[type[BlockstoreError]]:
        return {cls}.union(*(families(each) for each in cls.__subclasses__()))

    # Those of plugins are documented with them.
    core = {
        each
        for each in families(BlockstoreError)
        if each.__module__.startswith("openedx_blockstore.")
        and ".plugin_api." not in each.__module__
    }
    codes = {each.code for each in core} - {BlockstoreError.code}
    codes |= {code for _family, _status, code in errors._CODES}
    codes |= {code for _families, _status, code, _message in errors._DJANGO}
    codes |= {errors.TooLarge.code, JobNotFound.code}
    assert {code for code in codes if f"``{code}``" not in PAGE} == set()


def test_the_old_prefix_is_that_of_the_stand_alone_project() -> None:
    """As the page says."""
    assert any(str(pattern.pattern) == "api/" for pattern in standalone_urls.urlpatterns)
