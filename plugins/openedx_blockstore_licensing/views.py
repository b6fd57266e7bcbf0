"""The plugin's REST API. What one may do follows the collection.

Readers of a collection see its licences, authors say those of bundles and files, admins that of the
collection. Publishers are of the whole installation: staff, and those with Django's permissions for
that table, change them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from attrs import asdict
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api as blockstore
from openedx_blockstore.exceptions import BundleVersionNotFound
from openedx_blockstore.models_api import Collection
from openedx_blockstore.plugin_rest import (
    PAGE,
    PluginPagination,
    PluginView,
    extend_schema,
    in_body,
    may,
    page_of,
    valid,
    visible_bundle,
    visible_bundles,
    visible_collection,
)
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.models import Publisher
from openedx_blockstore_licensing.publishers import publisher_data
from openedx_blockstore_licensing.serializers import (
    USES,
    BundleLicenseInputSerializer,
    BundleLicensesSerializer,
    BundleLicensesSetSerializer,
    CheckSerializer,
    CollectionLicenseInputSerializer,
    CollectionLicensesSerializer,
    CopyInputSerializer,
    CopySerializer,
    LicenseSerializer,
    PublisherSerializer,
    VersionLicenseSerializer,
    show_bundle_licenses,
    show_check,
    show_collection_licenses,
    show_license,
    show_publisher,
    show_version_license,
)

_SEARCH = OpenApiParameter("search", OpenApiTypes.STR, description="Words in its name.")
_FORMAT = OpenApiParameter(
    "as", OpenApiTypes.STR, enum=("json", "text", "html"), description="By default JSON."
)
_IRI = OpenApiParameter("iri", OpenApiTypes.STR, required=True, description="The publisher's IRI.")
_ID_STRING = OpenApiParameter("id_string", OpenApiTypes.STR, description="Only with this one.")
_USE = OpenApiParameter("use", OpenApiTypes.STR, enum=USES, required=True)
_LICENSE = OpenApiParameter(
    "license", OpenApiTypes.STR, required=True, description="Of the work; may be empty."
)
_INTO = OpenApiParameter(
    "into", OpenApiTypes.STR, description="Of what it becomes part of, or is published under."
)


class LicenseListView(PluginView):
    """The licences that content can be under."""

    errors = {"get": (400,)}

    @extend_schema(parameters=[_SEARCH, *PAGE], responses=page_of(LicenseSerializer))
    def get(self, request: Request) -> Response:
        """List the licences, those of Creative Commons first."""
        page = PluginPagination(request)
        found = api.get_licenses(request.query_params.get("search", "")[:200])
        numbered = list(enumerate(found, start=1))[page.after : page.after + page.fetch]
        return page.answer_items(numbered, show_license)


class CollectionLicenseView(PluginView):
    """The licence of a collection."""

    errors = {"put": (400, 403)}

    @extend_schema(responses=CollectionLicensesSerializer)
    def get(self, request: Request, collection_uuid: str) -> Response:
        """Return the licence of a collection, and those that it had."""
        row = visible_collection(request.user, collection_uuid)
        return Response(show_collection_licenses(api.get_collection_licenses(row.uuid)))

    @extend_schema(request=CollectionLicenseInputSerializer, responses=CollectionLicensesSerializer)
    def put(self, request: Request, collection_uuid: str) -> Response:
        """Say under which licence new versions in a collection are; for its admins."""
        row = visible_collection(request.user, collection_uuid, "admin")
        values = valid(CollectionLicenseInputSerializer(data=request.data))
        api.set_collection_license(
            row.uuid, values["expression"], since=values.get("since"), actor=self.actor
        )
        return Response(show_collection_licenses(api.get_collection_licenses(row.uuid)))


class BundleLicenseView(PluginView):
    """What was said of the licences of a bundle and its files."""

    errors = {"put": (400, 403)}

    @extend_schema(responses=BundleLicensesSerializer)
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """Return what was said of a bundle, by path and version."""
        row = visible_bundle(request.user, bundle_uuid)
        return Response(show_bundle_licenses(api.get_bundle_licenses(row.uuid)))

    @extend_schema(request=BundleLicenseInputSerializer, responses=BundleLicensesSetSerializer)
    def put(self, request: Request, bundle_uuid: str) -> Response:
        """Say under which licence a span of a bundle's versions is, or some files; for authors.

        `advice` tells where that does not go with the latest version's links, or with what it was
        made of. Nothing is refused for it.
        """
        row = visible_bundle(request.user, bundle_uuid, "author")
        values = valid(BundleLicenseInputSerializer(data=request.data))
        api.set_bundle_license(row.uuid, values.pop("expression"), actor=self.actor, **values)
        try:
            advice = api.get_license_advice(row.uuid)
        except BundleVersionNotFound:
            advice = ()
        shown = show_bundle_licenses(api.get_bundle_licenses(row.uuid))
        return Response({**shown, "advice": [asdict(each) for each in advice]})


class VersionLicenseView(PluginView):
    """The licence of a version."""

    @extend_schema(responses=VersionLicenseSerializer)
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Return the licence that a version is under, and whose work it is."""
        row = visible_bundle(request.user, bundle_uuid)
        number = _number(bundle_uuid, version_num)
        credit = api.get_credit(row.uuid, number)
        license_ = api.get_version_license(row.uuid, number)
        line = api.to_text(api.credit_line(credit))
        return Response(show_version_license(license_, credit, line))


class ReportView(PluginView):
    """The licence report of a version."""

    errors = {"get": (400, 503)}

    @extend_schema(
        parameters=[_FORMAT],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/plain"): OpenApiTypes.STR,
            (200, "text/html"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> Any:
        """Report which licences are in a version and its dependencies, and whom to credit.

        As JSON, as text, or as HTML to paste into a course. Dependencies that the caller may not
        see are only counted.
        """
        row = visible_bundle(request.user, bundle_uuid)
        form = request.query_params.get("as", "json")
        if form not in {"json", "text", "html"}:
            raise ValidationError({"as": "Give json, text or html."})
        report = api.get_license_report(
            row.uuid,
            _number(bundle_uuid, version_num),
            may_see=lambda uuids: visible_bundles(request.user, uuids),
        )
        if form == "json":
            return Response(api.report_to_json(report))
        if form == "text":
            return HttpResponse(api.report_to_text(report), "text/plain; charset=utf-8")
        return _page(api.report_to_html(report))


class CheckView(PluginView):
    """What licences permit."""

    errors = {"get": (400,)}

    @extend_schema(parameters=[_USE, _LICENSE, _INTO], responses=CheckSerializer)
    def get(self, request: Request) -> Response:
        """Tell whether a link, a copy or a publication under a licence is permitted, and why."""
        query = request.query_params
        use: Any = query.get("use")
        if use not in USES:
            raise ValidationError({"use": f"Give one of {', '.join(USES)}."})
        if "license" not in query:
            raise ValidationError({"license": "Give the licence of the work; it may be empty."})
        return Response(show_check(api.check(use, query["license"], query.get("into", ""))))


class PublisherListView(PluginView):
    """All publishers."""

    errors = {"get": (400,), "post": (400, 403, 409)}

    @extend_schema(parameters=[_ID_STRING, *PAGE], responses=page_of(PublisherSerializer))
    def get(self, request: Request) -> Response:
        """List the publishers, in the order in which they became known."""
        rows = Publisher.objects.select_related("parent")
        if (id_string := request.query_params.get("id_string")) is not None:
            rows = rows.filter(id_string=_storable(id_string))
        return PluginPagination(request).answer(
            rows, lambda row: show_publisher(publisher_data(row))
        )

    @extend_schema(request=PublisherSerializer, responses={201: PublisherSerializer})
    def post(self, request: Request) -> Response:
        """Make a publisher, or change the one with this IRI; for staff."""
        _check_publishers(request, "add", "change")
        values = valid(PublisherSerializer(data=request.data))
        api.set_publisher(PublisherData(**values))
        publisher = api.get_publisher(values["iri"])
        where = f"{request.path.removesuffix('s')}?{urlencode({'iri': publisher.iri})}"
        return Response(show_publisher(publisher), status=201, headers={"Location": where})


class PublisherView(PluginView):
    """One publisher, named by its IRI in the query."""

    errors = {"get": (404,), "delete": (403, 404, 409)}

    @extend_schema(parameters=[_IRI], responses=PublisherSerializer)
    def get(self, request: Request) -> Response:
        """Return a publisher."""
        return Response(show_publisher(api.get_publisher(request.query_params.get("iri", ""))))

    @extend_schema(parameters=[_IRI], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Delete a publisher that no other is a part of; for staff."""
        _check_publishers(request, "delete")
        api.delete_publisher(request.query_params.get("iri", ""))
        return Response(status=204)


class CopyView(PluginView):
    """Copies that go on saying whose work they are."""

    errors = {"post": (400, 403, 503)}

    @extend_schema(request=CopyInputSerializer, responses={201: CopySerializer})
    def post(self, request: Request) -> Response:
        """Copy a bundle; for those who may re-use it, and are authors of the target.

        Its links stay, so what it links to has to be open to re-use as well.
        """
        values = valid(CopyInputSerializer(data=request.data))
        with in_body():
            source = visible_bundle(request.user, str(values["bundle_uuid"]), "reuse")
            target = visible_collection(request.user, str(values["collection_uuid"]), "author")
            _check_links(request, source.uuid, values["version"])
            before = api.get_version_license(source.uuid, values["version"])
            copy = api.copy_bundle(
                source.uuid,
                values["version"],
                target.uuid,
                title=values["title"],
                actor=self.actor,
            )
        into = api.get_collection_license(target.uuid)
        same = source.collection_id == target.pk
        answer = api.check("copy", before.expression, into, same_owner=same)
        body = {
            "bundle_uuid": copy.uuid,
            "version": copy.latest_version,
            "collection_uuid": target.uuid,
            "title": copy.title,
            "check": show_check(answer),
        }
        return Response(body, status=201)


def _check_links(request: Request, bundle_uuid: UUID, version: int | None) -> None:
    """Make sure that a user may link to what a copy will link to."""
    found = blockstore.get_bundle_version(bundle_uuid, version)
    linked = {link.direct.bundle_uuid for link in found.links.values()} if found else set()
    if not linked:
        return
    collections = Collection.objects.filter(bundles__uuid__in=sorted(linked)).distinct()
    if not all(may(request.user, "reuse", collection) for collection in collections):
        raise PermissionDenied("It links to bundles that you may not link to.")


def _check_publishers(request: Request, *actions: str) -> None:
    user: Any = request.user
    names = [f"openedx_blockstore_licensing.{action}_publisher" for action in actions]
    if not (user.is_staff or all(user.has_perm(name) for name in names)):
        raise PermissionDenied("Only staff, and those with a permission for it, change publishers.")


def _number(bundle_uuid: str, version: str) -> int:
    """Return the number in an address; what is none is not there."""
    if not (version.isascii() and version.isdigit() and len(version) <= 10 and int(version)):  # noqa: PLR2004
        raise BundleVersionNotFound(bundle_uuid, 0)
    return int(version)


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _page(html: str) -> HttpResponse:
    response = HttpResponse(html, "text/html; charset=utf-8")
    # All of it is escaped; should that fail some day, nothing in it is run.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
