"""Bundle versions, and what changed between them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.data import BundleChanges, BundleLinkData, Dependency
from openedx_blockstore.exceptions import BundleVersionNotFound
from openedx_blockstore.models import BundleVersion
from openedx_blockstore.permissions import User, readable_bundles
from openedx_blockstore.rest_api.access import find_bundle, parse_uuid, visibility_filter
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.fields import requested_fields
from openedx_blockstore.rest_api.pagination import page_body, page_request
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import (
    FIELDS,
    PAGE,
    URLS,
    page_of,
    query_flag,
    query_number,
    valid,
)
from openedx_blockstore.rest_api.v1.serializers.lists import list_of, sparse
from openedx_blockstore.rest_api.v1.serializers.versions import (
    SUMMARY_FIELDS,
    VERSION_FIELDS,
    ChangesSerializer,
    HistorySerializer,
    ListedVersionSerializer,
    VersionInputSerializer,
    VersionSerializer,
    VersionSummarySerializer,
    Visible,
    show_changes,
    show_history,
    show_snapshot,
    show_summary,
)
from openedx_blockstore.rest_api.v1.version_numbers import parse_number

_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}


class VersionListView(BlockstoreView):
    """Versions of the bundles that the caller may see."""

    errors = {"query": (400,)}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "bundle_uuid", OpenApiTypes.UUID, description="Only those of this bundle."
            ),
            OpenApiParameter(
                "collection_uuid", OpenApiTypes.UUID, description="Only those of this collection."
            ),
            OpenApiParameter(
                "annotations",
                OpenApiTypes.BOOL,
                description="With what plugins know of each, as `annotations`.",
                default=False,
            ),
            *PAGE,
            FIELDS,
        ],
        responses=list_of(ListedVersionSerializer),
    )
    def get(self, request: Request) -> Response:
        """List versions in the order in which they were made."""
        wanted = page_request(request, plain=True)
        fields = requested_fields(request, SUMMARY_FIELDS)
        condition = Q(pk__gt=wanted.after, bundle__in=readable_bundles(request.user))
        query = request.query_params
        for old, name, column in (
            ("bundle__uuid", "bundle_uuid", "bundle__uuid"),
            ("bundle__collection__uuid", "collection_uuid", "bundle__collection__uuid"),
        ):
            given = query.get(name, query.get(old))
            if given is not None:
                condition &= Q(**{column: _uuid(given, name)})
        rows = (
            BundleVersion.objects.filter(condition, bundle__deleted_at=None)
            .select_related("bundle")
            .order_by("pk")
        )
        versions, after = wanted.page(list(rows[: wanted.fetch]), lambda row: row.pk)
        addresses = Addresses(request)
        results = [fields.pick(show_summary(row, addresses)) for row in versions]
        if query_flag(query.get("annotations"), "annotations"):
            keys = [Dependency(row.bundle.uuid, row.version_num) for row in versions]
            known = api.get_many_annotations(keys)
            for key, result in zip(keys, results, strict=True):
                result["annotations"] = known[key]
        return Response(results if wanted.plain else page_body(request, results, after))


def _uuid(text: str, name: str) -> UUID:
    parsed = parse_uuid(text)
    if parsed is None:
        raise ValidationError({name: "This is no UUID."})
    return parsed


class VersionView(BlockstoreView):
    """One version."""

    errors = {"query": (400,)}

    @extend_schema(parameters=[FIELDS, URLS], responses=sparse(VersionSerializer))
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Return a version: what is said of it, and all its files and links.

        A version never changes, so clients do well to keep it with its `ETag`. Links to bundles
        that the caller may not see are left out.
        """
        fields = requested_fields(request, VERSION_FIELDS)
        row = _find_version(request.user, bundle_uuid, version_num)
        addresses = Addresses(request)
        values = show_summary(row, addresses)
        if fields.wants("snapshot"):
            version = api.get_bundle_version(row.bundle.uuid, row.version_num)
            if version is None:  # pragma: no cover  (the row is there)
                raise BundleVersionNotFound(row.bundle.uuid, row.version_num)
            visible = visibility_filter(request.user, version.links.values())
            values["snapshot"] = show_snapshot(version, addresses, visible)
        return Response(fields.pick(values))

    @extend_schema(request=VersionInputSerializer, responses=VersionSummarySerializer)
    def put(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Change what is said of a version; see PATCH."""
        return self.patch(request, bundle_uuid, version_num)

    @extend_schema(request=VersionInputSerializer, responses=VersionSummarySerializer)
    def patch(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Change what is said of a version, never what it holds; for authors."""
        find_bundle(request.user, bundle_uuid, "author")
        row = _find_version(request.user, bundle_uuid, version_num)
        values = valid(VersionInputSerializer(data=request.data))
        if (description := values.get("change_description")) is not None:
            api.describe_bundle_version(
                row.bundle.uuid, row.version_num, description, actor=self.actor
            )
            row.change_description = description
        return Response(show_summary(row, Addresses(request)))


def _find_version(user: User, bundle_uuid: str, version_num: str) -> BundleVersion:
    """Return a version's row; of a deleted bundle only where a link pins the version."""
    bundle = find_bundle(user, bundle_uuid, with_deleted=True)
    number = parse_number(bundle.uuid, version_num)
    if bundle.deleted_at is not None:
        api.get_bundle_version(bundle.uuid, number)
    row = BundleVersion.objects.filter(bundle=bundle, version_num=number).first()
    if row is None:
        raise BundleVersionNotFound(bundle.uuid, number)
    row.bundle = bundle
    return row


class ChangesView(BlockstoreView):
    """What a version changed."""

    @extend_schema(responses=ChangesSerializer)
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Return what a version changed, compared with the one before."""
        bundle = find_bundle(request.user, bundle_uuid, with_deleted=True)
        number = parse_number(bundle.uuid, version_num)
        changes = api.get_bundle_version_changes(bundle.uuid, number)
        return Response(show_changes(changes, _visible(request.user, changes)))


class DiffView(BlockstoreView):
    """What differs between two versions."""

    errors = {"query": (400,)}

    @extend_schema(
        parameters=[
            OpenApiParameter("from", _NUMBER, required=True, description="0 for nothing yet."),
            OpenApiParameter("to", _NUMBER, description="By default the latest version."),
        ],
        responses=ChangesSerializer,
    )
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """Return what differs between two versions of a bundle, in either direction."""
        query = request.query_params
        from_version = query_number(query.get("from"), "from")
        to_version = query_number(query.get("to"), "to")
        if from_version is None:
            raise ValidationError({"from": "Say from which version."})
        bundle = find_bundle(request.user, bundle_uuid)
        if to_version is None:
            to_version = api.get_bundle(bundle.uuid).latest_version
        changes = api.diff_versions(bundle.uuid, from_version, to_version)
        return Response(show_changes(changes, _visible(request.user, changes)))


def _visible(user: User, changes: BundleChanges) -> Visible:
    targets = [
        target for change in changes.links for target in (change.before, change.after) if target
    ]
    return visibility_filter(
        user,
        [
            BundleLinkData(name="", direct=Dependency(t.bundle_uuid, t.version), indirect=[])
            for t in targets
        ],
    )


class HistoryView(BlockstoreView):
    """The versions that changed a path."""

    errors = {"query": (400,)}

    @extend_schema(
        parameters=[OpenApiParameter("path", OpenApiTypes.STR, required=True), *PAGE],
        responses=page_of(HistorySerializer),
    )
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """List the versions that changed a path, the newest first."""
        wanted = page_request(request)
        path = request.query_params.get("path")
        if not path:
            raise ValidationError({"path": "Say of which path."})
        bundle = find_bundle(request.user, bundle_uuid)
        # Numbers go down, so the cursor is a position.
        entries = list(enumerate(api.get_file_history(bundle.uuid, path), start=1))
        later = entries[wanted.after : wanted.after + wanted.fetch]
        some, after = wanted.page(later, lambda pair: pair[0])
        return Response(page_body(request, [show_history(entry) for _n, entry in some], after))
