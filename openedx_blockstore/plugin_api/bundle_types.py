"""The contract of plugins that know what a type of bundle is for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.plugin_api.contents import BundleContents


@frozen
class PageRequest:
    """What a page for people is to be about.

    Attributes:
        page: What it is for.
        version: The version that was asked for; None for the latest.
        latest_version: The bundle's latest version; 0 where it has none.
        draft_uuid: The draft that was asked for; None for none.
    """

    page: Literal["preview", "edit"]
    bundle_uuid: UUID
    bundle_type: str
    collection_uuid: UUID
    latest_version: int
    version: int | None = None
    draft_uuid: UUID | None = None


@frozen
class Part:
    """Something inside a bundle that can be found by itself, such as one problem of a sequence.

    Attributes:
        key: Identifies the part in its bundle, and stays the same from version to version.
        type: Such as ``problem``.
        path: The file it is in.
        title: What people call it; may be empty.
        text: Its words, without markup.
        parents: The keys of the parts around it, the outermost first.
        languages: Of its text, as BCP 47 tags; empty where nobody said.
        traits: What else it can be looked for by, such as the ways in which a problem is answered:
            texts by a name.
        references: The paths that it refers to, ``links/{alias}/…`` too.
    """

    key: str
    type: str
    path: str
    title: str = ""
    text: str = ""
    parents: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    traits: dict[str, tuple[str, ...]] = field(factory=dict)
    references: tuple[str, ...] = ()


class BundleType:
    """What is special about bundles of one type. A type that says nothing is treated as any other.

    Entry-point group ``openedx_blockstore.bundle_types``; the entry point's name is the type. One
    that another package registers takes the place of the built-in one, whose class it may inherit
    to change only what it wants to.
    """

    #: What people call the type.
    title: ClassVar[str] = ""
    #: Files that a version may hold; None for the setting ``MAX_FILES``.
    max_files: ClassVar[int | None] = None

    def page_url(self, request: PageRequest) -> str | None:
        """Return the address of the page where a bundle is previewed or edited.

        Returns:
            An absolute address, or one that begins with a slash; None where there is no such page.
        """
        return None

    def extract_parts(self, contents: BundleContents) -> Iterable[Part] | None:
        """Return the parts of a version, those around others first.

        It must bear every kind of bytes.

        Returns:
            None where the type has nothing to say, so that whoever asks may look for itself.
        """
        return None
