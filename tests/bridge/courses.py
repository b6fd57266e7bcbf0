"""A small course in two bundles, with an author and a reader."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from attrs import frozen
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from tests.bridge.olx import MULTIPLE_CHOICE

SEQUENCE = (
    '<sequential display_name="Night"><vertical url_name="v1" display_name="Dusk">'
    '<xblock-include definition="html/owls"/></vertical>'
    '<vertical url_name="v2" display_name="Dawn"><xblock-include definition="problem/food"/>'
    "</vertical></sequential>"
)
TEXT = "html/owls/definition.xml"
PROBLEM = "problem/food/definition.xml"
NAVIGATION = (
    '{"title": "Owls", "chapters": [{"title": "One", "sequences": ['
    '{"id": "n", "title": "Night", "link": "night", "file": "sequence.xml"}]}]}'
)


@frozen
class SmallCourse:
    """A course that links to a sequence, in a collection with an author and a reader."""

    collection: UUID
    course: UUID
    sequence: UUID
    author: User
    reader: User

    def key(self, context: BlockstoreContextKey = GLOBAL_CONTEXT) -> BlockstoreUsageKey:
        """The usage of the sequence, through the course."""
        alias = str(self.course) if context == GLOBAL_CONTEXT else "main"
        return BlockstoreUsageKey(
            context, "sequential", self.sequence, "sequence.xml", route=(alias, "night")
        )

    def problem_key(self) -> BlockstoreUsageKey:
        """The usage of the problem in its second unit."""
        route = (str(self.course), "night")
        return BlockstoreUsageKey(GLOBAL_CONTEXT, "problem", self.sequence, PROBLEM, route=route)

    def draft_text(self, text: str, *, name: str = "studio_draft") -> UUID:
        """Write the text in a draft; return the draft."""
        draft = api.get_or_create_bundle_draft(self.sequence, name).uuid
        api.write_draft_file(draft, TEXT, f"<html>{text}</html>")
        return draft

    def page(self, name: str, **kwargs: object) -> str:
        """The address of a page."""
        texts = {key: str(value) for key, value in kwargs.items()}
        return reverse(f"openedx_blockstore_xblock:{name}", kwargs=texts)

    def draft_page(self, bundle: UUID | None = None, **query: str) -> str:
        """The address of a draft's page; of the sequence's, unless another bundle is named."""
        path = self.page("draft", bundle=bundle or self.sequence)
        return f"{path}?{urlencode({'draft': 'studio_draft', **query})}"

    def links_page(self, **query: str) -> str:
        """The address of the page of the course's links."""
        return f"{self.page('links', bundle=self.course)}?{urlencode(query)}"

    @property
    def outline(self) -> str:
        """The address of the outline."""
        return self.page("mount", context=GLOBAL_CONTEXT, alias=self.course)


def make_course() -> SmallCourse:
    """Make it; everything has one version."""
    collection = api.create_collection("Owls").uuid
    sequence = api.create_bundle(collection, "night", "Night", type="sequence").uuid
    text = "<html>&lt;p&gt;published&lt;/p&gt;</html>"
    files = {"sequence.xml": SEQUENCE, TEXT: text, PROBLEM: MULTIPLE_CHOICE}
    api.import_version(sequence, files)
    course = api.create_bundle(collection, "owls", "Owls", type="course").uuid
    api.import_version(course, {"navigation.json": NAVIGATION}, {"night": LinkTarget(sequence, 1)})
    author, reader = (User.objects.create_user(name) for name in ("minerva", "athene"))
    api.set_role(collection, "author", user="minerva")
    api.set_role(collection, "reader", user="athene")
    return SmallCourse(collection, course, sequence, author, reader)


def logged_in(user: User) -> Client:
    """Return a browser in which somebody is logged in."""
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, address: str, *, status: int = 200) -> str:
    """Return a page, wherever its address leads."""
    response = client.get(address, follow=True)
    assert response.status_code == status, response.content.decode()[:1_000]
    return response.content.decode()
