"""``manage.py list_courses``: where ``make run`` leads."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from tests.bridge.courses import make_course

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run the command; return what it says."""
    out = StringIO()
    call_command("list_courses", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_the_addresses_of_outlines() -> None:
    """Below the address at which the project is served."""
    assert "There is no course in the store" in run()
    course = make_course()
    told = run("--root-url", "http://localhost:8123/")
    assert told.splitlines() == ["Owls", f"  http://localhost:8123{course.outline}"]


def test_whoever_follows_it_sees_the_course_at_once(settings: Any) -> None:
    """With one of two accounts, the same the next time; who has the name already keeps it."""
    settings.DEBUG = True
    course = make_course()
    told = run("--development-accounts")
    found = dict(re.findall(r"Log in as (\w+) with the password (\w+)\.", told))
    assert set(found) == {"author", "learner"}
    for name, password in found.items():
        client = Client()
        response = client.get(course.outline)
        assert response.status_code == 302
        given = {"username": name, "password": password}
        page = client.post(response.headers["Location"], given, follow=True).content.decode()
        assert "Owls" in page
        assert ("For authors" in page) == (name == "author")
    assert run("--development-accounts") == told
    author = User.objects.get(username="author")
    author.set_password("another one")
    author.save()
    assert "Log in as author with the password it has." in run("--development-accounts")
    assert authenticate(username="author", password="another one") is not None


def test_it_makes_no_accounts_outside_of_development(settings: Any) -> None:
    """A password that is printed is none."""
    settings.DEBUG = False
    make_course()
    with pytest.raises(CommandError, match="for development alone"):
        run("--development-accounts")
    assert not User.objects.filter(username__in=["author", "learner"]).exists()
