"""A whole course, imported and pulled by the client, is byte by byte what the store holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_blockstore.store import digest_of
from tests.cli.standalone import Person, Rest, StandAlone, tree

ROOT = Path(__file__).resolve().parent.parent.parent


def check_course(server: StandAlone, rest: Rest, ada: Person, source: Path) -> int:
    """Import a course, pull it, hold it against the store; return how many files there are."""
    collection = rest.collection("Course")
    imported = ada.json("import", source, "-c", collection, "--course")
    course = imported["course_bundle_uuid"]
    content = ada.home / "content"
    document = ada.json("pull", course, content, "-y")
    versions = rest.call("GET", f"bundle_versions/{course},1/dependencies")["dependencies"]
    assert len(document["bundles"]) == len(versions) + 1
    assert document["missing"] == []
    count = 0
    for pulled in document["bundles"]:
        uuid, number = pulled["bundle_uuid"], pulled["version"]
        found = tree(Path(pulled["folder"]))
        listed = rest.call("GET", f"bundle_versions/{uuid},{number}")["snapshot"]["files"]
        assert found.keys() == listed.keys()
        for path, contents in found.items():
            blob = server.files / uuid / "data" / listed[path]["hash_digest"]
            assert blob.read_bytes() == contents
            assert digest_of(contents) == listed[path]["hash_digest"]
            count += 1
        links = rest.call("GET", f"bundle_versions/{uuid},{number}")["snapshot"]["links"]
        for alias in links:
            assert (Path(pulled["folder"]) / "links" / alias).resolve(strict=True).is_dir()
    target = ada.home / "course.tar.gz"
    ada.ok("export", course, target, "--course")
    assert target.stat().st_size > 0
    return count


def test_the_sample_course(server: StandAlone, rest: Rest, ada: Person) -> None:
    """The small course of the repository."""
    assert check_course(server, rest, ada, ROOT / "sample_course") > 5


@pytest.mark.slow
def test_a_real_course(server: StandAlone, rest: Rest, ada: Person, courses: Path) -> None:
    """A real course of several hundred files."""
    source = next(path for path in sorted(courses.iterdir()) if "grading" in path.name)
    inner = source if not (source / "course").is_dir() else source / "course"
    assert check_course(server, rest, ada, inner) > 100
