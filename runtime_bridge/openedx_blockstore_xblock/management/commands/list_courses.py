"""``manage.py list_courses``: where the courses in the store are shown."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.crypto import salted_hmac

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT

_PAGE = 500

#: Accounts for development, and whether each may do everything.
_ACCOUNTS = {"author": True, "learner": False}

_PASSWORD_LENGTH = 12


class Command(BaseCommand):
    """Lists the pages of courses."""

    help = (
        "List the courses in the store and the addresses of their outlines. For development it "
        "also makes two accounts, 'author' and 'learner', who may see them all, and prints their "
        "passwords; that is refused where DEBUG is off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--root-url",
            metavar="URL",
            default="http://localhost:8000",
            help="scheme, host and port at which the project is served",
        )
        parser.add_argument(
            "--development-accounts",
            action="store_true",
            help="make accounts whose passwords are printed; only with DEBUG",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the addresses, and make the accounts."""
        courses = _courses()
        if options["development_accounts"]:
            self._make_accounts(courses)
        if not courses:
            self.stdout.write("There is no course in the store: manage.py import_course PATH")
        for course in courses:
            self.stdout.write(f"{course.title}")
            self.stdout.write(f"  {options['root_url'].rstrip('/')}{_outline(course)}")

    def _make_accounts(self, courses: list[BundleData]) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "Accounts with passwords that are printed are for development alone: set "
                "BLOCKSTORE_DEBUG=1, or make accounts with manage.py createsuperuser."
            )
        for username, may_do_everything in _ACCOUNTS.items():
            password = _make_account(username, may_do_everything=may_do_everything)
            told = f"with the password {password}" if password else "with the password it has"
            self.stdout.write(f"Log in as {username} {told}.")
        for uuid in {course.collection_uuid for course in courses if course.collection_uuid}:
            api.set_role(uuid, "reader", user="learner")


def _courses() -> list[BundleData]:
    found: list[BundleData] = []
    after = None
    while page := api.get_bundles(type="course", after=after, limit=_PAGE):
        found.extend(page)
        after = page[-1].uuid
    return found


def _outline(course: BundleData) -> str:
    return reverse(
        "openedx_blockstore_xblock:mount",
        kwargs={"context": str(GLOBAL_CONTEXT), "alias": str(course.uuid)},
    )


def _make_account(username: str, *, may_do_everything: bool) -> str:
    """Make an account, unless there is one of this name.

    Returns:
        Its password, always the same for this project's secret key; empty where somebody else has
        set another one, which stays.
    """
    digest = salted_hmac(__name__, username).hexdigest()
    password = digest[:_PASSWORD_LENGTH]
    users = get_user_model()._default_manager  # noqa: SLF001 - Django's own name
    user = users.filter(username=username).first()
    if user is None:
        make = users.create_superuser if may_do_everything else users.create_user
        user = make(username, password=password)
    return password if user.check_password(password) else ""
