"""The admin pages: to look around in, with real data."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.event_delivery.delivery import deliver
from openedx_blockstore.models import (
    Bundle,
    BundleLink,
    BundleVersion,
    Collection,
    CollectionAudit,
    CollectionRole,
    Draft,
    Event,
    EventConsumerState,
    SetAsideEvent,
)
from tests.core.events.helpers import Recorder
from tests.core.helpers import (
    forget_everything_cached,
    make_lender,
    make_version,
    stored_names,
    stored_path,
)

pytestmark = pytest.mark.django_db

READ_ONLY: list[type[Model]] = [
    Bundle,
    BundleVersion,
    Draft,
    BundleLink,
    CollectionRole,
    CollectionAudit,
    Event,
    EventConsumerState,
    SetAsideEvent,
]
PAGES: list[type[Model]] = [Collection, *READ_ONLY]


def page(model: type[Model], name: str, *arguments: Any) -> str:
    return reverse(f"admin:openedx_blockstore_{model._meta.model_name}_{name}", args=arguments)


@pytest.fixture
def stocked(bundle: BundleData, collection: CollectionData) -> BundleData:
    """A bundle with versions, a link and a draft."""
    lender = make_lender(collection.uuid, title="Lender <b>bold</b>")
    make_version(
        bundle.uuid, {"ünï/a b.txt": "x"}, {"lib": lender}, change_description="<i>first</i>"
    )
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
    api.write_draft_files(draft.uuid, {"staged": "x", "ünï/a b.txt": None})
    api.set_draft_link(draft.uuid, "lib", None, None)
    api.set_role(collection.uuid, "reader", user=User.objects.create_user("reader"))
    # A consumer that fails at everything, as a plugin may.
    deliver("<b>broken</b>", Recorder(lambda _event: True))
    return bundle


def key(model: type[Model], **lookup: Any) -> Any:
    found = model._default_manager.filter(**lookup).order_by("pk").first()
    assert found is not None
    return found.pk


def test_every_table_to_look_at_has_its_page() -> None:
    ours = {
        model for model in admin.site._registry if model._meta.app_label == "openedx_blockstore"
    }
    assert ours == set(PAGES)


@pytest.mark.parametrize("model", PAGES)
def test_lists_and_searches_answer(
    stocked: BundleData, admin_client: Client, model: type[Model]
) -> None:
    assert admin_client.get(page(model, "changelist")).status_code == 200
    for query in (str(stocked.uuid), "bundle", "ü", "%", "\u0130", "x" * 1000):
        response = admin_client.get(page(model, "changelist"), {"q": query})
        assert response.status_code == 200
    assert admin_client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("model", PAGES)
def test_pages_of_single_things_answer(
    stocked: BundleData, admin_client: Client, model: type[Model]
) -> None:
    for row in model._default_manager.all():
        assert admin_client.get(page(model, "change", row.pk)).status_code == 200
        assert admin_client.get(page(model, "history", row.pk)).status_code == 200


def test_filters_answer(stocked: BundleData, admin_client: Client) -> None:
    api.delete_bundle(stocked.uuid)
    for model, query in (
        (Bundle, "deleted_at__isempty=0"),
        (Bundle, "type__exact=video"),
        (Bundle, f"collection__id__exact={key(Collection, uuid=stocked.collection_uuid)}"),
        (Collection, "visibility__exact=private"),
        (BundleVersion, "change_kind__exact=typo"),
        (Event, "kind=version.created"),
        (SetAsideEvent, "state__exact=failed"),
        (SetAsideEvent, f"consumer__id__exact={key(EventConsumerState)}"),
    ):
        assert admin_client.get(f"{page(model, 'changelist')}?{query}").status_code == 200


def test_events_are_shown_with_what_they_changed(stocked: BundleData, admin_client: Client) -> None:
    row = key(Event, bundle_uuid=stocked.uuid, kind="version.created")
    text = admin_client.get(page(Event, "change", row)).content.decode()
    assert "ünï/a b.txt" in text
    assert "&lt;i&gt;first&lt;/i&gt;" in text


def test_consumers_are_shown_with_their_lag_and_errors(
    stocked: BundleData, admin_client: Client
) -> None:
    api.update_bundle(stocked.uuid, title="News")
    text = admin_client.get(page(EventConsumerState, "changelist")).content.decode()
    assert "&lt;b&gt;broken&lt;/b&gt;" in text
    assert '<td class="field-lag">1</td>' in text
    assert "ValueError: can not handle" in text
    text = admin_client.get(page(SetAsideEvent, "changelist")).content.decode()
    assert "ValueError: can not handle" in text
    assert "Waits for an earlier event" in text


@pytest.mark.parametrize("allowed", [True, False])
def test_consumers_are_mended_by_those_who_may(
    stocked: BundleData, client: Client, allowed: bool
) -> None:
    user = User.objects.create_user("ann", is_staff=True)
    names = ["view_eventconsumerstate", "view_setasideevent"]
    if allowed:
        names += ["change_eventconsumerstate", "change_setasideevent"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    consumer, aside = key(EventConsumerState), key(SetAsideEvent, state="failed")
    count = SetAsideEvent.objects.count()

    def act(model: type[Model], action: str, row: int) -> str:
        values = {"action": action, "_selected_action": [row]}
        response = client.post(page(model, "changelist"), values, follow=True)
        assert response.status_code == 200
        return str(response.content.decode())

    text = act(SetAsideEvent, "retry", aside)
    assert ("1 events are tried again" in text) is allowed
    text = act(SetAsideEvent, "drop", aside)
    assert ("1 events were forgotten" in text) is allowed
    assert SetAsideEvent.objects.count() == count - allowed
    text = act(EventConsumerState, "retry", consumer)
    assert ("events are tried again" in text) is allowed
    text = act(EventConsumerState, "replay", consumer)
    assert ("It begins when" in text) is allowed
    assert EventConsumerState.objects.get().replay is allowed


def test_a_version_shows_its_files_and_links(stocked: BundleData, admin_client: Client) -> None:
    response = admin_client.get(
        page(BundleVersion, "change", key(BundleVersion, bundle__uuid=stocked.uuid))
    )
    text = response.content.decode()
    assert "ünï/a b.txt" in text
    assert f"/api/v1/bundle_versions/{stocked.uuid},1/files/%C3%BCn%C3%AF/a%20b.txt" in text
    assert "links/lib →" in text
    assert "<i>first</i>" not in text
    assert "&lt;i&gt;first&lt;/i&gt;" in text


def test_a_bundle_leads_to_its_versions_and_drafts(
    stocked: BundleData, admin_client: Client
) -> None:
    text = admin_client.get(page(Bundle, "change", key(Bundle, uuid=stocked.uuid))).content.decode()
    assert str(stocked.uuid) in text
    for model in (BundleVersion, Draft):
        row = key(model, bundle__uuid=stocked.uuid)
        assert page(model, "change", row) in text


def test_a_draft_shows_what_is_staged(stocked: BundleData, admin_client: Client) -> None:
    draft = key(Draft, bundle__uuid=stocked.uuid, name="work")
    text = admin_client.get(page(Draft, "change", draft)).content.decode()
    for line in ("change staged", "delete ünï/a b.txt", "delete links/lib"):
        assert line in text


def test_a_version_whose_manifest_is_lost_says_so_on_its_page(
    file_storage: object, stocked: BundleData, admin_client: Client
) -> None:
    for name in stored_names(stocked.uuid):
        if "/versions/" in name:
            stored_path(name).unlink()
    forget_everything_cached()
    response = admin_client.get(
        page(BundleVersion, "change", key(BundleVersion, bundle__uuid=stocked.uuid))
    )
    assert response.status_code == 200
    assert "it is not there" in response.content.decode()


@pytest.mark.parametrize("model", READ_ONLY)
def test_versions_and_all_that_follows_from_them_are_read_only(
    stocked: BundleData, admin_client: Client, model: type[Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    before = list(model._default_manager.values())
    assert admin_client.get(page(model, "add")).status_code == 403
    assert admin_client.post(page(model, "add"), {}).status_code == 403
    assert admin_client.post(page(model, "change", row.pk), {}).status_code == 403
    assert admin_client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    admin_client.post(page(model, "changelist"), action)
    assert list(model._default_manager.values()) == before


def test_what_is_said_of_a_collection_can_be_changed_but_it_is_not_deleted_here(
    stocked: BundleData, admin_client: Client
) -> None:
    row = key(Collection, uuid=stocked.collection_uuid)
    fields = {"title": "Ünused", "visibility": "public_read", "owner": "Somebody"}
    assert admin_client.post(page(Collection, "change", row), fields).status_code == 302
    assert stocked.collection_uuid is not None
    changed = api.get_collection(stocked.collection_uuid)
    assert (changed.title, changed.visibility, changed.owner) == (
        "Ünused",
        "public_read",
        "Somebody",
    )
    assert admin_client.post(page(Collection, "delete", row), {"post": "yes"}).status_code == 403
    fields["title"] = "New"
    assert admin_client.post(page(Collection, "add"), fields).status_code == 302
    new = next(each for each in api.get_collections() if each.title == "New")
    for uuid, action in ((stocked.collection_uuid, "updated"), (new.uuid, "created")):
        entry = api.get_collection_audit(uuid)[-1]
        assert (entry.action, entry.actor) == (action, "admin")


@pytest.mark.parametrize("model", PAGES)
def test_others_do_not_get_in(stocked: BundleData, client: Client, model: type[Model]) -> None:
    assert client.get(page(model, "changelist")).status_code == 302
