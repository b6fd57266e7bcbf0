"""Drafts: the mutable overlays in which all editing happens. Only authors see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.data import DraftData, LinkTarget
from openedx_blockstore.models import Draft
from openedx_blockstore.permissions import User, authored_bundles
from openedx_blockstore.rest_api.access import (
    check_linkable,
    find_bundle,
    find_draft,
    in_body,
    parse_uuid,
    visibility_filter,
)
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.fields import requested_fields
from openedx_blockstore.rest_api.pagination import page_body, page_request
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import FIELDS, PAGE, URLS, valid
from openedx_blockstore.rest_api.v1.serializers.drafts import (
    DRAFT_FIELDS,
    DRAFT_SUMMARY_FIELDS,
    AdviceSerializer,
    CommitInputSerializer,
    CommittedSerializer,
    DraftChangeSerializer,
    DraftInputSerializer,
    DraftSerializer,
    DraftSummarySerializer,
    UpdateInputSerializer,
    no_such_version,
    read_changes,
    show_advice,
    show_draft,
)
from openedx_blockstore.rest_api.v1.serializers.lists import list_of, sparse
from openedx_blockstore.store import normalize_alias


class DraftListView(BlockstoreView):
    """The drafts of bundles of which the caller is an author."""

    errors = {"query": (400,)}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "bundle_uuid", OpenApiTypes.UUID, description="Only those of this bundle."
            ),
            *PAGE,
            FIELDS,
        ],
        responses=list_of(DraftSummarySerializer),
    )
    def get(self, request: Request) -> Response:
        """List drafts, without what they show, in the order in which they were made."""
        wanted = page_request(request, plain=True)
        fields = requested_fields(request, DRAFT_SUMMARY_FIELDS)
        condition = Q(pk__gt=wanted.after, bundle__in=authored_bundles(request.user))
        if (given := request.query_params.get("bundle_uuid")) is not None:
            if (parsed := parse_uuid(given)) is None:
                raise ValidationError({"bundle_uuid": "This is no UUID."})
            condition &= Q(bundle__uuid=parsed)
        rows = (
            Draft.objects.filter(condition, bundle__deleted_at=None)
            .select_related("bundle")
            .order_by("pk")
        )
        drafts, after = wanted.page(list(rows[: wanted.fetch]), lambda row: row.pk)
        addresses = Addresses(request)
        results = [fields.pick(_summary(row, addresses)) for row in drafts]
        return Response(results if wanted.plain else page_body(request, results, after))

    @extend_schema(
        request=DraftInputSerializer,
        responses={201: DraftSummarySerializer},
        examples=[
            OpenApiExample(
                "Studio's draft",
                value={
                    "bundle_uuid": "3f1cbb29-5f1f-4f0e-8a4e-6d0b8c3c9a11",
                    "name": "studio_draft",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Make a draft; for authors. The bundle must not have one of this name yet."""
        values = valid(DraftInputSerializer(data=request.data))
        with in_body():
            bundle = find_bundle(request.user, str(values["bundle_uuid"]), "author")
        name = values["name"]
        if Draft.objects.filter(bundle=bundle, name=name).exists():
            raise ValidationError({"name": f"The bundle has a draft {name!r} already."})
        draft = api.get_or_create_bundle_draft(bundle.uuid, name)
        return Response(show_draft(draft, Addresses(request), None), status=201)


def _summary(row: Draft, addresses: Addresses) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "url": addresses.draft(row.uuid),
        "bundle": addresses.bundle(row.bundle.uuid),
        "bundle_uuid": row.bundle.uuid,
        "name": row.name,
    }


class DraftView(BlockstoreView):
    """One draft."""

    errors = {"query": (400,)}

    @extend_schema(parameters=[FIELDS, URLS], responses=sparse(DraftSerializer))
    def get(self, request: Request, draft_uuid: str) -> Response:
        """Return a draft: all files and links as it shows them."""
        fields = requested_fields(request, DRAFT_FIELDS)
        row = find_draft(request.user, draft_uuid)
        if not fields.wants("staged_draft"):
            return Response(fields.pick(_summary(row, Addresses(request))))
        return Response(fields.pick(one_draft(request, api.get_draft(row.uuid))))

    @extend_schema(
        request=DraftChangeSerializer,
        responses={204: None, 200: AdviceSerializer},
        examples=[
            OpenApiExample(
                "Two files and two links",
                value={
                    "files": {"u1.xml": "PHVuaXQvPg==", "old.png": None},
                    "links": {
                        "week_001": {
                            "bundle_uuid": "3f1cbb29-5f1f-4f0e-8a4e-6d0b8c3c9a11",
                            "version": 3,
                        },
                        "gone": None,
                    },
                },
                request_only=True,
            )
        ],
    )
    def patch(self, request: Request, draft_uuid: str) -> Response:
        """Write and delete files, set and delete links: all of it, or nothing.

        Linking to a bundle needs a role on its collection, or `public_reuse`. Where plugins have
        something to say about the links, such as that a licence does not permit one, it is done all
        the same, and the answer is 200 with `advice` instead of 204.
        """
        row = find_draft(request.user, draft_uuid)
        files, links = read_changes(request.data)
        _check_links(request.user, links)
        api.change_draft(row.uuid, files=files, links=links)
        own = {normalize_alias(alias): target for alias, target in links.items()}
        if advice := api.get_link_advice(row.bundle.uuid, own):
            return Response({"advice": show_advice(advice)})
        return Response(status=204)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, draft_uuid: str) -> Response:
        """Delete a draft with all that is staged in it."""
        row = find_draft(request.user, draft_uuid)
        api.delete_draft(row.uuid)
        return Response(status=204)


def _check_links(user: User, links: Mapping[str, LinkTarget | None]) -> None:
    """Refuse links to what the caller may not re-use.

    Raises:
        InvalidLink: The same as for a version that does not exist.
        PermissionDenied: The caller sees it, but may not re-use it.
    """
    targets = {alias: target for alias, target in links.items() if target is not None}
    linkable = check_linkable(user, {target.bundle_uuid for target in targets.values()})
    for alias, target in targets.items():
        if target.bundle_uuid not in linkable:
            raise no_such_version(normalize_alias(alias), target)


class CommitView(BlockstoreView):
    """Makes what is staged in a draft the next version."""

    errors = {"post": (409,)}

    @extend_schema(
        request=CommitInputSerializer,
        responses={201: CommittedSerializer},
        examples=[
            OpenApiExample("Everything", value={}, request_only=True),
            OpenApiExample(
                "One file and one link",
                value={
                    "paths": ["u1.xml", "links/week_001"],
                    "change_description": "A better question",
                    "on_conflict": "mine",
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request, draft_uuid: str) -> Response:
        """Commit a draft.

        Paths that others have changed since they were staged are a conflict (409), which names
        them with the digests, unless `on_conflict` says what to do. `advice` is what plugins say of
        the version.
        """
        row = find_draft(request.user, draft_uuid)
        values = valid(CommitInputSerializer(data=request.data or {}))
        version = api.commit_draft(row.uuid, author=self.actor, **values)
        addresses = Addresses(request)
        return Response(
            {
                "bundle_version": addresses.version(version.bundle_uuid, version.version),
                "updated_draft": addresses.draft(row.uuid),
                "version_num": version.version,
                "hash_digest": version.manifest_digest,
                "advice": show_advice(api.get_advice(version.bundle_uuid, version.version)),
            },
            status=201,
        )


class UpdateDraftView(BlockstoreView):
    """Brings a draft forward."""

    errors = {"post": (409,)}

    @extend_schema(parameters=[URLS], request=UpdateInputSerializer, responses=DraftSerializer)
    def post(self, request: Request, draft_uuid: str) -> Response:
        """Lay a draft over the latest version, with its changes."""
        row = find_draft(request.user, draft_uuid)
        values = valid(UpdateInputSerializer(data=request.data or {}))
        return Response(one_draft(request, api.update_draft(row.uuid, **values)))


def one_draft(request: Request, draft: DraftData) -> dict[str, Any]:
    """Return a draft as the caller may see it."""
    visible = visibility_filter(request.user, draft.links.values())
    return show_draft(draft, Addresses(request), visible)
