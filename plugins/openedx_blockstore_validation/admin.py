"""An admin page to look for versions by what was found in them. Imports alone change it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from openedx_blockstore.plugin_tools.admin import ReadOnlyAdmin
from openedx_blockstore_validation.codes import CODES
from openedx_blockstore_validation.models import VersionFindings
from openedx_blockstore_validation.stored import load


class _CodeFilter(admin.SimpleListFilter):
    """Filters by a code that is among the findings."""

    title = "code"
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer all codes; which of them occur only the whole table would tell."""
        return [(name, name) for name in sorted(CODES)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[VersionFindings]
    ) -> QuerySet[VersionFindings]:
        """Keep those with the code."""
        code = self.value()
        return queryset.filter(codes__contains=f"|{code}|") if code else queryset


@admin.register(VersionFindings)
class VersionFindingsAdmin(ReadOnlyAdmin):
    """The findings of versions."""

    list_display = ("bundle", "first_version", "last_version", "severity", "code_list")
    list_filter = ("severity", _CodeFilter)
    list_select_related = ("bundle",)
    search_fields = ("bundle__uuid",)
    ordering = ("-pk",)
    fields = ("bundle", "first_version", "last_version", "severity", "finding_list")
    readonly_fields = fields

    @admin.display(description="Codes")
    def code_list(self, row: VersionFindings) -> str:
        """Show the codes."""
        return row.codes.strip("|").replace("|", ", ")

    @admin.display(description="Findings")
    def finding_list(self, row: VersionFindings) -> SafeString:
        """Show the findings, one a line."""
        return format_html(
            "<ul>{}</ul>",
            format_html_join("", "<li>{}</li>", ((str(each),) for each in load(row.findings))),
        )
