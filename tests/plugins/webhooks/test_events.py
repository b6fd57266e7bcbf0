"""From what somebody does to what a receiver gets: the whole way, with the real log."""

from __future__ import annotations

from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.storage import Storage
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.data import EventTarget
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks.data import NewSecret
from openedx_blockstore_webhooks.models import Delivery
from openedx_blockstore_webhooks.sending import Sender
from tests.plugins.webhooks.helpers import make_bundle, new_version, states
from tests.plugins.webhooks.receiving import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live(subscription: NewSecret, settings: Settings, file_storage: Storage) -> None:
    """Events are consumed as they happen, by the process in which they do."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_RUNNER": "inline"}


def messages(receiver: Receiver) -> list[dict[str, Any]]:
    """What a receiver was told, without what is the same of all."""
    return [each.payload for each in receiver.received]


def test_everything_that_happens_in_a_collection(
    live: None, receiver: Receiver, collection: UUID, sender: Sender, subscription: NewSecret
) -> None:
    bundle = make_bundle(collection, "one")
    api.update_bundle(bundle, title="Another", actor="boss")
    api.notify_annotation_changed(EventTarget("bundle", bundle), "tags")
    api.delete_bundle(bundle)
    api.undelete_bundle(bundle)
    api.update_collection(collection, title="Chemistry", actor="boss")
    api.set_role(collection, "author", group=Group.objects.create(name="authors"))
    sender.send_due()
    assert receiver.types == [
        "bundle.created",
        "version.created",
        "bundle.updated",
        "annotation.changed",
        "bundle.deleted",
        "bundle.undeleted",
        "collection.updated",
        "collection.roles_changed",
    ]
    for request in receiver.received:
        request.verify(subscription.secret)
    created, version, updated, annotation, *_others, renamed, roles = messages(receiver)
    assert created["data"]["facts"]["slug"] == "one"
    assert version["data"]["version"] == 1
    assert [each["path"] for each in version["data"]["files"]] == ["a.txt"]
    assert version["data"]["facts"]["manifest_digest"]
    assert updated["data"]["facts"] == {"changed": ["title"]}
    assert annotation["data"]["facts"] == {"namespace": "tags"}
    assert renamed["data"]["facts"] == {"changed": ["title"]}
    assert (roles["data"]["facts"], roles["data"]["actor"]) == ({}, "")
    assert "boss" not in "".join(each.body for each in receiver.received)


def test_a_course_is_watched_with_all_that_it_depends_on(
    live: None, ada: User, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    """Several levels deep, across collections, as the course itself changes."""
    shared = api.create_collection("Shared", visibility="public_reuse").uuid
    secret = api.create_collection("Secret").uuid
    formula = make_bundle(shared, "formula")
    problem = make_bundle(shared, "problem", {"formula": formula})
    hidden = make_bundle(secret, "hidden")
    unit = make_bundle(shared, "unit", {"problem": problem, "hidden": hidden})
    elsewhere = api.create_collection("Courses", visibility="public_read").uuid
    course = make_bundle(elsewhere, "course", {"unit": unit})
    watching = webhooks.create_subscription(
        ada, scope="dependencies", target_uuid=course, url=receiver.url, kinds=["version.created"]
    )
    receiver.received.clear()
    for bundle in (formula, hidden, problem):
        new_version(bundle)
    late = make_bundle(shared, "late")
    new_version(course, {"late": late})
    new_version(late)
    sender.send_due()
    told = [
        UUID(each["data"]["bundle_uuid"])
        for each in messages(receiver)
        if each["data"]["subscription"]["uuid"] == str(watching.subscription.uuid)
    ]
    # Ada may not read the secret one, though the course borrows from it.
    assert told == [formula, problem, course, late]
    assert states(watching) == ["delivered", "withheld", "delivered", "delivered", "delivered"]


def test_a_bundle_that_moves_is_news_where_it_was(
    live: None, ada: User, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    bundle = make_bundle(collection, "moves")
    public = api.create_collection("Public", visibility="public_read").uuid
    secret = api.create_collection("Secret").uuid
    sender.send_due()
    receiver.received.clear()
    api.update_bundle(bundle, collection_uuid=public)
    sender.send_due()
    [moved] = messages(receiver)
    assert moved["data"]["collection_uuid"] == str(public)
    assert moved["data"]["facts"] == {"changed": ["collection_uuid"]}
    api.update_bundle(bundle, collection_uuid=collection)
    sender.send_due()
    receiver.received.clear()
    api.update_bundle(bundle, collection_uuid=secret)
    sender.send_due()
    assert receiver.received == []


def test_outside_applications_relay_their_changes(
    live: None, ada: User, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    """What they tell us reaches those who subscribed, as everything else does."""
    bundle = make_bundle(collection, "one")
    sender.send_due()
    receiver.received.clear()
    for target in (collection, bundle, (bundle, 1)):
        api.notify_annotation_changed(target, "outside", actor="app")
    sender.send_due()
    told = messages(receiver)
    assert [each["type"] for each in told] == ["annotation.changed"] * 3
    assert {each["data"]["facts"]["namespace"] for each in told} == {"outside"}
    assert {each["data"]["actor"] for each in told} == {"app"}
    assert [each["data"]["version"] for each in told] == [None, None, 1]


def test_replaying_the_log_sends_nothing_again(
    live: None,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
) -> None:
    make_bundle(collection, "one")
    sender.send_due()
    before = len(receiver.received)
    call_command("blockstore_consume", replay=["webhooks"], stdout=StringIO())
    said = StringIO()
    call_command("blockstore_consume", once=True, stdout=said)
    assert "webhooks" in said.getvalue()
    sender.send_due()
    assert len(receiver.received) == before
    assert Delivery.objects.count() == before


def test_a_commit_costs_its_author_nothing_more(
    subscription: NewSecret, collection: UUID, file_storage: Storage, settings: Settings
) -> None:
    """Whoever consumes events elsewhere has no statement of webhooks in a commit."""
    bundle = api.create_bundle(collection, "costs", "Costs").uuid
    draft = api.get_or_create_bundle_draft(bundle, "work").uuid
    api.write_draft_file(draft, "a.txt", "a")
    with CaptureQueriesContext(connection) as captured:
        api.commit_draft(draft)
    assert not [each for each in captured.captured_queries if "webhooks" in each["sql"]]
