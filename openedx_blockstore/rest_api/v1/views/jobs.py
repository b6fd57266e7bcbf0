"""Jobs: imports and exports that take long. Only those who asked for them see them."""

from __future__ import annotations

from django.http import FileResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.exceptions import InUse, NotFound
from openedx_blockstore.jobs import files
from openedx_blockstore.jobs.runner import is_lost, remove_job
from openedx_blockstore.models import Job
from openedx_blockstore.permissions import User, is_staff
from openedx_blockstore.rest_api.access import parse_uuid
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.pagination import page_body, page_request
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import PAGE, page_of
from openedx_blockstore.rest_api.v1.serializers.jobs import JobSerializer, show_job

_UNFINISHED = {Job.State.QUEUED, Job.State.RUNNING}


class JobNotFound(NotFound):
    """There is no such job, or it is somebody else's."""

    code = "job_not_found"

    def __init__(self, job_uuid: str) -> None:
        self.job_uuid = job_uuid
        super().__init__(f"There is no job {job_uuid}.")


def _find_job(user: User, job_uuid: str) -> Job:
    parsed = parse_uuid(job_uuid)
    job = Job.objects.filter(uuid=parsed).first() if parsed is not None else None
    if job is None or not (job.owner_id == user.pk or is_staff(user)):
        raise JobNotFound(job_uuid)
    return job


class JobListView(BlockstoreView):
    """The caller's jobs."""

    errors = {"query": (400,)}

    @extend_schema(parameters=PAGE, responses=page_of(JobSerializer))
    def get(self, request: Request) -> Response:
        """List the caller's jobs, in the order in which they were asked for."""
        wanted = page_request(request)
        rows = Job.objects.filter(owner_id=request.user.pk, pk__gt=wanted.after).order_by("pk")
        jobs, after = wanted.page(list(rows[: wanted.fetch]), lambda job: job.pk)
        addresses = Addresses(request)
        return Response(page_body(request, [show_job(job, addresses) for job in jobs], after))


class JobView(BlockstoreView):
    """One job."""

    errors = {"delete": (409,)}

    @extend_schema(responses=JobSerializer)
    def get(self, request: Request, job_uuid: str) -> Response:
        """Say how far a job has come, and what came of it."""
        return Response(show_job(_find_job(request.user, job_uuid), Addresses(request)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, job_uuid: str) -> Response:
        """Forget a job that has ended, and remove its file."""
        job = _find_job(request.user, job_uuid)
        if job.state in _UNFINISHED and not is_lost(job):
            raise InUse(f"Job {job.uuid} has not ended", count=1)
        remove_job(job)
        return Response(status=204)


class JobResultView(BlockstoreView):
    """What a job has made."""

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)}
    )
    def get(self, request: Request, job_uuid: str) -> HttpResponseBase:
        """Return the archive that a job has made."""
        job = _find_job(request.user, job_uuid)
        if not job.output_name:
            raise JobNotFound(job_uuid)
        return FileResponse(
            files.open_stored(job.output_name),
            as_attachment=True,
            filename=job.file_name,
            content_type="application/octet-stream",
        )
