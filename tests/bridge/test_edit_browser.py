"""An author with a real browser: blocks' own editors, ours, and what learners see afterwards."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from tests.bridge.conftest import usage
from tests.files.browsing import browsing
from tests.files.conftest import Caller

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.usefixtures("file_storage"),
]

DRAFT = "studio_draft"
UNIT = """<unit display_name="At night">
  <html url_name="h" display_name="Sounds"><p>Owls <b>hoot</b>.</p></html>
  <poll url_name="p" question="Who?"
    answers='[["R", {"label": "Owls", "img": ""}], ["B", {"label": "Bats", "img": ""}]]'/>
  <survey url_name="s"/>
  <drag-and-drop-v2 url_name="d" display_name="Place them"/>
  <word_cloud url_name="w"/>
</unit>
"""


@pytest.fixture
def author(db: None) -> Caller:
    """Somebody who may write."""
    return Caller(User.objects.create_superuser("athene"))


@pytest.fixture
def bundle_uuid(make_bundle: Callable[..., UUID]) -> UUID:
    """A bundle with a unit of blocks that have editors."""
    return make_bundle({"unit.xml": UNIT})


def block(bundle_uuid: UUID, inner_id: str) -> BlockstoreUsageKey:
    """Return the usage of one of the unit's blocks."""
    block_type = inner_id.partition("/")[0] or "unit"
    return usage(bundle_uuid, "unit.xml", block_type=block_type, inner_id=inner_id)


def open_editor(page: Page, live_server: LiveServer, key: BlockstoreUsageKey) -> None:
    """Open the page on which a block is edited."""
    path = reverse("openedx_blockstore_xblock:edit", kwargs={"usage": str(key)})
    page.goto(f"{live_server.url}{path}?draft={DRAFT}")


def test_html_is_edited_beside_what_it_looks_like(
    live_server: LiveServer, bundle_uuid: UUID, author: Caller
) -> None:
    """Saved into the draft, and seen in its preview."""
    key = block(bundle_uuid, "html/h")
    with browsing(live_server.url, author) as context:
        page = context.new_page()
        open_editor(page, live_server, key)
        page.get_by_label("HTML", exact=True).fill("<p>Owls <i>screech</i>.</p>")
        page.frame_locator("#edit-look").locator("i", has_text="screech").wait_for()
        page.get_by_role("button", name="Save to draft").first.click()
        page.get_by_text("Saved to the draft").wait_for()
        page.get_by_role("link", name="Preview of the draft").click()
        page.locator("i", has_text="screech").wait_for()
    assert "screech" in bridge.get_block_olx(key, draft=DRAFT).olx
    assert "hoot" in bridge.get_block_olx(key).olx


def save(page: Page) -> None:
    """Use the button of a block's own editor."""
    page.locator(".save-button").last.click()


def test_a_poll_is_edited_in_its_own_editor(
    live_server: LiveServer, bundle_uuid: UUID, author: Caller
) -> None:
    """Its script saves, and the page says so; it also says what the block refuses."""
    key = block(bundle_uuid, "poll/p")
    with browsing(live_server.url, author) as context:
        page = context.new_page()
        open_editor(page, live_server, key)
        page.locator("#poll-question-editor").fill("")
        save(page)
        page.locator("#edit-conflict", has_text="specify a question").wait_for()
        page.locator("#poll-question-editor").fill("Who hoots? 🦉")
        save(page)
        page.get_by_text("Saved to the draft").wait_for()
        assert page.locator("#poll-question-editor").input_value() == "Who hoots? 🦉"
        page.get_by_role("link", name="Preview of the draft").click()
        page.get_by_text("Who hoots? 🦉").wait_for()
    olx = bridge.get_block_olx(key, draft=DRAFT).olx
    assert 'question="Who hoots? 🦉"' in olx
    assert "Bats" in olx
    assert "private_results" not in olx


def test_a_survey_is_edited_in_its_own_editor(
    live_server: LiveServer, bundle_uuid: UUID, author: Caller
) -> None:
    """A question is added to those that it has by itself."""
    key = block(bundle_uuid, "survey/s")
    with browsing(live_server.url, author) as context:
        page = context.new_page()
        open_editor(page, live_server, key)
        page.locator("#poll-add-question a").click()
        page.locator("[id^=question-label-]").nth(3).fill("Do you like owls?")
        save(page)
        page.get_by_text("Saved to the draft").wait_for()
    assert "Do you like owls?" in bridge.get_block_olx(key, draft=DRAFT).olx


def test_a_drag_and_drop_problem_is_edited_in_its_own_editor(
    live_server: LiveServer, bundle_uuid: UUID, author: Caller
) -> None:
    """Over its three pages; only what was changed is written."""
    key = block(bundle_uuid, "drag-and-drop-v2/d")
    with browsing(live_server.url, author) as context:
        page = context.new_page()
        open_editor(page, live_server, key)
        page.locator(".problem-text").fill("Where do owls sleep?")
        page.locator(".continue-button").click()
        page.locator(".zones-tab .background-description").wait_for()
        page.locator(".continue-button").click()
        page.locator(".item-text").first.fill("Under the roof")
        save(page)
        page.get_by_text("Saved to the draft").wait_for()
        page.get_by_role("link", name="Preview of the draft").click()
        page.get_by_text("Where do owls sleep?").wait_for()
        page.get_by_text("Under the roof").first.wait_for()
    olx = bridge.get_block_olx(key, draft=DRAFT).olx
    assert 'question_text="Where do owls sleep?"' in olx
    assert "Under the roof" in olx
    assert "mode=" not in olx


def test_settings_of_a_block_are_edited_in_the_editor_that_xblock_brings(
    live_server: LiveServer, bundle_uuid: UUID, author: Caller
) -> None:
    """As many published blocks have it."""
    key = block(bundle_uuid, "word_cloud/w")
    with browsing(live_server.url, author) as context:
        page = context.new_page()
        open_editor(page, live_server, key)
        page.get_by_label("Maximum Words").fill("7")
        save(page)
        page.get_by_text("Saved to the draft").wait_for()
        assert page.get_by_label("Maximum Words").input_value() == "7"
    assert bridge.get_block_olx(key, draft=DRAFT).olx == (
        '<word_cloud url_name="w" num_top_words="7"/>'
    )


def test_two_authors_in_one_editor_lose_nothing(
    live_server: LiveServer, bundle_uuid: UUID, author: Caller
) -> None:
    """Who comes second is shown both texts, and can begin again with what is there."""
    key = block(bundle_uuid, "poll/p")
    with browsing(live_server.url, author) as context:
        first, second = context.new_page(), context.new_page()
        for page in (first, second):
            open_editor(page, live_server, key)
        first.locator("#poll-question-editor").fill("First?")
        save(first)
        first.get_by_text("Saved to the draft").wait_for()
        second.locator("#poll-question-editor").fill("Second?")
        save(second)
        second.get_by_role("heading", name="Somebody else has changed this block").wait_for()
        assert "Second?" in second.get_by_label("Yours").input_value()
        assert "First?" in second.get_by_label("Theirs").input_value()
        assert second.locator("#poll-question-editor").input_value() == "Second?"
        second.get_by_role("link", name="Begin again").click()
        second.locator("#poll-question-editor", has_text="First?").wait_for()
        second.locator("#poll-question-editor").fill("Third?")
        save(second)
        second.get_by_text("Saved to the draft").wait_for()
    assert 'question="Third?"' in bridge.get_block_olx(key, draft=DRAFT).olx


def test_olx_is_edited_and_what_is_wrong_is_shown_where_it_is(
    live_server: LiveServer, bundle_uuid: UUID, author: Caller
) -> None:
    """Nothing that was written is lost on the way."""
    key = block(bundle_uuid, "")
    bad = UNIT.replace("</unit>", "<problem>\n</unit>")
    with browsing(live_server.url, author) as context:
        page = context.new_page()
        open_editor(page, live_server, key)
        page.get_by_label("The block as OLX").fill(bad)
        page.get_by_role("button", name="Save to draft").click()
        page.get_by_role("alert").filter(has_text="not well-formed").wait_for()
        assert page.get_by_label("The block as OLX").input_value() == bad
        page.get_by_role("button", name="Go to line").click()
        assert page.evaluate("document.activeElement.id") == "edit-olx"
        page.get_by_label("The block as OLX").fill(UNIT.replace("At night", "By day"))
        page.get_by_role("button", name="Save to draft").click()
        page.get_by_text("Saved to the draft").wait_for()
    assert bridge.get_block_olx(key, draft=DRAFT).olx == UNIT.replace("At night", "By day")


def test_the_page_fits_a_phone(live_server: LiveServer, bundle_uuid: UUID, author: Caller) -> None:
    """Our own editors, and those of blocks."""
    with browsing(live_server.url, author) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 360, "height": 640})
        for inner_id in ("html/h", "poll/p", "word_cloud/w", ""):
            open_editor(page, live_server, block(bundle_uuid, inner_id))
            page.locator(".save-button, button[type=submit]").first.wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, inner_id
