"""In which state somebody looks at a mount, and which there are to choose from."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from attrs import frozen
from django.http import HttpRequest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from openedx_blockstore.exceptions import NotFound
from openedx_blockstore_xblock.access import MountAccess, check_preview, view_usage
from openedx_blockstore_xblock.exceptions import InvalidPreview
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview, default_preview

#: Versions that are offered; whoever wants an older one names it in the address.
_VERSIONS = 20

_PARAMETERS_OF_A_PREVIEW = 5


@frozen
class Look:
    """A state that can be chosen.

    Attributes:
        query: Its parameters, as they stand in an address; empty for what learners see.
    """

    label: str
    query: str
    chosen: bool = False


def look_at(
    request: HttpRequest, usage_key: BlockstoreUsageKey
) -> tuple[MountAccess, Preview | None]:
    """Return what whoever is asking may do with a usage, and how they look at it.

    Raises:
        MountNotFound: It is not there, or not for this user.
        InvalidPreview: The address makes no sense.
        PermissionDenied: It is not for this user in this state.
    """
    access = view_usage(request.user, usage_key)
    preview = Preview.from_query(request.GET) or default_preview()
    check_preview(request.user, usage_key, access, preview)
    return access, preview


def preview_from_text(text: str) -> Preview:
    """Return the preview that the query of a :class:`Look` stands for.

    Raises:
        InvalidPreview: It stands for none.
    """
    try:
        query = dict(parse_qsl(text, max_num_fields=_PARAMETERS_OF_A_PREVIEW))
    except ValueError as error:
        raise InvalidPreview(f"{text!r:.80} does not say what to look at.") from error
    return Preview.from_query(query) or Preview()


def describe(preview: Preview | None) -> str:
    """Return what people call a state."""
    if preview is None or preview == Preview():
        return "What learners see"
    if preview.draft:
        return f"Draft “{preview.draft}”"
    if preview.as_of is not None:
        return f"As of {preview.as_of:%Y-%m-%d %H:%M} UTC"
    return "Latest version" if preview.latest else f"Version {preview.version}"


def looks(
    mounted: UUID, here: UUID, chosen: Preview | None, *, is_author: bool = True
) -> list[Look]:
    """Return the states that can be chosen.

    Args:
        mounted: The bundle whose versions they are.
        here: The bundle whose drafts are offered beside its own.
        chosen: What is looked at now.
    """
    bundles = [bundle for uuid in {mounted, here} if (bundle := _bundle(uuid)) is not None]
    latest = max((each.latest_version for each in bundles if each.uuid == mounted), default=0)
    drafts = sorted({name for bundle in bundles for name in bundle.drafts}) if is_author else []
    previews = [
        Preview(latest=True),
        *(Preview(draft=name) for name in drafts),
        *(Preview(version=number) for number in range(latest, max(0, latest - _VERSIONS), -1)),
    ]
    if chosen is not None and chosen != Preview() and chosen not in previews:
        previews.append(chosen)
    return [
        Look(describe(None), urlencode(Preview().query), chosen in {None, Preview()}),
        *(Look(describe(each), urlencode(each.query), each == chosen) for each in previews),
    ]


def _bundle(uuid: UUID) -> BundleData | None:
    try:
        return api.get_bundle(uuid)
    except NotFound:
        return None
