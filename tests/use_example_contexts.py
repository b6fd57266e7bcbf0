"""Learn in a class of the example: ``python -I tests/use_example_contexts.py``.

Run by ``tests/test_example_plugin.py`` with an interpreter for which the wheels of Blockstore and
of the example were installed, in the stand-alone project.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from uuid import UUID

PROBLEM = """
<problem display_name="Owls">
  <multiplechoiceresponse>
    <label>What do owls eat?</label>
    <choicegroup type="MultipleChoice">
      <choice correct="true">mice</choice>
      <choice correct="false">stones</choice>
    </choicegroup>
  </multiplechoiceresponse>
</problem>
"""
CLASS = "class~owls"
BASE = "/api/v1/xblock"


def check_that_it_is_installed() -> None:
    """Neither Blockstore nor the example comes from the checkout."""
    for name in ("openedx_blockstore_xblock", "blockstore_classes"):
        origin = str(import_module(name).__file__)
        assert origin.startswith(sys.prefix), f"{name} is {origin}"
    from openedx_blockstore.plugin_manager import list_plugins

    found = [each for each in list_plugins() if each.package == "blockstore_classes"]
    assert [(each.name, each.state) for each in found] == [("class", "enabled")], found


def make_class(client_of: Any) -> UUID:
    """A class of one teacher and one pupil, about a bundle that nobody else may read."""
    from blockstore_classes.models import SchoolClass

    from openedx_blockstore.models_api import Bundle

    api = import_module("openedx_blockstore.api")
    collection = api.create_collection("Birds")
    bundle_uuid: UUID = api.create_bundle(collection.uuid, "owls", "Owls", type="problem").uuid
    api.import_version(bundle_uuid, {"problem.xml": PROBLEM})
    row = SchoolClass.objects.create(
        name="owls",
        title="Owls for beginners",
        bundle=Bundle.objects.get(uuid=bundle_uuid),
        due=datetime(2100, 12, 24, tzinfo=UTC),
        teacher=client_of.users["teacher"],
    )
    row.pupils.add(client_of.users["pupil"])
    return bundle_uuid


class Clients:
    """Clients of people with these names."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User

        names = ("teacher", "pupil", "stranger")
        self.users = {name: User.objects.create_user(name) for name in names}

    def __call__(self, name: str) -> Any:
        """Return the client of somebody."""
        from rest_framework.test import APIClient

        client = APIClient(headers={"host": "localhost"})
        client.force_login(self.users[name])
        return client


def check_that_a_pupil_learns(client_of: Clients) -> None:
    """And finds the answer again, although the bundle itself is not for pupils."""
    context = client_of("pupil").get(f"{BASE}/contexts/blockstore:{CLASS}").json()
    assert context["title"] == "Owls for beginners", context
    address = f"{BASE}/contexts/blockstore:{CLASS}/mounts/lessons"
    usage = client_of("pupil").get(address).json()["usage_key"]
    block = client_of("pupil").get(f"{BASE}/blocks/{usage}").json()
    assert (block["title"], block["due"]) == ("Owls", "2100-12-24T00:00:00Z"), block
    shown = client_of("pupil").get(f"{BASE}/blocks/{usage}/view/student_view").json()
    assert "What do owls eat?" in shown["content"], shown
    url = client_of("pupil").get(f"{BASE}/blocks/{usage}/handlers/xmodule_handler").json()["url"]
    keys = import_module("openedx_blockstore_xblock.keys")
    answer = {f"input_{keys.BlockstoreUsageKey.from_string(usage).html_id()}_2_1": "choice_0"}
    said = client_of("pupil").post(f"{url}problem_check", answer).json()
    assert said["success"] == "correct", said
    assert 'value="choice_0" checked' in client_of("pupil").post(f"{url}problem_get").json()["html"]
    bundle = usage.split(":")[3]
    assert client_of("pupil").get(f"/api/v1/bundles/{bundle}").status_code == 404


def check_that_nobody_else_does(client_of: Clients) -> None:
    """Strangers find nothing; pupils change nothing; the teacher may."""
    context = f"{BASE}/contexts/blockstore:{CLASS}"
    usage = client_of("pupil").get(f"{context}/mounts/lessons").json()["usage_key"]
    for address in (context, f"{context}/mounts/lessons", f"{BASE}/blocks/{usage}"):
        assert client_of("stranger").get(address).status_code == 404, address
    state = f"{BASE}/blocks/{usage}/state?user=pupil"
    assert client_of("pupil").delete(f"{BASE}/blocks/{usage}/state").status_code == 403
    assert client_of("teacher").delete(state).status_code == 204
    answer = client_of("teacher").patch(context, {"title": "New"}, format="json")
    assert answer.status_code == 400, answer.content


def check_that_it_can_be_turned_off(client_of: Clients) -> None:
    """Then there is no such context."""
    from django.conf import settings
    from django.test.utils import override_settings

    ours = {**settings.OPENEDX_BLOCKSTORE, "DISABLED_PLUGINS": ["blockstore_classes"]}
    with override_settings(OPENEDX_BLOCKSTORE=ours):
        answer = client_of("pupil").get(f"{BASE}/contexts/blockstore:{CLASS}")
        assert answer.json()["code"] == "learning_context_not_found", answer.content


def main() -> None:
    """Run all checks."""
    import django

    django.setup()
    from django.core.management import call_command

    check_that_it_is_installed()
    call_command("migrate", verbosity=0)
    call_command("makemigrations", "blockstore_classes", check=True, dry_run=True, verbosity=0)
    client_of = Clients()
    make_class(client_of)
    check_that_a_pupil_learns(client_of)
    check_that_nobody_else_does(client_of)
    check_that_it_can_be_turned_off(client_of)
    print("The class does what it says.")


if __name__ == "__main__":
    main()
