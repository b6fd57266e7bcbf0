"""Forms of what the REST API tells of blocks."""

from __future__ import annotations

from typing import Any

import simplejson
from attrs import asdict
from django.urls import reverse
from rest_framework import serializers
from web_fragments.fragment import Fragment

from openedx_blockstore_xblock.asset_lists import Asset
from openedx_blockstore_xblock.data import BlockOlx
from openedx_blockstore_xblock.describing import BlockDescription
from openedx_blockstore_xblock.rest_api.serializers import TextField


class BlockSerializer(serializers.Serializer[Any]):
    """A block, without what it shows."""

    usage_key = serializers.CharField()
    definition_key = serializers.CharField(
        allow_null=True, help_text="What is there now; null where nothing can be read."
    )
    block_type = serializers.CharField()
    title = serializers.CharField()
    icon = serializers.CharField(help_text="`video`, `problem`, `other`, or the block's own.")
    page_url = serializers.CharField(help_text="Its own page, a path.")
    has_children = serializers.BooleanField()
    children = serializers.ListField(
        child=serializers.CharField(), help_text="Their usages, as the caller sees them."
    )
    has_score = serializers.BooleanField()
    max_score = serializers.FloatField(allow_null=True)
    graded = serializers.BooleanField()
    format = serializers.CharField(help_text="The kind of assignment; may be empty.")
    start = serializers.DateTimeField(allow_null=True)
    due = serializers.DateTimeField(allow_null=True)
    is_available = serializers.BooleanField(help_text="Whether it can be shown.")
    problem = serializers.CharField(help_text="Why it can not; for authors, empty for others.")
    views = serializers.ListField(child=serializers.CharField())
    handlers = serializers.ListField(child=serializers.CharField())


class BlockTreeSerializer(BlockSerializer):
    """A block, and those below it."""

    is_author = serializers.BooleanField(help_text="Whether the caller is one of its authors.")
    descendants = BlockSerializer(many=True)
    is_complete = serializers.BooleanField(
        help_text="Whether all that was asked for is there; large trees are cut."
    )


class ResourceSerializer(serializers.Serializer[Any]):
    """A script or a style that a block needs."""

    kind = serializers.CharField(help_text="`url` or `text`.")
    data: Any = serializers.CharField(help_text="The address, or the text.")
    mimetype = serializers.CharField()
    placement = serializers.CharField(help_text="`head` or `foot`.")


class FragmentSerializer(BlockSerializer):
    """What a block shows."""

    content = serializers.CharField(help_text="HTML.")
    resources = ResourceSerializer(many=True)
    js_init_fn = serializers.CharField(allow_null=True)
    js_init_version = serializers.IntegerField(allow_null=True)
    json_init_args = serializers.JSONField(allow_null=True)


class HandlersSerializer(serializers.Serializer[Any]):
    """The addresses of a block's handlers."""

    handlers = serializers.DictField(child=serializers.CharField(), help_text="By name.")


class HandlerSerializer(serializers.Serializer[Any]):
    """The address of a handler."""

    url = serializers.CharField()


def show_block(block: BlockDescription, *, is_author: bool) -> dict[str, Any]:
    """Return a block as it is sent; what is wrong with it only its authors are told."""
    values = asdict(block, recurse=False)
    values.update(
        usage_key=str(block.usage_key),
        definition_key=str(block.definition_key) if block.definition_key is not None else None,
        block_type=block.usage_key.block_type,
        page_url=reverse("openedx_blockstore_xblock:block", kwargs={"usage": str(block.usage_key)}),
        children=[str(key) for key in block.children],
        is_available=not block.problem,
        problem=block.problem if is_author else "",
    )
    return values


def show_fragment(
    block: BlockDescription, fragment: Fragment, *, is_author: bool
) -> dict[str, Any]:
    """Return what a block shows as it is sent."""
    # What is no number is none in JSON either, whatever a block takes it for.
    plain = simplejson.loads(simplejson.dumps(fragment.to_dict(), ignore_nan=True))
    return {**show_block(block, is_author=is_author), **plain}


class SettingsSerializer(serializers.Serializer[Any]):
    """What a learning context sets for a usage."""

    values = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        help_text="Values by the names of fields, such as `due` and `max_attempts`.",
    )


class AssetSerializer(serializers.Serializer[Any]):
    """A static file that a block may show."""

    name = serializers.CharField(help_text="The block calls it `/static/{name}`.")
    url = serializers.CharField(help_text="Good for a day, without a login.")
    path = serializers.CharField(help_text="In the block's bundle; empty behind a link.")
    size = serializers.IntegerField(allow_null=True, help_text="In bytes; null behind a link.")
    digest = serializers.CharField(help_text="Empty behind a link.")
    is_used = serializers.BooleanField(help_text="Whether the block refers to it.")


def show_asset(asset: Asset, url: str | None) -> dict[str, Any]:
    """Return a file as it is sent."""
    return {**asdict(asset), "url": url or ""}


class OlxSerializer(serializers.Serializer[Any]):
    """What authors have written of a block."""

    usage_key = serializers.CharField()
    olx = serializers.CharField(help_text="The whole file, or the block's element inside one.")
    digest = serializers.CharField(help_text="Identifies it; say it in `If-Match` of a change.")
    file = serializers.CharField(help_text="The path of the file, in the block's bundle.")
    body = serializers.CharField(
        allow_null=True, help_text="The text that the element leaves to another file, if it does."
    )


class OlxInputSerializer(serializers.Serializer[Any]):
    """Another OLX for a block."""

    olx = TextField(allow_blank=True)


class FieldsInputSerializer(serializers.Serializer[Any]):
    """Authored fields to set, as JSON has their values, and to leave to their defaults."""

    values = serializers.DictField(
        child=serializers.JSONField(allow_null=True), required=False, default=dict
    )
    reset = serializers.ListField(child=TextField(), required=False, default=list)


def show_olx(olx: BlockOlx) -> dict[str, Any]:
    """Return what authors have written as it is sent."""
    return {**asdict(olx, recurse=False), "usage_key": str(olx.usage_key)}
