"""Learning contexts: making them, and attempts of them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.plugin_rest import (
    PAGE,
    PluginPagination,
    PluginView,
    User,
    authored_bundles,
    extend_schema,
    page_of,
    readable_bundles,
    sees_everything,
    valid,
)
from openedx_blockstore_xblock import api
from openedx_blockstore_xblock.access import administer_context
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.contexts.rows import administers_all, contexts_data, viewer_of
from openedx_blockstore_xblock.data import LearningContextData
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.models import LearningContext
from openedx_blockstore_xblock.rest_api.base import CONTEXT, ContextView
from openedx_blockstore_xblock.rest_api.serializers import (
    AttemptSerializer,
    ContextChangeSerializer,
    LearningContextSerializer,
    NewContextSerializer,
    show_context,
)


class ContextListView(PluginView):
    """The learning contexts that the caller may know of."""

    errors = {"get": (400,), "post": (409,)}

    @extend_schema(parameters=PAGE, responses=page_of(LearningContextSerializer))
    def get(self, request: Request) -> Response:
        """List learning contexts: one's own, and those of which one may view anything."""
        return _page(request, self.user, visible_rows(self.user))

    @extend_schema(request=NewContextSerializer, responses={201: LearningContextSerializer})
    def post(self, request: Request) -> Response:
        """Make a learning context; for staff, and those with Django's permission to add them.

        Whoever makes one owns it, and may change it.
        """
        _check_making(self.user)
        values = valid(NewContextSerializer(data=request.data))
        made = api.create_learning_context(values["id"], title=values["title"], owner=self.user)
        return _made(request, made)


class ContextDetailView(ContextView):
    """One learning context."""

    errors = {"delete": (409,)}

    @extend_schema(parameters=[CONTEXT], responses=LearningContextSerializer)
    def get(self, request: Request, context_key: str) -> Response:
        """Return a learning context, with those of its mounts that the caller may view."""
        return Response(self._shown(self.visible_context(context_key)))

    @extend_schema(
        parameters=[CONTEXT], request=ContextChangeSerializer, responses=LearningContextSerializer
    )
    def patch(self, request: Request, context_key: str) -> Response:
        """Rename a learning context; for its owner and staff."""
        key = self.visible_context(context_key)
        administer_context(self.user, key)
        api.update_learning_context(key, **valid(ContextChangeSerializer(data=request.data)))
        return Response(self._shown(key))

    @extend_schema(parameters=[CONTEXT], responses={204: None})
    def delete(self, request: Request, context_key: str) -> Response:
        """Delete a learning context without further attempts; for its owner and staff.

        What learners have left in it stays.
        """
        key = self.visible_context(context_key)
        administer_context(self.user, key)
        api.delete_learning_context(key)
        return Response(status=204)

    def _shown(self, key: BlockstoreContextKey) -> dict[str, Any]:
        may_administer = ALL_CONTEXTS.may_administer(self.user, key)
        found = ALL_CONTEXTS.describe(key)
        mounts = found.mounts if may_administer else ALL_CONTEXTS.visible_mounts(self.user, key)
        return show_context(found, mounts=mounts, may_administer=may_administer)


class AttemptListView(ContextView):
    """Further attempts of a learning context."""

    errors = {"get": (400,), "post": (409,)}

    @extend_schema(parameters=[CONTEXT, *PAGE], responses=page_of(LearningContextSerializer))
    def get(self, request: Request, context_key: str) -> Response:
        """List the further attempts of a learning context that the caller may know of."""
        key = self.visible_context(context_key)
        rows = visible_rows(self.user).filter(parent__context_id=key.context_id)
        return _page(request, self.user, rows)

    @extend_schema(
        parameters=[CONTEXT],
        request=AttemptSerializer,
        responses={201: LearningContextSerializer},
    )
    def post(self, request: Request, context_key: str) -> Response:
        """Make a context with the same mounts and settings, in which everybody begins anew.

        For the owner and staff. The old one, and what learners have left there, stays.
        """
        key = self.visible_context(context_key)
        administer_context(self.user, key)
        values = valid(AttemptSerializer(data=request.data))
        made = api.start_attempt(
            key, context_id=values.get("id"), title=values.get("title"), owner=self.user
        )
        return _made(request, made)


def visible_rows(user: User) -> QuerySet[LearningContext]:
    """Return the learning contexts that a user may know of."""
    rows = LearningContext.objects.select_related("parent", "owner")
    if administers_all(user):
        return rows
    viewed = Q(mounts__draft_name="", mounts__bundle__in=readable_bundles(user))
    edited = Q(mounts__bundle__in=authored_bundles(user))
    # By key, since a join would repeat a row for each of its mounts.
    seen = LearningContext.objects.filter(viewed | edited).values("pk")
    return rows.filter(Q(owner_id=user.pk) | Q(pk__in=seen))


def _page(request: Request, user: User, rows: QuerySet[LearningContext]) -> Response:
    """Return a page of learning contexts, with few statements for all of them."""
    page = PluginPagination(request)
    found = list(rows.filter(pk__gt=page.after).order_by("pk")[: page.fetch])
    contexts = contexts_data(found)
    all_of_them = administers_all(user)
    may_view = viewer_of(user, (mount for context in contexts for mount in context.mounts))

    def show(item: tuple[LearningContext, LearningContextData]) -> dict[str, Any]:
        row, context = item
        administers = all_of_them or row.owner_id == user.pk
        mounts = [each for each in context.mounts if administers or may_view(each)]
        return show_context(context, mounts=mounts, may_administer=administers)

    items = [(row.pk, (row, data)) for row, data in zip(found, contexts, strict=True)]
    return page.answer_items(items, show)


def _check_making(user: User) -> None:
    may_add: Any = getattr(user, "has_perm", lambda _name: False)
    if not (sees_everything(user) or may_add("openedx_blockstore_xblock.add_learningcontext")):
        raise PermissionDenied(
            "Only staff, and those with a permission for it, make learning contexts."
        )


def _made(request: Request, made: LearningContextData) -> Response:
    location = f"{request.path.partition('/contexts')[0]}/contexts/{made.key}"
    return Response(
        show_context(made, mounts=made.mounts, may_administer=True),
        status=201,
        headers={"Location": request.build_absolute_uri(location)},
    )
