"""The library's own REST API for taxonomies, where the host does not have it.

What it has for tagged objects is left out: it knows neither versions nor collections. It is not
described in our OpenAPI document, since the library says too little of its forms.
"""

from __future__ import annotations

from django.urls import include, path
from openedx_tagging.rest_api.v1 import views, views_import
from rest_framework.routers import SimpleRouter

app_name = "oel_tagging"


class _TaxonomyView(views.TaxonomyView):
    """The library's, left out of the OpenAPI document."""

    schema = None


_router = SimpleRouter()
_router.register("taxonomies", _TaxonomyView, basename="taxonomy")

urlpatterns = [
    path("", include(_router.urls)),
    path(
        "taxonomies/<str:pk>/tags/",
        views.TaxonomyTagsView.as_view(schema=None),
        name="taxonomy-tags",
    ),
    path(
        "import/template.<str:file_ext>",
        views_import.TemplateView.as_view(schema=None),
        name="taxonomy-import-template",
    ),
]
