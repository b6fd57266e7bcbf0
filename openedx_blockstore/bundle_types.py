"""What is known of a bundle's type beyond its name: the pages where it is previewed and edited.

Blockstore stores content and shows none. Who does is named by the setting ``BUNDLE_TYPE_PAGES``;
:func:`pages_of` is the only one that looks there.
"""

from __future__ import annotations

import string
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from attrs import frozen

from openedx_blockstore.conf import get_settings
from openedx_blockstore.exceptions import BundlePageNotFound

PageKind = Literal["preview", "edit"]


@frozen
class BundlePages:
    """Where bundles of a type are previewed and edited.

    Attributes:
        bundle_type: The type.
        preview: The address of the page, with placeholders; None where there is none.
        edit: The same.
    """

    bundle_type: str
    preview: str | None = None
    edit: str | None = None

    def address(
        self,
        page: PageKind,
        *,
        bundle_uuid: UUID,
        collection_uuid: UUID,
        latest_version: int,
        version: int | None = None,
        draft_uuid: UUID | None = None,
    ) -> str:
        """Return the address of a page about a bundle.

        Args:
            latest_version: Its latest version; 0 where it has none.
            version: The version that the page is to be about; None for the latest one.
            draft_uuid: The draft that the page is to be about; None for none.

        Returns:
            An absolute address, or one that begins with a slash.

        Raises:
            BundlePageNotFound: There is no such page; or its address has no place for the version
                or draft, so that it would be about something else.
        """
        template = self.preview if page == "preview" else self.edit
        if template is None:
            raise BundlePageNotFound(self.bundle_type, page)
        places = {name for _text, name, _form, _conversion in string.Formatter().parse(template)}
        if draft_uuid is not None and "draft" not in places:
            raise BundlePageNotFound(self.bundle_type, page, lacking="draft")
        if version not in {None, latest_version} and "version" not in places:
            raise BundlePageNotFound(self.bundle_type, page, lacking="version")
        return template.format(
            bundle_uuid=bundle_uuid,
            collection_uuid=collection_uuid,
            type=quote(self.bundle_type, safe=""),
            version=latest_version if version is None else version,
            draft=draft_uuid or "",
        )


def pages_of(bundle_type: str) -> BundlePages:
    """Return where bundles of a type are previewed and edited."""
    pages = get_settings().BUNDLE_TYPE_PAGES.get(bundle_type, {})
    return BundlePages(bundle_type, preview=pages.get("preview"), edit=pages.get("edit"))
