"""Use the example plugin as its user would: ``python -I tests/use_example_plugin.py``.

Run by ``tests/test_example_plugin.py`` with an interpreter for which the wheels of Blockstore and
of the plugin were installed, in the stand-alone project.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
from importlib import import_module
from typing import Any
from uuid import UUID

TEXT = {"definition.xml": "<problem><!-- for authors --><p>Why?</p></problem>"}


def check_that_it_is_installed() -> None:
    """Neither Blockstore nor the plugin comes from the checkout."""
    for name in ("openedx_blockstore", "blockstore_notes"):
        origin = str(import_module(name).__file__)
        assert origin.startswith(sys.prefix), f"{name} is {origin}"
    from django.apps import apps

    assert apps.is_installed("blockstore_notes"), "the project did not find the plugin's app"


def check_that_it_is_listed() -> None:
    """With what it registers, and the first lines of what it says of itself."""
    from django.core.management import call_command

    output = io.StringIO()
    call_command("list_plugins", stdout=output, no_color=True)
    text = output.getvalue()
    assert "blockstore_notes (blockstore-notes 1.0)" in text, text
    assert "enabled  import_validators  notes_words: Refuses files that hold" in text, text
    assert "broken" not in text, text
    call_command("check", fail_level="WARNING")


def check_events(bundle_uuid: UUID) -> None:
    """It has heard of every version."""
    from django.core.management import call_command

    call_command("blockstore_consume", once=True, verbosity=0)
    api = import_module("openedx_blockstore.api")
    notes = import_module("blockstore_notes.api")
    assert notes.count_versions(bundle_uuid) == 2, notes.count_versions(bundle_uuid)
    draft = api.get_or_create_bundle_draft(bundle_uuid, "work")
    api.write_draft_file(draft.uuid, "more.txt", "more")
    api.commit_draft(draft.uuid)
    call_command("blockstore_consume", once=True, verbosity=0)
    assert notes.count_versions(bundle_uuid) == 3
    # All of it once more: what was counted is not counted again.
    call_command("blockstore_consume", replay=["notes_counter"], once=True, verbosity=0)
    assert notes.count_versions(bundle_uuid) == 3


def check_notes(bundle_uuid: UUID) -> None:
    """A note holds for a span of versions, makes no version, and travels."""
    api = import_module("openedx_blockstore.api")
    notes = import_module("blockstore_notes.api")
    versions = api.get_bundle(bundle_uuid).latest_version
    notes.set_note(bundle_uuid, "Good", first_version=1)
    notes.set_note(bundle_uuid, "Better", first_version=2, last_version=2)
    known = [api.get_annotations(bundle_uuid, number) for number in (1, 2, 3)]
    assert known == [{"notes": "Good"}, {"notes": "Better"}, {"notes": "Good"}], known
    assert api.get_bundle(bundle_uuid).latest_version == versions
    collection_uuid = api.get_bundle(bundle_uuid).collection_uuid
    kinds = [str(event.kind) for event in api.get_events(collection_uuid)]
    assert "annotation.changed" in kinds, kinds
    archive = io.BytesIO()
    api.export_bundle(bundle_uuid, 2, to=archive)
    assert ".blockstore/plugins/notes/note.txt" in names(archive)
    elsewhere = api.create_collection("Elsewhere")
    done = api.import_bundle(archive, collection_uuid=elsewhere.uuid)
    known = api.get_annotations(done.bundle_uuid)
    assert known.get("notes") == "Better", known
    assert done.findings == (), done.findings


def check_validation(bundle_uuid: UUID) -> None:
    """Nothing with a forbidden word in it becomes a version."""
    api = import_module("openedx_blockstore.api")
    exceptions = import_module("openedx_blockstore.exceptions")
    versions = api.get_bundle(bundle_uuid).latest_version
    try:
        api.import_version(bundle_uuid, {"a.txt": "Let us\nfrobnicate it."})
    except exceptions.ImportRefused as refused:
        (finding,) = refused.bundles[0].findings
        assert (finding.code, finding.file, finding.line) == ("forbidden-word", "a.txt", 2)
    else:
        raise AssertionError("a forbidden word was imported")
    assert api.get_bundle(bundle_uuid).latest_version == versions


def check_transform(bundle_uuid: UUID) -> None:
    """An export without comments says so, and is never taken for the original."""
    api = import_module("openedx_blockstore.api")
    archive = io.BytesIO()
    api.export_bundle(bundle_uuid, 1, to=archive, transforms=["without_comments"])
    archive.seek(0)
    with tarfile.open(fileobj=archive) as tar:
        texts = {
            each.name: (tar.extractfile(each) or io.BytesIO()).read() for each in tar.getmembers()
        }
    assert texts["definition.xml"] == b"<problem><p>Why?</p></problem>", texts
    assert json.loads(texts[".blockstore/info.json"])["derived"]["uuid"] == str(bundle_uuid)
    archive.seek(0)
    done = api.import_bundle(archive, collection_uuid=api.create_collection("Derived").uuid)
    assert done.bundle_uuid != bundle_uuid
    assert b"for authors" in api.get_bundle_file_data(bundle_uuid, "definition.xml")


def check_rest(bundle_uuid: UUID) -> None:
    """Its addresses are among Blockstore's own, and in their description; the preview is its."""
    from django.contrib.auth.models import User
    from rest_framework.test import APIClient

    admin = APIClient(headers={"host": "localhost"})
    admin.force_login(User.objects.create_superuser("admin"))
    address = f"/api/v1/notes/{bundle_uuid}"
    page = admin.get(address).json()
    assert [note["text"] for note in page["results"]] == ["Good", "Better", "Good"], page
    body = {"text": "Best", "first_version": 3}
    assert admin.put(address, body, format="json").status_code == 204
    known: Any = admin.get(f"/api/v1/bundle_versions/{bundle_uuid},3/annotations").json()
    assert known == {"notes": "Best"}, known
    preview = admin.get(f"/api/v1/bundles/{bundle_uuid}/preview").json()
    assert preview["url"].endswith(f"/notes/preview/{bundle_uuid}/3"), preview
    stranger = APIClient(headers={"host": "localhost"})
    stranger.force_login(User.objects.create_user("stranger"))
    answer = stranger.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "bundle_not_found")
    assert stranger.get("/api/v1/nothing").json()["code"] == "not_found"
    assert "/v1/notes/{bundle_uuid}" in admin.get("/api/v1/schema").json()["paths"]


def check_that_it_can_be_turned_off(bundle_uuid: UUID) -> None:
    """Then it is as if it were not there; what it has kept stays."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test.utils import override_settings
    from rest_framework.test import APIClient

    api = import_module("openedx_blockstore.api")
    ours = {**settings.OPENEDX_BLOCKSTORE, "DISABLED_PLUGINS": ["blockstore_notes"]}
    admin = APIClient(headers={"host": "localhost"})
    admin.force_login(User.objects.get(username="admin"))
    with override_settings(OPENEDX_BLOCKSTORE=ours):
        assert api.get_annotations(bundle_uuid, 1) == {}
        assert api.import_version(bundle_uuid, {"a.txt": "frobnicate"}).created
        assert admin.get(f"/api/v1/notes/{bundle_uuid}").status_code == 404
        answer = admin.get(f"/api/v1/bundles/{bundle_uuid}/preview").json()
        assert answer["code"] == "bundle_page_not_found", answer
    assert api.get_annotations(bundle_uuid, 1) == {"notes": "Good"}


def names(archive: io.BytesIO) -> list[str]:
    """The entries of an archive, which is wound back."""
    archive.seek(0)
    with tarfile.open(fileobj=archive) as tar:
        found = tar.getnames()
    archive.seek(0)
    return found


def main() -> None:
    """Run all checks."""
    import django
    from django.conf import settings
    from django.test import override_settings

    django.setup()
    check_that_it_is_installed()
    check_that_it_is_listed()
    # Ours may be installed as well, and would have something to say.
    alone = {**settings.OPENEDX_BLOCKSTORE, "PLUGINS": ["blockstore_notes"]}
    with override_settings(OPENEDX_BLOCKSTORE=alone):
        use_it()
    print("The plugin does what it says.")


def use_it() -> None:
    """Let the plugin do all that it can."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("makemigrations", "blockstore_notes", check=True, dry_run=True, verbosity=0)
    api = import_module("openedx_blockstore.api")
    collection = api.create_collection("Physics")
    bundle = api.create_bundle(collection.uuid, "apple", "Apples", type="problem")
    for text in (TEXT, {**TEXT, "more.txt": "x"}):
        api.import_version(bundle.uuid, text)
    check_events(bundle.uuid)
    check_notes(bundle.uuid)
    check_validation(bundle.uuid)
    check_transform(bundle.uuid)
    check_rest(bundle.uuid)
    check_that_it_can_be_turned_off(bundle.uuid)


if __name__ == "__main__":
    main()
