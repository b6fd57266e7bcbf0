"""Documents about licences that strangers have written: whatever is in them does no harm."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.documents import FILE
from tests.plugins.licensing.exchanging import SOURCE, document, elsewhere, take, take_collection

pytestmark = pytest.mark.usefixtures("harvard")

BAD: list[object] = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"4",
    b"[" * 200_000,
    b'{"_meta": {"format": "openedx-blockstore/licensing", "version": 2}}',
    b'{"_meta": {"format": "other", "version": 1}}',
    b" " * (5 * 2**20),
]


@pytest.mark.parametrize("contents", BAD, ids=range(len(BAD)))
def test_a_document_that_is_none_is_told_of(bundle: BundleData, contents: bytes) -> None:
    (finding,) = take(bundle, contents)
    assert (finding.severity, finding.code) == ("warning", "license-document")
    assert (
        take_collection(blockstore.create_collection("C"), {FILE: contents})[0].code
        == "license-document"
    )
    assert api.get_bundle_licenses(bundle.uuid) == []


def test_no_document_is_no_trouble(bundle: BundleData) -> None:
    assert list(SOURCE.import_files(bundle.uuid, 1, {"other.json": b"?"})) == []
    assert list(SOURCE.import_collection_files(uuid4(), {})) == []


CHANGES: list[tuple[list[str], object]] = [
    (["license"], None),
    (["license", "expression"], "MIT MIT"),
    (["license", "expression"], "nobody's"),
    (["license", "expression"], 4),
    (["license", "expression"], ["MIT"]),
    (["license", "paths"], []),
    (["license", "paths"], {"/etc": "MIT"}),
    (["license", "paths"], {"a": ""}),
    (["license", "paths"], {"a": None}),
    (["license", "paths"], {str(number): "MIT" for number in range(10_001)}),
    (["credit"], None),
    (["credit", "version"], "1"),
    (["credit", "version"], True),
    (["credit", "version"], 2**40),
    (["credit", "bundle_uuid"], "nonsense"),
    (["credit", "bundle_uuid"], 4),
    (["credit", "title"], None),
    (["credit", "title"], "x" * 501),
    (["credit", "author"], "\0"),
    (["credit", "author"], "\ud800"),
    (["credit", "publisher"], {"iri": "nonsense"}),
    (["credit", "publisher"], "Harvard"),
    (["credit", "license"], "MIT MIT"),
    (["credit", "derived_from"], {}),
    (["credit", "derived_from"], [4]),
    (["credit", "derived_from"], [{}] * 200),
    (["publishers"], {}),
    (["publishers"], [None]),
    (["publishers"], [{"iri": "https://a/", "name": 4}]),
    (["publishers"], [{"iri": "https://a/", "name": "A", "parent": "nonsense"}]),
]


@pytest.mark.parametrize(("where", "value"), CHANGES)
def test_values_that_are_none_are_told_of(
    bundle: BundleData, where: list[str], value: object
) -> None:
    given = document(bundle)
    place = given
    for name in where[:-1]:
        place = place[name]
    place[where[-1]] = value
    (finding,) = take(bundle, given)
    assert finding.code == "license-document"
    str(finding).encode()
    assert api.get_derivations(bundle.uuid) == []


def test_a_chain_without_end_is_told_of(bundle: BundleData) -> None:
    given = document(bundle)
    inner = given["credit"]
    for _depth in range(60):
        inner = {**given["credit"], "derived_from": [inner]}
    given["credit"] = inner
    (finding,) = take(bundle, given)
    assert finding.code == "license-document"


def test_an_address_that_is_none_is_no_link(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    given = document(bundle)
    given["credit"]["url"] = "javascript:alert(1)"
    there = elsewhere(bundle, other, tmp_path)
    take(there, given)
    assert "javascript" not in api.to_html(api.credit_line(api.get_credit(there.uuid)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    place=st.sampled_from(["license", "credit", "publishers", "_meta"]),
    name=st.sampled_from(["expression", "paths", "derived_from", "publisher", "version", ""]),
    value=JSON,
)
def test_no_document_does_harm(bundle: BundleData, place: str, name: str, value: object) -> None:
    given = document(bundle)
    if name and isinstance(given[place], dict):
        given[place][name] = value
    else:
        given[place] = value
    for finding in take(bundle, given):
        assert finding.message
    api.get_license_report(bundle.uuid)
