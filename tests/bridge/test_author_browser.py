"""An author with a real browser: drafts beside what is published, publishing, upgrading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from openedx_blockstore import api
from openedx_blockstore.courses import import_course
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from tests.bridge.courses import SmallCourse, make_course
from tests.files.browsing import browsing, faults_of, picture
from tests.files.conftest import Caller

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.usefixtures("file_storage"),
]


@pytest.fixture
def course(file_storage: object, transactional_db: None) -> SmallCourse:
    """A course of two bundles."""
    return make_course()


def open_block(page: Page, live_server: LiveServer, course: SmallCourse, query: str = "") -> None:
    """Open the page of the course's sequence."""
    page.goto(f"{live_server.url}{course.page('block', usage=course.key())}{query}")


def test_a_draft_is_compared_published_and_brought_to_learners(
    live_server: LiveServer, course: SmallCourse
) -> None:
    """All the way from the preview, by what the pages offer."""
    course.draft_text("&lt;p&gt;drafted&lt;/p&gt;")
    with browsing(live_server.url, Caller(course.author)) as context:
        page = context.new_page()
        open_block(page, live_server, course)
        page.get_by_role("button", name="Compare").click()
        left, right = (page.frame_locator("iframe").nth(number) for number in range(2))
        expect(left.get_by_text("published")).to_be_visible()
        expect(right.get_by_text("drafted")).to_be_visible()
        expect(page.locator(".bs-diff ins")).to_contain_text("drafted")
        picture(page, "compare")
        page.get_by_role("link", name="Back to the page").click()
        expect(page.locator(".bs-preview")).to_contain_text("Draft “studio_draft”")
        picture(page, "preview")
        page.get_by_role("link", name="Publish what the draft changes in “Night”").click()
        picture(page, "draft")
        page.get_by_label("What you have changed").fill("Better owls")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text("Published as version 2 of Night.")).to_be_visible()
        picture(page, "links")
        page.get_by_role("button", name="and publish").click()
        expect(page.get_by_text("drafted")).to_be_visible()
        assert "?" not in page.url
    with browsing(live_server.url, Caller(course.reader)) as context:
        page = context.new_page()
        open_block(page, live_server, course)
        expect(page.get_by_text("drafted")).to_be_visible()
        expect(page.get_by_text("For authors")).to_have_count(0)


def test_a_text_of_an_imported_course_is_edited_published_and_seen(
    live_server: LiveServer, courses: Path
) -> None:
    """From the outline to the edit page, to the comparison, to the learner."""
    report = import_course(courses / "opencraft-blockstore-test-course")
    assert report.collection_uuid is not None
    author, learner = (User.objects.create_user(name) for name in ("minerva", "athene"))
    api.set_role(report.collection_uuid, "author", user="minerva")
    api.set_role(report.collection_uuid, "reader", user="athene")
    start = live_server.url + reverse("openedx_blockstore_xblock:courses")
    with browsing(live_server.url, Caller(author)) as context:
        page = context.new_page()
        page.goto(start)
        page.get_by_role("link", name="Blockstore Test Course").click()
        page.get_by_role("link", name="Main Subsection").click()
        sequence = page.url
        page.get_by_role("link", name=re.compile(r"^Edit .*\(html\)$")).click()
        page.get_by_label("HTML", exact=True).fill("<p>Owls hear in the dark.</p>")
        page.get_by_role("button", name="Save to draft").first.click()
        expect(page.get_by_role("status").first).to_contain_text("Saved to the draft")
        picture(page, "edited")
        page.goto(sequence)
        expect(page.get_by_text("Here is a link to a PDF")).to_be_visible()
        page.get_by_role("button", name="Compare").click()
        left, right = (page.frame_locator("iframe").nth(number) for number in range(2))
        expect(left.get_by_text("Here is a link to a PDF")).to_be_visible()
        expect(right.get_by_text("Owls hear in the dark.")).to_be_visible()
        picture(page, "compare edited")
        page.get_by_role("link", name="Back to the page").click()
        page.get_by_role("link", name="Publish what the draft changes").click()
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Links of Blockstore Test Course")
        page.get_by_role("button", name="and publish").click()
        expect(page.get_by_text("Owls hear in the dark.")).to_be_visible()
    with browsing(live_server.url, Caller(learner)) as context:
        page = context.new_page()
        page.goto(sequence)
        expect(page.get_by_text("Owls hear in the dark.")).to_be_visible()
        picture(page, "learner")


def test_both_sides_of_a_comparison_work(live_server: LiveServer, course: SmallCourse) -> None:
    """The scripts of each run for themselves; one side's answer is not the other's."""
    with browsing(live_server.url, Caller(course.author)) as context:
        page = context.new_page()
        open_block(page, live_server, course, "?unit=2")
        page.get_by_role("button", name="Compare").click()
        left, right = (page.frame_locator("iframe").nth(number) for number in range(2))
        page.wait_for_load_state("networkidle")  # their scripts get the problem anew
        left.get_by_role("radio").first.check()
        left.get_by_role("button", name="Submit").click()
        expect(left.get_by_text("Correct (2/2 points)")).to_be_visible()
        right.get_by_role("radio").nth(1).check()
        right.get_by_role("button", name="Submit").click()
        expect(right.get_by_text("Incorrect (0/2 points)")).to_be_visible()
        picture(page, "compare answered")
        page.reload()
        expect(left.get_by_role("radio").first).to_be_checked()
        expect(right.get_by_role("radio").nth(1)).to_be_checked()
        page.goto(f"{live_server.url}{course.page('block', usage=course.key())}?unit=2")
        expect(page.get_by_role("radio").first).not_to_be_checked()


def test_a_pinned_context_is_brought_up_to_date(
    live_server: LiveServer, course: SmallCourse
) -> None:
    """Its owner sees what changes, and learners see it then."""
    api.commit_draft(course.draft_text("&lt;p&gt;newer&lt;/p&gt;"))
    key = bridge.create_learning_context("owls", title="Owls, spring", owner=course.author).key
    bridge.mount_bundle(key, "main", course.sequence, version=1)
    usage = BlockstoreUsageKey(key, "sequential", course.sequence, "sequence.xml", route=("main",))
    learner_page = live_server.url + course.page("block", usage=usage)
    with browsing(live_server.url, Caller(course.author)) as context:
        page = context.new_page()
        page.goto(live_server.url + course.page("courses"))
        page.get_by_role("link", name="Owls, spring").click()
        expect(page.get_by_text("version 2 is there")).to_be_visible()
        page.locator("summary").click()
        expect(page.locator(".bs-diff ins")).to_contain_text("newer")
        picture(page, "context")
        page.get_by_role("button", name="Upgrade").click()
        expect(page.get_by_role("status")).to_contain_text("“main” is at version 2 now.")
        page.goto(learner_page)
        expect(page.get_by_text("newer")).to_be_visible()


def test_pages_of_authors_are_for_everybody(live_server: LiveServer, course: SmallCourse) -> None:
    """As far as a program can tell; and they fit a phone, where the sides lie below one another."""
    course.draft_text("drafted")
    newer = course.draft_text("newer", name="other")
    context_key = bridge.create_learning_context("owls", owner=course.author).key
    bridge.mount_bundle(context_key, "main", course.course, version=1)
    sequence = course.page("block", usage=course.key())
    addresses = [
        sequence,
        f"{sequence}?draft=studio_draft",
        course.page("compare", usage=course.key()),
        course.page("draft", bundle=course.sequence),
        course.page("links", bundle=course.course),
        course.page("context", context=context_key),
        course.page("courses"),
        f"{course.outline}?version=1",
        course.page("edit", usage=course.problem_key()),
    ]
    api.commit_draft(newer)
    with browsing(live_server.url, Caller(course.author)) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 360, "height": 640})
        for number, address in enumerate(addresses):
            page.goto(live_server.url + address)
            page.locator("main").wait_for()
            picture(page, f"phone {number}")
            assert faults_of(page, without=".xblock-v1") == [], address
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
            levels = page.evaluate(
                "[...document.querySelectorAll('h1,h2,h3,h4')].map(each => +each.tagName[1])"
            )
            assert levels[0] == 1, address
        page.goto(live_server.url + addresses[2])
        boxes = [page.locator("iframe").nth(number).bounding_box() for number in range(2)]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[1]["y"] > boxes[0]["y"]
        assert boxes[1]["x"] == boxes[0]["x"]


def test_an_author_goes_on_with_the_keyboard(live_server: LiveServer, course: SmallCourse) -> None:
    """From the draft's page to a version, without a mouse."""
    course.draft_text("drafted")
    with browsing(live_server.url, Caller(course.author)) as context:
        page = context.new_page()
        page.goto(live_server.url + course.page("draft", bundle=course.sequence))
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.get_by_label("What you have changed").focus()
        page.keyboard.type("Better owls")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Published as version 2 of Night.")
