"""Paths and patterns that licences are given to."""

from __future__ import annotations

import pytest

from openedx_blockstore_licensing.exceptions import InvalidLicensePath
from openedx_blockstore_licensing.paths import normalize_path


@pytest.mark.parametrize(
    "path",
    [
        "/a",
        "a//b",
        "../a",
        "a/./b",
        "a\\b",
        "a\0",
        "a\nb",
        "links/x/a",
        "LINKS/x",
        ".blockstore/info.json",
        "x" * 501,
        "\ud800",
        None,
        4,
        b"a",
        "//",
        "/",
    ],
)
def test_what_no_file_can_be_at_is_refused(path: object) -> None:
    with pytest.raises(InvalidLicensePath) as caught:
        normalize_path(path)
    str(caught.value).encode()


def test_a_decomposed_spelling_is_the_same_path() -> None:
    assert normalize_path("e\u0301.png") == "é.png"
