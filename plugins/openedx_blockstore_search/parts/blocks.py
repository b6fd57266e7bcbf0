"""The blocks of one file of OLX, as parts that do not know yet what is around their file."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from attrs import Factory, define, field, frozen
from lxml import etree

from openedx_blockstore.plugin_tools.olx import (
    CONTAINER_TAGS,
    INCLUDE_TAG,
    SETTING_TAGS,
    VIDEO_TAGS,
)
from openedx_blockstore_search.parts.languages import (
    as_language,
    as_languages,
    language_of,
    languages_in_markup,
)
from openedx_blockstore_search.parts.names import (
    ADDRESS_ATTRIBUTES,
    as_name,
    page_names,
    static_names,
)
from openedx_blockstore_search.parts.problems import response_types, runs_python
from openedx_blockstore_search.parts.videos import transcripts, video_names
from openedx_blockstore_search.parts.vocabulary import (
    ASSET_ATTRIBUTES,
    DEFINITION_FILE,
    GROUP_TAGS,
    HTML_TAGS,
    SAME_TYPES,
    SECRET_ATTRIBUTES,
    TEXT_ATTRIBUTES,
)
from openedx_blockstore_search.parts.words import tidy, words_of_element, words_of_value

#: Blocks of one file that are told apart; a file with more of them is told of in part.
MAX_BLOCKS = 5_000

#: Blocks in blocks in blocks: what is deeper belongs to the last one.
MAX_DEPTH = 50

#: Where the platform looks for modules that Python scripts of problems import.
_PYTHON_LIBRARY = "static/python_lib.zip"

_MAX_NAME = 150
_MAX_TITLE = 500


@frozen
class FilePart:
    """A part, as far as the file that it is in tells of it.

    Attributes:
        key: Its key; the path of the file for the file's root, and ``path#name`` for others.
        around: The keys of the parts around it in the same file, the outermost first.
        language: The one that it is in, as it or something around it in the file says.
        languages: Others that something in it is in.
        names: The files that it names, as relative names (see :mod:`.names`).
        page: The file with its contents, beside its own, where those are elsewhere.
    """

    key: str
    type: str
    title: str = ""
    text: str = ""
    around: tuple[str, ...] = ()
    language: str | None = None
    languages: tuple[str, ...] = ()
    traits: dict[str, tuple[str, ...]] = field(factory=dict)
    names: tuple[str, ...] = ()
    page: str | None = None


@frozen
class Include:
    """A place where a file takes in another one.

    Attributes:
        parent: The key of the part that it is in.
        path: The definition; ``links/{alias}/…`` for one of another bundle.
    """

    parent: str
    path: str


@define
class BlocksOfFile:
    """What stands in one file, in the order of the document."""

    parts: list[FilePart] = Factory(list)
    includes: list[Include] = Factory(list)
    too_many: bool = False


def include_path(definition: str, source: str | None) -> str | None:
    """Return the path of a definition that an include names, or None for what names none."""
    path = definition.strip().removeprefix("./")
    if not path or path.startswith("/"):
        return None
    if not path.endswith(".xml"):
        path = f"{path}/{DEFINITION_FILE}"
    name = as_name(f"links/{source.strip()}/{path}" if source else path)
    return None if name is None or name.startswith("..") else name


def find_blocks(path: str, root: etree._Element) -> BlocksOfFile:
    """Find the blocks in a file of OLX."""
    found = BlocksOfFile()
    keys: Counter[str] = Counter()
    pending: list[tuple[etree._Element, tuple[str, ...], str | None]] = [(root, (), None)]
    while pending:
        element, around, language = pending.pop()
        if element.tag == INCLUDE_TAG:
            target = include_path(element.get("definition") or "", element.get("source"))
            if target is not None and around:
                found.includes.append(Include(around[-1], target))
            continue
        if len(found.parts) >= MAX_BLOCKS:
            found.too_many = True
            break
        key = path if element is root else _key(path, element, keys)
        language = language_of(element) or language
        is_leaf = len(around) >= MAX_DEPTH or not _holds_blocks(element)
        inner = [] if is_leaf else list(_children(element))
        found.parts.append(_part(path, element, inner, key=key, around=around, language=language))
        pending += [(child, (*around, key), language) for child in reversed(inner)]
    return found


def _holds_blocks(element: etree._Element) -> bool:
    return element.tag in CONTAINER_TAGS or any(True for _each in element.iter(INCLUDE_TAG))


def _children(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield the blocks and includes that stand directly in a container, or in a group of it."""
    pending = list(reversed(parent))
    while pending:
        child = pending.pop()
        tag = _tag(child)
        if not tag or tag.startswith("{") or tag in SETTING_TAGS:
            continue
        if tag in GROUP_TAGS:
            pending += reversed(child)
        elif tag == INCLUDE_TAG or parent.tag in CONTAINER_TAGS:
            yield child
        else:
            pending += reversed(child)


def _key(path: str, element: etree._Element, keys: Counter[str]) -> str:
    name = tidy(element.get("url_name") or "", _MAX_NAME) or str(element.tag)[:_MAX_NAME]
    free = name
    while free in keys:
        keys[name] += 1
        free = f"{name}~{keys[name]}"
    keys[free] = 1
    return f"{path}#{free}"


def _part(
    path: str,
    element: etree._Element,
    inner: list[etree._Element],
    *,
    key: str,
    around: tuple[str, ...],
    language: str | None,
) -> FilePart:
    tag = str(element.tag)
    traits: dict[str, tuple[str, ...]] = {}
    languages = [language_of(each) for each in _own(element, inner)]
    if tag == "problem" and (responses := response_types(element)):
        traits["response"] = responses
    if tag in VIDEO_TAGS and (spoken := as_languages(transcripts(element))):
        traits["transcript"] = spoken
        languages += spoken
    if tag == "course":
        language = language or as_language(element.get("language"))
    if tag in HTML_TAGS:
        languages += languages_in_markup(element.text or "")
    return FilePart(
        key=key,
        type=SAME_TYPES.get(tag, tag)[:60],
        title=tidy(element.get("display_name") or "", _MAX_TITLE),
        text=_text(element, inner, tag),
        around=around,
        language=language,
        languages=tuple(each for each in as_languages(languages) if each != language),
        traits=traits,
        names=tuple(sorted(set(_names(element, inner, tag)))),
        page=_page(path, element),
    )


def _own(element: etree._Element, inner: list[etree._Element]) -> Iterator[etree._Element]:
    """Yield an element and all in it that does not belong to a block inside of it."""
    others = set(inner)
    pending = [element]
    while pending:
        node = pending.pop()
        yield node
        pending += [each for each in reversed(node) if _tag(each) and each not in others]


def _tag(node: etree._Element) -> str:
    """Return a node's tag; an empty one for comments and the like."""
    tag: object = node.tag
    return tag if isinstance(tag, str) else ""


def _text(element: etree._Element, inner: list[etree._Element], tag: str) -> str:
    said = [words_of_value(element.get(name) or "") for name in TEXT_ATTRIBUTES]
    words = words_of_element(element, without=set(inner), is_html=tag in HTML_TAGS)
    if not words and tag == "problem":
        said.append(words_of_value(element.get("markdown") or ""))
    return tidy(" ".join([*filter(None, said), words]))


def _names(element: etree._Element, inner: list[etree._Element], tag: str) -> Iterator[str]:
    for node in _own(element, inner):
        for name, value in node.attrib.items():
            if name not in SECRET_ATTRIBUTES:
                yield from _attribute_names(str(name), str(value))
        for text in (node.text, *(child.tail for child in node)):
            if text and ("/" in text or "<" in text):
                yield from page_names(text) if tag in HTML_TAGS else static_names(text)
    if tag in VIDEO_TAGS:
        yield from video_names(element)
    if tag == "problem" and runs_python(element):
        yield _PYTHON_LIBRARY


def _attribute_names(name: str, value: str) -> Iterator[str]:
    yield from static_names(value)
    if name in ASSET_ATTRIBUTES and "/" not in value:
        plain = as_name(f"/static/{value}")
    elif name in ADDRESS_ATTRIBUTES:
        plain = as_name(value)
    else:
        return
    if plain is not None and "." in posixpath.basename(plain):
        yield plain


def _page(path: str, element: etree._Element) -> str | None:
    """Return the file beside an ``html`` block's own that has its contents."""
    filename = (element.get("filename") or "").strip()
    if element.tag not in HTML_TAGS or not filename:
        return None
    name = filename.replace(":", "/")
    name = name if name.endswith((".html", ".htm")) else f"{name}.html"
    page = as_name(posixpath.join(posixpath.dirname(path), name))
    return None if page is None or page.startswith("..") else page
