"""Every leaf block of the real courses: OLX → fields → OLX → fields loses nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from openedx_blockstore import api
from openedx_blockstore.courses import import_course
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.authored import parse_block
from openedx_blockstore_xblock.block_classes import find_class, is_container
from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.olx import BlockElement, OlxDocument, parse_document
from openedx_blockstore_xblock.serialising import write_block

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage"), pytest.mark.slow]

#: How many leaf blocks of each type a course has, of which a package is installed.
EXPECTED: dict[str, dict[str, int]] = {
    "mitx-grading-library-course": {"html": 10, "problem": 53},
    "opencraft-blockstore-test-course": {
        "discussion": 1,
        "drag-and-drop-v2": 2,
        "html": 1,
        "problem": 1,
        "video": 1,
    },
    "studio-advanced": {},
}


def documents(course: Path) -> Iterator[tuple[BundleContents, str, bytes, OlxDocument]]:
    """Return the OLX files of a course, once it is imported."""
    report = import_course(course)
    for bundle in api.get_bundles(collection_uuid=report.collection_uuid):
        contents = api.get_bundle_contents(bundle.uuid)
        for path in contents.files:
            if not path.endswith(".xml") or "/static/" in f"/{path}":
                continue
            source = contents.read(path)
            try:
                document = parse_document(source, file=path, is_container=is_container)
            except BadOlx:
                continue
            yield contents, path, source, document


def text_of(contents: BundleContents, path: str, block: BlockElement) -> str | None:
    """Return the text that an element leaves to another file."""
    if not (name := block.element.get("filename")):
        return None
    folder = path.rpartition("/")[0]
    return contents.read(f"{folder}/{name}.html".lstrip("/")).decode()


def complete(block_class: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields, and the defaults of those that are not set."""
    return {
        name: fields.get(name, field.to_json(field.default))
        for name, field in block_class.fields.items()
    }


@pytest.mark.parametrize("course", sorted(EXPECTED))
def test_every_leaf_block_of_a_course_comes_back(course: str, courses: Path) -> None:
    """Where it stands, to the byte; and in an element that has nothing yet."""
    seen: Counter[str] = Counter()
    for contents, path, source, document in documents(courses / course):
        for block in document:
            block_type = block.block_type
            block_class = find_class(block_type)
            if block_class is None or block_class.has_children:
                continue
            body = text_of(contents, path, block)
            fields = parse_block(document, block, block_class, body=body).values()
            written = write_block(source, document, block, block_class, fields, body=body)
            assert (written.olx, written.body) == (source, body)
            bare = f"<{block_type}/>".encode()
            empty = parse_document(bare, file=path, is_container=is_container)
            olx = write_block(bare, empty, empty.root, block_class, fields).olx
            again = parse_document(olx, file=path, is_container=is_container)
            found = parse_block(again, again.root, block_class, body=None).values()
            if block_type == "problem":
                found["data"], fields["data"] = (
                    each["data"].partition(">")[2] for each in (found, fields)
                )
            assert complete(block_class, found) == complete(block_class, fields), path
            seen[block_type] += 1
    assert seen == EXPECTED[course]
