"""``<xblock-include>``: how a block names a child that has a file of its own."""

from __future__ import annotations

import posixpath

from attrs import frozen
from lxml import etree

from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.olx.parsing import line_of

INCLUDE_TAG = "xblock-include"


@frozen
class Include:
    """A child in another file.

    Attributes:
        definition: As it is written: ``type/id``, or a path that ends in ``.xml``.
        source: The alias of the link to its bundle; empty for the same bundle.
        usage: Tells usages of one definition apart; mostly empty.
    """

    definition: str
    source: str = ""
    usage: str = ""

    @property
    def block_type(self) -> str:
        """The type of the block, guessed by the file's name: ``type/id/definition.xml``."""
        return self.definition.split("/", 1)[0].removesuffix(".xml") or "unknown"

    @property
    def path(self) -> str:
        """The file it stands for, in its bundle."""
        if self.definition.endswith(".xml"):
            return self.definition
        return posixpath.join(self.definition, "definition.xml")

    @property
    def stated_type(self) -> str:
        """The type of the block, where the definition is ``type/id``; empty for a path."""
        return "" if self.definition.endswith(".xml") else self.definition.split("/", 1)[0]

    @property
    def guessed_type(self) -> str:
        """The type of the block, as far as the path says: ``type/id``, or ``type.xml``."""
        return self.definition.split("/", 1)[0].removesuffix(".xml") or "unknown"


def parse_include(element: etree._Element, *, file: str) -> Include:
    """Return what an include says.

    Args:
        file: Where it stands, for errors.

    Raises:
        BadOlx: It names no definition, or one outside of a bundle.
    """
    definition = element.get("definition", "")
    parts = definition.split("/")
    if not definition or any(part in {"", ".", ".."} for part in parts):
        raise BadOlx(
            file,
            f"an {INCLUDE_TAG} has the definition {definition!r}; it must be like type/id or the "
            f"path of a file that ends in .xml",
            line=line_of(element),
        )
    if len(parts) == 1 and not definition.endswith(".xml"):
        raise BadOlx(
            file,
            f"an {INCLUDE_TAG} has the definition {definition!r}, which lacks the type: type/id",
            line=line_of(element),
        )
    return Include(definition, element.get("source", ""), element.get("usage", ""))
