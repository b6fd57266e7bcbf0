"""OLX as XML: parsing it safely, writing it, and the vocabulary of its tags.

OLX may come from a stranger, so nothing is resolved, loaded or fetched while it is parsed, and a
document type declaration is refused. What can not be parsed is an :class:`OlxError`; the callers
keep such files as bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from lxml import etree

#: Children in this namespace are fields of a library's component, not blocks.
OPTION_NAMESPACE = "http://code.edx.org/xblock/option"

#: How a container of a bundle names a child that lies in a file of its own.
INCLUDE_TAG = "xblock-include"

#: The container tags, whose children are blocks.
CONTAINER_TAGS = frozenset(
    {
        "chapter",
        "conditional",
        "course",
        "itembank",
        "library",
        "library_content",
        "legacy_library_content",
        "problem-builder",
        "problemset",
        "randomize",
        "sb-step",
        "sequential",
        "split_test",
        "step-builder",
        "unit",
        "vertical",
        "videosequence",
        "wrapper",
    }
)

#: Blocks whose XML is theirs alone: no element in it is a block.
LEAF_TAGS = frozenset(
    {
        "about",
        "acid",
        "annotatable",
        "book",
        "course_info",
        "customtag",
        "discuss",
        "discussion",
        "done",
        "drag-and-drop-v2",
        "edx_sga",
        "error",
        "google-calendar",
        "google-document",
        "html",
        "image",
        "lti",
        "lti_consumer",
        "oppia",
        "openassessment",
        "poll",
        "poll_question",
        "problem",
        "recommender",
        "scormxblock",
        "slides",
        "staffgradedxblock",
        "static_tab",
        "survey",
        "textannotation",
        "ubcpi",
        "unit_footer",
        "video",
        "videoannotation",
        "imageannotation",
        "videoalpha",
        "word_cloud",
        "crowdsource_hinter",
        "combinedopenended",
        "peergrading",
        "graphical_slider_tool",
        "foldit",
        "image-explorer",
        "qualtricssurvey",
        "freetextresponse",
        "imagemodal",
        "h5pxblock",
        "pdf",
        "vectordraw",
        "html5",
    }
)

#: Children of a course or library that are settings of it, not blocks.
SETTING_TAGS = frozenset({"wiki", "textbook", "course_info", "static_tab", "about"})

#: Tags that the platform or widespread packages can run.
KNOWN_TAGS = CONTAINER_TAGS | LEAF_TAGS

#: The tags that count as a video, whose transcripts and handouts travel with it.
VIDEO_TAGS = frozenset({"video", "videoalpha"})

#: The attributes of a pointer, which stands for the file ``tag/url_name.xml``; ``course`` may have
#: the last two, too.
_POINTER_ATTRIBUTES = frozenset({"url_name"})
_COURSE_POINTER_ATTRIBUTES = frozenset({"url_name", "org", "course"})

_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")

#: What the parser adds for programmers: an option of its own, and the place, which is told apart.
_NOISE = re.compile(r",? (?:use|try) XML_PARSE_HUGE(?: option)?|, line \d+.*$|\.$")

_TAG = re.compile(r"[^\W\d][\w.-]*")


class OlxError(Exception):
    """A file is not OLX that may be parsed.

    Attributes:
        code: The code of the finding: ``malformed-xml`` or ``doctype``.
        line: Where, if that is known.
    """

    def __init__(self, code: str, message: str, line: int | None = None) -> None:
        self.code = code
        self.line = line
        super().__init__(message)


def parse_olx(contents: bytes) -> etree._Element:
    """Parse a file of OLX.

    Returns:
        The root element. Comments, character data sections and white space are kept.

    Raises:
        OlxError: It is not well-formed, too deep, or has a document type declaration or entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        strip_cdata=False,
        remove_blank_text=False,
    )
    try:
        root = etree.fromstring(contents, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = error.lineno if isinstance(error, etree.XMLSyntaxError) else None
        message = str(error).partition("\n")[0]
        raise OlxError("malformed-xml", _NOISE.sub("", message) or "it is empty", line) from error
    if root is None:
        raise OlxError("malformed-xml", "it is empty")
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None or info.doctype:
        raise OlxError("doctype", "document type declarations and entities are refused")
    for entity in root.iter(etree.Entity):
        raise OlxError("doctype", "an entity of a document type declaration", line_of(entity))
    return root


def declared_encoding(contents: bytes) -> str:
    """Return the encoding that a file of OLX declares, in lower case; ``utf-8`` if none."""
    found = _ENCODING.match(contents[:200])
    return found[1].decode("ascii").lower() if found else "utf-8"


def dump_olx(root: etree._Element, like: bytes = b"") -> bytes:
    """Write a file of OLX: UTF-8, no declaration, one line feed at the end.

    Args:
        like: What the file was; if that ended without a line feed, so does this.
    """
    before, after = outer_nodes(root)
    end = "\n" if not like or like.endswith((b"\n", b"\n\0")) else ""
    return ("\n".join(map(to_text, [*before, root, *after])) + end).encode()


def to_text(node: etree._Element) -> str:
    """Write an element, comment or processing instruction."""
    return etree.tostring(node, encoding="unicode", with_tail=False)


def is_element(node: object) -> bool:
    """Tell whether a node is an element, and no comment or processing instruction."""
    return isinstance(getattr(node, "tag", None), str)


def outer_nodes(root: etree._Element) -> tuple[list[etree._Element], list[etree._Element]]:
    """Return the comments and processing instructions before and after the root of a file."""
    return list(root.itersiblings(preceding=True))[::-1], list(root.itersiblings())


def elements(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield the child elements, without comments and processing instructions."""
    for child in parent:
        if is_element(child):
            yield child


def is_pointer(element: etree._Element) -> bool:
    """Tell whether an element only stands for the file ``tag/url_name.xml``.

    This is the platform's own rule: a name and nothing else.
    """
    allowed = _COURSE_POINTER_ATTRIBUTES if element.tag == "course" else _POINTER_ATTRIBUTES
    names = set(element.attrib)
    return (
        "url_name" in names
        and names <= allowed
        and len(element) == 0
        and not (element.text or "").strip()
    )


def is_tag(text: str) -> bool:
    """Tell whether a text can be the tag of a block."""
    return _TAG.fullmatch(text) is not None


def is_block_name(tag: str) -> bool:
    """Tell whether a tag may be that of a block: no namespace."""
    return not tag.startswith("{")


def file_of(tag: str, name: str) -> str:
    """Return the path in an export of a block's file: a colon in its name is a folder."""
    return f"{tag}/{name.replace(':', '/')}.xml"


def line_of(element: etree._Element) -> int | None:
    """Return the line of an element in its file."""
    return cast("int | None", element.sourceline)


def attributes_of(element: etree._Element) -> dict[str, str]:
    """Return the attributes of an element, in their order."""
    return {str(name): str(value) for name, value in element.attrib.items()}


def drop_attribute(element: etree._Element, name: str) -> None:
    """Remove an attribute, if it is there."""
    if name in element.attrib:
        del element.attrib[name]


def replace_element(old: etree._Element, new: etree._Element) -> None:
    """Put an element in the place of another, leaving the text behind it where it is."""
    parent = old.getparent()
    assert parent is not None, "only children are replaced"
    new.tail = old.tail
    parent.replace(old, new)


def set_first(element: etree._Element, name: str, value: str) -> None:
    """Set an attribute and make it the first one."""
    rest = attributes_of(element)
    rest.pop(name, None)
    element.attrib.clear()
    element.set(name, value)
    for key, text in rest.items():
        element.set(key, text)
