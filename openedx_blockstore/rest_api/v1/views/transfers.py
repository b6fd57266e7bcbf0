"""Imports and exports of archives and courses: at once, or as jobs where they take long."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from django.http import FileResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.jobs import files
from openedx_blockstore.jobs.runner import start_job
from openedx_blockstore.jobs.work import Work, check_work, do_work
from openedx_blockstore.plugin_api import ExportTransform
from openedx_blockstore.plugin_manager import plugin
from openedx_blockstore.rest_api.access import find_bundle, find_collection, parse_uuid
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.parsers import RawParser, raw_body
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import query_flag
from openedx_blockstore.rest_api.v1.serializers.jobs import (
    ArchiveImportSerializer,
    CourseImportSerializer,
    JobSerializer,
    show_job,
)
from openedx_blockstore.rest_api.v1.version_numbers import parse_number

_FORMATS = ("tar.gz", "zip")

_FORMAT = OpenApiParameter("format", OpenApiTypes.STR, enum=_FORMATS, default="tar.gz")
DRY_RUN = OpenApiParameter(
    "dry_run", OpenApiTypes.BOOL, description="Only say what would happen.", default=False
)
AS_JOB = OpenApiParameter(
    "job",
    OpenApiTypes.BOOL,
    description="Do it later: the answer is a job to be polled (202).",
    default=False,
)
_NAME = OpenApiParameter(
    "name", OpenApiTypes.STR, description="What the archive is called, if it has no name in it."
)
ARCHIVE = {
    "application/gzip": OpenApiTypes.BINARY,
    "application/zip": OpenApiTypes.BINARY,
    "application/octet-stream": OpenApiTypes.BINARY,
}
_TRANSFORMS = OpenApiParameter(
    "transforms",
    OpenApiTypes.STR,
    description=(
        "Names of plugins that change what is exported, in this order, separated by commas. The "
        "archive then says that it is derived, and is never imported as the same bundle."
    ),
)
_FILE = {(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)}


def _nothing(_done: int, _total: int | None) -> None:
    """Whoever waits for the answer needs no reports."""


class ImportView(BlockstoreView):
    """Takes an archive as the body of a request, of any size."""

    kind = ""
    #: What else the work is told.
    details: ClassVar[Mapping[str, Any]] = {}
    parser_classes = [RawParser]
    errors = {"post": (409, 422)}

    def run(self, request: Request, collection_uuid: str) -> Response:
        """Import the body, now or later."""
        query = request.query_params
        dry_run = query_flag(query.get("dry_run"), "dry_run")
        as_job = query_flag(query.get("job"), "job")
        row = find_collection(request.user, collection_uuid, "author")
        arguments = {"collection_uuid": str(row.uuid), "dry_run": dry_run, **self.details}
        with files.workspace() as folder:
            source = files.receive(raw_body(request), folder, name=query.get("name", ""))
            if as_job:
                job = start_job(self.user, self.kind, arguments, source=source)
                return _accepted(request, job)
            work = Work(request.user, self.kind, arguments, source=source)
            return Response(do_work(work, _nothing))


class ImportArchiveView(ImportView):
    """Imports archives of bundles."""

    kind = "import_archive"

    @extend_schema(
        parameters=[DRY_RUN, AS_JOB, _NAME],
        request=ARCHIVE,
        responses={200: ArchiveImportSerializer, 202: JobSerializer},
    )
    def post(self, request: Request, collection_uuid: str) -> Response:
        """Import the bundle versions of an archive into a collection; for its authors.

        What is here already is not made again. Links lead only to what the caller may re-use.
        """
        return self.run(request, collection_uuid)


class ImportCourseView(ImportView):
    """Imports courses."""

    kind = "import_course"

    @extend_schema(
        parameters=[DRY_RUN, AS_JOB],
        request=ARCHIVE,
        responses={200: CourseImportSerializer, 202: JobSerializer},
    )
    def post(self, request: Request, collection_uuid: str) -> Response:
        """Import an OLX export of a course or library into a collection; for its authors."""
        return self.run(request, collection_uuid)


class _ExportView(BlockstoreView):
    """Answers with an archive, or with a job that makes one."""

    errors = {"query": (400,), "get": (400, 403)}

    def export_now(
        self, request: Request, kind: str, arguments: dict[str, Any], name: str
    ) -> HttpResponseBase:
        """Return the archive.

        It is complete before the first byte is sent, so that an error is an error and not a file
        that ends too early.
        """
        file_name = f"{name}.{_format(request)}"
        check_work(request.user, kind, arguments)
        with contextlib.ExitStack() as stack:
            target = stack.enter_context(files.workspace()) / "output" / file_name
            target.parent.mkdir()
            do_work(Work(request.user, kind, arguments, target=target), _nothing)
            return _send(target, file_name)

    def export_later(
        self, request: Request, kind: str, arguments: dict[str, Any], name: str
    ) -> Response:
        """Return a job that makes the archive."""
        file_name = f"{name}.{_format(request)}"
        check_work(request.user, kind, arguments)
        return _accepted(request, start_job(self.user, kind, arguments, file_name=file_name))


def _send(path: Path, file_name: str) -> HttpResponseBase:
    # The name goes with the folder when this returns; the open file lives until it was sent.
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=file_name,
        content_type="application/octet-stream",
    )


def _accepted(request: Request, job: Any) -> Response:
    shown = show_job(job, Addresses(request))
    return Response(shown, status=202, headers={"Location": shown["url"]})


def _transforms(request: Request) -> list[str]:
    given = request.query_params.get("transforms", "")
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        plugin(ExportTransform, name)
    return names


def _format(request: Request) -> str:
    given = request.query_params.get("format", "tar.gz")
    if given not in _FORMATS:
        raise ValidationError({"format": f"One of {', '.join(_FORMATS)}."})
    return str(given)


class ExportBundleView(_ExportView):
    """Exports a version."""

    _parameters = [
        _FORMAT,
        _TRANSFORMS,
        OpenApiParameter(
            "with_dependencies",
            OpenApiTypes.BOOL,
            description="With all that it depends on.",
            default=False,
        ),
    ]

    @extend_schema(parameters=_parameters, responses=_FILE)
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> HttpResponseBase:
        """Return a version as an archive; for those who may copy it and all it depends on."""
        return self.export_now(request, *self._what(request, bundle_uuid, version_num))

    @extend_schema(parameters=_parameters, request=None, responses={202: JobSerializer})
    def post(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Have a version written as an archive, by a job."""
        return self.export_later(request, *self._what(request, bundle_uuid, version_num))

    def _what(
        self, request: Request, bundle_uuid: str, version_num: str
    ) -> tuple[str, dict[str, Any], str]:
        deep = query_flag(request.query_params.get("with_dependencies"), "with_dependencies")
        row = find_bundle(request.user, bundle_uuid, "reuse", with_deleted=True)
        number = parse_number(row.uuid, version_num)
        arguments = {
            "bundle_uuid": str(row.uuid),
            "version": number,
            "with_dependencies": deep,
            "transforms": _transforms(request),
        }
        return "export_bundle", arguments, f"{files.safe_name(row.slug or str(row.uuid))}-{number}"


class ExportCourseView(_ExportView):
    """Exports a course."""

    @extend_schema(parameters=[_FORMAT], responses=_FILE)
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> HttpResponseBase:
        """Return a course, from a version of its bundle, as an OLX export."""
        return self.export_now(request, *self._what(request, bundle_uuid, version_num))

    @extend_schema(parameters=[_FORMAT], request=None, responses={202: JobSerializer})
    def post(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Have a course written as an OLX export, by a job."""
        return self.export_later(request, *self._what(request, bundle_uuid, version_num))

    def _what(
        self, request: Request, bundle_uuid: str, version_num: str
    ) -> tuple[str, dict[str, Any], str]:
        row = find_bundle(request.user, bundle_uuid, "reuse", with_deleted=True)
        number = parse_number(row.uuid, version_num)
        arguments = {"bundle_uuid": str(row.uuid), "version": number}
        return "export_course", arguments, files.safe_name(row.slug or str(row.uuid))


class ExportCollectionView(_ExportView):
    """Exports a collection."""

    _parameters = [
        _FORMAT,
        _TRANSFORMS,
        OpenApiParameter(
            "bundle_uuid", OpenApiTypes.STR, description="Only these, separated by commas."
        ),
    ]

    @extend_schema(parameters=_parameters, responses=_FILE)
    def get(self, request: Request, collection_uuid: str) -> HttpResponseBase:
        """Return the latest versions of a collection's bundles, with all that they depend on."""
        return self.export_now(request, *self._what(request, collection_uuid))

    @extend_schema(parameters=_parameters, request=None, responses={202: JobSerializer})
    def post(self, request: Request, collection_uuid: str) -> Response:
        """Have a collection written as an archive, by a job."""
        return self.export_later(request, *self._what(request, collection_uuid))

    def _what(self, request: Request, collection_uuid: str) -> tuple[str, dict[str, Any], str]:
        row = find_collection(request.user, collection_uuid, "reuse")
        given = request.query_params.get("bundle_uuid")
        bundles = None
        if given is not None:
            bundles = [part.strip() for part in given.split(",") if part.strip()]
            if not all(parse_uuid(part) is not None for part in bundles):
                raise ValidationError({"bundle_uuid": "UUIDs, separated by commas."})
        arguments = {
            "collection_uuid": str(row.uuid),
            "bundles": bundles,
            "transforms": _transforms(request),
        }
        return "export_collection", arguments, files.safe_name(row.title)
