"""Blocks of published packages in a real browser, where their own scripts run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from openedx_blockstore import api
from openedx_blockstore_xblock import api as bridge
from tests.bridge.conftest import usage
from tests.bridge.published import BLOCKS, MENTORING, WITH_TABLES
from tests.files.browsing import browsing, picture
from tests.files.conftest import Caller

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.usefixtures("file_storage"),
]

DRAFT = "studio_draft"

#: A unit with one of each block that others check their runtimes with.
ACID = """<unit>
  <acid url_name="alone" name="alone"/>
  <acid_parent url_name="above" name="above">
    <acid url_name="left" name="left"/>
    <acid url_name="right" name="right"/>
    <html url_name="text">Not acid</html>
  </acid_parent>
</unit>"""

#: Marks of an acid block in its page: that its script has started, and has found a file of its
#: package; and four for each of the four kinds of learners' fields.
MARKS = 2 + 4 * 4


@pytest.fixture
def learner(db: None) -> Caller:
    """Somebody who is logged in."""
    return Caller(User.objects.create_user("athene"))


@pytest.fixture
def author(db: None) -> Caller:
    """Somebody who may write."""
    return Caller(User.objects.create_superuser("hera"))


@pytest.fixture
def address(live_server: LiveServer, db: None) -> Callable[..., str]:
    """Publish a block for everybody, and return where its page is, or the one to edit it."""
    collection = api.create_collection("Owls")
    api.update_collection(collection.uuid, visibility="public_read")
    bundle = api.create_bundle(collection.uuid, "night").uuid

    def publish(block_type: str, olx: str, *, edit: bool = False) -> str:
        path = f"{block_type}.xml"
        draft = api.get_or_create_bundle_draft(bundle, "work").uuid
        api.write_draft_file(draft, path, olx)
        api.commit_draft(draft)
        key = usage(bundle, path, block_type=block_type)
        page = reverse(f"openedx_blockstore_xblock:{'edit' if edit else 'block'}", args=[key])
        return f"{live_server.url}{page}{f'?draft={DRAFT}' if edit else ''}"

    return publish


@contextmanager
def page_of(live_server: LiveServer, caller: Caller) -> Iterator[Page]:
    """Return an empty page of somebody's browser; what fails in scripts fails the test."""
    with browsing(live_server.url, caller) as context:
        page = context.new_page()
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        yield page
        assert failures == []


def test_the_acid_test_of_runtimes_is_passed(
    live_server: LiveServer, address: Callable[..., str], learner: Caller
) -> None:
    """Each check of each block: learners' fields, handlers by both addresses, files, children."""
    url = address("unit", ACID)
    with page_of(live_server, learner) as page:
        page.goto(url)
        expect(page.locator(".xblock-v1 .pass")).to_have_count(4 * MARKS + 2)
        for mark in ("fail", "error", "unknown"):
            assert page.locator(f".xblock-v1 .{mark}").count() == 0
        for scope in ("user_state", "user_state_summary", "preferences", "user_info"):
            assert page.locator(f".scope-{scope}").count() == 4
        picture(page, "acid")


def test_what_is_done_is_so_when_the_learner_comes_back(
    live_server: LiveServer, address: Callable[..., str], learner: Caller
) -> None:
    """With a click."""
    url = address("done", "<done/>")
    with page_of(live_server, learner) as page:
        page.goto(url)
        with page.expect_response(lambda answer: "/handlers/" in answer.url):
            page.locator(".done_onoffswitch-label").click()
        page.reload()
        expect(page.locator(".done_onoffswitch-checkbox")).to_be_checked()
        page.locator(".done_onoffswitch-switch").evaluate(
            """switch_ => fetch(getComputedStyle(switch_).backgroundImage.slice(5, -2))
            .then(answer => { if (!answer.ok) { throw Error(answer.status); } })"""
        )


def test_a_free_text_is_sent_and_found_again(
    live_server: LiveServer, address: Callable[..., str], learner: Caller
) -> None:
    """With what the learner gets for it."""
    url = address("freetextresponse", BLOCKS["freetextresponse"].olx)
    with page_of(live_server, learner) as page:
        page.goto(url)
        page.locator(".student_answer").fill("They hoot")
        page.get_by_role("button", name="Submit").click()
        expect(page.locator(".problem-progress")).to_have_text("(2/2 points)")
        page.reload()
        expect(page.locator(".student_answer")).to_have_value("They hoot")


def test_an_answer_is_compared(
    live_server: LiveServer, address: Callable[..., str], learner: Caller
) -> None:
    """With the authors' own, which is shown after it was sent."""
    url = address("submit-and-compare", BLOCKS["submit-and-compare"].olx)
    with page_of(live_server, learner) as page:
        page.goto(url)
        expect(page.get_by_text("Mice.")).to_be_hidden()
        page.locator("textarea.answer").fill("Voles")
        # It shows its own answer before the learner's is kept.
        with page.expect_response(lambda answer: '"submit"' in (answer.request.post_data or "")):
            page.locator(".submit_button").click()
        page.get_by_text("Mice.").wait_for()
        page.reload()
        expect(page.locator("textarea.answer")).to_have_value("Voles")


def test_a_picture_is_explored(
    live_server: LiveServer, address: Callable[..., str], learner: Caller
) -> None:
    """What lies under a spot is shown."""
    url = address("image-explorer", BLOCKS["image-explorer"].olx)
    with page_of(live_server, learner) as page:
        page.goto(url)
        expect(page.get_by_text("Its eye")).to_be_hidden()
        with page.expect_response(lambda answer: "/handlers/" in answer.url) as told:
            page.locator(".image-explorer-hotspot").first.click()
        assert told.value.ok
        page.get_by_text("Its eye").wait_for()


@WITH_TABLES
def test_questions_of_a_mentoring_block_are_answered_together(
    live_server: LiveServer, address: Callable[..., str], learner: Caller
) -> None:
    """Its script talks to those of its questions, by its children in the page."""
    url = address("problem-builder", MENTORING)
    with page_of(live_server, learner) as page:
        page.goto(url)
        submit = page.locator(".submit .input-main")
        expect(submit).to_be_disabled()
        page.locator("textarea").fill("Where they nest")
        page.get_by_text("Mice", exact=True).click()
        page.get_by_text("Under a roof").click()
        page.get_by_text("In a tree").click()
        page.locator(".rating input[value='5'], input[name=fun][value='5']").first.check()
        expect(submit).to_be_enabled()
        submit.click()
        page.get_by_text("Well done.").wait_for()
        picture(page, "problem builder")
        page.reload()
        expect(page.locator("textarea")).to_have_value("Where they nest")
        expect(page.get_by_role("radio", name="Mice")).to_be_checked()


@pytest.mark.parametrize(
    ("block_type", "field", "save"),
    [
        ("feedback", "#display_name", ".save-button"),
        ("freetextresponse", "#xb-field-edit-display_name", ".save-button"),
        ("google-calendar", "#edit_display_name", ".save-button"),
        ("image-explorer", "#edit_display_name", ".save-button"),
        pytest.param(
            "problem-builder", "#xb-field-edit-display_name", ".save-button", marks=WITH_TABLES
        ),
        ("submit-and-compare", "#submit_and_compare_edit_display_name", ".action-save"),
    ],
)
def test_a_block_is_edited_in_its_own_editor(
    live_server: LiveServer,
    address: Callable[..., str],
    author: Caller,
    block_type: str,
    field: str,
    save: str,
) -> None:
    """And saved into the draft."""
    url = address(block_type, BLOCKS[block_type].olx, edit=True)
    with page_of(live_server, author) as page:
        page.goto(url)
        page.locator(field).fill("By night")
        page.locator(save).click()
        page.get_by_text("Saved to the draft").wait_for()
    key = usage(api.get_bundles()[0].uuid, f"{block_type}.xml", block_type=block_type)
    assert 'display_name="By night"' in bridge.get_block_olx(key, draft=DRAFT).olx
