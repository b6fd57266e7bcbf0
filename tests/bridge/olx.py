"""OLX of tests, and what the bridge makes of it without any store."""

from __future__ import annotations

from openedx_blockstore_xblock.authored import ParsedBlock, parse_block
from openedx_blockstore_xblock.block_classes import find_class, is_container
from openedx_blockstore_xblock.olx import parse_document

MULTIPLE_CHOICE = """
<problem display_name="Owls" max_attempts="3" weight="2.0">
  <multiplechoiceresponse>
    <label>What do owls eat?</label>
    <choicegroup type="MultipleChoice">
      <choice correct="true">mice</choice>
      <choice correct="false">stones</choice>
    </choicegroup>
  </multiplechoiceresponse>
</problem>
"""

POLL = """
<poll url_name="p" question="Hoot?" feedback="" answers='[["R", {"label": "Yes", "img": ""}]]'/>
"""


def parse(olx: str, inner_id: str = "", *, body: str | None = None) -> ParsedBlock:
    """Return a block of a text as its class reads it."""
    document = parse_document(olx.encode(), file="block.xml", is_container=is_container)
    block = document.find(inner_id)
    assert block is not None
    block_class = find_class(block.block_type)
    assert block_class is not None
    return parse_block(document, block, block_class, body=body)
