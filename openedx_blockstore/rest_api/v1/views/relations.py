"""Who depends on what, what is outdated, and how large it all is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.data import BundleLinkData, DependenciesData
from openedx_blockstore.models import Bundle, BundleLink
from openedx_blockstore.permissions import User, readable_bundles
from openedx_blockstore.rest_api.access import (
    find_bundle,
    visibility_filter,
    visible_bundles,
)
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.pagination import page_body, page_request
from openedx_blockstore.rest_api.v1.serializers.common import (
    PAGE,
    page_of,
    query_flag,
    query_number,
)
from openedx_blockstore.rest_api.v1.serializers.relations import (
    AffectedSerializer,
    BorrowerCountSerializer,
    BorrowerSerializer,
    DependenciesSerializer,
    OutdatedLinkSerializer,
    SizeSerializer,
    show_dependencies,
)
from openedx_blockstore.rest_api.v1.version_numbers import parse_number


class DependenciesView(BlockstoreView):
    """What a version depends on."""

    @extend_schema(responses=DependenciesSerializer)
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Return all that a version depends on, as far as the caller may see it."""
        row = find_bundle(request.user, bundle_uuid, with_deleted=True)
        found = api.get_dependencies(row.uuid, parse_number(row.uuid, version_num))
        visible = visibility_filter(request.user, _all_links(found))
        return Response(show_dependencies(found, visible))


def _all_links(found: DependenciesData) -> list[BundleLinkData]:
    everything = [
        BundleLinkData(name="", direct=dependency, indirect=[]) for dependency in found.dependencies
    ]
    return [*found.links.values(), *everything]


class SizeView(BlockstoreView):
    """How much a version holds."""

    errors = {"query": (400,)}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "with_dependencies",
                OpenApiTypes.BOOL,
                description="Count all that it depends on, too, as far as the caller may see it.",
                default=True,
            )
        ],
        responses=SizeSerializer,
    )
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Return how many bytes a version holds, before anybody downloads it."""
        deep = query_flag(
            request.query_params.get("with_dependencies"), "with_dependencies", default=True
        )
        row = find_bundle(request.user, bundle_uuid, with_deleted=True)
        number = parse_number(row.uuid, version_num)
        visible = None
        if deep:
            dependencies = api.get_dependencies(row.uuid, number).dependencies
            visible = visible_bundles(request.user, {d.bundle_uuid for d in dependencies})
        size = api.get_size(row.uuid, number, with_dependencies=deep, among=visible)
        return Response(
            {"bytes": size.bytes, "files": size.files, "bundle_versions": size.bundle_versions}
        )


class BorrowersView(BlockstoreView):
    """Who uses a bundle."""

    errors = {"query": (400,)}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "latest_only",
                OpenApiTypes.BOOL,
                description="Only links that the borrower's latest version has.",
                default=True,
            ),
            OpenApiParameter(
                "version",
                {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
                description="Only links to this version.",
            ),
            *PAGE,
        ],
        responses=page_of(BorrowerSerializer),
    )
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """List who links to the bundle directly, as far as the caller may see them."""
        wanted = page_request(request)
        query = request.query_params
        latest_only = query_flag(query.get("latest_only"), "latest_only", default=True)
        version = query_number(query.get("version"), "version")
        rows = _borrowings(request.user, find_bundle(request.user, bundle_uuid))
        if latest_only:
            rows = rows.open()
        if version is not None:
            rows = rows.filter(lender_version=version)
        rows = rows.filter(pk__gt=wanted.after).select_related("borrower").order_by("pk")
        links, after = wanted.page(list(rows[: wanted.fetch]), lambda link: link.pk)
        results = [
            {
                "bundle_uuid": link.borrower.uuid,
                "alias": link.alias,
                "lender_version": link.lender_version,
                "first_version": link.first_version,
                "last_version": link.last_version,
                "weak": link.weak,
            }
            for link in links
        ]
        return Response(page_body(request, results, after))


class BorrowerCountView(BlockstoreView):
    """How many use a bundle."""

    @extend_schema(responses=BorrowerCountSerializer)
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """Count the bundles that link to this one with their latest versions.

        Only those that the caller may see count.
        """
        rows = _borrowings(request.user, find_bundle(request.user, bundle_uuid)).open()
        return Response({"count": rows.values("borrower").distinct().count()})


def _borrowings(user: User, lender: Bundle) -> Any:
    return BundleLink.objects.filter(
        lender=lender,
        borrower__deleted_at=None,
        borrower__in=readable_bundles(user),
    )


class AffectedView(BlockstoreView):
    """Who must be told of a new version."""

    errors = {"query": (400,)}

    @extend_schema(parameters=PAGE, responses=page_of(AffectedSerializer))
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """List all whose latest version depends on the bundle, through others as well.

        Only those that the caller may see are listed.
        """
        wanted = page_request(request)
        row = find_bundle(request.user, bundle_uuid)
        visible: list[tuple[int, UUID]] = []
        last = _uuid_of(wanted.after)
        while len(visible) < wanted.fetch:
            found = api.get_affected_bundles(row.uuid, after=last, limit=_CHUNK)
            visible += sorted(
                readable_bundles(request.user).filter(uuid__in=found).values_list("pk", "uuid")
            )
            if len(found) < _CHUNK:
                break
            last = found[-1]
        some, after = wanted.page(visible[: wanted.fetch], lambda pair: pair[0])
        results = [{"bundle_uuid": uuid} for _key, uuid in some]
        return Response(page_body(request, results, after))


_CHUNK = 500


def _uuid_of(key: int) -> UUID | None:
    """Return the UUID of the bundle at which a page ended, if it is still there."""
    if not key:
        return None
    return Bundle.objects.filter(pk__lte=key).order_by("-pk").values_list("uuid", flat=True).first()


class OutdatedLinksView(BlockstoreView):
    """Links whose lenders have moved on."""

    errors = {"query": (400,)}

    @extend_schema(parameters=PAGE, responses=page_of(OutdatedLinkSerializer))
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """List the links of the latest version whose lender has a newer one, or was deleted."""
        wanted = page_request(request)
        row = find_bundle(request.user, bundle_uuid)
        links = api.get_outdated_links(row.uuid)
        visible = visible_bundles(request.user, {link.bundle_uuid for link in links})
        seen = [
            (number, link)
            for number, link in enumerate(links, start=1)
            if link.bundle_uuid in visible and number > wanted.after
        ]
        some, after = wanted.page(seen[: wanted.fetch], lambda pair: pair[0])
        results = [
            {
                "alias": link.alias,
                "bundle_uuid": link.bundle_uuid,
                "version": link.version,
                "latest_version": link.latest_version,
                "deleted": link.deleted,
            }
            for _number, link in some
        ]
        return Response(page_body(request, results, after))
