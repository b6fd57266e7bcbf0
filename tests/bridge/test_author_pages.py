"""Pages of authors: other states of the content, comparing them, and publishing a draft."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from openedx_blockstore import api
from openedx_blockstore_xblock.models import BlockState
from tests.bridge.courses import TEXT, SmallCourse, logged_in, make_course, text
from tests.bridge.test_pages import handler_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> SmallCourse:
    """A course of two bundles."""
    return make_course()


@pytest.fixture
def author(course: SmallCourse) -> Client:
    """The browser of the course's author."""
    return logged_in(course.author)


@pytest.fixture
def reader(course: SmallCourse) -> Client:
    """The browser of a learner."""
    return logged_in(course.reader)


# Previews ----------------------------------------------------------------------------------------


def test_an_author_sees_the_draft_and_a_learner_does_not(
    course: SmallCourse, author: Client, reader: Client
) -> None:
    """Who may not see it is told so; without asking for it, both see what is published."""
    course.draft_text("drafted")
    address = course.page("block", usage=course.key())
    assert "drafted" in text(author, f"{address}?draft=studio_draft")
    assert "published" in text(author, address)
    assert "published" in text(reader, address)
    text(reader, f"{address}?draft=studio_draft", status=403)
    text(reader, f"{course.outline}?draft=studio_draft", status=403)


def test_a_preview_is_kept_on_the_way_through_the_course(
    course: SmallCourse, author: Client
) -> None:
    """From the outline to the units, back, and when they are turned."""
    course.draft_text("drafted")
    page = text(author, f"{course.outline}?draft=studio_draft")
    address = f"{course.page('block', usage=course.key())}?draft=studio_draft"
    assert address in page
    page = text(author, address)
    assert "Draft “studio_draft”" in page
    assert 'href="?unit=2&amp;draft=studio_draft" rel="next"' in page
    assert f'{course.outline}?draft=studio_draft"' in page


def test_units_are_told_by_what_is_in_them(course: SmallCourse, reader: Client) -> None:
    """By pictures, and in words for those who do not see them; each has an address of its own."""
    page = text(reader, course.page("block", usage=course.key()))
    assert 'aria-label="1: Dusk, to read"' in page
    assert 'aria-label="2: Dawn, with a problem"' in page
    found = re.search(r'href="([^"]+)">This unit by itself', page)
    assert found is not None
    unit = text(reader, found[1])
    assert "Dusk</h1>" in unit
    assert "published" in unit


def test_one_logs_out_from_every_page(course: SmallCourse, reader: Client) -> None:
    """To look at it as somebody else."""
    found = re.search(r'action="([^"]+)" class="bs-who"', text(reader, course.outline))
    assert found is not None
    assert reader.post(found[1]).status_code == 302
    assert reader.get(course.outline).status_code == 302


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("version=1", 200),
        ("version=latest", 200),
        ("version=mounted", 200),
        ("as_of=2126-01-01", 200),
        ("version=2", 404),
        ("as_of=2001-01-01", 404),
        ("version=x", 400),
        ("version=1&draft=x", 400),
        ("as_of=x", 400),
        ("look=version%3Dx", 400),
        ("look=" + "a=1%26" * 9, 400),
    ],
)
def test_readers_look_at_versions_and_dates(
    course: SmallCourse, reader: Client, query: str, status: int
) -> None:
    """What there is not is not found; what makes no sense is said."""
    text(reader, f"{course.page('block', usage=course.key())}?{query}", status=status)
    text(reader, f"{course.outline}?{query}", status=status)


def test_what_is_chosen_in_the_form_stands_in_the_address(
    course: SmallCourse, author: Client
) -> None:
    """So that it can be kept and sent to others."""
    address = course.page("block", usage=course.key())
    response = author.get(f"{address}?{urlencode({'look': 'draft=a b&', 'unit': 2})}")
    assert response.headers["Location"] == f"{address}?unit=2&draft=a+b"


def test_handlers_of_a_preview_act_in_it(course: SmallCourse, author: Client) -> None:
    """What an author tries out is nothing that a learner has left, nor the other way round."""
    address = course.page("block", usage=course.key())
    answer = {f"input_{course.problem_key().html_id()}_2_1": "choice_0"}

    def is_answered(query: str) -> bool:
        handler = handler_of(text(author, f"{address}?unit=2{query}"), "xmodule_handler")
        return " checked" in Client().post(f"{handler}problem_get").json()["html"]

    def check(query: str) -> None:
        handler = handler_of(text(author, f"{address}?unit=2{query}"), "xmodule_handler")
        result = Client().post(f"{handler}problem_check", answer).json()
        assert result["success"] == "correct"

    check("&version=1")
    assert not BlockState.objects.exists()
    assert is_answered("&version=1")
    assert not is_answered("")
    check("")
    assert BlockState.objects.count() == 1
    assert not is_answered("&version=latest")


# Comparing ---------------------------------------------------------------------------------------


def test_two_states_stand_side_by_side_with_what_differs(
    course: SmallCourse, author: Client, reader: Client
) -> None:
    """Each in a frame of its own; the texts that differ are for authors."""
    course.draft_text("drafted")
    address = course.page("compare", usage=course.key())
    query = urlencode({"left": "version=mounted", "right": "draft=studio_draft", "unit": 1})
    page = text(author, f"{address}?{query}")
    assert page.count("<iframe ") == 2
    assert "unit=1&amp;draft=studio_draft&amp;frame=1" in page
    assert "</span>&lt;html&gt;drafted&lt;/html&gt;</ins>" in page
    text(reader, f"{address}?{query}", status=403)
    page = text(reader, f"{address}?left=version%3D1&right=version%3Dlatest")
    assert page.count("<iframe ") == 2
    assert "What differs" not in page


def test_a_page_for_a_frame_has_nothing_around_it(course: SmallCourse, author: Client) -> None:
    """And stands in frames of our own pages alone."""
    address = course.page("block", usage=course.key())
    response = author.get(f"{address}?version=latest&frame=1")
    page = response.content.decode()
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "published" in page
    assert "For authors" not in page
    assert "Where you are" not in page
    assert author.get(address).headers.get("X-Frame-Options") != "SAMEORIGIN"


def test_a_side_that_is_not_there_says_so(course: SmallCourse, author: Client) -> None:
    """Instead of what differs."""
    address = course.page("compare", usage=course.key())
    query = urlencode({"left": "as_of=2001-01-01", "right": "version=latest"})
    assert "One of the two does not have this block" in text(author, f"{address}?{query}")
    text(author, f"{address}?left=version%3Dx", status=400)


# Publishing --------------------------------------------------------------------------------------


def test_a_draft_is_published_from_its_page(course: SmallCourse, author: Client) -> None:
    """With what its author says of it; then come the links that lead learners to it."""
    course.draft_text("drafted")
    address = course.draft_page(back=str(course.key()))
    page = text(author, address)
    assert "drafted" in page
    response = author.post(address, {"description": "Better owls", "kind": "typo"}, follow=True)
    page = response.content.decode()
    assert "Published as version 2 of Night" in page
    assert "<h1>Links of Owls</h1>" in page
    version = api.get_bundle_version(course.sequence)
    assert version is not None
    assert version.version == 2
    assert version.change_description == "Better owls"
    assert "Nothing is staged" in text(author, address)


def test_a_draft_without_changes_is_not_published(course: SmallCourse, author: Client) -> None:
    """Nor one that is not there."""
    page = author.post(course.draft_page(), follow=True).content.decode()
    assert "There is nothing to publish" in page
    api.get_or_create_bundle_draft(course.sequence, "studio_draft")
    page = author.post(course.draft_page(), follow=True).content.decode()
    assert "There is nothing to publish" in page
    assert api.get_bundle(course.sequence).latest_version == 1


@pytest.mark.parametrize(("choice", "expected"), [("mine", b"mine"), ("theirs", b"theirs")])
def test_a_conflict_is_told_and_the_author_decides(
    course: SmallCourse, author: Client, choice: str, expected: bytes
) -> None:
    """Nothing is lost before that."""
    draft = course.draft_text("mine")
    api.write_draft_file(draft, "more.xml", "<html/>")
    api.commit_draft(course.draft_text("theirs", name="other"))
    address = course.draft_page()
    assert "Others have published version 2 since" in text(author, address)
    response = author.post(address, {"description": "kept", "kind": "grading"})
    page = response.content.decode()
    assert response.status_code == 409
    assert f"<code>{TEXT}</code>" in page
    assert 'value="kept"' in page
    assert api.get_bundle(course.sequence).latest_version == 2
    response = author.post(address, {"on_conflict": choice}, follow=True)
    assert "Published as version 3" in response.content.decode()
    assert expected in api.get_bundle_file_data(course.sequence, TEXT)
    assert api.get_bundle_file_data(course.sequence, "more.xml") == b"<html/>"


@pytest.mark.parametrize("given", [{"kind": "x"}, {"on_conflict": "x"}, {"description": "a\0b"}])
def test_what_can_not_be_published_so_is_said(
    course: SmallCourse, author: Client, given: dict[str, str]
) -> None:
    """Whatever somebody sends."""
    course.draft_text("drafted")
    assert author.post(course.draft_page(), given).status_code == 400
    assert api.get_bundle(course.sequence).latest_version == 1


def test_only_authors_have_these_pages(course: SmallCourse, reader: Client) -> None:
    """A reader is told, a stranger finds nothing, and nobody may log in first."""
    stranger = Client()
    stranger.force_login(User.objects.create_user("strix"))
    for name in ("draft", "links"):
        address = course.page(name, bundle=course.sequence)
        for method in ("get", "post"):
            assert getattr(reader, method)(address).status_code == 403
            assert getattr(stranger, method)(address).status_code == 404
            assert getattr(Client(), method)(address).status_code == 302
        assert stranger.get(course.page(name, bundle="x")).status_code == 404


def test_nobody_can_make_an_author_publish(course: SmallCourse) -> None:
    """A form of another site is refused."""
    course.draft_text("drafted")
    client = Client(enforce_csrf_checks=True)
    client.force_login(course.author)
    assert client.post(course.draft_page()).status_code == 403
    assert api.get_bundle(course.sequence).latest_version == 1


@pytest.mark.parametrize("name", ["x" * 181, "a\0b"])
def test_a_draft_that_can_not_be_is_refused(course: SmallCourse, author: Client, name: str) -> None:
    """By its name."""
    assert author.get(course.draft_page(draft=name)).status_code == 400
    assert author.get(course.draft_page(draft="Entwurf Ä", back="x")).status_code == 200
