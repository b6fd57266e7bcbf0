"""Every address, asked with every method by every kind of caller about every visibility."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from attrs import frozen
from django.db import transaction
from django.urls import URLPattern, URLResolver, reverse

from openedx_blockstore.rest_api.v1.urls import urlpatterns
from tests.rest_api.conftest import CALLERS, VISIBILITIES, Place, World

#: What a caller may do at most, by role.
_LEVELS = {"reader": "reuse", "author": "author", "admin": "admin", "member": "author"}
_ORDER = ("nothing", "read", "reuse", "author", "admin")


def _archive() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        entry = tarfile.TarInfo("new.txt")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"new"))
    return data.getvalue()


def _course() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in {
            "course/course.xml": '<course url_name="run" org="Org" course="C1"/>',
            "course/course/run.xml": '<course display_name="A course"/>',
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


@frozen
class Row:
    """One method of one address.

    Attributes:
        needs: What the caller must be allowed to do with the collection; ``login`` for nothing,
            ``owner`` for what belongs to the reader, ``create`` to make collections.
        status: What those who may do it get.
        hidden: What is not there for those who may not do it, though they may see the bundle.
        in_body: The body names the collection or bundle, so that one that is not there is 400.
    """

    name: str
    method: str
    needs: str
    status: int
    kwargs: Callable[[Place, World], dict[str, Any]] = lambda _place, _world: {}
    query: str = ""
    body: Callable[[Place], Any] | None = None
    raw: Callable[[], bytes] | None = None
    hidden: bool = False
    in_body: bool = False


def _collection(place: Place, _world: World) -> dict[str, Any]:
    return {"collection_uuid": place.collection}


def _bundle(place: Place, _world: World) -> dict[str, Any]:
    return {"bundle_uuid": place.bundle}


def _version(place: Place, _world: World) -> dict[str, Any]:
    return {"bundle_uuid": place.bundle, "version_num": 2}


def _draft(place: Place, _world: World) -> dict[str, Any]:
    return {"draft_uuid": place.draft}


def _upload(place: Place, _world: World) -> dict[str, Any]:
    return {"upload_uuid": place.upload}


def _job(_place: Place, world: World) -> dict[str, Any]:
    return {"job_uuid": world.job}


TABLE = [
    Row("root", "get", "login", 200),
    Row("me", "get", "login", 200),
    Row("bundle-types", "get", "login", 200),
    Row("token", "post", "login", 200),
    Row("token", "delete", "login", 204),
    Row("schema", "get", "login", 200),
    Row("docs", "get", "login", 200),
    Row("unknown", "get", "login", 404, lambda _p, _w: {"rest": "nothing/here"}),
    Row("collections", "get", "login", 200),
    Row("collections", "post", "create", 201, body=lambda _p: {"title": "New"}),
    Row("collection", "get", "read", 200, _collection),
    Row("collection", "put", "admin", 200, _collection, body=lambda _p: {"title": "New"}),
    Row("collection", "patch", "admin", 200, _collection, body=lambda _p: {"owner": "X"}),
    Row("collection", "delete", "admin", 409, _collection),
    Row("roles", "get", "admin", 200, _collection),
    Row(
        "roles",
        "put",
        "admin",
        204,
        _collection,
        body=lambda _p: {"user": "stranger", "role": "reader"},
    ),
    Row("audit", "get", "admin", 200, _collection),
    Row("events", "get", "author", 200, _collection),
    Row(
        "annotations-changed",
        "post",
        "author",
        201,
        body=lambda p: {"bundle_uuid": str(p.bundle), "version": 1, "namespace": "tags"},
        in_body=True,
    ),
    Row("collection-annotations", "get", "read", 200, _collection),
    Row("version-annotations", "get", "read", 200, _version),
    Row("export-collection", "get", "reuse", 200, _collection),
    Row("export-collection", "post", "reuse", 202, _collection),
    Row("import-archive", "post", "author", 200, _collection, raw=_archive),
    Row("import-thin", "post", "author", 200, _collection, raw=_archive),
    Row(
        "missing-contents",
        "post",
        "author",
        200,
        _collection,
        body=lambda p: {"bundles": {str(p.bundle): ["0" * 64]}},
    ),
    Row("import-course", "post", "author", 200, _collection, "?dry_run=1", raw=_course),
    Row("bundles", "get", "login", 200),
    Row(
        "bundles",
        "post",
        "author",
        201,
        body=lambda p: {"collection_uuid": str(p.collection), "slug": "new", "title": "New"},
        in_body=True,
    ),
    Row("bundle-search", "post", "login", 200, body=lambda p: {"uuid": [str(p.bundle)]}),
    Row("bundle", "get", "read", 200, _bundle),
    Row(
        "bundle",
        "put",
        "author",
        200,
        _bundle,
        body=lambda p: {"collection_uuid": str(p.collection), "slug": "new", "title": "New"},
    ),
    Row("bundle", "patch", "author", 200, _bundle, body=lambda _p: {"title": "New"}),
    Row("bundle", "delete", "author", 204, _bundle),
    Row("undelete", "post", "author", 200, lambda p, _w: {"bundle_uuid": p.deleted}),
    Row("revert", "post", "author", 201, _bundle, body=lambda _p: {"version": 1}),
    Row("diff", "get", "read", 200, _bundle, "?from=1&to=2"),
    Row("history", "get", "read", 200, _bundle, "?path=unit.xml"),
    Row("borrowers", "get", "read", 200, _bundle),
    Row("borrower-count", "get", "read", 200, _bundle),
    Row("affected", "get", "read", 200, _bundle),
    Row("outdated-links", "get", "read", 200, lambda p, _w: {"bundle_uuid": p.borrower}),
    Row("preview", "get", "read", 200, _bundle),
    Row("preview", "get", "author", 200, _bundle, "?draft={draft}", hidden=True),
    Row("edit", "get", "author", 200, _bundle),
    Row("bundle-versions", "get", "login", 200),
    Row("bundle-version", "get", "read", 200, _version),
    Row(
        "bundle-version",
        "put",
        "author",
        200,
        _version,
        body=lambda _p: {"change_description": "New"},
    ),
    Row(
        "bundle-version",
        "patch",
        "author",
        200,
        _version,
        body=lambda _p: {"change_description": "New"},
    ),
    Row("changes", "get", "read", 200, _version),
    Row("dependencies", "get", "read", 200, _version),
    Row("size", "get", "read", 200, _version),
    Row("export-bundle", "get", "reuse", 200, _version),
    Row("export-bundle", "post", "reuse", 202, _version),
    # It is no course, which only those who may copy it are told.
    Row("export-course", "get", "reuse", 400, _version),
    Row("export-course", "post", "reuse", 202, _version),
    Row(
        "version-file",
        "get",
        "read",
        200,
        lambda p, _w: {"bundle_uuid": p.bundle, "version_num": 2, "path": "unit.xml"},
    ),
    Row("drafts", "get", "login", 200),
    Row(
        "drafts",
        "post",
        "author",
        201,
        body=lambda p: {"bundle_uuid": str(p.bundle), "name": "mine"},
        in_body=True,
    ),
    Row("draft", "get", "author", 200, _draft, hidden=True),
    Row("draft", "patch", "author", 204, _draft, body=lambda _p: {"files": {}}, hidden=True),
    Row("draft", "delete", "author", 204, _draft, hidden=True),
    Row("commit", "post", "author", 201, _draft, body=lambda _p: {}, hidden=True),
    Row("update-draft", "post", "author", 200, _draft, body=lambda _p: {}, hidden=True),
    *(
        Row(
            "draft-file",
            method,
            "author",
            status,
            lambda p, _w: {"draft_uuid": p.draft, "path": "staged.txt"},
            raw=raw,
            hidden=True,
        )
        for method, status, raw in (
            ("get", 200, None),
            ("put", 204, lambda: b"new"),
            ("delete", 204, None),
        )
    ),
    # The storage of these tests is the file system, which takes no direct uploads.
    Row(
        "draft-uploads",
        "post",
        "author",
        400,
        _draft,
        body=lambda _p: {"path": "x", "size": 1, "hash_digest": "0" * 64},
        hidden=True,
    ),
    Row("upload", "get", "author", 400, _upload, hidden=True),
    Row("upload", "delete", "author", 400, _upload, hidden=True),
    Row(
        "upload-parts", "post", "author", 400, _upload, body=lambda _p: {"parts": [1]}, hidden=True
    ),
    Row("upload-complete", "post", "author", 400, _upload, hidden=True),
    Row("jobs", "get", "login", 200),
    Row("job", "get", "owner", 200, _job),
    Row("job", "delete", "owner", 204, _job),
    Row("job-result", "get", "owner", 404, _job),
]

#: Who has its address may read it; what a grant covers is tested with the files.
ELSEWHERE = {("granted-file", "get")}


def _operations(patterns: Iterable[URLPattern | URLResolver]) -> set[tuple[str, str]]:
    """All methods of all addresses."""
    found = set()
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(view.cls, method):
                found.add((str(pattern.name), method))
    return found


def test_the_table_is_complete() -> None:
    """Nobody adds an address without saying who may use it."""
    listed = {(row.name, row.method) for row in TABLE}
    operations = {
        operation
        for operation in _operations(urlpatterns)
        if operation[0] != "unknown" or operation[1] == "get"
    }
    assert operations == listed | ELSEWHERE


def _allowed(caller: str, visibility: str) -> str:
    if caller == "staff":
        return "admin"
    own = _LEVELS.get(caller, "nothing")
    public = {"private": "nothing", "public_read": "read", "public_reuse": "reuse"}[visibility]
    return max(own, public, key=_ORDER.index)


def _expected(row: Row, caller: str, visibility: str) -> int:
    if caller == "anonymous":
        return 401
    if row.needs in {"login", "create", "owner"}:
        may = {
            "login": True,
            "create": caller == "staff",
            "owner": caller in {"reader", "staff"},
        }[row.needs]
        return row.status if may else 403 if row.needs == "create" else 404
    allowed = _ORDER.index(_allowed(caller, visibility))
    if allowed >= _ORDER.index(row.needs):
        return row.status
    if row.hidden or allowed < _ORDER.index("read"):
        return 400 if row.in_body else 404
    return 403


def _ask(world: World, row: Row, caller: str, place: Place) -> Any:
    url = reverse(f"openedx_blockstore:{row.name}", kwargs=row.kwargs(place, world))
    url += row.query.format(draft=place.draft)
    arguments: dict[str, Any] = {}
    if row.body is not None:
        arguments = {"data": row.body(place), "format": "json"}
    elif row.raw is not None:
        arguments = {"data": row.raw(), "content_type": "application/octet-stream"}
    return getattr(world.client(caller), row.method)(url, **arguments)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method}-{row.name}")
def test_everybody_gets_what_they_may_and_no_more(world: World, row: Row) -> None:
    """Not logged in is 401, not to be seen is 404, seen but not allowed is 403."""
    wrong = []
    for visibility in VISIBILITIES:
        for caller in CALLERS:
            with transaction.atomic():
                response = _ask(world, row, caller, world.places[visibility])
                if response.streaming:
                    b"".join(response.streaming_content)
                transaction.set_rollback(True)
            expected = _expected(row, caller, visibility)
            if response.status_code != expected:
                body = b"" if response.streaming else response.content[:200]
                wrong.append((visibility, caller, expected, response.status_code, body))
    assert wrong == []


_NOWHERE = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.needs in _ORDER],
    ids=lambda row: f"{row.method}-{row.name}",
)
def test_what_may_not_be_seen_answers_like_what_does_not_exist(world: World, row: Row) -> None:
    """Word for word, but for the name that the caller has given."""
    place = world.places["private"]
    nowhere = Place(*[_NOWHERE] * 6)  # type: ignore[arg-type]  # a text will do
    hidden = _ask(world, row, "stranger", place)
    missing = _ask(world, row, "stranger", nowhere)
    text = hidden.content.decode()
    for uuid in (place.collection, place.bundle, place.borrower, place.deleted):
        text = text.replace(str(uuid), _NOWHERE)
    for uuid in (place.draft, place.upload):
        text = text.replace(str(uuid), _NOWHERE)
    assert (hidden.status_code, text) == (missing.status_code, missing.content.decode())
    assert {*hidden.headers} == {*missing.headers}
