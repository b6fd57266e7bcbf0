"""A course is looked at as a whole before any of its bundles gets a version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openedx_blockstore import api
from openedx_blockstore.courses import import_course
from openedx_blockstore.exceptions import ImportRefused, PluginFailed
from openedx_blockstore.models import Bundle, BundleVersion, Collection
from tests.core.plugins.conftest import EntryPoints
from tests.core.plugins.validators import CALLS, GROUP
from tests.courses.helpers import COURSE, write_files

pytestmark = pytest.mark.django_db

Use = Callable[[EntryPoints], None]


@pytest.fixture(autouse=True)
def _no_calls() -> Iterator[None]:
    CALLS.clear()
    yield
    CALLS.clear()


def use(use_plugins: Use, name: str) -> None:
    """Turn a validator on."""
    use_plugins({GROUP: {"it": f"tests.core.plugins.validators:{name}"}})


def export(tmp_path: Path, **files: str) -> Path:
    """An export with some files changed; their paths have two underscores for a slash."""
    changed = {name.replace("__", "/") + ".html": text for name, text in files.items()}
    return write_files(tmp_path / "course", {**COURSE, **changed})


def test_an_error_in_one_bundle_stops_the_course(tmp_path: Path, use_plugins: Use) -> None:
    use(use_plugins, "CourseReader")
    course = export(tmp_path, html__h1="<p>bad")
    with pytest.raises(ImportRefused, match=r"html/h1\.html:1: It is bad"):
        import_course(course)
    assert not BundleVersion.objects.exists()
    assert not Bundle.objects.exists()
    assert not Collection.objects.exists()
    assert not [call for call in CALLS if call[0] == "imported"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_report_has_what_was_found(tmp_path: Path, use_plugins: Use, dry_run: bool) -> None:
    use(use_plugins, "CourseReader")
    text = "<p>odd" if not dry_run else "<p>odd and bad"
    report = import_course(export(tmp_path, html__h1=text), dry_run=dry_run)
    found = [finding for finding in report.findings if finding.code in {"odd", "bad"}]
    assert {finding.file for finding in found} == {"html/h1.html"}
    assert {finding.code for finding in found} == ({"odd", "bad"} if dry_run else {"odd"})
    told = [call for call in CALLS if call[0] == "imported"]
    assert len(told) == (0 if dry_run else BundleVersion.objects.count())
    # Each bundle is looked at once, and links lead to what is still to be made.
    looked = [call for call in CALLS if call[0] == "looked at"]
    assert len(looked) == len(set(looked)) == len(report.created)
    assert [call for call in CALLS if call[0] == "link"]


def test_only_what_changes_is_looked_at(tmp_path: Path, use_plugins: Use) -> None:
    import_course(export(tmp_path))
    use(use_plugins, "CourseReader")
    import_course(export(tmp_path))
    assert CALLS == []
    report = import_course(export(tmp_path, html__h1="<p>Other"))
    assert len([call for call in CALLS if call[0] == "looked at"]) == len(report.updated)
    assert len([call for call in CALLS if call[0] == "before"]) == len(report.updated)


def test_one_that_fails_stops_the_course(tmp_path: Path, use_plugins: Use) -> None:
    use(use_plugins, "Raising")
    with pytest.raises(PluginFailed):
        import_course(export(tmp_path))
    assert not Collection.objects.exists()
    assert api.get_collections() == []
