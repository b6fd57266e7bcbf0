"""Whatever one passes to a public function, it answers with a value or an error of its own."""

from __future__ import annotations

import inspect
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, Dependency, DraftData, LinkTarget
from openedx_blockstore.exceptions import BlockstoreError
from tests.core.helpers import make_version

pytestmark = pytest.mark.django_db

BAD: dict[str, Any] = {
    "None": None,
    "empty text": "",
    "text": "nonsense",
    "NUL": "nul \0 in it",
    "a surrogate": "half \ud800",
    "an emoji": "🎉",
    "long text": "x" * 100_000,
    "wildcards": "%_\\",
    "SQL": "'; DROP TABLE openedx_blockstore_bundle; --",
    "bytes": b"\xff\x00",
    "0": 0,
    "-1": -1,
    "True": True,
    "a fraction": 1.5,
    "not a number": float("nan"),
    "2**31": 2**31,
    "2**63": 2**63,
    "2**100": 2**100,
    "a list": [],
    "a list of something": [None, 5, "x", "\0"],
    "a mapping": {},
    "a mapping of something": {None: 5, "x": object()},
    "a set": {1},
    "an object": object(),
    "a class": object,
    "an unknown UUID": uuid.UUID(int=123),
}

#: Functions that are swept elsewhere, or take what only Python can judge.
ELSEWHERE = {
    "export_bundle",
    "export_collection",
    "import_archive",
    "import_bundle",
    "open_version_file",
}


def good_values(name: str, bundle: BundleData, draft: DraftData) -> dict[str, Any]:
    """What goes well, for each argument, so that one at a time can be bad."""
    return {
        "bundle_uuid": bundle.uuid,
        "bundle_uuids": [bundle.uuid],
        "links": {"lib": LinkTarget(bundle.uuid, 1)},
        "draft_uuid": draft.uuid,
        "collection_uuid": bundle.collection_uuid,
        "path": "a",
        "slug": "slug",
        "title": "Title",
        "draft_name": "work",
        "files": {"a": b"new"},
        "link_name": "lib",
        "version": None,
        "version_number": 1,
        "from_version": 1,
        "to_version": 2,
        "origins": ["x"],
        "url": "/a",
        "role": "reader",
        "size": 3,
        "digest": "0" * 64,
        "upload_uuid": uuid.UUID(int=5),
        "target": bundle.uuid,
        "targets": [LinkTarget(bundle.uuid, 1)],
        "namespace": "tagging",
        "before": datetime(2020, 1, 1, tzinfo=UTC),
        "consumer": "nobody",
        "numbers": [1],
        "wanted": {},
        "versions": [Dependency(bundle.uuid, 1)],
        "contents": api.get_bundle_contents(bundle.uuid) if name == "validate_contents" else b"new",
        "change_description": "Better",
        "fields": {"description": "x"},
    }


def _cases() -> list[tuple[str, str]]:
    return [
        (name, argument)
        for name in sorted(api.__all__)
        if name not in ELSEWHERE
        for argument in inspect.signature(getattr(api, name)).parameters
    ]


def _call(name: str, arguments: dict[str, Any]) -> None:
    result = getattr(api, name)(
        **{key: value for key, value in arguments.items() if key != "fields"},
        **arguments.get("fields", {}),
    )
    if hasattr(result, "__enter__"):
        with result as opened:
            opened.read()


@pytest.mark.parametrize(("name", "argument"), _cases())
def test_a_bad_value_is_answered_by_an_error_of_blockstore_or_not_at_all(
    bundle: BundleData, draft: DraftData, name: str, argument: str
) -> None:
    make_version(bundle.uuid, {"a": "1"})
    make_version(bundle.uuid, {"a": "2"})
    api.write_draft_file(draft.uuid, "a", "staged")
    values = good_values(name, bundle, draft)
    signature = inspect.signature(getattr(api, name))
    good = {
        each: values[each]
        for each, parameter in signature.parameters.items()
        if parameter.default is parameter.empty
    }
    for label, value in BAD.items():
        arguments = {**good, argument: value}
        if argument == "fields":
            arguments["fields"] = {"description": value}
        try:
            with transaction.atomic():
                _call(name, arguments)
                transaction.set_rollback(True)
        except BlockstoreError as answer:
            str(answer).encode("utf-8", "backslashreplace")
        except Exception as error:  # noqa: BLE001 - named below
            pytest.fail(f"{name}({argument}={label}) raised {type(error).__name__}: {error}")
    assert len(api.get_bundle_version_files(bundle.uuid, 2)) == 1
