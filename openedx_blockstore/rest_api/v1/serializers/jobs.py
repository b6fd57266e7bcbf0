"""Forms of imports, exports, and the jobs that do them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from openedx_blockstore.jobs.runner import is_lost
from openedx_blockstore.models import Job
from openedx_blockstore.rest_api.schema import ErrorSerializer
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import FindingSerializer


class SkippedSerializer(serializers.Serializer[Any]):
    """Something in an archive that was not imported."""

    path = serializers.CharField()
    reason = serializers.CharField()


class ImportedBundleSerializer(serializers.Serializer[Any]):
    """What became, or would become, of one bundle version in an archive."""

    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField()
    title = serializers.CharField(allow_blank=True)
    created = serializers.BooleanField(help_text="The version is new.")
    bundle_created = serializers.BooleanField()
    origin_uuid = serializers.UUIDField(allow_null=True)
    origin_version = serializers.IntegerField(allow_null=True)
    skipped = SkippedSerializer(many=True)
    findings = FindingSerializer(many=True, help_text="What plugins said of it.")


class ArchiveImportSerializer(serializers.Serializer[Any]):
    """What became, or would become, of an archive."""

    dry_run = serializers.BooleanField()
    bundles = ImportedBundleSerializer(many=True, help_text="Lenders before their borrowers.")
    roots = ImportedBundleSerializer(many=True, help_text="Those that the archive was made for.")
    skipped = SkippedSerializer(many=True)
    findings = FindingSerializer(many=True, help_text="What plugins said of the collection.")


class CourseBundleSerializer(serializers.Serializer[Any]):
    """What became of one bundle of a course."""

    bundle_uuid = serializers.UUIDField(allow_null=True)
    origin = serializers.CharField()
    type = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()


class PlaceSerializer(serializers.Serializer[Any]):
    """Where a file of a course went."""

    bundle_uuid = serializers.UUIDField(allow_null=True)
    path = serializers.CharField()


class CourseImportSerializer(serializers.Serializer[Any]):
    """What an import of a course did, or would do."""

    dry_run = serializers.BooleanField()
    collection_uuid = serializers.UUIDField(allow_null=True)
    course_bundle_uuid = serializers.UUIDField(allow_null=True)
    created = CourseBundleSerializer(many=True)
    updated = CourseBundleSerializer(many=True)
    unchanged = CourseBundleSerializer(many=True)
    files = serializers.DictField(child=PlaceSerializer(allow_null=True))
    findings = FindingSerializer(many=True)


class JobSerializer(serializers.Serializer[Any]):
    """An import or export that takes long."""

    uuid = serializers.UUIDField()
    url = serializers.URLField()
    kind = serializers.ChoiceField(choices=Job.Kind.values)
    state = serializers.ChoiceField(choices=Job.State.values)
    done = serializers.IntegerField(help_text="Bytes or steps.")
    total = serializers.IntegerField(allow_null=True, help_text="Null where it is not known.")
    result = serializers.DictField(
        child=serializers.JSONField(), allow_null=True, help_text="What the same answers at once."
    )
    error = ErrorSerializer(allow_null=True)
    file = serializers.URLField(allow_null=True, help_text="Where to fetch what came out.")
    created = serializers.DateTimeField()
    touched = serializers.DateTimeField(help_text="When it was last heard of, or ended.")


_LOST = {
    "code": "job_lost",
    "message": "The server that did this was stopped. Ask for it again.",
    "facts": {},
}


def show_job(job: Job, addresses: Addresses) -> dict[str, Any]:
    """Return a job as it is sent."""
    lost = is_lost(job)
    url = addresses.job(job.uuid)
    return {
        "uuid": job.uuid,
        "url": url,
        "kind": job.kind,
        "state": Job.State.FAILED if lost else job.state,
        "done": job.done,
        "total": job.total,
        "result": job.result,
        "error": _LOST if lost else job.error,
        "file": f"{url}/result" if job.output_name else None,
        "created": job.created,
        "touched": job.touched,
    }
