"""The addresses of files, and of direct uploads, below ``v1/``."""

from __future__ import annotations

from django.urls import path

from openedx_blockstore.rest_api.v1.views import files, uploads

# Whatever is not a UUID answers like one that nobody has, so the patterns take any text.
urlpatterns = [
    path(
        "bundle_versions/<str:bundle_uuid>,<int:version_num>/files/<path:path>",
        files.VersionFileView.as_view(),
        name="version-file",
    ),
    path(
        "drafts/<str:draft_uuid>/files/<path:path>",
        files.DraftFileView.as_view(),
        name="draft-file",
    ),
    path("granted/<str:grant>/<path:path>", files.GrantedFileView.as_view(), name="granted-file"),
    path(
        "drafts/<str:draft_uuid>/uploads", uploads.DraftUploadsView.as_view(), name="draft-uploads"
    ),
    path("uploads/<str:upload_uuid>", uploads.UploadView.as_view(), name="upload"),
    path("uploads/<str:upload_uuid>/parts", uploads.UploadPartsView.as_view(), name="upload-parts"),
    path(
        "uploads/<str:upload_uuid>/complete",
        uploads.UploadCompleteView.as_view(),
        name="upload-complete",
    ),
]
