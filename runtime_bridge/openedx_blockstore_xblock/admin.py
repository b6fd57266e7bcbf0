"""Admin pages: learning contexts are edited, and what learners have left is shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from opaque_keys import InvalidKeyError

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore_xblock import api
from openedx_blockstore_xblock.api.contexts import check_mount, context_row, new_context_key
from openedx_blockstore_xblock.api.settings import check_values
from openedx_blockstore_xblock.contexts.rows import usage_digest
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.models import (
    BlockState,
    BlockSummary,
    ContextSetting,
    LearningContext,
    Mount,
)


class MountForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is mounted."""

    class Meta:
        """All of it."""

        model = Mount
        fields = ("alias", "bundle", "version_num", "draft_name")

    def clean(self) -> Any:
        """Look at it as the API does."""
        super().clean()
        bundle = self.cleaned_data.get("bundle")
        if self.errors or bundle is None:
            return self.cleaned_data
        try:
            check_mount(
                self.cleaned_data["alias"],
                bundle.uuid,
                version=self.cleaned_data.get("version_num"),
                draft=self.cleaned_data.get("draft_name", ""),
            )
        except BlockstoreError as error:
            raise ValidationError(str(error)) from error
        return self.cleaned_data


class MountInline(admin.TabularInline):  # type: ignore[type-arg]
    """What a context mounts."""

    model = Mount
    form = MountForm
    extra = 0
    raw_id_fields = ("bundle",)


class ContextForm(forms.ModelForm):  # type: ignore[type-arg]
    """A learning context."""

    class Meta:
        """All but when it was made."""

        model = LearningContext
        fields = ("context_id", "title", "owner", "parent")

    def clean_context_id(self) -> str:
        """Look at it as the API does."""
        try:
            key = new_context_key(self.cleaned_data["context_id"])
        except BlockstoreError as error:
            raise ValidationError(str(error)) from error
        return key.context_id


@admin.register(LearningContext)
class LearningContextAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Learning contexts, with their mounts."""

    form = ContextForm
    inlines = (MountInline,)
    list_display = ("context_id", "title", "owner", "parent", "created")
    list_select_related = ("owner", "parent")
    search_fields = ("context_id", "title")
    raw_id_fields = ("owner", "parent")
    ordering = ("context_id",)
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key of a context is what state belongs to, and stays."""
        return ("context_id", "parent") if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Say when it was made."""
        if not change:
            obj.created = timezone.now()
        super().save_model(request, obj, form, change)


class SettingForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a context sets for a usage."""

    class Meta:
        """The digest is made of the key."""

        model = ContextSetting
        fields = ("usage_key", "values")
        widgets = {"usage_key": forms.Textarea(attrs={"rows": 2, "cols": 100})}

    def clean(self) -> Any:
        """Look at it as the API does."""
        super().clean()
        if self.errors:
            return self.cleaned_data
        text = self.instance.usage_key or self.cleaned_data["usage_key"]
        try:
            key = BlockstoreUsageKey.from_string(text)
            context_row(key.context_key)
            check_values(key, self.cleaned_data["values"])
        except (InvalidKeyError, BlockstoreError) as error:
            raise ValidationError(str(error)) from error
        return self.cleaned_data


@admin.register(ContextSetting)
class ContextSettingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What contexts set for usages, such as deadlines."""

    form = SettingForm
    list_display = ("usage_key", "context", "values")
    list_select_related = ("context",)
    search_fields = ("context__context_id",)
    ordering = ("-pk",)
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What it is about stays."""
        return ("usage_key",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write through the API, which knows the context by the key."""
        key = BlockstoreUsageKey.from_string(obj.usage_key)
        api.set_usage_settings(key, obj.values)
        rows = ContextSetting.objects.filter(context__context_id=key.context_key.context_id)
        obj.pk = rows.get(usage_digest=usage_digest(key)).pk


class _ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """What learners have left; nobody writes it by hand."""

    show_full_result_count = False
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Blocks write it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Likewise."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """State is reset through the API."""
        return False


@admin.register(BlockState)
class BlockStateAdmin(_ReadOnly):
    """Learners' state."""

    list_display = ("context_key", "user", "block_digest", "grade", "max_grade", "modified")
    list_select_related = ("user",)
    search_fields = ("=context_key", "=block_digest", "=user__username")


@admin.register(BlockSummary)
class BlockSummaryAdmin(_ReadOnly):
    """What learners share."""

    list_display = ("context_key", "block_digest")
    search_fields = ("=context_key", "=block_digest")
