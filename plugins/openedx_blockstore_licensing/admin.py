"""Admin pages: licences are chosen from a list, publishers edited, and what was copied is shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.models_api import Bundle
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.exceptions import (
    InvalidLicense,
    InvalidPublisher,
    InvalidVersionRange,
)
from openedx_blockstore_licensing.licenses import normalize
from openedx_blockstore_licensing.licensing import check_span, collection_expression
from openedx_blockstore_licensing.models import (
    BundleLicense,
    CollectionLicense,
    Derivation,
    Publisher,
)
from openedx_blockstore_licensing.paths import normalize_path
from openedx_blockstore_licensing.publishers import check_parent, check_publisher, publisher_data

_LIST = "blockstore-licenses"


class _LicenseInput(forms.TextInput):
    """A field for an expression, with the licences to choose from."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the field, and the list beside it."""
        field = super().render(name, value, {**(attrs or {}), "list": _LIST, "size": 60}, renderer)
        options = "".join(
            format_html('<option value="{}">{}</option>', each.key, each.name)
            for each in api.get_licenses()
        )
        return format_html('{}<datalist id="{}">{}</datalist>', field, _LIST, SafeString(options))


class _ExpressionField(forms.CharField):
    """An expression in its one spelling."""

    widget = _LicenseInput

    def clean(self, value: Any) -> Any:
        """Return it, or say what is wrong with it."""
        text = super().clean(value)
        try:
            return normalize(text) if text else ""
        except InvalidLicense as error:
            raise ValidationError(str(error)) from error


class CollectionLicenseForm(forms.ModelForm):  # type: ignore[type-arg]
    """A collection's licence from now on."""

    expression = _ExpressionField(required=False)

    class Meta:
        """From which time on is not asked: from now on."""

        model = CollectionLicense
        fields = ("collection", "expression")

    def clean_expression(self) -> str:
        """Make sure that it can be said of a collection."""
        try:
            return collection_expression(self.cleaned_data["expression"])
        except InvalidLicense as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> Any:
        """Make sure that there is something to say."""
        collection = self.cleaned_data.get("collection")
        if (
            collection is not None
            and self.cleaned_data.get("expression") == ""
            and not api.get_collection_licenses(collection.uuid)
        ):
            raise ValidationError("Nobody has said anything that could be taken back.")
        return super().clean()


@admin.register(CollectionLicense)
class CollectionLicenseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The licences of collections. What was said stays; a new one is added."""

    form = CollectionLicenseForm
    list_display = ("collection", "expression", "since", "actor", "is_default")
    list_select_related = ("collection",)
    search_fields = ("collection__uuid", "collection__title", "expression")
    raw_id_fields = ("collection",)
    ordering = ("-pk",)
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What held, held."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Likewise."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write through the API, which tells everybody."""
        uuid = obj.collection.uuid
        api.set_collection_license(uuid, obj.expression, actor=request.user.get_username())
        obj.pk = CollectionLicense.objects.filter(collection=obj.collection).latest("since").pk


class BundleLicenseForm(forms.ModelForm):  # type: ignore[type-arg]
    """The licence of a span of a bundle's versions."""

    expression = _ExpressionField()

    class Meta:
        """Who said so is not asked."""

        model = BundleLicense
        fields = ("bundle", "path", "expression", "first_version", "last_version")

    def clean_bundle(self) -> Bundle:
        """Make sure that it is there."""
        bundle: Bundle = self.cleaned_data["bundle"]
        if bundle.deleted_at is not None:
            raise ValidationError("This bundle was deleted.")
        return bundle

    def clean_path(self) -> str:
        """Return the path in its one spelling."""
        try:
            return normalize_path(self.cleaned_data["path"])
        except BlockstoreError as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> Any:
        """Make sure that the versions are a span."""
        first, last = (self.cleaned_data.get(name) for name in ("first_version", "last_version"))
        if first is not None:
            try:
                check_span(first, last)
            except InvalidVersionRange as error:
                raise ValidationError(str(error)) from error
        return super().clean()


@admin.register(BundleLicense)
class BundleLicenseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The licences of bundles and files; a new one takes the place of others in its versions."""

    form = BundleLicenseForm
    list_display = (
        "bundle",
        "path",
        "expression",
        "first_version",
        "last_version",
        "source",
        "report",
    )
    list_select_related = ("bundle",)
    list_filter = ("source",)
    search_fields = ("bundle__uuid", "expression", "path")
    raw_id_fields = ("bundle",)
    ordering = ("-pk",)
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are cut and merged by the API."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Likewise."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write through the API, which cuts what was there."""
        api.set_bundle_license(
            obj.bundle.uuid,
            obj.expression,
            first_version=obj.first_version,
            last_version=obj.last_version,
            path=obj.path,
            actor=request.user.get_username(),
        )
        rows = BundleLicense.objects.filter(bundle=obj.bundle, path=obj.path, layer="said")
        covering = rows.covering(obj.first_version).first()
        obj.pk = covering.pk if covering is not None else None

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the report."""
        page = self.admin_site.admin_view(self.report_page)
        name = "openedx_blockstore_licensing_report"
        return [path("report/<uuid:bundle_uuid>/", page, name=name), *super().get_urls()]

    @admin.display(description="Report")
    def report(self, row: BundleLicense) -> SafeString:
        """Link to the report of the latest version."""
        url = reverse("admin:openedx_blockstore_licensing_report", args=[row.bundle.uuid])
        return format_html('<a href="{}">licence report</a>', url)

    def report_page(self, request: HttpRequest, bundle_uuid: Any) -> HttpResponse:
        """Show the report of a bundle's latest version."""
        if not self.has_view_permission(request):
            return HttpResponse("You may not see this.", "text/plain", 403)
        try:
            report = api.get_license_report(bundle_uuid)
        except BlockstoreError as error:
            return HttpResponse(str(error), "text/plain; charset=utf-8", 404)
        return HttpResponse(api.report_to_html(report))


class PublisherForm(forms.ModelForm):  # type: ignore[type-arg]
    """A publisher."""

    class Meta:
        """All of it."""

        model = Publisher
        fields = ("iri", "name", "id_string", "logo", "home_page", "parent")

    def clean(self) -> Any:
        """Look at it as the API does."""
        super().clean()
        if self.errors:
            return self.cleaned_data
        row = Publisher(**self.cleaned_data)
        try:
            checked = check_publisher(publisher_data(row))
            check_parent(checked.iri, row.parent)
        except InvalidPublisher as error:
            raise ValidationError(str(error)) from error
        self.cleaned_data["iri"] = checked.iri
        return self.cleaned_data


@admin.register(Publisher)
class PublisherAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Publishers."""

    form = PublisherForm
    list_display = ("name", "id_string", "iri", "parent")
    list_select_related = ("parent",)
    search_fields = ("name", "id_string", "iri")
    raw_id_fields = ("parent",)


@admin.register(Derivation)
class DerivationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was made of what; nobody changes that."""

    list_display = (
        "bundle",
        "first_version",
        "last_version",
        "kind",
        "origin_uuid",
        "origin_version",
    )
    list_select_related = ("bundle",)
    search_fields = ("bundle__uuid", "origin_uuid")
    ordering = ("-pk",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Copies are made through the API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites where a work is from."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Likewise."""
        return False
