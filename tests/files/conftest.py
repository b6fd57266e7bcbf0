"""A collection, an author, a reader and a stranger, and answers followed to the object store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
import requests
from attrs import frozen
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client

from openedx_blockstore import api


@frozen
class Answer:
    """What came in the end, whoever sent it.

    Attributes:
        first: The application's own answer.
        redirected: The bytes came from the object store.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    first: HttpResponseBase
    redirected: bool


class Caller:
    """Somebody who asks for files, and follows redirects to the object store."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def get(self, url: str, **headers: str) -> Answer:
        """Ask for a file; headers are given as ``if_range``."""
        return self.request("GET", url, **headers)

    def head(self, url: str, **headers: str) -> Answer:
        """Ask for the headers of a file."""
        return self.request("HEAD", url, **headers)

    def request(self, method: str, url: str, **headers: str) -> Answer:
        """Ask, and follow a redirect to the object store."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        first: Any = self.client.generic(method, url, headers=named)
        location = first.headers.get("Location", "")
        if first.status_code == 302 and "X-Amz-Signature" in location:
            stored = requests.request(method, location, headers=named, timeout=20)
            return Answer(stored.status_code, stored.headers, stored.content, first, True)
        body = b"".join(first.streaming_content) if first.streaming else first.content
        first.close()
        return Answer(first.status_code, first.headers, body, first, False)


@frozen
class World:
    """A private collection with a bundle in it, and people."""

    collection: UUID
    bundle: UUID
    draft: UUID
    anonymous: Caller
    stranger: Caller
    reader: Caller
    author: Caller
    staff: Caller

    def commit(self, files: Mapping[str, bytes | None], *, public: bool = False) -> int:
        """Make a version with these changes; return its number."""
        for path, contents in files.items():
            api.write_draft_file(self.draft, path, contents, public=public)
        return api.commit_draft(self.draft).version

    def url(self, path: str, version: int | None = None) -> str:
        """The stable address of a file, in the latest version if none is named."""
        found = api.get_bundle_version(self.bundle, version)
        assert found is not None
        return found.files[path].url

    def draft_url(self, path: str) -> str:
        """The stable address of a file that the draft changes."""
        return api.get_draft(self.draft).files[path].url


@pytest.fixture
def world(transactional_db: None) -> World:
    """A private collection and a bundle without versions. Ask for a storage before it."""
    collection = api.create_collection("Files").uuid
    callers = {}
    for name in ("stranger", "reader", "author"):
        user = User.objects.create_user(name)
        callers[name] = Caller(user)
        if name != "stranger":
            api.set_role(collection, name, user=name)  # type: ignore[arg-type]
    bundle = api.create_bundle(collection, "files", type="course").uuid
    return World(
        collection=collection,
        bundle=bundle,
        draft=api.get_or_create_bundle_draft(bundle, "main").uuid,
        anonymous=Caller(),
        staff=Caller(User.objects.create_user("staff", is_staff=True)),
        **callers,
    )


@pytest.fixture
def report(
    capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> Callable[[str], None]:
    """Say what was measured, on the screen and in the test's report."""

    def say(sentence: str) -> None:
        record_property("measured", sentence)
        with capsys.disabled():
            print(f"\n{sentence}")  # noqa: T201  (that is its purpose)

    return say
