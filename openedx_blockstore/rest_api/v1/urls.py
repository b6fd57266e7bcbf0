"""The addresses of version 1. What is not a UUID answers like one that nobody has."""

from __future__ import annotations

from django.urls import path, re_path

from openedx_blockstore.rest_api.plugin_urls import everything_else
from openedx_blockstore.rest_api.v1 import file_urls
from openedx_blockstore.rest_api.v1.views import (
    about,
    annotation,
    bundles,
    collections,
    drafts,
    events,
    jobs,
    pages,
    relations,
    replication,
    transfers,
    versions,
)

_COLLECTION = "collections/<str:collection_uuid>"
_BUNDLE = "bundles/<str:bundle_uuid>"
_DRAFT = "drafts/<str:draft_uuid>"
# Neither a slash nor a comma, which ends the UUID.
_VERSION = r"^bundle_versions/(?P<bundle_uuid>[^/,]+),(?P<version_num>[^/]+)"

urlpatterns = [
    path("", about.RootView.as_view(), name="root"),
    path("me", about.MeView.as_view(), name="me"),
    path("token", about.TokenView.as_view(), name="token"),
    path("schema", about.SchemaView.as_view(), name="schema"),
    path("docs", about.DocsView.as_view(), name="docs"),
    path("collections", collections.CollectionListView.as_view(), name="collections"),
    path(_COLLECTION, collections.CollectionView.as_view(), name="collection"),
    path(f"{_COLLECTION}/roles", collections.RolesView.as_view(), name="roles"),
    path(
        f"{_COLLECTION}/annotations",
        annotation.CollectionAnnotationsView.as_view(),
        name="collection-annotations",
    ),
    path(f"{_COLLECTION}/audit", collections.AuditView.as_view(), name="audit"),
    path(f"{_COLLECTION}/events", events.EventsView.as_view(), name="events"),
    path(
        f"{_COLLECTION}/export", transfers.ExportCollectionView.as_view(), name="export-collection"
    ),
    path(f"{_COLLECTION}/import", transfers.ImportArchiveView.as_view(), name="import-archive"),
    path(
        f"{_COLLECTION}/import_course", transfers.ImportCourseView.as_view(), name="import-course"
    ),
    path(
        f"{_COLLECTION}/missing_contents",
        replication.MissingContentsView.as_view(),
        name="missing-contents",
    ),
    path(f"{_COLLECTION}/import_thin", replication.ImportThinView.as_view(), name="import-thin"),
    path("bundles", bundles.BundleListView.as_view(), name="bundles"),
    path("bundles/search", bundles.BundleSearchView.as_view(), name="bundle-search"),
    path(_BUNDLE, bundles.BundleView.as_view(), name="bundle"),
    path(f"{_BUNDLE}/undelete", bundles.UndeleteView.as_view(), name="undelete"),
    path(f"{_BUNDLE}/revert", bundles.RevertView.as_view(), name="revert"),
    path(f"{_BUNDLE}/diff", versions.DiffView.as_view(), name="diff"),
    path(f"{_BUNDLE}/history", versions.HistoryView.as_view(), name="history"),
    path(f"{_BUNDLE}/borrowers", relations.BorrowersView.as_view(), name="borrowers"),
    path(
        f"{_BUNDLE}/borrowers/count", relations.BorrowerCountView.as_view(), name="borrower-count"
    ),
    path(f"{_BUNDLE}/affected", relations.AffectedView.as_view(), name="affected"),
    path(f"{_BUNDLE}/outdated_links", relations.OutdatedLinksView.as_view(), name="outdated-links"),
    path(f"{_BUNDLE}/preview", pages.PreviewView.as_view(), name="preview"),
    path(f"{_BUNDLE}/edit", pages.EditView.as_view(), name="edit"),
    path("bundle_types", pages.BundleTypesView.as_view(), name="bundle-types"),
    path("bundle_versions", versions.VersionListView.as_view(), name="bundle-versions"),
    re_path(rf"{_VERSION}$", versions.VersionView.as_view(), name="bundle-version"),
    re_path(rf"{_VERSION}/changes$", versions.ChangesView.as_view(), name="changes"),
    re_path(
        rf"{_VERSION}/annotations$",
        annotation.VersionAnnotationsView.as_view(),
        name="version-annotations",
    ),
    re_path(
        rf"{_VERSION}/dependencies$", relations.DependenciesView.as_view(), name="dependencies"
    ),
    re_path(rf"{_VERSION}/size$", relations.SizeView.as_view(), name="size"),
    re_path(rf"{_VERSION}/export$", transfers.ExportBundleView.as_view(), name="export-bundle"),
    re_path(
        rf"{_VERSION}/export_course$", transfers.ExportCourseView.as_view(), name="export-course"
    ),
    path("drafts", drafts.DraftListView.as_view(), name="drafts"),
    path(_DRAFT, drafts.DraftView.as_view(), name="draft"),
    path(f"{_DRAFT}/commit", drafts.CommitView.as_view(), name="commit"),
    path(f"{_DRAFT}/update", drafts.UpdateDraftView.as_view(), name="update-draft"),
    path("annotations/changed", events.AnnotationsView.as_view(), name="annotations-changed"),
    path("jobs", jobs.JobListView.as_view(), name="jobs"),
    path("jobs/<str:job_uuid>", jobs.JobView.as_view(), name="job"),
    path("jobs/<str:job_uuid>/result", jobs.JobResultView.as_view(), name="job-result"),
    *file_urls.urlpatterns,
    everything_else(about.UnknownView.as_view(), name="unknown"),
]
