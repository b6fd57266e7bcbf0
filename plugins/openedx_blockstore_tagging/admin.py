"""Admin pages that show which tags hold for which versions. Taxonomies have the library's pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from openedx_blockstore.plugin_tools.admin import ReadOnlyAdmin
from openedx_blockstore_tagging.models import (
    BundleTag,
    CollectionTag,
    ImportedTaxonomy,
    TaxonomyChange,
)


class _TagAdmin(ReadOnlyAdmin):
    """Rows that name a tag."""

    @admin.display(description="Taxonomy")
    def taxonomy_name(self, row: Any) -> str:
        """The taxonomy's name in exports, also where it is gone."""
        return str(row.object_tag.export_id)

    @admin.display(description="Tag")
    def value(self, row: Any) -> str:
        """What people call the tag."""
        return str(row.object_tag.value)


@admin.register(BundleTag)
class BundleTagAdmin(_TagAdmin):
    """Tags of bundles and their parts."""

    list_display = ("bundle", "part", "taxonomy_name", "value", "first_version", "last_version")
    list_select_related = ("bundle", "object_tag__taxonomy", "object_tag__tag")
    search_fields = ("bundle__uuid", "bundle__title")


@admin.register(CollectionTag)
class CollectionTagAdmin(_TagAdmin):
    """Tags of collections."""

    list_display = ("collection", "taxonomy_name", "value")
    list_select_related = ("collection", "object_tag__taxonomy", "object_tag__tag")
    search_fields = ("collection__uuid", "collection__title")


@admin.register(ImportedTaxonomy)
class ImportedTaxonomyAdmin(ReadOnlyAdmin):
    """Taxonomies that an import has made. Deleting a row here closes one to further imports."""

    list_display = ("taxonomy", "created")
    list_select_related = ("taxonomy",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has Django's permission for it."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(TaxonomyChange)
class TaxonomyChangeAdmin(ReadOnlyAdmin):
    """Changes that those who watch are still to be told of."""

    list_display = ("__str__", "taxonomy_key", "created", "told_bundles", "told_collections")
