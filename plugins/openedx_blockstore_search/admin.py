"""Admin pages: the state of the index, and what is known of each bundle."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, OuterRef, Subquery, Sum
from django.http import HttpRequest

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.models_api import BundleVersion
from openedx_blockstore_search.indexing.engines import get_engine
from openedx_blockstore_search.models import IndexedBundle, IndexedFile, IndexState


class _ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only indexing makes and changes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes rows here."""
        return False


@admin.register(IndexState)
class IndexStateAdmin(_ReadOnly):
    """The index in each engine: its generations, how many documents, how far behind."""

    list_display = ("engine", "current", "building", "rebuilt_at", "checked_at", "drifted")
    fields = (
        "engine",
        "engine_says",
        "current",
        "documents",
        "bundles",
        "lag",
        "building",
        "progress",
        "rebuild_started_at",
        "rebuilt_at",
        "checked_at",
        "drifted",
    )
    readonly_fields = fields

    @admin.display(description="The engine")
    def engine_says(self, state: IndexState) -> str:
        """Say what the engine is, or that it does not answer."""
        try:
            return get_engine(state.engine).check()
        except (BlockstoreError, ImproperlyConfigured) as error:
            return str(error)

    @admin.display(description="Documents")
    def documents(self, _state: IndexState) -> str:
        """Say how many documents there should be."""
        found = IndexedBundle.objects.aggregate(total=Sum("documents"))
        return f"{found['total'] or 0:,}"

    @admin.display(description="Bundles")
    def bundles(self, _state: IndexState) -> str:
        """Say how many bundles are indexed."""
        return f"{IndexedBundle.objects.aggregate(total=Count('pk'))['total']:,}"

    @admin.display(description="Behind")
    def lag(self, _state: IndexState) -> str:
        """Say how many bundles have versions that are not indexed, among the newest ones."""
        newest = BundleVersion.objects.order_by("-pk")[:_NEWEST].values("pk")
        rows = BundleVersion.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))
        known = IndexedBundle.objects.filter(bundle_id=OuterRef("bundle_id"))
        behind = (
            rows.filter(bundle__deleted_at=None)
            .annotate(known=Subquery(known.values("version")[:1]))
            .values_list("bundle_id", "version_num", "known")
        )
        late = {bundle for bundle, version, indexed in behind if (indexed or 0) < version}
        return f"{len(late):,} bundles, of those with the newest {_NEWEST:,} versions"

    @admin.display(description="Rebuild")
    def progress(self, state: IndexState) -> str:
        """Say how far a rebuild is."""
        if not state.building:
            return "none"
        return f"{state.bundles_done:,} of {state.bundles_total:,} bundles"


#: Versions among which those that are not indexed are looked for.
_NEWEST = 1_000


@admin.register(IndexedBundle)
class IndexedBundleAdmin(_ReadOnly):
    """Bundles, as they are in the index."""

    list_display = ("bundle", "bundle_type", "version", "documents", "indexed_at")
    list_select_related = ("bundle",)
    search_fields = ("bundle__uuid",)
    show_full_result_count = False
    readonly_fields = ("unread",)
    fields = (
        "bundle",
        "bundle_type",
        "version",
        "documents",
        "checksum",
        "language",
        "indexed_at",
        "unread",
    )

    @admin.display(description="Not read in full")
    def unread(self, row: IndexedBundle) -> str:
        """List the files that could not be read in full."""
        files = IndexedFile.objects.filter(bundle=row.bundle).exclude(flaw="").order_by("path")
        return "\n".join(f"{file.path} ({file.flaw})" for file in files[:100]) or "none"
