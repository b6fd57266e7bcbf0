"""The JSON documents of a course's bundle: how they are written and read.

``navigation.json``, ``policy.json`` and ``olx-layout.json``; docs/reference/course-format.rst
describes each for people.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import Factory, define
from lxml import etree

from openedx_blockstore.courses.blocks import OutlineNode
from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.olx import attributes_of, drop_attribute, is_tag
from openedx_blockstore.exceptions import Invalid

NAVIGATION_FILE = "navigation.json"
POLICY_FILE = "policy.json"
LAYOUT_FILE = "olx-layout.json"

#: The alias that stands for the course's own bundle in the layout document.
OWN_ALIAS = "."

#: Attributes that belong to the run of a course and not to its content. They are taken from the
#: course, its chapters, sequences and units, so that runs can share these.
POLICY_ATTRIBUTES = frozenset(
    {
        "days_early_for_beta",
        "due",
        "end",
        "format",
        "graceperiod",
        "graded",
        "hide_after_due",
        "relative_weeks_due",
        "start",
        "visible_to_staff_only",
    }
)

_FORMATS = {
    NAVIGATION_FILE: "openedx-blockstore/course-navigation",
    POLICY_FILE: "openedx-blockstore/course-policy",
    LAYOUT_FILE: "openedx-blockstore/olx-layout",
}


def write_document(name: str, contents: dict[str, Any]) -> bytes:
    """Return the bytes of a document, with its format and version in front."""
    document = {"_meta": {"format": _FORMATS[name], "version": 1}, **contents}
    try:
        return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:  # a file name that is no text
        return f"{json.dumps(document, indent=2)}\n".encode()


def read_document(name: str, contents: bytes) -> dict[str, Any]:
    """Read a document.

    Raises:
        Invalid: It is no document of this format, or of a version that is not known here.
    """
    try:
        document = json.loads(contents)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name} is not JSON: {error}. Mend it in a draft, or revert it.") from error
    meta = document.get("_meta") if isinstance(document, dict) else None
    if not isinstance(meta, dict) or meta.get("format") != _FORMATS[name]:
        raise Invalid(f"{name} must say that its format is {_FORMATS[name]!r}.")
    if meta.get("version") != 1:
        raise Invalid(f"{name} has version {meta.get('version')!r}; this program knows version 1.")
    del document["_meta"]
    return dict(document)


def take_policy(element: etree._Element) -> dict[str, str]:
    """Take the attributes of a run out of an element, and return them."""
    attributes = attributes_of(element)
    taken = {name: attributes[name] for name in sorted(POLICY_ATTRIBUTES & set(attributes))}
    for name in taken:
        drop_attribute(element, name)
    return taken


def read_policy(contents: bytes) -> dict[BlockKey, dict[str, str]]:
    """Read the policy document: block → attributes.

    Raises:
        Invalid: It is not as documented.
    """
    settings = read_document(POLICY_FILE, contents).get("settings", {})
    try:
        return {BlockKey.parse(key): _attributes(own) for key, own in settings.items()}
    except (TypeError, AttributeError, ValueError) as error:
        raise Invalid(
            f"{POLICY_FILE} is not as documented ({error}): settings are block → attribute → value."
        ) from error


# Navigation --------------------------------------------------------------------------------------


@define
class NavigationItem:
    """A sequence, or what stands in the place of one.

    Attributes:
        type: Its tag in OLX.
        link: The alias of the bundle; None where the export held no definition.
        file: The path of the definition in that bundle.
        context: The learning context that the sequence is to be part of, if an author set one.
    """

    type: str
    id: str
    title: str
    link: str | None = None
    file: str | None = None
    context: str | None = None


@define
class NavigationChapter:
    """A chapter; without an id it stands for sequences that are directly in the course.

    Attributes:
        untitled: The OLX gives it no title; the one here is made of its id.
        url_name: Its name in OLX, where that is not its id, since another chapter has it.
    """

    id: str | None
    title: str = ""
    untitled: bool = False
    url_name: str | None = None
    sequences: list[NavigationItem] = Factory(list)


def write_navigation(title: str, chapters: list[NavigationChapter]) -> bytes:
    """Return the navigation document."""
    return write_document(
        NAVIGATION_FILE,
        {"title": title, "chapters": [_chapter_document(chapter) for chapter in chapters]},
    )


def read_navigation(contents: bytes) -> list[NavigationChapter]:
    """Read the navigation document.

    Raises:
        Invalid: It is not as documented.
    """
    document = read_document(NAVIGATION_FILE, contents)
    try:
        return [_read_chapter(chapter) for chapter in document["chapters"]]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Invalid(
            f"{NAVIGATION_FILE} is not as documented: every chapter and sequence needs an id, and "
            f"all values are texts ({error!r} is at fault)."
        ) from error


def _read_chapter(document: dict[str, Any]) -> NavigationChapter:
    names = ("title", "url_name", "id")
    texts = _attributes({name: document[name] for name in names if document.get(name) is not None})
    return NavigationChapter(
        id=None if document["id"] is None else texts["id"],
        title=texts.get("title", ""),
        untitled=bool(document.get("untitled", False)),
        url_name=texts.get("url_name"),
        sequences=[_read_item(item) for item in document.get("sequences", [])],
    )


def _read_item(document: dict[str, Any]) -> NavigationItem:
    names = ("type", "id", "title", "link", "file", "context")
    texts = _attributes({name: document[name] for name in names if document.get(name) is not None})
    etree.Element(texts.get("type", "sequential"))
    return NavigationItem(
        type=texts.get("type", "sequential"),
        id=texts["id"],
        title=texts.get("title", ""),
        link=texts.get("link"),
        file=texts.get("file"),
        context=texts.get("context"),
    )


def _chapter_document(chapter: NavigationChapter) -> dict[str, Any]:
    document: dict[str, Any] = {"id": chapter.id}
    if chapter.id is not None:
        document["title"] = chapter.title
    if chapter.untitled:
        document["untitled"] = True
    if chapter.url_name is not None:
        document["url_name"] = chapter.url_name
    document["sequences"] = [_item_document(item) for item in chapter.sequences]
    return document


def _item_document(item: NavigationItem) -> dict[str, Any]:
    document: dict[str, Any] = {"id": item.id, "title": item.title, "link": item.link}
    if item.file is not None:
        document["file"] = item.file
    if item.type != "sequential":
        document["type"] = item.type
    if item.context is not None:
        document["context"] = item.context
    return document


# Layout ------------------------------------------------------------------------------------------


@define
class Layout:
    """How the export was laid out, as far as the bundles do not show it.

    Attributes:
        kind: ``course`` or ``library``.
        root: The attributes of the root of ``course.xml``.
        is_pointer: ``course.xml`` pointed to ``course/<run>.xml``.
        leading: How many settings and comments of the course stood before its chapters.
        bundles: Alias → the key of the bundle's main block.
        blocks: Block → ``alias:path`` of its definition.
        inline: The blocks and chapters that stood inside their parents' files.
        nameless: Those of them that the OLX gave no name.
        unnamed: Block → the names that were made up for blocks inside its definition, with the
            digests of their contents.
        renamed: ``alias:path`` → the path in the export, where that does not follow from it.
        markup: Chapter → its comments, and other markup that is no block: how many of its children
            stand before it, and its text.
    """

    kind: str
    org: str
    course: str
    run: str
    root: dict[str, str] = Factory(dict)
    is_pointer: bool = False
    leading: int = 0
    bundles: dict[str, BlockKey] = Factory(dict)
    blocks: dict[BlockKey, str] = Factory(dict)
    inline: list[BlockKey] = Factory(list)
    nameless: list[BlockKey] = Factory(list)
    unnamed: dict[BlockKey, dict[str, str]] = Factory(dict)
    renamed: dict[str, str] = Factory(dict)
    markup: dict[BlockKey, list[tuple[int, str]]] = Factory(dict)


def write_layout(layout: Layout) -> bytes:
    """Return the layout document."""
    return write_document(
        LAYOUT_FILE,
        {
            "kind": layout.kind,
            "org": layout.org,
            "course": layout.course,
            "run": layout.run,
            "root": layout.root,
            "is_pointer": layout.is_pointer,
            "leading": layout.leading,
            "bundles": {alias: str(key) for alias, key in sorted(layout.bundles.items())},
            "blocks": {str(key): where for key, where in sorted(layout.blocks.items())},
            "inline": [str(key) for key in sorted(layout.inline)],
            "nameless": [str(key) for key in sorted(layout.nameless)],
            "unnamed": {str(key): names for key, names in sorted(layout.unnamed.items())},
            "renamed": dict(sorted(layout.renamed.items())),
            "markup": {str(key): markup for key, markup in sorted(layout.markup.items())},
        },
    )


def read_layout(contents: bytes) -> Layout:
    """Read the layout document.

    Raises:
        Invalid: It is not as documented.
    """
    document = read_document(LAYOUT_FILE, contents)
    try:
        return Layout(
            kind=str(document["kind"]),
            org=str(document["org"]),
            course=str(document["course"]),
            run=str(document["run"]),
            root=_attributes(document["root"]),
            is_pointer=bool(document["is_pointer"]),
            leading=int(document["leading"]),
            bundles={alias: BlockKey.parse(key) for alias, key in document["bundles"].items()},
            blocks=_blocks(document["blocks"]),
            inline=[BlockKey.parse(key) for key in document["inline"]],
            nameless=[BlockKey.parse(key) for key in document["nameless"]],
            unnamed={BlockKey.parse(key): dict(n) for key, n in document["unnamed"].items()},
            renamed=_places(document["renamed"]),
            markup={
                BlockKey.parse(key): [(int(position), str(text)) for position, text in markup]
                for key, markup in document.get("markup", {}).items()
            },
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Invalid(f"{LAYOUT_FILE} is not as documented: {error!r} is at fault.") from error


def _places(document: dict[str, Any]) -> dict[str, str]:
    if not all(isinstance(place, str) for place in document.values()):
        raise TypeError("a place that is no text")
    return document


def _blocks(document: dict[str, Any]) -> dict[BlockKey, str]:
    blocks = {BlockKey.parse(key): place for key, place in _places(document).items()}
    for key in blocks:
        if not is_tag(key.tag):
            raise ValueError(f"{key.tag!r} is no tag")
    return blocks


def _attributes(document: dict[str, Any]) -> dict[str, str]:
    """Return attributes as XML can have them; numbers and truth values are written as OLX does."""
    probe = etree.Element("probe")
    for name, value in document.items():
        probe.set(name, value if isinstance(value, str) else _scalar(value))
    return attributes_of(probe)


def _scalar(value: object) -> str:
    if not isinstance(value, bool | int | float):
        raise TypeError(f"{value!r} where text is wanted")
    return json.dumps(value)


def split_place(place: str) -> tuple[str, str]:
    """Split ``alias:path``; an alias holds no colon."""
    alias, _, path = place.partition(":")
    return alias, path


def chapter_title(node: OutlineNode) -> tuple[str, bool]:
    """Return a chapter's title, and whether it is only its name."""
    title = node.attributes.get("display_name")
    return (node.url_name, True) if title is None else (title, False)
