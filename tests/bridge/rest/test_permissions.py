"""Every address, page and handler, asked by every kind of caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import frozen
from django.db import transaction
from django.urls import reverse
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore_xblock.models import BlockState
from openedx_blockstore_xblock.rest_api.urls import urlpatterns
from tests.bridge.rest.conftest import CALLERS, World, make_world

pytestmark = pytest.mark.django_db

VISIBILITIES = ("private", "public_read", "public_reuse")

#: What everybody is to the context and its bundle: beside this, whoever is logged in reads what is
#: public, and re-uses what is ``public_reuse``.
_IS = {
    "anonymous": set(),
    "stranger": set(),
    "reader": {"read", "reuse"},
    "author": {"read", "reuse", "author"},
    "admin": {"read", "reuse", "author"},
    "owner": {"read", "reuse", "administer"},
    "maker": {"make"},
    "staff": {"read", "reuse", "author", "administer", "make"},
}


def rights(caller: str, visibility: str) -> set[str]:
    """What a caller may do."""
    found = set(_IS[caller])
    if caller != "anonymous" and visibility != "private":
        found |= {"read"} if visibility == "public_read" else {"read", "reuse"}
    return found


@frozen
class Row:
    """One method of one address.

    Attributes:
        needs: All of them are needed to do it.
        status: What those get who may.
        hidden: Whoever may not is told that there is nothing, though they may read the bundle.
    """

    name: str
    method: str
    needs: tuple[str, ...]
    status: int
    kwargs: Callable[[World], dict[str, Any]]
    query: str = ""
    body: Any = None
    hidden: bool = False


def _context(world: World) -> dict[str, Any]:
    return {"context_key": str(world.context)}


def _mount(alias: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"context_key": str(world.context), "alias": alias}


def _unit(**more: Any) -> Callable[[World], dict[str, Any]]:
    route = more.pop("route", ("main",))
    return lambda world: {"usage_key": str(world.usage(route=route)), **more}


def _problem(**more: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"usage_key": str(world.problem()), **more}


def _bundle(world: World) -> dict[str, Any]:
    return {"bundle_uuid": str(world.bundle)}


TABLE = [
    Row("rest-contexts", "get", ("login",), 200, lambda _world: {}),
    Row("rest-contexts", "post", ("make",), 201, lambda _world: {}, body={"id": "new"}),
    Row("rest-context", "get", ("see",), 200, _context),
    Row("rest-context", "patch", ("see", "administer"), 200, _context, body={"title": "New"}),
    Row("rest-context", "delete", ("see", "administer"), 204, _context),
    Row("rest-attempts", "get", ("see",), 200, _context),
    Row("rest-attempts", "post", ("see", "administer"), 201, _context, body={}),
    Row("rest-updates", "get", ("see",), 200, _context),
    Row("rest-context-mount", "get", ("read",), 200, _mount("main")),
    Row("rest-context-mount", "get", ("author",), 200, _mount("draft"), hidden=True),
    Row("rest-context-mount", "put", ("see", "administer", "reuse"), 200, _mount("n"),
        body=_bundle),
    Row("rest-context-mount", "put", ("see", "administer", "author"), 200, _mount("n"),
        body=lambda world: {**_bundle(world), "draft": "studio_draft"}),
    Row("rest-context-mount", "patch", ("see", "administer", "reuse"), 200, _mount("main"),
        body={"version": 1}),
    Row("rest-context-mount", "delete", ("see", "administer"), 204, _mount("main")),
    Row("rest-block-detail", "get", ("read",), 200, _unit()),
    Row("rest-block-detail", "get", ("read",), 200, _unit(), query="?depth=2&version=1"),
    Row("rest-block-detail", "get", ("read",), 200, _unit(), query="?as_of=2199-01-01"),
    Row("rest-block-detail", "get", ("read", "author"), 200, _unit(), query="?draft=studio_draft"),
    Row("rest-block-detail", "get", ("author",), 200, _unit(route=("draft",)), hidden=True),
    Row("rest-block-assets", "get", ("read",), 200, _unit()),
    Row("rest-block-handlers", "get", ("read",), 200, _problem()),
    Row("rest-block-handler", "get", ("read",), 200, _problem(handler_name="xmodule_handler")),
    Row("rest-block-fields", "patch", ("read", "author"), 200, _problem(),
        body={"values": {"display_name": "New"}}),
    Row("rest-block-olx", "get", ("read", "author"), 200, _problem()),
    Row("rest-block-olx", "get", ("read", "author"), 200, _problem(), query="?draft=mine"),
    Row("rest-block-olx", "put", ("read", "author"), 200, _problem(), body={"olx": "<problem/>"}),
    Row("rest-block-settings", "get", ("read", "author|administer"), 200, _problem()),
    Row("rest-block-settings", "put", ("read", "administer"), 200, _problem(),
        body={"values": {"max_attempts": 2}}),
    Row("rest-block-settings", "delete", ("read", "administer"), 204, _problem()),
    Row("rest-block-state", "delete", ("read", "author|administer"), 204, _problem()),
    Row("rest-block-state", "delete", ("read", "administer"), 204, _problem(),
        query="?user=reader"),
    Row("rest-block-view", "get", ("read",), 200, _unit(view_name="student_view")),
    Row("rest-block-view", "get", ("read",), 200, _unit(view_name="public_view")),
    Row("rest-block-view", "get", ("read", "author"), 200, _unit(view_name="author_view")),
    Row("rest-block-view", "get", ("read", "author"), 404, _unit(view_name="studio_view")),
]  # fmt: skip


def expected(row: Row, caller: str, visibility: str) -> int:
    """The status that a caller gets."""
    if caller == "anonymous":
        return 401
    has = rights(caller, visibility) | {"login"}
    # Whoever may view anything in the context, or change it, sees it.
    if has & {"read", "administer"}:
        has.add("see")
    missing = [need for need in row.needs if not has & set(need.split("|"))]
    if not missing:
        return row.status
    if missing[0] in {"see", "read"} or row.hidden:
        return 404
    if missing[0] == "reuse" and "read" not in has:
        return 400  # the body names a bundle that is not there for the caller
    return 403


def ask(client: APIClient, row: Row, world: World) -> Any:
    """Send a request."""
    url = reverse(f"openedx_blockstore_xblock:{row.name}", kwargs=row.kwargs(world)) + row.query
    body = row.body(world) if callable(row.body) else row.body
    data: dict[str, Any] = {} if body is None else {"data": body, "format": "json"}
    return getattr(client, row.method)(url, **data)


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_everybody_may_do_what_they_may_and_nothing_else(visibility: str) -> None:
    """What may not be seen answers as what does not exist."""
    world = make_world(visibility)
    wrong = []
    for row in TABLE:
        for caller in CALLERS:
            with undone():
                response = ask(world.client(caller), row, world)
                want = expected(row, caller, visibility)
                if response.status_code != want:
                    wrong.append((row.name, row.method, row.query, caller, want, response.content))
    assert wrong == []


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is done within."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_the_table_has_every_address() -> None:
    """Of the REST API, and with every method."""
    found = {
        (each.name, method)
        for each in urlpatterns
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(each.callback.cls, method)
    }
    assert found == {(row.name, row.method) for row in TABLE}


# Pages and handlers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alias", "needs"), [("main", "read"), ("pinned", "read"), ("draft", "author")]
)
@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_pages_are_for_those_who_may_view_what_is_mounted(
    visibility: str, alias: str, needs: str
) -> None:
    """Whoever has not logged in may do so; for all others there is nothing."""
    world = make_world(visibility)
    key = world.usage(route=(alias,))
    pages = [
        reverse("openedx_blockstore_xblock:block", kwargs={"usage": str(key)}),
        reverse(
            "openedx_blockstore_xblock:mount",
            kwargs={"context": str(world.context), "alias": alias},
        ),
    ]
    for caller in CALLERS:
        for page in pages:
            status = world.client(caller).get(page, follow=False).status_code
            if caller == "anonymous":
                assert status == 302
            else:
                want = {200, 302} if needs in rights(caller, visibility) else {404}
                assert status in want, (caller, page)


def test_the_address_of_a_handler_is_good_as_long_as_its_user_may_view_the_block(
    world: World,
) -> None:
    """It says who is asking; whether they still may is looked at again."""
    url = handler_url(world, "reader")
    assert APIClient().post(f"{url}problem_get").status_code == 200
    api.set_role(world.collection, None, user=world.users["reader"])
    response = APIClient().post(f"{url}problem_get")
    assert (response.status_code, response.json()["code"]) == (404, "mount_not_found")


def test_the_address_of_a_handler_acts_as_the_user_it_was_made_for_whoever_has_it(
    world: World,
) -> None:
    """A session of somebody else changes nothing."""
    url = handler_url(world, "reader")
    answer = {f"input_{world.problem().html_id()}_2_1": "choice_0"}
    assert (
        world.client("author")
        .post(f"{url}problem_check", answer, format="multipart")
        .json()["success"]
        == "correct"
    )
    states = BlockState.objects.values_list("user__username", flat=True)
    assert list(states) == ["reader"]


@pytest.mark.parametrize(
    ("caller", "query", "status"),
    [
        ("reader", "?version=1", 200),
        ("reader", "?draft=studio_draft", 403),
        ("author", "?draft=studio_draft", 200),
        ("reader", "?version=x", 400),
        ("reader", "?version=1&draft=x", 400),
        ("reader", "?as_of=never", 400),
        ("reader", "?version=99", 404),
    ],
)
def test_handlers_of_previews_leave_no_state(
    world: World, caller: str, query: str, status: int
) -> None:
    """They are for those who may look at what is shown."""
    kwargs = {"usage_key": str(world.problem()), "handler_name": "xmodule_handler"}
    address = reverse("openedx_blockstore_xblock:rest-block-handler", kwargs=kwargs)
    response = world.client(caller).get(address + query)
    assert response.status_code == status
    if status == 200:
        answer = {f"input_{world.problem().html_id()}_2_1": "choice_0"}
        checked = APIClient().post(
            f"{response.json()['url']}problem_check", answer, format="multipart"
        )
        assert checked.json()["success"] == "correct"
        assert not BlockState.objects.exists()


def handler_url(world: World, caller: str) -> str:
    """The address of the problem's handler for somebody."""
    kwargs = {"usage_key": str(world.problem()), "handler_name": "xmodule_handler"}
    response = world.client(caller).get(
        reverse("openedx_blockstore_xblock:rest-block-handler", kwargs=kwargs)
    )
    url: str = response.json()["url"]
    return url
