"""A learner with a real browser: blocks' own scripts run, answers stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from openedx_blockstore import api
from openedx_blockstore.courses import import_course
from openedx_blockstore_xblock.results import get_completions
from tests.bridge.conftest import usage
from tests.bridge.olx import MULTIPLE_CHOICE
from tests.files.browsing import browsing, faults_of, picture
from tests.files.conftest import Caller

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.usefixtures("file_storage"),
]


@pytest.fixture
def course(courses: Path) -> UUID:
    """A real course, imported, which everybody may read."""
    report = import_course(courses / "opencraft-blockstore-test-course")
    assert report.collection_uuid is not None
    assert report.course_bundle_uuid is not None
    api.update_collection(report.collection_uuid, visibility="public_read")
    return report.course_bundle_uuid


@pytest.fixture
def learner(db: None) -> Caller:
    """Somebody who is logged in."""
    return Caller(User.objects.create_user("athene"))


def open_course(page: Page, live_server: LiveServer, course: UUID) -> None:
    """Open the outline."""
    kwargs = {"context": "blockstore:global", "alias": str(course)}
    page.goto(live_server.url + reverse("openedx_blockstore_xblock:mount", kwargs=kwargs))


def test_an_answer_is_given_and_found_again(
    live_server: LiveServer, course: UUID, learner: Caller
) -> None:
    """From the outline through a sequence to a problem, and back on another day."""
    with browsing(live_server.url, learner) as context:
        page = context.new_page()
        open_course(page, live_server, course)
        page.get_by_role("link", name="Main Subsection").click()
        page.wait_for_load_state("networkidle")  # its script gets the problem anew
        page.get_by_role("radio").nth(1).check()
        page.get_by_role("button", name="Submit").click()
        page.get_by_text("Correct (1/1 point)").wait_for()
        again = context.new_page()
        again.goto(page.url)
        assert [again.get_by_role("radio").nth(number).is_checked() for number in range(4)] == [
            False,
            True,
            False,
            False,
        ]


def test_a_learner_goes_through_the_units_with_the_keyboard(
    live_server: LiveServer, course: UUID, learner: Caller
) -> None:
    """The first stop leads past everything to the content."""
    with browsing(live_server.url, learner) as context:
        page = context.new_page()
        open_course(page, live_server, course)
        page.get_by_role("link", name="Main Subsection").click()
        page.get_by_role("radio").first.wait_for()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.get_by_role("link", name="Next").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**?unit=2")
        expect(page.locator(".bs-units [aria-current=page]")).to_have_text("2")


def test_items_are_dragged_onto_their_zones(
    live_server: LiveServer, course: UUID, learner: Caller
) -> None:
    """By the block's own script, and they lie there when the learner comes back."""
    with browsing(live_server.url, learner) as context:
        page = context.new_page()
        open_course(page, live_server, course)
        page.get_by_role("link", name="Main Subsection").click()
        page.get_by_role("link", name="Next").click()
        item = page.locator(".item-bank .option").first
        item.wait_for()
        text = item.inner_text().splitlines()[0]
        zones = page.locator(".zone")
        placed = page.locator(".zone .option", has_text=text)
        for number in range(zones.count()):
            if placed.count():
                break
            with page.expect_response(lambda answer: "/handlers/" in answer.url):
                item.drag_to(zones.nth(number))
        placed.first.wait_for()
        page.reload()
        placed.first.wait_for()


@pytest.fixture
def sample_course(db: None) -> UUID:
    """The course of this repository, imported, which everybody may read."""
    report = import_course(Path(__file__).resolve().parents[2] / "sample_course")
    assert report.collection_uuid is not None
    assert report.course_bundle_uuid is not None
    api.update_collection(report.collection_uuid, visibility="public_read")
    return report.course_bundle_uuid


def test_a_number_is_answered_and_found_again(
    live_server: LiveServer, sample_course: UUID, learner: Caller
) -> None:
    """With the keyboard alone."""
    with browsing(live_server.url, learner) as context:
        page = context.new_page()
        open_course(page, live_server, sample_course)
        picture(page, "outline")
        page.get_by_role("link", name="What the pellet says").click()
        voles = page.locator(".problems-wrapper", has_text="six lower jaws")
        page.wait_for_load_state("networkidle")  # its script gets the problem anew
        voles.get_by_role("textbox").focus()
        page.keyboard.type("3")
        voles.get_by_role("button", name="Submit").press("Enter")
        expect(voles).to_contain_text("Correct (1/1 point)")
        expect(voles.get_by_text("Answers are displayed within the problem")).to_be_hidden()
        picture(page, "number")
        page.reload()
        expect(voles.get_by_role("textbox")).to_have_value("3")


def test_a_unit_with_a_block_that_is_not_installed_works(
    live_server: LiveServer, courses: Path, learner: Caller
) -> None:
    """The learner is told, and the rest is there."""
    report = import_course(courses / "studio-advanced")
    assert report.collection_uuid is not None
    assert report.course_bundle_uuid is not None
    api.update_collection(report.collection_uuid, visibility="public_read")
    with browsing(live_server.url, learner) as context:
        page = context.new_page()
        open_course(page, live_server, report.course_bundle_uuid)
        page.get_by_role("link", name="3.6 - Open Response Assessments").click()
        placeholder = page.get_by_text("This part can not be shown right now.")
        page.locator(".bs-units").wait_for()
        sequence = page.url
        for number in range(1, page.locator(".bs-units a").count() + 1):
            page.goto(f"{sequence}?unit={number}")
            if placeholder.count():
                break
        expect(placeholder).to_be_visible()
        picture(page, "not installed")
        page.get_by_role("link", name="Previous").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("3.6 - Open Response Assessments")


def test_pages_of_learners_are_for_everybody(
    live_server: LiveServer, course: UUID, learner: Caller
) -> None:
    """As far as a program can tell; what is in blocks is their authors'."""
    with browsing(live_server.url, learner) as context:
        page = context.new_page()
        open_course(page, live_server, course)
        assert faults_of(page, without=".xblock-v1") == []
        page.get_by_role("link", name="Main Subsection").click()
        page.get_by_role("radio").first.wait_for()
        assert faults_of(page, without=".xblock-v1") == []
        page.get_by_role("link", name="This unit by itself").click()
        page.get_by_role("radio").first.wait_for()
        assert faults_of(page, without=".xblock-v1") == []
        page.get_by_role("link", name="Courses").click()
        assert faults_of(page, without=".xblock-v1") == []


def test_a_page_fits_a_phone(live_server: LiveServer, course: UUID, learner: Caller) -> None:
    """Nothing of the page's own is wider than the screen."""
    with browsing(live_server.url, learner) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 360, "height": 640})
        open_course(page, live_server, course)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("link", name="Main Subsection").click()
        page.get_by_role("radio").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_was_seen_for_a_while_is_complete(
    live_server: LiveServer, learner: Caller, settings: Any
) -> None:
    """A text is, once it was in view; a problem is not, and a missing block does not count."""
    settings.COMPLETION_BY_VIEWING_DELAY_MS = 200
    collection = api.create_collection("Owls")
    api.update_collection(collection.uuid, visibility="public_read")
    bundle = api.create_bundle(collection.uuid, "night").uuid
    problem = MULTIPLE_CHOICE.replace("<problem ", '<problem url_name="p" ')
    olx = f'<unit><html url_name="h">Owls</html>{problem}<nobody url_name="n"/></unit>'
    draft = api.get_or_create_bundle_draft(bundle, "work").uuid
    api.write_draft_file(draft, "unit.xml", olx)
    api.commit_draft(draft)
    key = usage(bundle, "unit.xml")
    with browsing(live_server.url, learner) as context:
        page = context.new_page()
        with page.expect_response(lambda answer: "/handlers/" in answer.url) as told:
            page.goto(live_server.url + reverse("openedx_blockstore_xblock:block", args=[key]))
        assert told.value.ok
        assert page.locator("[data-seen-url]").count() == 1
    user = User.objects.get(username="athene")
    keys = {
        name: usage(bundle, "unit.xml", block_type=name, inner_id=f"{name}/{name[0]}")
        for name in ("html", "problem")
    }
    assert get_completions(user.pk, keys.values()) == {keys["html"]: 1.0, keys["problem"]: 0.0}
