"""The suite for types of bundles.

::

    class TestMyType(BundleTypeConformance):
        plugin = MyType
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore.plugin_api import BundleContents, BundleType, PageRequest, Part
from openedx_blockstore.plugin_conformance._plugin import PluginConformance, or_fail
from openedx_blockstore.plugin_conformance.contents import examples

_UUID = UUID("0b000000-0000-4000-8000-000000000001")


def _requests() -> list[PageRequest]:
    """Everything that can be asked for."""
    return [
        PageRequest(
            page=page,
            bundle_uuid=_UUID,
            bundle_type="problem",
            collection_uuid=_UUID,
            latest_version=latest,
            version=version,
            draft_uuid=draft,
        )
        for page in ("preview", "edit")
        for latest, version, draft in (
            (3, None, None),
            (3, 3, None),
            (3, 1, None),
            (3, None, _UUID),
            (0, None, None),
            (0, None, _UUID),
        )
    ]


def _name(request: PageRequest) -> str:
    about = "draft" if request.draft_uuid else f"version {request.version or 'latest'}"
    return f"{request.page} {about} of {request.latest_version}"


class BundleTypeConformance(PluginConformance):
    """Everything that every type of bundles must bear and do."""

    contract = BundleType

    def test_it_says_what_people_call_it(self, made: BundleType) -> None:
        """In lists."""
        assert isinstance(made.title, str), f"title must be text, not {made.title!r}."
        assert made.title.strip(), "title must say what people call the type."

    def test_its_limit_is_a_number(self, made: BundleType) -> None:
        """Or there is none of its own."""
        limit: Any = made.max_files
        known = limit is None or (isinstance(limit, int) and not isinstance(limit, bool))
        assert known, f"max_files must be a number, or None for the setting, not {limit!r}."
        assert limit is None or limit >= 1, f"max_files must be 1 or more, not {limit!r}."

    @pytest.mark.django_db
    @pytest.mark.parametrize("request_", _requests(), ids=_name)
    def test_its_pages_have_addresses(self, made: BundleType, request_: PageRequest) -> None:
        """To which a browser can be sent."""
        try:
            address = made.page_url(request_)
        except Exception as error:  # noqa: BLE001  (whatever it raises)
            pytest.fail(f"page_url() raised {error!r}; None is for there being no such page.")
        if address is None:
            return
        assert isinstance(address, str), f"page_url() must return text or None, not {address!r}."
        assert address.startswith(("https://", "http://", "/")), (
            f"page_url() gave {address!r}; an address begins with https://, http:// or a slash."
        )
        assert not address.startswith("//"), f"page_url() gave {address!r}, which leads elsewhere."
        draft = request_.draft_uuid
        assert draft is None or str(draft) in address, (
            f"page_url() was asked for a draft and gave {address!r}, which is about something "
            f"else. Return None where there is no page for drafts."
        )

    @pytest.mark.django_db
    def test_it_bears_every_kind_of_bytes(self, made: BundleType) -> None:
        """When parts are looked for; and finds the same whenever it is asked."""
        for what, contents in examples("problem"):
            ask = partial(_parts_of, made, contents)
            parts = or_fail("extract_parts()", ask, what)
            _check_parts(parts, set(contents.files), what)
            again = or_fail("extract_parts()", ask, what)
            assert parts == again, f"extract_parts() must find the same parts of {what} each time."


def _parts_of(made: BundleType, contents: BundleContents) -> Iterable[Part]:
    parts = made.extract_parts(contents)
    return () if parts is None else parts


def _check_parts(parts: list[Part], files: set[str], what: str) -> None:
    known: set[str] = set()
    for part in parts:
        assert isinstance(part, Part), (
            f"extract_parts() gave {part!r} for {what}, which is no Part."
        )
        assert part.key, f"{part!r} needs a key."
        assert part.key not in known, f"Two parts of {what} have the key {part.key!r}."
        assert part.path in files, f"{part!r} names a file that {what} has not."
        for parent in part.parents:
            assert parent in known, (
                f"{part!r} comes before its parent {parent!r}; parts come after those around them."
            )
        known.add(part.key)
