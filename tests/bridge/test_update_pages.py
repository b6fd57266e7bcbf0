"""Pages on which links and mounts are brought up to date, and the page where one begins."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import api as bridge
from tests.bridge.courses import SmallCourse, logged_in, make_course, text

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


# Links -------------------------------------------------------------------------------------------


def test_a_link_is_upgraded_and_learners_see_the_new_content(
    course: SmallCourse, author: Client, reader: Client
) -> None:
    """In one go, if the author wants it so."""
    assert "All links lead to the newest versions" in text(author, course.links_page())
    api.commit_draft(course.draft_text("newer"))
    learner_page = course.page("block", usage=course.key())
    assert "published" in text(reader, learner_page)
    address = course.links_page(back=str(course.key()))
    page = text(author, address)
    assert "version 2 is there" in page
    assert "newer" in page
    response = author.post(address, {"alias": "night", "version": "2", "publish": "1"}, follow=True)
    assert response.redirect_chain[-1][0] == learner_page
    assert "Published as version 2 of Owls" in response.content.decode()
    assert "newer" in text(reader, learner_page)


def test_a_link_is_upgraded_in_the_draft_first(course: SmallCourse, author: Client) -> None:
    """And is no longer behind there."""
    api.commit_draft(course.draft_text("newer"))
    page = author.post(course.links_page(), follow=True).content.decode()
    assert "In the draft: “night” at version 2." in page
    assert "All links lead to the newest versions" in page
    assert api.get_bundle(course.course).latest_version == 1
    assert "version 1 → 2" in text(author, course.draft_page(course.course))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"alias": "none", "version": "1"}, 400),
        ({"alias": "night", "version": "x"}, 400),
        ({"alias": "night", "version": "99"}, 400),
        ({"alias": "night", "version": "99999999999"}, 400),
        ({"alias": "night", "version": "1", "publish": "1"}, 302),
    ],
)
def test_a_link_that_can_not_be_is_refused(
    course: SmallCourse, author: Client, given: dict[str, str], status: int
) -> None:
    """Nothing is published."""
    assert author.post(course.links_page(), given).status_code == status
    assert api.get_bundle(course.course).latest_version == 1


def test_lenders_that_one_may_not_see_are_not_shown(course: SmallCourse, author: Client) -> None:
    """Nor can they be linked to again."""
    secret = api.create_collection("Secret").uuid
    lender = api.create_bundle(secret, "x", "Secret owls").uuid
    for content in ("first", "second"):
        api.import_version(lender, {"a.txt": content})
    draft = api.get_or_create_bundle_draft(course.course, "studio_draft").uuid
    api.set_draft_link(draft, "secret", lender, 1)
    page = text(author, course.links_page())
    assert "“secret”: version 1" in page
    assert "Secret owls" not in page
    assert "a.txt" not in page
    given = {"alias": "secret", "version": "2"}
    assert author.post(course.links_page(), given).status_code == 404
    api.update_collection(secret, visibility="public_read")
    assert "Secret owls" in text(author, course.links_page())
    assert author.post(course.links_page(), given).status_code == 403
    api.update_collection(secret, visibility="public_reuse")
    assert author.post(course.links_page(), given).status_code == 302


# Contexts ----------------------------------------------------------------------------------------


@pytest.fixture
def pinned(course: SmallCourse) -> str:
    """The page of a context that pins the course to its first version, owned by its author."""
    key = bridge.create_learning_context("owls", title="Owls, spring", owner=course.author).key
    bridge.mount_bundle(key, "main", course.course, version=1)
    return course.page("context", context=key)


def test_a_pinned_mount_is_brought_up_to_date(
    course: SmallCourse, author: Client, reader: Client, pinned: str
) -> None:
    """Its owner sees what changes; learners see the new content then."""
    api.commit_draft(course.draft_text("newer"))
    draft = api.get_or_create_bundle_draft(course.course, "studio_draft").uuid
    api.set_draft_link(draft, "night", course.sequence, 2)
    api.commit_draft(draft)
    context = bridge.get_learning_context("owls").key
    learner_page = course.page("block", usage=course.key(context))
    assert "published" in text(reader, learner_page)
    page = text(author, pinned)
    assert "version 2 is there" in page
    assert "version 1 → 2" in page
    given = {"alias": "main", "action": "pin", "version": "2"}
    page = author.post(pinned, given, follow=True).content.decode()
    assert "“main” is at version 2 now." in page
    assert "newer" in text(reader, learner_page)
    page = author.post(pinned, {"alias": "main", "action": "follow"}, follow=True).content.decode()
    assert "“main” follows the latest version now." in page


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"alias": "main", "action": "pin", "version": "9"}, 404),
        ({"alias": "main", "action": "pin", "version": "x"}, 400),
        ({"alias": "main", "action": "pin"}, 400),
        ({"alias": "none", "action": "follow"}, 404),
        ({}, 404),
    ],
)
def test_a_mount_that_can_not_be_is_refused(
    author: Client, pinned: str, given: dict[str, str], status: int
) -> None:
    """It stays as it was."""
    assert author.post(pinned, given).status_code == status
    (mount,) = bridge.get_learning_context("owls").mounts
    assert mount.version == 1


def test_who_may_not_change_a_context_only_reads_it(
    course: SmallCourse, reader: Client, pinned: str
) -> None:
    """And strangers do not know of it."""
    page = text(reader, pinned)
    assert "Owls, spring" in page
    assert "Follow the latest" not in page
    assert reader.post(pinned, {"alias": "main", "action": "follow"}).status_code == 403
    stranger = Client()
    stranger.force_login(User.objects.create_user("strix"))
    assert stranger.get(pinned).status_code == 404
    assert stranger.post(pinned).status_code == 404
    assert Client().get(pinned).status_code == 302


def test_an_owner_who_may_not_see_a_bundle_any_more_does_not(
    course: SmallCourse, author: Client, pinned: str
) -> None:
    """Neither what it is called, nor what its versions change; nor can they move the mount."""
    api.import_version(course.course, {"navigation.json": "{}"})
    api.set_role(course.collection, None, user="minerva")
    page = text(author, pinned)
    assert "“main”: version 1" in " ".join(page.split())
    assert ">Owls<" not in page
    assert "navigation.json" not in page
    given = {"alias": "main", "action": "follow"}
    assert author.post(pinned, given).status_code == 404


def test_the_start_page_lists_what_one_may_see(
    course: SmallCourse, reader: Client, pinned: str
) -> None:
    """Courses, and contexts."""
    page = text(reader, "/")
    assert f'href="{course.outline}">Owls</a>' in page
    assert f'href="{pinned}">Owls, spring</a>' in page
    stranger = Client()
    stranger.force_login(User.objects.create_user("strix"))
    page = text(stranger, "/")
    assert "There are no courses that you may see" in page
    assert "Owls" not in page
    assert Client().get(course.page("courses")).status_code == 302
    assert text(reader, course.page("courses") + "?after=99999999999999")
    assert text(reader, course.page("context", context="blockstore:global"))


def test_many_courses_are_listed_a_page_at_a_time(course: SmallCourse, reader: Client) -> None:
    """In the order in which they came."""
    for number in range(105):
        api.create_bundle(course.collection, f"c{number}", f"Course {number:03}", type="course")
    page = text(reader, course.page("courses"))
    assert "Course 098" in page
    assert "Course 099" not in page
    after = page.split("?after=")[1].split('"')[0]
    assert "Course 104" in text(reader, f"{course.page('courses')}?after={after}")


def test_what_links_lead_to_is_compared_at_few_costs(course: SmallCourse, author: Client) -> None:
    """However many there are."""
    lenders = [
        api.create_bundle(course.collection, f"l{number}", f"Lender {number}").uuid
        for number in range(30)
    ]
    for lender in lenders:
        for content in ("first", "second"):
            api.import_version(lender, {"a.txt": content})
    draft = api.get_or_create_bundle_draft(course.course, "studio_draft").uuid
    links = {f"l{number}": LinkTarget(lender, 1) for number, lender in enumerate(lenders)}
    api.change_draft(draft, links=links)
    page = text(author, course.links_page())
    assert page.count("version 2 is there") == 30
    assert page.count("<code>a.txt</code>") == 20
    page = author.post(course.links_page(), {"publish": "1"}, follow=True).content.decode()
    assert "All links lead to the newest versions" in page
    assert api.get_bundle(course.course).latest_version == 2
