"""The blocks in a file of OLX: what the checks need to know of each, without its content."""

from __future__ import annotations

from collections.abc import Container, Iterator

from attrs import define, field, frozen

from openedx_blockstore import api
from openedx_blockstore_validation import vocabulary
from openedx_blockstore_validation.olx import Element

#: The attributes of an element that only names a block of another file.
_POINTER_ATTRIBUTES = frozenset({"url_name", "org", "course"})

#: Longer settings are content.
_MAX_SETTING = 1_000

#: Words of a block by which it is known again under another id.
_MAX_WORDS = 400


@define(eq=False)
class Block:
    """A block that stands in a file.

    Attributes:
        name: Its ``url_name``; empty where it has none.
        path: The file.
        is_root: It is the root of the file, which is its definition.
        is_pointer: It stands for a file of its own.
        is_empty: Nothing is in it.
        digest: Of its content, without its name; empty for containers.
        settings: Its short attributes.
        children: The blocks directly in it.
        words: What it says, where that was asked for.
    """

    tag: str
    name: str
    path: str
    line: int
    is_root: bool
    is_pointer: bool
    is_empty: bool
    digest: str
    settings: dict[str, str]
    words: frozenset[str] = frozenset()
    children: list[Block] = field(factory=list)

    def walk(self) -> Iterator[Block]:
        """Yield it and all blocks below it, in their order."""
        pending = [self]
        while pending:
            block = pending.pop()
            yield block
            pending.extend(reversed(block.children))

    @property
    def label(self) -> str:
        """How messages call it."""
        return f'<{self.tag} url_name="{self.name}">' if self.name else f"<{self.tag}>"


@frozen
class Include:
    """An ``xblock-include``.

    Attributes:
        source: The alias of a link; empty for the bundle itself.
    """

    path: str
    line: int
    definition: str
    source: str


def find_blocks(root: Element, path: str, *, worded: Container[str] = ()) -> Block | None:
    """Return the blocks of a file as a tree; None where its root is none.

    Args:
        worded: The types of blocks whose words are kept.
    """
    if not _is_block(root):
        return None
    top = _make(root, path, worded, is_root=True)
    pending = [(root, top)]
    while pending:
        element, block = pending.pop()
        for child in child_blocks(element):
            made = _make(child, path, worded, is_root=False)
            block.children.append(made)
            pending.append((child, made))
    return top


def find_includes(root: Element, path: str) -> list[Include]:
    """Return the includes of a file."""
    return [
        Include(
            path,
            element.line,
            element.attributes.get("definition", ""),
            element.attributes.get("source", ""),
        )
        for element in root.walk()
        if element.tag == vocabulary.INCLUDE_TAG
    ]


def is_block_tag(tag: str) -> bool:
    """Tell whether a tag may be that of a block: one of no namespace."""
    return "}" not in tag


def child_blocks(parent: Element) -> Iterator[Element]:
    """Yield the elements in a block that are blocks themselves, those in groups too.

    What is in a block that is no container is its own; but if that type is not known, elements that
    have both a known tag and a ``url_name`` are taken for blocks.
    """
    is_container = parent.tag in vocabulary.CONTAINERS
    if not is_container and vocabulary.package_of(parent.tag) is not None:
        return
    for child in parent.children:
        if is_container and child.tag in vocabulary.GROUPS:
            yield from (each for each in child.children if _is_block(each))
        elif _is_block(child) and (is_container or _looks_like_block(child)):
            yield child


def _looks_like_block(element: Element) -> bool:
    return vocabulary.is_known(element.tag) and "url_name" in element.attributes


def _is_block(element: Element) -> bool:
    return (
        is_block_tag(element.tag)
        and element.tag != vocabulary.INCLUDE_TAG
        and element.tag not in vocabulary.SETTINGS
    )


def words_of(element: Element) -> frozenset[str]:
    """Return what a block says, as words; enough of them to know it again."""
    found: dict[str, None] = {}
    for text in element.texts():
        for word in text[:20_000].split():
            found[word.casefold()] = None
            if len(found) >= _MAX_WORDS:
                return frozenset(found)
    return frozenset(found)


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much two blocks say the same: from 0 to 1."""
    both = len(one | other)
    return len(one & other) / both if both else 1.0


def _make(element: Element, path: str, worded: Container[str], *, is_root: bool) -> Block:
    attributes = element.attributes
    is_empty = element.is_empty
    is_container = element.tag in vocabulary.CONTAINERS
    return Block(
        tag=element.tag,
        name=attributes.get("url_name", ""),
        path=path,
        line=element.line,
        is_root=is_root,
        is_pointer=(
            "url_name" in attributes
            and is_empty
            and _POINTER_ATTRIBUTES.issuperset(attributes)
            and (element.tag == "course" or len(attributes) == 1)
        ),
        is_empty=is_empty,
        digest="" if is_container else digest_of(element),
        settings={name: text for name, text in attributes.items() if len(text) <= _MAX_SETTING},
        words=words_of(element) if element.tag in worded else frozenset(),
    )


def digest_of(element: Element) -> str:
    """Return a digest of what a block says, whatever its name and its white space."""
    words = (" ".join(text.split()) for text in element.texts())
    return api.digest_of("\0".join(words).encode("utf-8", "surrogatepass"))
