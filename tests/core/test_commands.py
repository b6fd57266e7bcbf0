"""The commands that look around in the store."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.core.management import CommandError, call_command

from openedx_blockstore import api
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand

MANAGE = Path(__file__).parents[2] / "manage.py"

pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> str:
    """Run a command and return what it prints."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_list_bundles_says_what_is_in_an_empty_store() -> None:
    """An empty store is a result, not an error."""
    assert run("list_bundles") == "0 bundles in 0 collections\n"


def test_list_bundles_lists_collection_by_collection() -> None:
    """Each bundle stands below its collection, with type and version."""
    collection = api.create_collection("Owls")
    bundle = api.create_bundle(collection.uuid, "eyes", "Eyes of owls", type="unit")
    api.import_version(bundle.uuid, {"unit.xml": "<unit/>"})
    api.create_bundle(collection.uuid, "empty", "Nothing yet")

    printed = run("list_bundles")

    assert f"Owls\n  collection {collection.uuid}, private\n" in printed
    assert f"  {bundle.uuid}  unit       v1     Eyes of owls\n" in printed
    assert "no version  Nothing yet\n" in printed
    assert printed.endswith("2 bundles in 1 collection\n")


def test_list_bundles_filters_and_prints_json() -> None:
    """Programs get the bundles as JSON; filters choose among them."""
    collection = api.create_collection("Owls")
    other = api.create_collection("Cranes")
    for title, kind in [("Ears", "unit"), ("Éyes", "problem")]:
        api.create_bundle(collection.uuid, "slug", title, type=kind)
    api.create_bundle(other.uuid, "slug", "Wings", type="unit")

    def titles(*options: str) -> list[str]:
        return [bundle["title"] for bundle in json.loads(run("list_bundles", "--json", *options))]

    assert titles() == ["Ears", "Éyes", "Wings"]
    assert titles("--collection", str(other.uuid)) == ["Wings"]
    assert titles("--type", "unit") == ["Ears", "Wings"]
    assert titles("--search", "éY") == ["Éyes"]


def test_show_bundle_shows_files_links_and_users() -> None:
    """A bundle is shown with what its latest version holds."""
    collection = api.create_collection("Owls")
    lender = api.create_bundle(collection.uuid, "video", "A video", type="video")
    api.import_version(lender.uuid, {"video.xml": "<video/>"})
    borrower = api.create_bundle(collection.uuid, "unit", "A unit")
    api.get_or_create_bundle_draft(borrower.uuid, "studio_draft")
    draft = api.get_bundle(borrower.uuid).drafts["studio_draft"]
    api.write_draft_file(draft, "static/owl.txt", b"x" * 2048, public=True)
    api.set_draft_link(draft, "film", lender.uuid, 1)
    api.commit_draft(draft, change_description="Uses the film")

    printed = run("show_bundle", str(borrower.uuid))

    assert "change      Uses the film\n" in printed
    assert f"links/film → {lender.uuid}@1 (and 0 more)\n" in printed
    assert "static/owl.txt (2.0 KiB, public)\n" in printed
    assert f"studio_draft ({draft})" in printed
    assert "used by     1 bundle\n" in run("show_bundle", str(lender.uuid))
    document = json.loads(run("show_bundle", str(borrower.uuid), "--json"))
    assert document["version"]["files"]["static/owl.txt"]["size"] == 2048


def test_what_is_not_there_is_an_error_with_a_sentence() -> None:
    """Unknown UUIDs and versions end the command with a message, not a traceback."""
    collection = api.create_collection("Owls")
    bundle = api.create_bundle(collection.uuid, "slug", "Title")

    with pytest.raises(CommandError, match="There is no bundle"):
        run("show_bundle", str(uuid.uuid4()))
    with pytest.raises(CommandError, match="There is no bundle nonsense"):
        run("show_bundle", "nonsense")
    with pytest.raises(CommandError, match="has no version 3"):
        run("show_bundle", str(bundle.uuid), "--version-num", "3")
    with pytest.raises(CommandError, match="There is no collection"):
        run("list_bundles", "--collection", str(uuid.uuid4()))


class _Ends(BlockstoreCommand):
    """A command that ends with some error."""

    interrupted = "Nothing was done."

    def __init__(self, error: BaseException) -> None:
        super().__init__(stdout=io.StringIO(), stderr=io.StringIO(), no_color=True)
        self._error = error

    def handle(self, *_args: Any, **_options: Any) -> NoReturn:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "Interrupted. Nothing was done.\n"),
        (
            OSError(28, "No space left on device"),
            1,
            "CommandError: the output can not be read or written: No space left on device.\n",
        ),
        (
            PermissionError(13, "Permission denied", "a.zip"),
            1,
            "CommandError: a.zip can not be read or written: Permission denied.\n",
        ),
    ],
    ids=["Ctrl-C", "full disk", "not allowed"],
)
def test_what_stops_a_command_is_a_sentence_and_an_exit_code(
    error: BaseException, code: int, says: str
) -> None:
    """Nobody is shown a stack trace for a full disk, or for pressing Ctrl-C."""
    command = _Ends(error)
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", "ends"])
    assert ended.value.code == code
    assert command.stderr.getvalue() == says


@pytest.mark.parametrize(
    "arguments",
    [
        ["list_bundles"],
        ["show_bundle", str(uuid.uuid4())],
        ["import_course", str(MANAGE.parent / "sample_course")],
        ["export_course", str(uuid.uuid4()), "course.zip"],
        ["import_bundle", str(MANAGE), "--new-collection", "Owls"],
        ["export_bundle", str(uuid.uuid4()), "bundle.zip"],
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_a_database_without_tables_is_said_with_the_mend(
    arguments: list[str], tmp_path: Path
) -> None:
    """Who has not made the tables yet is told to."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "BLOCKSTORE_S3_BUCKET")
    }
    ended = subprocess.run(
        [sys.executable, MANAGE, *arguments],
        cwd=tmp_path,
        env={**environment, "BLOCKSTORE_DATA_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "The database can not be used: no such table" in ended.stderr
    assert "manage.py migrate" in ended.stderr
    assert "Traceback" not in ended.stderr
