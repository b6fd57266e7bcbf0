"""The suite for what plugins know of versions.

::

    class TestMyAnnotations(AnnotationSourceConformance):
        plugin = MyAnnotations

        def annotate(self, bundle_uuid, version):
            my_api.set_note(bundle_uuid, version, "A note")
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, Dependency
from openedx_blockstore.plugin_api import AnnotationSource
from openedx_blockstore.plugin_conformance._plugin import (
    PluginConformance,
    check_finding,
    check_json,
    counting,
    or_fail,
    statements,
)
from openedx_blockstore.store import normalize_path

#: What may stand in a file of a plugin, in an archive from a stranger.
_GARBAGE: Mapping[str, bytes] = {
    "nothing": b"",
    "binary": bytes(range(256)),
    "no UTF-8": b'{"a": "\xff"}',
    "text": b"nonsense",
    "JSON of another kind": b"[1, 2]",
    "empty JSON": b"{}",
    "nested JSON": b"[" * 5_000 + b"]" * 5_000,
    "null": b"null",
    "a number": b"1e999",
    "odd values": (
        b'{"a": null, "b": [{}], "c": {"x": -1}, "version": 5, "uuid": "x", "\\ud800": "\\u0000"}'
    ),
}


class AnnotationSourceConformance(PluginConformance):
    """Everything that everyone who knows something of versions must bear and do."""

    contract = AnnotationSource

    def annotate(self, bundle_uuid: UUID, version: int) -> None:
        """Let something be known of a version: for you to define, through your plugin's own API."""
        pytest.skip(
            f"Define annotate(self, bundle_uuid, version) in {type(self).__name__}: let something "
            f"be known of version {version} of bundle {bundle_uuid}, through your plugin's own "
            f"API. What is exported and imported can not be tested otherwise."
        )

    def test_nothing_is_known_of_most_versions(
        self, made: AnnotationSource, bundle: BundleData
    ) -> None:
        """They are left out, or known as something that JSON has."""
        known = made.describe(bundle.uuid, [1, 2, 3])
        assert isinstance(known, Mapping), f"describe() must return a mapping, not {known!r}."
        assert set(known) <= {1, 2, 3}, f"describe() told of versions nobody asked for: {known!r}."
        check_json(dict(known), of="describe()")
        check_json(made.describe_collection(_collection_of(bundle)), of="describe_collection()")
        assert made.describe(bundle.uuid, []) == {}, "describe() of no versions must be empty."

    def test_what_is_known_is_told(self, made: AnnotationSource, bundle: BundleData) -> None:
        """Of the version, and alike whether one asks for one or for many."""
        self.annotate(bundle.uuid, 2)
        known = made.describe(bundle.uuid, [1, 2, 3])
        assert 2 in known, (
            "annotate() was called for version 2, but describe() knows nothing of it."
        )
        check_json(dict(known), of="describe()")
        version = Dependency(bundle.uuid, 2)
        many = made.describe_many([version, Dependency(bundle.uuid, 1)])
        assert many.get(version) == known[2], (
            f"describe_many() must tell the same as describe(): {many!r}, {known!r}."
        )

    def test_many_versions_take_as_many_statements_as_one(
        self, made: AnnotationSource, bundle: BundleData
    ) -> None:
        """Lists ask for hundreds."""
        self.annotate(bundle.uuid, 2)
        with counting() as one:
            made.describe(bundle.uuid, [2])
        with counting() as many:
            made.describe(bundle.uuid, [1, 2, 3])
        assert len(statements(many)) <= len(statements(one)) + 1, (
            "describe() takes more statements for more versions:\n"
            + "\n".join(statements(many)[:10])
        )

    def test_what_is_exported_can_be_in_an_archive(
        self, made: AnnotationSource, bundle: BundleData
    ) -> None:
        """And is the same, as long as nothing changes."""
        self.annotate(bundle.uuid, 2)
        files = made.export_files(bundle.uuid, 2)
        assert files, "Something is known of version 2, but export_files() gives nothing."
        _check_files(files, "export_files()")
        assert dict(made.export_files(bundle.uuid, 2)) == dict(files), (
            "export_files() must give the same bytes for the same data: sort, and leave out times."
        )
        _check_files(
            made.export_collection_files(_collection_of(bundle)), "export_collection_files()"
        )

    def test_what_was_exported_can_be_imported(
        self, made: AnnotationSource, bundle: BundleData, collection: CollectionData
    ) -> None:
        """About another bundle, and then it is known of that one; also if it comes twice."""
        self.annotate(bundle.uuid, 2)
        files = dict(made.export_files(bundle.uuid, 2))
        about_collection = dict(made.export_collection_files(collection.uuid))
        other = api.create_collection("Elsewhere")
        copy = api.create_bundle(other.uuid, "copy", "Copy")
        api.import_version(copy.uuid, {"definition.xml": "<problem/>"})
        for _time in range(2):
            if about_collection:
                list(made.import_collection_files(other.uuid, about_collection))
            found = or_fail(
                "import_files()", partial(made.import_files, copy.uuid, 1, files), "its own export"
            )
            for finding in found:
                check_finding(finding, files=set(files))
        assert 1 in made.describe(copy.uuid, [1]), (
            "import_files() took what export_files() had given, but describe() knows nothing of it."
        )
        assert dict(made.export_files(copy.uuid, 1)) == files, (
            "What was imported must be exported as it came, so that it can travel on."
        )

    def test_garbage_is_told_and_raises_nothing(
        self, made: AnnotationSource, bundle: BundleData, collection: CollectionData
    ) -> None:
        """Archives come from strangers."""
        self.annotate(bundle.uuid, 2)
        own = dict(made.export_files(bundle.uuid, 2))
        for_collection = dict(made.export_collection_files(collection.uuid))
        cases: list[tuple[str, dict[str, bytes]]] = [("an unknown file", {"unknown.bin": b"x"})]
        cases += [
            (f"{what} in {path}", {**own, path: data})
            for what, data in _GARBAGE.items()
            for path in own
        ]
        for what, files in cases:
            found = or_fail(
                "import_files()", partial(made.import_files, bundle.uuid, 3, files), what
            )
            for finding in found:
                check_finding(finding, files=set(files))
        for what, data in _GARBAGE.items():
            for path in for_collection or {"unknown.bin": b""}:
                found = or_fail(
                    "import_collection_files()",
                    partial(made.import_collection_files, collection.uuid, {path: data}),
                    f"{what} in {path}",
                )
                for finding in found:
                    check_finding(finding, files={path})


def _collection_of(bundle: BundleData) -> UUID:
    assert bundle.collection_uuid is not None
    return bundle.collection_uuid


def _check_files(files: Any, of: str) -> None:
    assert isinstance(files, Mapping), f"{of} must return a mapping of paths to bytes."
    for path, contents in files.items():
        try:
            normalized = normalize_path(path)
        except ValueError as error:
            pytest.fail(f"{of} gave a path that no archive can hold: {error}")
        assert normalized == path, f"{of} gave the path {path!r}, which is not in Unicode NFC."
        assert isinstance(contents, bytes), f"{of} gave {contents!r}; contents must be bytes."
