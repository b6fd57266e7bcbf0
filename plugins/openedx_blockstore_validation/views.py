"""The REST API: findings of versions and drafts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api as core
from openedx_blockstore.data import Finding
from openedx_blockstore.exceptions import BundleNotFound, BundleVersionNotFound, DraftNotFound
from openedx_blockstore.plugin_rest import (
    FindingSerializer,
    PluginView,
    extend_schema,
    may,
    visible_bundle,
)
from openedx_blockstore_validation import api
from openedx_blockstore_validation.codes import CODES
from openedx_blockstore_validation.stored import count, plain

_MAX_VERSION = 2**31 - 1


class CountsSerializer(serializers.Serializer[Any]):
    """How many findings there are."""

    error = serializers.IntegerField()
    warning = serializers.IntegerField()
    info = serializers.IntegerField()


class VersionFindingsSerializer(serializers.Serializer[Any]):
    """What there is to say about a version."""

    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField()
    found_by = serializers.ChoiceField(
        choices=("import", "request"), help_text="When it was found: at the import, or just now."
    )
    counts = CountsSerializer()
    findings = FindingSerializer(many=True)


class DraftFindingsSerializer(serializers.Serializer[Any]):
    """What there is to say about a draft as it is now."""

    draft_uuid = serializers.UUIDField()
    bundle_uuid = serializers.UUIDField()
    counts = CountsSerializer()
    findings = FindingSerializer(many=True)


class CodeSerializer(serializers.Serializer[Any]):
    """A kind of finding."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=("error", "warning", "info"))
    meaning = serializers.CharField()
    mend = serializers.CharField()


class VersionFindingsView(PluginView):
    """The findings of a version."""

    errors = {"get": (400,)}

    @extend_schema(
        operation_id="validation_version",
        summary="Findings of a version",
        description=(
            "What the import of the version has found; if that is nothing, or the version was not "
            "imported, the version is checked now."
        ),
        responses=VersionFindingsSerializer,
    )
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Return the findings."""
        bundle = visible_bundle(request.user, bundle_uuid, with_deleted=True)
        number = _number(bundle_uuid, version_num)
        found, found_by = api.get_findings(bundle.uuid, number), "import"
        if not found:
            states = api.version_contents(bundle.uuid, number)
            api.check_request_size(states)
            found, found_by = api.validate_contents(*states), "request"
        return Response(
            {
                "bundle_uuid": str(bundle.uuid),
                "version": number,
                "found_by": found_by,
                **_body(found),
            }
        )


class DraftFindingsView(PluginView):
    """The findings of a draft."""

    errors = {"get": (400,)}

    @extend_schema(
        operation_id="validation_draft",
        summary="Findings of a draft",
        description="Checks the draft as it is now, against the version below its changes.",
        responses=DraftFindingsSerializer,
    )
    def get(self, request: Request, draft_uuid: str) -> Response:
        """Return the findings."""
        draft = core.get_draft(draft_uuid)
        # A draft that one may not see is as if it were not there.
        try:
            bundle = visible_bundle(request.user, str(draft.bundle_uuid))
        except BundleNotFound as error:
            raise DraftNotFound(draft_uuid) from error
        if not may(request.user, "author", bundle.collection):
            raise DraftNotFound(draft_uuid)
        states = api.draft_contents(draft.uuid)
        api.check_request_size(states)
        found = api.validate_contents(*states)
        return Response(
            {
                "draft_uuid": str(draft.uuid),
                "bundle_uuid": str(draft.bundle_uuid),
                **_body(found),
            }
        )


class CodesView(PluginView):
    """The codes of findings."""

    @extend_schema(
        operation_id="validation_codes",
        summary="Codes of findings",
        description="All codes, with the severities that this server gives them.",
        responses=CodeSerializer(many=True),
    )
    def get(self, _request: Request) -> Response:
        """Return the codes."""
        return Response(
            [
                {
                    "code": code.name,
                    "severity": str(code.severity),
                    "meaning": code.meaning,
                    "mend": code.mend,
                }
                for code in CODES.values()
            ]
        )


def _number(bundle_uuid: str, text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_VERSION))
    if not is_number or not 1 <= int(text) <= _MAX_VERSION:
        raise BundleVersionNotFound(bundle_uuid, 0)
    return int(text)


def _body(findings: tuple[Finding, ...]) -> dict[str, Any]:
    return {"counts": count(findings), "findings": plain(findings)}
