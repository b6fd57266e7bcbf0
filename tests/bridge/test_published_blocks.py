"""Blocks of published packages that the real courses hold none of, shown as learners see them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import usage

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("olx", "shown"),
    [
        pytest.param(
            '<annotatable display_name="Night"><instructions><p>Read on.</p></instructions>'
            '<p>Owls <annotation title="Why" body="To be heard" problem="0">hoot</annotation>.</p>'
            "</annotatable>",
            ("Read on.", "To be heard", "hoot"),
            id="annotatable",
        ),
        pytest.param(
            '<lti display_name="Bones" launch_url="https://tool.example.com/launch" lti_id="bones"'
            ' description="Count them" open_in_a_new_page="true"/>',
            ("Count them", "View resource in a new window"),
            id="lti",
        ),
        pytest.param(
            '<word_cloud display_name="Sounds" num_inputs="3"/>', ("Sounds",), id="word_cloud"
        ),
    ],
)
def test_a_block_of_a_published_package_is_shown(
    olx: str,
    shown: tuple[str, ...],
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """What its authors have written stands in the page, and nothing says that it can not be."""
    runtime = make_runtime(make_user("athene"))
    block_type = olx[1:].split(" ", 1)[0]
    key = usage(make_bundle({"block.xml": olx}), "block.xml", block_type=block_type)
    content = runtime.render(runtime.get_block(key), "student_view", {}).content
    assert "blockstore-placeholder" not in content
    for text in shown:
        assert text in content
