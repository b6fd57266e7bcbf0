"""The addresses of files: of versions, of drafts, and through grants.

Public files are for everybody. All others are for those who may read the bundle, or have a grant.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from django.contrib.auth import get_user_model
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from openedx_blockstore import api
from openedx_blockstore.api import grants, serving
from openedx_blockstore.conf import content_root_url
from openedx_blockstore.data import GrantData, ServedFileData
from openedx_blockstore.exceptions import (
    BundleFileNotFound,
    BundleNotFound,
    DraftNotFound,
    GrantNotFound,
    NotFound,
)
from openedx_blockstore.permissions import User, is_active
from openedx_blockstore.rest_api import access
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.parsers import RawParser, raw_body
from openedx_blockstore.rest_api.preconditions import expected_digest
from openedx_blockstore.rest_api.v1.delivery import policies
from openedx_blockstore.rest_api.v1.delivery.responses import Terms, opens_as_page, send_file
from openedx_blockstore.rest_api.v1.serializers.common import query_flag

_DOWNLOAD = OpenApiParameter(
    "download", OpenApiTypes.STR, description="Whatever its value: offer the file for download."
)
_RANGE = OpenApiParameter(
    "Range",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="One range of bytes; several are answered with the whole.",
)
_BYTES = OpenApiResponse(OpenApiTypes.BINARY, description="The file, of whatever type it is.")
_ANSWERS = {
    (200, "*/*"): _BYTES,
    (206, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, description="The range of the file."),
    302: OpenApiResponse(description="Where to fetch it; good for a while."),
    304: OpenApiResponse(description="The caller has it already."),
    412: OpenApiResponse(description="It is not what `If-Match` says."),
    416: OpenApiResponse(description="The file has no such bytes."),
}
_reads = extend_schema(parameters=[_DOWNLOAD, _RANGE], responses=_ANSWERS)


class FileView(BlockstoreView):
    """What the addresses of files have in common: who asks is looked at only where it matters."""

    permission_classes = []
    throttle_classes = []

    def perform_authentication(self, request: Request) -> None:
        """Leave it to :meth:`require_user`: public files need no login, and no valid one."""

    def require_user(self) -> User:
        """Return who asks.

        Raises:
            NotAuthenticated: Nobody is logged in.
        """
        user: User = self.request.user
        if not is_active(user):
            raise NotAuthenticated
        return user

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let files have the headers they came with: what is public does not vary with cookies."""
        if isinstance(response, Response) or "Access-Control-Allow-Origin" not in response:
            return super().finalize_response(request, response, *args, **kwargs)
        return APIView.finalize_response(self, request, response, *args, **kwargs)


class VersionFileView(FileView):
    """A file of a version, at its stable address."""

    @_reads
    def get(
        self, request: Request, bundle_uuid: UUID | str, version_num: int, path: str
    ) -> HttpResponseBase:
        """Return a file of a version, or where to fetch it.

        Public files need no login. The ETag is the digest of the file.
        """
        try:
            file = serving.find_version_file(bundle_uuid, version_num, path)
        except NotFound:
            self._check_bundle(bundle_uuid)
            raise
        base = _base("version-file", bundle_uuid=bundle_uuid, version_num=version_num)
        if file.public and not file.linked:
            if (moved := _to_content_domain(request, file)) is not None:
                return moved
            cache = policies.PUBLIC_FOR_NOW if file.expiring else policies.IMMUTABLE
            return send_file(request, file, Terms(base, cache, shared=True))
        user = self._check_bundle(bundle_uuid)
        if not file.public and not access.visible_bundles(user, [file.bundle_uuid]):
            raise BundleFileNotFound(bundle_uuid, path)
        if opens_as_page(request, file.path) and not _is_olx(file):
            # Cut off from the session, the page needs another way to the files beside it.
            return _see_other(
                grants.grant_preview(
                    user_id=int(user.pk or 0),
                    bundle_uuid=UUID(str(bundle_uuid)),
                    version_number=version_num,
                )
                + _query(request, path)
            )
        return send_file(request, file, Terms(base, policies.ASK_AGAIN, shared=False))

    def _check_bundle(self, bundle_uuid: UUID | str) -> User:
        user = self.require_user()
        parsed = access.parse_uuid(str(bundle_uuid))
        if parsed is None or not access.visible_bundles(user, [parsed]):
            raise BundleNotFound(bundle_uuid)
        return user


class DraftFileView(FileView):
    """A file as a draft shows it. Only authors see drafts."""

    parser_classes = [RawParser]
    errors = {"put": (409,), "delete": (409,)}

    @_reads
    def get(self, request: Request, draft_uuid: UUID | str, path: str) -> HttpResponseBase:
        """Return a file of a draft, or where to fetch it. The ETag is the digest of the file."""
        user = self.require_user()
        access.find_draft(user, str(draft_uuid))
        file = serving.find_draft_file(draft_uuid, path)
        if file.linked and not file.public and not access.visible_bundles(user, [file.bundle_uuid]):
            raise BundleFileNotFound(file.bundle_uuid, path)
        if opens_as_page(request, file.path) and not _is_olx(file):
            base = grants.grant_preview(user_id=int(user.pk or 0), draft_uuid=UUID(str(draft_uuid)))
            return _see_other(base + _query(request, path))
        base = _base("draft-file", draft_uuid=draft_uuid)
        return send_file(request, file, Terms(base, policies.ASK_AGAIN, shared=False))

    @extend_schema(
        request={"*/*": OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter(
                "public",
                OpenApiTypes.BOOL,
                description="Whether everybody may read the file; if not said, as it is.",
            ),
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="The ETag that the file must have in the draft.",
            ),
            OpenApiParameter(
                "If-None-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="`*`: the file must not be there yet.",
            ),
        ],
        responses={204: OpenApiResponse(description="Written; the ETag is the file's digest.")},
    )
    def put(self, request: Request, draft_uuid: UUID | str, path: str) -> HttpResponseBase:
        """Write a file of a draft: the body as it is, of any size."""
        access.find_draft(self.require_user(), str(draft_uuid))
        given = request.query_params.get("public")
        public = query_flag(given, "public") if given is not None else None
        if_match = self._expected(request, draft_uuid, path)
        api.write_draft_file(
            draft_uuid,
            path,
            raw_body(request),  # type: ignore[arg-type]  # has what is read of a file
            public=public,
            if_match=if_match,
        )
        file = serving.find_draft_file(draft_uuid, path)
        return HttpResponse(status=204, headers={"ETag": f'"{file.hash_digest}"'})

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="The ETag that the file must have in the draft.",
            )
        ],
        responses={204: OpenApiResponse(description="The draft does not show it (any more).")},
    )
    def delete(self, request: Request, draft_uuid: UUID | str, path: str) -> HttpResponseBase:
        """Delete a file in a draft. Deleting what is not there is success."""
        access.find_draft(self.require_user(), str(draft_uuid))
        if_match = self._expected(request, draft_uuid, path)
        api.write_draft_file(draft_uuid, path, None, if_match=if_match)
        return HttpResponse(status=204)

    def _expected(self, request: Request, draft_uuid: UUID | str, path: str) -> str | None:
        return expected_digest(
            request, lambda: serving.find_draft_file(draft_uuid, path).hash_digest
        )


class GrantedFileView(FileView):
    """A file of a version or draft, for whoever has a grant."""

    schema = None  # browsers come here, by addresses that they are given

    def get(self, request: Request, grant: str, path: str) -> HttpResponseBase:
        """Return the file, or where to fetch it, if the grant is good and covers it."""
        granted = grants.read_grant(grant)
        file = self._find(granted, path)
        _check_scope(granted, file, path)
        left = int((granted.expires_at - datetime.now(UTC)).total_seconds())
        cache = policies.ASK_AGAIN if granted.version is None else policies.for_a_while(left)
        base = _base("granted-file", grant=grant)
        terms = Terms(base, cache, shared=True, expires_at=granted.expires_at)
        return send_file(request, file, terms)

    def _find(self, granted: GrantData, path: str) -> ServedFileData:
        if granted.draft_uuid is not None:
            return serving.find_draft_file(granted.draft_uuid, path)
        if granted.bundle_uuid is None or granted.version is None:
            raise GrantNotFound
        return serving.find_version_file(granted.bundle_uuid, granted.version, path)


def _check_scope(granted: GrantData, file: ServedFileData, path: str) -> None:
    """Make sure that a grant covers a file.

    Raises:
        GrantNotFound: The user for whom it was made may not read it any more.
        BundleFileNotFound: It does not cover the file, which answers as if it were not there.
    """
    user = None
    if granted.user_id is not None:
        user = get_user_model()._default_manager.filter(pk=granted.user_id).first()  # noqa: SLF001
        if user is None or not is_active(user):
            raise GrantNotFound
    if granted.scope == "static":
        if not (file.public or is_static(file.path)):
            raise BundleFileNotFound(granted.bundle_uuid or file.bundle_uuid, path)
        return
    if user is None or not _still_reads(user, granted, file):
        raise GrantNotFound
    if granted.scope == "preview" and _is_olx(file):
        raise BundleFileNotFound(granted.bundle_uuid or file.bundle_uuid, path)


def _still_reads(user: User, granted: GrantData, file: ServedFileData) -> bool:
    if granted.draft_uuid is not None:
        try:
            access.find_draft(user, str(granted.draft_uuid))
        except DraftNotFound:
            return False
        wanted = {file.bundle_uuid}
    else:
        wanted = {file.bundle_uuid, granted.bundle_uuid or file.bundle_uuid}
    return access.visible_bundles(user, wanted) == wanted


def is_static(path: str) -> bool:
    """Tell whether a file lies in a folder ``static``, at any depth."""
    return "static" in path.split("/")[:-1]


def _is_olx(file: ServedFileData) -> bool:
    """Tell whether a file may hold the answers to problems."""
    return not file.public and not is_static(file.path) and file.path.lower().endswith(".xml")


# Requests and redirects --------------------------------------------------------------------------


def _base(name: str, **kwargs: object) -> str:
    return reverse(f"openedx_blockstore:{name}", kwargs={**kwargs, "path": "x"}).removesuffix("x")


def _query(request: Request, path: str) -> str:
    return quote(path) + ("?download" if "download" in request.query_params else "")


def _see_other(url: str) -> HttpResponseBase:
    headers = {
        "Location": url,
        "Cache-Control": policies.NEVER,
        "Referrer-Policy": "no-referrer",
        "Vary": "Sec-Fetch-Dest",
    }
    return HttpResponse(status=302, headers=headers)


def _to_content_domain(request: Request, file: ServedFileData) -> HttpResponseBase | None:
    root = content_root_url()
    if not root or urlsplit(root).netloc == request.get_host():
        return None
    if not opens_as_page(request, file.path):
        return None
    return _see_other(root + request.get_full_path())
