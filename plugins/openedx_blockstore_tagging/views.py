"""The plugin's REST API. Who may see content sees its tags; who may edit it may change them."""

from __future__ import annotations

from typing import Any

import rules
from attrs import evolve
from django.core.exceptions import PermissionDenied
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from openedx_tagging import api as library
from openedx_tagging.models import Taxonomy
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.plugin_rest import (
    PAGE,
    Addresses,
    PluginPagination,
    PluginView,
    User,
    extend_schema,
    in_body,
    page_of,
    readable_bundles,
    readable_collections,
    valid,
    visible_bundle,
    visible_collection,
)
from openedx_blockstore_tagging import api
from openedx_blockstore_tagging.data import BundleTags
from openedx_blockstore_tagging.exceptions import TaxonomyNotFound
from openedx_blockstore_tagging.serializers import (
    BundleHistorySerializer,
    BundleTagsInputSerializer,
    BundleTagsSerializer,
    CollectionTagsSerializer,
    FindQuerySerializer,
    TaggedBundleSerializer,
    TaggedCollectionSerializer,
    TagsInputSerializer,
    TagsQuerySerializer,
    TaxonomySerializer,
    show_bundle_tags,
    show_span,
    show_tag,
    show_taxonomy,
)
from openedx_blockstore_tagging.taxonomies import describe_taxonomy, find_taxonomy
from openedx_blockstore_tagging.values import check_part

_PART = OpenApiParameter("part", OpenApiTypes.STR, description="Only this part, by its key.")
_VERSION = OpenApiParameter(
    "version",
    {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    description="The number of the version; without it, the latest.",
)
_TAXONOMY = OpenApiParameter(
    "taxonomy", OpenApiTypes.STR, required=True, description="Its number, or its `export_id`."
)
_VALUE = OpenApiParameter(
    "value",
    OpenApiTypes.STR,
    description="The tag; those below it count as well. Without it, any of the taxonomy.",
)
_COLLECTION = OpenApiParameter(
    "collection", OpenApiTypes.UUID, description="Only bundles in this collection."
)
_EXAMPLE = OpenApiExample(
    "Two tags", value={"taxonomy": "subjects", "values": ["Physics", "Optics"]}, request_only=True
)


def _sees(user: User, taxonomy: Taxonomy) -> bool:
    return bool(rules.has_perm("oel_tagging.view_taxonomy", user, taxonomy))


def _visible_taxonomy(user: User, taxonomy_id: int | str) -> Taxonomy:
    """Return a taxonomy that the library lets a user see.

    Raises:
        TaxonomyNotFound: There is none, or not for this user.
    """
    taxonomy = find_taxonomy(taxonomy_id)
    if not _sees(user, taxonomy):
        raise TaxonomyNotFound(taxonomy_id)
    return taxonomy


def _taggable_taxonomy(user: User, taxonomy_id: int | str) -> Taxonomy:
    """Return a taxonomy that the library lets a user tag with.

    Raises:
        TaxonomyNotFound: There is none, or not for this user.
        PermissionDenied: The user sees it, but may not tag with it.
    """
    taxonomy = _visible_taxonomy(user, taxonomy_id)
    # That it is disabled is said by the API, in better words.
    may_tag = rules.has_perm("oel_tagging.change_objecttag_taxonomy", user, taxonomy)
    if taxonomy.enabled and not may_tag:
        raise PermissionDenied("You may not tag with this taxonomy.")
    return taxonomy


class TaxonomiesView(PluginView):
    """The taxonomies that one may tag with."""

    errors = {"get": (400,)}

    @extend_schema(parameters=PAGE, responses=page_of(TaxonomySerializer))
    def get(self, request: Request) -> Response:
        """List the taxonomies that the caller may tag with, oldest first."""
        pages = PluginPagination(request)
        rows = library.get_taxonomies(enabled=True).filter(visible_to_authors=True)
        # The keys of the library's own taxonomies are negative: pages go by place.
        seen = [row for row in rows.order_by("pk") if _sees(request.user, row)]
        items = list(enumerate(seen, 1))[pages.after : pages.after + pages.fetch]
        return pages.answer_items(items, lambda item: show_taxonomy(describe_taxonomy(item)))


class BundleTagsView(PluginView):
    """The tags of a bundle and of its parts."""

    errors = {"get": (400,), "put": (400, 409)}

    @extend_schema(parameters=[_VERSION, _PART], responses=BundleTagsSerializer)
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """Return the tags of a version, as their taxonomies call them now."""
        bundle = visible_bundle(request.user, bundle_uuid)
        query = valid(TagsQuerySerializer(data=request.query_params))
        tags = api.get_all_tags(bundle.uuid, query.get("version"))
        return Response(show_bundle_tags(_only(tags, query.get("part"))))

    @extend_schema(
        request=BundleTagsInputSerializer, responses=BundleTagsSerializer, examples=[_EXAMPLE]
    )
    def put(self, request: Request, bundle_uuid: str) -> Response:
        """Let the bundle, or a part of it, have exactly these tags of a taxonomy.

        This makes no version. Tags of other taxonomies, and of earlier versions, stay.
        """
        bundle = visible_bundle(request.user, bundle_uuid, "author")
        values = valid(BundleTagsInputSerializer(data=request.data))
        span = tuple(values["versions"]) if "versions" in values else None
        with in_body():
            taxonomy = _taggable_taxonomy(request.user, values["taxonomy"])
            api.tag_bundle(
                bundle.uuid,
                taxonomy.pk,
                values["values"],
                version=values.get("version"),
                versions=span,
                part=values.get("part"),
                actor=self.actor,
            )
            shown = span[0] if span is not None else values.get("version")
            tags = api.get_all_tags(bundle.uuid, shown)
        return Response(show_bundle_tags(_only(tags, values.get("part"))))


def _only(tags: BundleTags, part: str | None) -> BundleTags:
    if not (key := check_part(part)):
        return tags
    return evolve(tags, tags=(), parts={key: tags.parts[key]} if key in tags.parts else {})


class BundleHistoryView(PluginView):
    """Which tags held for which versions of a bundle."""

    errors = {"get": (400,)}

    @extend_schema(parameters=[_PART], responses=BundleHistorySerializer)
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """List the tags of a bundle and its parts with the versions for which they hold."""
        bundle = visible_bundle(request.user, bundle_uuid)
        query = valid(TagsQuerySerializer(data=request.query_params))
        spans = api.get_tag_history(bundle.uuid, query.get("part") or None)
        return Response({"spans": [show_span(span) for span in spans]})


class TaggedBundlesView(PluginView):
    """The bundles with a tag."""

    errors = {"get": (400,)}

    @extend_schema(
        parameters=[_TAXONOMY, _VALUE, _COLLECTION, *PAGE],
        responses=page_of(TaggedBundleSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the bundles that the caller may see whose latest version has a tag."""
        pages = PluginPagination(request)
        query = valid(FindQuerySerializer(data=request.query_params))
        bundles = readable_bundles(request.user)
        with in_body():
            if "collection" in query:
                collection = visible_collection(request.user, query["collection"])
                bundles = bundles.filter(collection=collection)
            taxonomy = _visible_taxonomy(request.user, query["taxonomy"])
            found = api.find_bundles_among(
                bundles, taxonomy.pk, query.get("value"), after=pages.after, limit=pages.fetch
            )
        addresses = Addresses(request)
        return pages.answer_items(
            [(item.key, item) for item in found],
            lambda item: {
                "bundle_uuid": str(item.bundle_uuid),
                "url": addresses.bundle(item.bundle_uuid),
                "whole": item.whole,
                "parts": list(item.parts),
            },
        )


class CollectionTagsView(PluginView):
    """The tags of a collection."""

    errors = {"put": (400, 409)}

    @extend_schema(responses=CollectionTagsSerializer)
    def get(self, request: Request, collection_uuid: str) -> Response:
        """Return the tags of a collection, as their taxonomies call them now."""
        collection = visible_collection(request.user, collection_uuid)
        return Response(_collection_tags(collection.uuid))

    @extend_schema(
        request=TagsInputSerializer, responses=CollectionTagsSerializer, examples=[_EXAMPLE]
    )
    def put(self, request: Request, collection_uuid: str) -> Response:
        """Let the collection have exactly these tags of a taxonomy."""
        collection = visible_collection(request.user, collection_uuid, "author")
        values = valid(TagsInputSerializer(data=request.data))
        with in_body():
            taxonomy = _taggable_taxonomy(request.user, values["taxonomy"])
            api.tag_collection(collection.uuid, taxonomy.pk, values["values"], actor=self.actor)
        return Response(_collection_tags(collection.uuid))


def _collection_tags(uuid: Any) -> dict[str, Any]:
    return {"tags": [show_tag(tag) for tag in api.get_collection_tags(uuid)]}


class TaggedCollectionsView(PluginView):
    """The collections with a tag."""

    errors = {"get": (400,)}

    @extend_schema(
        parameters=[_TAXONOMY, _VALUE, *PAGE], responses=page_of(TaggedCollectionSerializer)
    )
    def get(self, request: Request) -> Response:
        """List the collections that the caller may see and that have a tag."""
        pages = PluginPagination(request)
        query = valid(FindQuerySerializer(data=request.query_params))
        with in_body():
            taxonomy = _visible_taxonomy(request.user, query["taxonomy"])
            found = api.find_collections_among(
                readable_collections(request.user),
                taxonomy.pk,
                query.get("value"),
                after=pages.after,
                limit=pages.fetch,
            )
        addresses = Addresses(request)
        return pages.answer_items(
            [(item.key, item) for item in found],
            lambda item: {
                "collection_uuid": str(item.collection_uuid),
                "url": addresses.collection(item.collection_uuid),
            },
        )
