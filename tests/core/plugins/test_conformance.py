"""The suites for those who write plugins: ours pass, and broken ones are told what is wrong."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from openedx_blockstore import builtin_types
from openedx_blockstore.plugin_api import CONTRACTS, BundleType
from openedx_blockstore.plugin_conformance.bundle_types import BundleTypeConformance
from tests.broken_plugins import told_about

ROOT = Path(__file__).resolve().parents[3]


class TestAssets(BundleTypeConformance):
    """Three lines, as in the documentation."""

    plugin = builtin_types.Assets


class TestCourse(BundleTypeConformance):
    """Likewise."""

    plugin = builtin_types.Course


class TestLibrary(BundleTypeConformance):
    """Likewise."""

    plugin = builtin_types.Library


class TestProblem(BundleTypeConformance):
    """Likewise."""

    plugin = builtin_types.Problem


class TestSequence(BundleTypeConformance):
    """Likewise."""

    plugin = builtin_types.Sequence


class TestUnit(BundleTypeConformance):
    """Likewise."""

    plugin = builtin_types.Unit


class TestVideo(BundleTypeConformance):
    """Likewise."""

    plugin = builtin_types.Video


#: Broken plugins: what is wrong with them, and what their authors are told.
BROKEN = """
import pytest
from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.plugin_api import *
from openedx_blockstore.plugin_api import (
    Adviser, AnnotationSource, BundleType, EventConsumer, ExportTransform, ImportValidator,
    SearchBackend)
from openedx_blockstore.plugin_api.search_backends import Generation, SearchResults
from openedx_blockstore.plugin_conformance.advisers import AdviserConformance
from openedx_blockstore.plugin_conformance.annotations import AnnotationSourceConformance
from openedx_blockstore.plugin_conformance.bundle_types import BundleTypeConformance
from openedx_blockstore.plugin_conformance.event_consumers import EventConsumerConformance
from openedx_blockstore.plugin_conformance.export_transforms import ExportTransformConformance
from openedx_blockstore.plugin_conformance.import_validators import ImportValidatorConformance
from openedx_blockstore.plugin_conformance.search_backends import SearchBackendConformance

class Consumer(EventConsumer):
    kinds = ["version.created"]
    path_patterns = "*.xml"
    batch_size = 0
    seen = set()
    def __init__(self, what="x"):
        pass
    def handle(self, events):
        for event in events:
            if event.uuid in self.seen:
                raise RuntimeError("again")
            self.seen.add(event.uuid)

class TestConsumer(EventConsumerConformance):
    plugin = Consumer

class Validator(ImportValidator):
    '''Looks at XML.'''
    bundle_types = "problem"
    def validate(self, contents, previous):
        import xml.etree.ElementTree as tree
        for path in contents.files:
            try:
                tree.fromstring(contents.read(path))
            except StorageError:
                yield Finding(Severity.ERROR, "", "nowhere.xml", 0, "")
    def imported(self, bundle_uuid, version, findings):
        raise OSError("no disk")

class TestValidator(ImportValidatorConformance):
    plugin = Validator

class Notes(AnnotationSource):
    notes = {}
    def describe(self, bundle_uuid, versions):
        return {7: object()}
    def export_files(self, bundle_uuid, version):
        return {"../note": b"x"}
    def import_files(self, bundle_uuid, version, files):
        raise ValueError("no note")

class TestNotes(AnnotationSourceConformance):
    plugin = Notes
    def annotate(self, bundle_uuid, version):
        pass

class Unannotated(AnnotationSourceConformance):
    plugin = Notes

class TestUnannotated(Unannotated):
    pass

class Film(BundleType):
    max_files = "many"
    def page_url(self, request):
        return "javascript:alert(1)"
    def extract_parts(self, contents):
        for path in contents.files:
            yield Part(key="same", type="x", path="nowhere", parents=("unknown",))

class TestFilm(BundleTypeConformance):
    plugin = Film

class Transform(ExportTransform):
    '''Changes everything.'''
    def transform(self, contents):
        for path in contents.files:
            try:
                yield "/" + path, contents.read(path).decode()
            except StorageError:
                pass

class TestTransform(ExportTransformConformance):
    plugin = Transform

class Prophet(Adviser):
    '''Knows what is wrong.'''
    def advise(self, bundle_uuid, version, links):
        from openedx_blockstore import api
        for alias, target in links.items():
            api.get_bundle(target.bundle_uuid)
            if version is None:
                yield Finding(Severity.ERROR, "doom", "links/" + alias, None, "Doom.")

class TestProphet(AdviserConformance):
    plugin = Prophet
    def provoke(self, bundle_uuid, lender_uuid):
        pass

class Forgetful(SearchBackend):
    '''Finds nothing, whatever it is given.'''
    name = "forgetful"
    def check(self): return ""
    def create(self, generation): pass
    def swap(self, generation): pass
    def drop(self, generation): pass
    def generations(self): return (Generation("one", current=True),)
    def write(self, generation, changes): pass
    def refresh(self, generation): pass
    def count(self, generation): return 0
    def scan(self, generation, *, bundles=None, after=None, limit=1000): return ()
    def search(self, query, *, generation=None): return SearchResults(hits=(), total=0)

class TestForgetful(SearchBackendConformance):
    plugin = Forgetful

class Unfinished(SearchBackend):
    def __init__(self, address): pass

class TestUnfinished(SearchBackendConformance):
    plugin = Unfinished

class Stray:
    '''No plugin at all.'''

class TestStray(EventConsumerConformance):
    plugin = Stray
"""

MESSAGES = {
    "Consumer": [
        "kinds must be a frozenset of EventKind, or None for all, not ['version.created']",
        "handle() raised RuntimeError('again')",
        "a second time: every event may come again",
        "Consumer needs a docstring",
        (
            "No entry point in the group 'openedx_blockstore.event_consumers' names "
            "'test_broken:Consumer'. Add one to the package's pyproject.toml"
        ),
    ],
    "Validator": [
        "bundle_types must be a frozenset of texts, or None for all types, not 'problem'",
        "validate() must bear whatever it is given, but raised ParseError",
        "imported() raised OSError('no disk'); that would stop the import",
        "validate() must let StorageError through",
    ],
    "Notes": [
        "describe() told of versions nobody asked for",
        "annotate() was called for version 2, but describe() knows nothing of it",
        "export_files() gave a path that no archive can hold",
        "import_files() must bear whatever it is given, but raised ValueError('no note')",
    ],
    "Film": [
        "title must say what people call the type",
        "max_files must be a number, or None for the setting, not 'many'",
        "page_url() gave 'javascript:alert(1)'; an address begins with",
        "names a file that an ordinary problem has not",
    ],
    "Transform": [
        "transform() gave a path that no version can have (an ordinary problem)",
    ],
    "Prophet": [
        "advise() must bear whatever it is given, but raised BundleNotFound",
        "Advice is a warning or information, and no error",
    ],
    "Forgetful": [
        "check() must say what the engine is, with its version, and not ''",
        "swap() gave None of a generation that is not there",
        "names 'test_broken:Forgetful'. Add one to the package's pyproject.toml",
    ],
    "Unfinished": [
        "Unfinished must define check, count, create, drop, generations, refresh, scan, search",
        "Unfinished needs a docstring",
    ],
    "Stray": ["Stray must inherit openedx_blockstore.plugin_api.EventConsumer"],
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest prints about the broken plugins."""
    return told_about(BROKEN, tmp_path_factory.mktemp("broken"))


@pytest.mark.slow
@pytest.mark.parametrize("name", MESSAGES)
def test_the_author_of_a_broken_one_is_told_what_is_wrong(told: str, name: str) -> None:
    missing = [message for message in MESSAGES[name] if message not in told]
    assert missing == [], told


@pytest.mark.slow
def test_what_can_not_be_tested_says_what_it_needs(told: str) -> None:
    assert "Define annotate(self, bundle_uuid, version) in TestUnannotated" in told


def test_there_is_a_suite_for_every_contract() -> None:
    folder = ROOT / "openedx_blockstore" / "plugin_conformance"
    named = {group.removeprefix("openedx_blockstore.") for group in CONTRACTS.values()}
    # Those of contracts that plugins bring come with them.
    ours = {path.stem for path in folder.glob("[a-z]*.py")}
    bridges = ROOT / "runtime_bridge" / "openedx_blockstore_xblock" / "plugin_conformance"
    assert named <= ours | {path.stem for path in bridges.glob("[a-z]*.py")}
    assert BundleType in CONTRACTS


def test_all_of_our_plugins_are_tried_by_a_suite() -> None:
    """Somewhere among the tests a class names each of them, as third parties' tests do."""
    tried = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^    plugin = (?:\w+\.)*(\w+)$", path.read_text(), re.MULTILINE)
    }
    ours = {
        point.value.partition(":")[2]
        for group in entry_points().groups
        for point in entry_points(group=group)
        if group.startswith("openedx_blockstore.") and point.value.startswith("openedx_blockstore")
    }
    assert ours
    assert ours - tried == set()
