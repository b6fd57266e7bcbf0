"""What plugins make their part of the REST API of, so that it answers as the core's does.

Errors that plugins raise are subclasses of those in :mod:`openedx_blockstore.exceptions`; they are
answered in the same form, with the status of their family.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import permissions
from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore.permissions import (
    Permission,
    User,
    authored_bundles,
    readable_bundles,
    readable_collections,
)
from openedx_blockstore.plugin_manager import is_enabled, package_of
from openedx_blockstore.rest_api import access
from openedx_blockstore.rest_api.access import in_body, parse_uuid, visible_bundles
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.pagination import page_body, page_request
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import (
    PAGE,
    FindingSerializer,
    page_of,
    valid,
)

ModelT = TypeVar("ModelT", bound=Model)
T = TypeVar("T")


class PluginView(BlockstoreView):
    """A view of a plugin: with the core's ways to log in, limits, and form of errors.

    While the plugin is off, there is nothing at its addresses.

    Attributes:
        errors: By method, the statuses of errors that its operations have beside the usual ones,
            for the OpenAPI document; ``query`` for what is wrong in the query.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Look at who is asking, and whether the plugin is on."""
        super().initial(request, *args, **kwargs)
        if not is_enabled(package_of(self)):
            raise NotFound("There is nothing at this address.")


class PluginPagination:
    """Pages through the rows of a table as the core's lists do: by key, with a cursor.

    Use it as ``return PluginPagination(request).answer(rows, show)``, and describe it with
    ``@extend_schema(parameters=PAGE, responses=page_of(MySerializer))``.
    """

    def __init__(self, request: Request) -> None:
        """Read what the caller wants.

        Raises:
            ValidationError: The cursor is none of ours, or the limit no number that is allowed.
        """
        self._request = request
        self._wanted = page_request(request)

    @property
    def after(self) -> int:
        """The key of the last item of the page before; 0 for the first page."""
        return self._wanted.after

    @property
    def fetch(self) -> int:
        """How many items to look for, which is one more than a page holds."""
        return self._wanted.fetch

    def answer(self, rows: QuerySet[ModelT], show: Callable[[ModelT], Any]) -> Response:
        """Return a page of rows, in the order of their keys.

        Args:
            rows: All that the caller may see.
            show: Makes of a row what is sent.
        """
        found = list(rows.filter(pk__gt=self.after).order_by("pk")[: self.fetch])
        return self.answer_items([(row.pk, row) for row in found], show)

    def answer_items(self, items: Sequence[tuple[int, T]], show: Callable[[T], Any]) -> Response:
        """Return a page of anything that has numbers as keys.

        Args:
            items: Up to :attr:`fetch` of those with keys above :attr:`after`, in their order.
            show: Makes of an item what is sent.
        """
        page, after = self._wanted.page(items, lambda item: item[0])
        results = [show(item) for _key, item in page]
        return Response(page_body(self._request, results, after))


def visible_collection(user: User, uuid: str, permission: Permission = "read") -> Collection:
    """Return a collection with which a user may do something.

    Raises:
        CollectionNotFound: There is none, or not for this user.
        PermissionDenied: The user sees it, but may not do that.
    """
    return access.find_collection(user, uuid, permission)


def visible_bundle(
    user: User, uuid: str, permission: Permission = "read", *, with_deleted: bool = False
) -> Bundle:
    """Return a bundle, with its collection, with which a user may do something.

    Raises:
        BundleNotFound: There is none, or not for this user; or it was deleted.
        PermissionDenied: The user sees it, but may not do that.
    """
    return access.find_bundle(user, uuid, permission, with_deleted=with_deleted)


def may(user: User, permission: Permission, collection: Collection) -> bool:
    """Tell whether a user may do something with a collection."""
    return permissions.may(user, permission, collection)


def sees_everything(user: User) -> bool:
    """Tell whether a user may see all collections, those that are still to be made, too."""
    return permissions.is_active(user) and permissions.is_staff(user)


__all__ = [
    "PAGE",
    "Addresses",
    "FindingSerializer",
    "Permission",
    "PluginPagination",
    "PluginView",
    "User",
    "authored_bundles",
    "extend_schema",
    "in_body",
    "may",
    "page_of",
    "parse_uuid",
    "readable_bundles",
    "readable_collections",
    "sees_everything",
    "valid",
    "visible_bundle",
    "visible_bundles",
    "visible_collection",
]
