"""A platform's event bus can carry what happens, where it has one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from openedx_events.event_bus.avro.deserializer import deserialize_bytes_to_event_data
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from openedx_events.tooling import OpenEdxPublicSignal

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, EventData, EventKind
from openedx_blockstore.platform_events import signals as platform
from openedx_blockstore.platform_events.relay import RELAYED
from tests.core.events.helpers import SIGNALS, logged
from tests.core.helpers import make_lender, make_version

pytestmark = pytest.mark.django_db(transaction=True)

DEFINED = {
    name: value for name, value in vars(platform).items() if isinstance(value, OpenEdxPublicSignal)
}
ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture
def sent() -> Iterator[list[tuple[str, Any, Any]]]:
    """What was sent on: the type, the payload, and what the platform adds to it."""
    found: list[tuple[str, Any, Any]] = []
    receivers = []
    for signal in DEFINED.values():

        def note(signal: Any, metadata: Any, **values: Any) -> None:
            values.pop("from_event_bus", None)
            values.pop("sender", None)
            (payload,) = values.values()
            found.append((signal.event_type, payload, metadata))

        signal.connect(note)
        receivers.append((signal, note))
    yield found
    for signal, note in receivers:
        signal.disconnect(note)


def do_everything(bundle: BundleData) -> None:
    """Let each signal that something sends be sent at least once."""
    assert bundle.collection_uuid is not None
    collection = bundle.collection_uuid
    get_user_model().objects.create_user("ada")
    api.update_collection(collection, title="Ünï 🎉", actor="ada")
    api.set_role(collection, "author", user="ada")
    other = api.create_collection("Other")
    api.delete_collection(other.uuid)
    lender = make_lender(collection)
    make_version(bundle.uuid, {"a.txt": "1", "ünï/ö.txt": "1"}, {"lib": lender}, author="ada")
    make_version(bundle.uuid, {"a.txt": "2", "ünï/ö.txt": None}, {"lib": None})
    api.update_bundle(bundle.uuid, title="New")
    api.describe_bundle_version(bundle.uuid, 1, "Better")
    api.delete_draft(api.get_or_create_bundle_draft(bundle.uuid, "gone").uuid)
    api.notify_annotation_changed(collection, "tags")
    api.notify_annotation_changed((bundle.uuid, 1), "tags")
    api.delete_bundle(bundle.uuid)
    api.undelete_bundle(bundle.uuid)


def test_every_signal_has_its_counterpart() -> None:
    assert set(RELAYED) == set(SIGNALS.values())
    assert [target for target, _ in RELAYED.values()] == list(DEFINED.values())
    for name, signal in SIGNALS.items():
        target = RELAYED[signal][0]
        assert DEFINED[f"BLOCKSTORE_{name.upper()}"] is target
        assert OpenEdxPublicSignal.get_signal_by_type(target.event_type) is target


def test_everything_that_happens_is_sent_on_and_fits_on_the_bus(
    bundle: BundleData, sent: list[tuple[str, Any, Any]]
) -> None:
    do_everything(bundle)
    types = {each for each, _, _ in sent}
    assert types == {s.event_type for s in DEFINED.values()} - {
        platform.BLOCKSTORE_VERSION_DELETED.event_type
    }
    for event_type, payload, _ in sent:
        check_round_trip(OpenEdxPublicSignal.get_signal_by_type(event_type), payload)


def check_round_trip(signal: OpenEdxPublicSignal, payload: Any) -> None:
    (name,) = signal.init_data
    sent = serialize_event_data_to_bytes({name: payload}, signal)
    assert deserialize_bytes_to_event_data(sent, signal) == {name: payload}


def test_what_nothing_sends_yet_fits_on_the_bus_as_well(bundle: BundleData) -> None:
    event = EventData(
        uuid=bundle.uuid,
        kind=EventKind.VERSION_DELETED,
        at=logged()[0].at,
        collection_uuid=bundle.uuid,
        bundle_uuid=bundle.uuid,
        version=3,
        facts={"reason": "x"},
    )
    target, payload = RELAYED[SIGNALS["version_deleted"]]
    check_round_trip(target, payload(event))


def test_a_version_says_which_paths_and_aliases_it_changed(
    bundle: BundleData, sent: list[tuple[str, Any, Any]]
) -> None:
    do_everything(bundle)
    versions = [
        (payload, metadata)
        for event_type, payload, metadata in sent
        if event_type == "org.openedx.content_authoring.blockstore_version.created.v1"
        and payload.bundle_uuid == str(bundle.uuid)
    ]
    (first, metadata), (second, _) = versions
    assert (first.version, first.actor) == (1, "ada")
    assert first.added_files == ["a.txt", "ünï/ö.txt"]
    assert first.added_links == ["lib"]
    assert (second.modified_files, second.removed_files) == (["a.txt"], ["ünï/ö.txt"])
    assert second.removed_links == ["lib"]
    assert json.loads(second.facts)["change_kind"] == "content"
    assert metadata.time == first.at
    assert str(logged()[-1].uuid) == sent[-1][1].event_uuid


WITHOUT = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] == "openedx_events":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name == "openedx_events" else find(name, package)
)
import django
django.setup()
from openedx_blockstore import api, signals
assert not signals.version_created.has_listeners()
assert not [name for name in sys.modules if "platform_events" in name]
print("fine")
"""


def test_nothing_is_different_where_the_library_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


BUS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
from django.conf import settings
# The app of the library comes first, as in a platform.
settings.INSTALLED_APPS = ["openedx_events", *settings.INSTALLED_APPS]
settings.EVENT_BUS_PRODUCER_CONFIG = {
    "org.openedx.content_authoring.blockstore_version.created.v1": {
        "content": {"event_key_field": "version.bundle_uuid", "enabled": True},
    },
}
import django
django.setup()
from openedx_blockstore.platform_events.signals import BLOCKSTORE_VERSION_CREATED
assert BLOCKSTORE_VERSION_CREATED.has_listeners()
print("fine")
"""


def test_a_platform_s_bus_can_be_configured_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUS], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr
