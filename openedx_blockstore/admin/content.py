"""Collections and what is in them. Versions and all that follows from them are read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from openedx_blockstore import api
from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.models import (
    Bundle,
    BundleLink,
    BundleVersion,
    Collection,
    CollectionAudit,
    CollectionRole,
    Draft,
)
from openedx_blockstore.plugin_tools.admin import ReadOnlyAdmin

_MAX_LISTED = 500
_TYPES = ("problem", "unit", "sequence", "video", "assets", "library", "course")


@admin.register(Collection)
class CollectionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Collections; what is said of them can be changed."""

    list_display = ("title", "owner", "author", "visibility", "uuid", "created")
    list_filter = ("visibility",)
    search_fields = ("title", "uuid")
    readonly_fields = ("uuid", "created", "modified", "bundles")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Collections are deleted through the API, which looks at what they hold."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write through the API, which writes down who did what."""
        values = {name: form.cleaned_data[name] for name in form.changed_data if hasattr(obj, name)}
        actor = request.user.get_username()
        if change:
            api.update_collection(obj.uuid, **values, actor=actor)
            return
        made = api.create_collection(**values, actor=actor)
        obj.pk, obj.uuid = Collection.objects.get(uuid=made.uuid).pk, made.uuid

    @admin.display(description="Bundles")
    def bundles(self, collection: Collection) -> SafeString:
        """Link to the collection's bundles."""
        url = reverse("admin:openedx_blockstore_bundle_changelist")
        return format_html(
            '<a href="{}?collection__id__exact={}">{} bundles</a>',
            url,
            collection.pk,
            collection.bundles.count(),
        )


@admin.register(CollectionRole)
class CollectionRoleAdmin(ReadOnlyAdmin):
    """Who has which role; roles are given and taken through the API, which writes that down."""

    list_display = ("collection", "user", "group", "role")
    list_select_related = ("collection", "user", "group")
    list_filter = ("role",)
    search_fields = ("collection__uuid", "collection__title", "user__username", "group__name")


@admin.register(CollectionAudit)
class CollectionAuditAdmin(ReadOnlyAdmin):
    """Who changed collections and their roles."""

    list_display = ("at", "actor", "action", "collection_uuid", "changes")
    list_filter = ("action",)
    search_fields = ("collection_uuid", "actor")
    show_full_result_count = False
    ordering = ("-pk",)


class _TypeFilter(admin.SimpleListFilter):
    """Filters by the usual types; asking the table which there are would read all of it."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """List the types."""
        return [(name, name) for name in _TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Bundle]) -> QuerySet[Bundle]:
        """Keep the bundles of the chosen type."""
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(Bundle)
class BundleAdmin(ReadOnlyAdmin):
    """Bundles, with their versions and drafts."""

    list_display = ("title", "type", "collection", "uuid", "created", "deleted_at")
    list_filter = (_TypeFilter, ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("collection",)
    search_fields = ("uuid", "search_text", "origin")
    show_full_result_count = False
    readonly_fields = ("uuid", "created", "modified", "versions_list", "drafts_list")
    exclude = ("search_text",)

    @admin.display(description="Versions")
    def versions_list(self, bundle: Bundle) -> SafeString:
        """Link to the newest versions."""
        return _links(
            (
                reverse("admin:openedx_blockstore_bundleversion_change", args=[version.pk]),
                _describe(version),
            )
            for version in bundle.versions.order_by("-version_num")[:_MAX_LISTED]
        )

    @admin.display(description="Drafts")
    def drafts_list(self, bundle: Bundle) -> SafeString:
        """Link to the drafts."""
        return _links(
            (reverse("admin:openedx_blockstore_draft_change", args=[draft.pk]), draft.name)
            for draft in bundle.drafts.order_by("name")[:_MAX_LISTED]
        )


@admin.register(BundleVersion)
class BundleVersionAdmin(ReadOnlyAdmin):
    """Versions, with what their manifests say."""

    list_display = ("bundle", "version_num", "change_kind", "change_description", "created")
    list_select_related = ("bundle",)
    list_filter = ("change_kind",)
    search_fields = ("bundle__uuid", "manifest_digest")
    show_full_result_count = False
    readonly_fields = ("files_list", "links_list")

    @admin.display(description="Files")
    def files_list(self, row: BundleVersion) -> SafeString:
        """List the files, each with a link to its contents."""
        try:
            files = api.get_bundle_version_files(row.bundle.uuid, row.version_num)
        except BlockstoreError as error:
            return format_html("{}", error)
        return _links((file.url, f"{file.path} ({file.size:,} bytes)") for file in files)

    @admin.display(description="Links")
    def links_list(self, row: BundleVersion) -> SafeString:
        """List the links and where they lead."""
        try:
            links = api.get_bundle_version_links(row.bundle.uuid, row.version_num)
        except BlockstoreError as error:
            return format_html("{}", error)
        return format_html_join(
            "", "<div>links/{} → {}</div>", ((link.name, link.direct) for link in links.values())
        )


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """Drafts, with what is staged in them."""

    list_display = ("name", "bundle", "uuid", "modified")
    list_select_related = ("bundle",)
    search_fields = ("uuid", "name", "bundle__uuid")
    readonly_fields = ("uuid", "staged")

    @admin.display(description="Staged changes")
    def staged(self, row: Draft) -> SafeString:
        """List the paths and links that the draft changes."""
        changes = row.staged_changes.order_by("is_link", "name")[:_MAX_LISTED]
        return format_html_join(
            "",
            "<div>{} {}</div>",
            (
                (
                    "change" if change.digest or change.lender_uuid else "delete",
                    f"links/{change.name}" if change.is_link else change.name,
                )
                for change in changes
            ),
        )


@admin.register(BundleLink)
class BundleLinkAdmin(ReadOnlyAdmin):
    """Who uses what, over which of the borrower's versions."""

    list_display = (
        "borrower",
        "alias",
        "lender",
        "lender_version",
        "first_version",
        "last_version",
        "weak",
    )
    list_select_related = ("borrower", "lender")
    search_fields = ("borrower__uuid", "lender__uuid", "alias")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[BundleLink]:
        """Show the newest first."""
        return super().get_queryset(request).order_by("-pk")


def _links(items: Any) -> SafeString:
    return format_html_join("", '<div><a href="{}">{}</a></div>', items)


def _describe(version: BundleVersion) -> str:
    description = version.change_description or "no description"
    return f"{version.version_num}: {description} ({version.created:%Y-%m-%d %H:%M})"
