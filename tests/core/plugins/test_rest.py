"""What plugins say, as callers of the REST API, commands and jobs get it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.jobs.runner import run_job
from openedx_blockstore.models import Job
from tests.core.plugins.conftest import EntryPoints
from tests.core.plugins.sources import ANNOTATIONS, NOTES, TRANSFORMS
from tests.core.plugins.validators import CALLS
from tests.core.plugins.validators import GROUP as VALIDATORS
from tests.counting import counting

pytestmark = pytest.mark.django_db

BASE = "/api/v1/"
Use = Callable[[EntryPoints], None]


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    NOTES.clear()
    CALLS.clear()
    yield
    NOTES.clear()
    CALLS.clear()


@pytest.fixture
def staff() -> APIClient:
    """Somebody who may do everything."""
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("staff"))
    return client


def archive(**texts: str) -> bytes:
    """A packed folder."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, text in texts.items():
            entry = tarfile.TarInfo(f"{name}.txt")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


def post(client: Any, path: str, body: bytes) -> Any:
    """Send an archive."""
    return client.generic("POST", BASE + path, body, content_type="application/gzip")


@pytest.fixture
def validator(use_plugins: Use) -> None:
    """Refuses what is bad."""
    use_plugins({VALIDATORS: {"reader": "tests.core.plugins.validators:Reader"}})


@pytest.mark.usefixtures("validator")
def test_a_refusal_is_422_with_all_that_was_found(
    staff: APIClient, collection: CollectionData
) -> None:
    answer = post(staff, f"collections/{collection.uuid}/import", archive(a="bad", b="odd"))
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "import_refused"
    (bundle,) = body["facts"]["bundles"]
    assert bundle["bundle_uuid"] is None
    assert bundle["findings"][0] == {
        "severity": "error",
        "code": "bad",
        "file": "a.txt",
        "line": 1,
        "message": "It is bad.",
        "mend": "Do better.",
    }
    assert [finding["code"] for finding in bundle["findings"]] == ["bad", "odd"]


@pytest.mark.usefixtures("validator")
def test_a_dry_run_and_an_import_tell_what_was_found(
    staff: APIClient, collection: CollectionData
) -> None:
    path = f"collections/{collection.uuid}/import"
    tried = post(staff, f"{path}?dry_run=true", archive(a="bad")).json()
    assert [finding["code"] for finding in tried["bundles"][0]["findings"]] == ["bad"]
    done = post(staff, path, archive(a="odd")).json()
    assert [finding["code"] for finding in done["bundles"][0]["findings"]] == ["odd"]


@pytest.mark.usefixtures("validator")
def test_a_job_that_was_refused_says_what_was_found(
    staff: APIClient, collection: CollectionData
) -> None:
    # The transaction of this test is not committed, so nobody but the test begins with it.
    answer = post(staff, f"collections/{collection.uuid}/import?job=true", archive(a="bad"))
    assert answer.status_code == 202
    run_job(answer.json()["uuid"])
    job = Job.objects.get(uuid=answer.json()["uuid"])
    assert job.error is not None
    assert job.error["code"] == "import_refused"
    assert job.error["facts"]["bundles"][0]["findings"][0]["code"] == "bad"


def test_a_plugin_that_fails_is_503_and_nothing_is_told_of_it(
    staff: APIClient, collection: CollectionData, use_plugins: Use
) -> None:
    use_plugins({VALIDATORS: {"raising": "tests.core.plugins.validators:Raising"}})
    answer = post(staff, f"collections/{collection.uuid}/import", archive(a="1"))
    assert answer.status_code == 503
    assert answer.json() == {
        "code": "plugin_failed",
        "message": "A plugin of this server failed; its operators can tell why.",
        "facts": {},
    }


@pytest.mark.usefixtures("validator")
def test_a_command_lists_what_was_found(collection: CollectionData, tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(archive(a="bad", b="odd"))
    with pytest.raises(CommandError) as refused:
        call_command("import_bundle", str(path), collection=str(collection.uuid), verbosity=0)
    assert str(refused.value).splitlines() == [
        "Nothing was imported, because of errors:",
        "a: error: a.txt:1: It is bad. Do better. [bad]",
        "a: warning: b.txt:1: It is odd. [odd]",
    ]
    path.write_bytes(archive(b="odd"))
    output = StringIO()
    call_command(
        "import_bundle", str(path), collection=str(collection.uuid), stdout=output, no_color=True
    )
    assert "a: warning: b.txt:1: It is odd. [odd]" in output.getvalue()


# Annotations and transforms ----------------------------------------------------------------------


def test_lists_of_versions_have_what_is_known_if_one_asks(
    staff: APIClient, bundle: BundleData, use_plugins: Use
) -> None:
    use_plugins({ANNOTATIONS: {"notes": "tests.core.plugins.sources:Notes"}})
    for text in "123":
        api.import_version(bundle.uuid, {"a.txt": text})
    NOTES[bundle.uuid, 2] = "second"
    address = f"{BASE}bundle_versions?bundle_uuid={bundle.uuid}&limit=10"
    with counting() as without:
        plain = staff.get(address).json()["results"]
    assert all("annotations" not in each for each in plain)
    with counting() as with_them:
        listed = staff.get(f"{address}&annotations=true").json()["results"]
    assert [each["annotations"] for each in listed] == [{}, {"notes": "second"}, {}]
    assert with_them.statements <= without.statements + 1
    one = staff.get(f"{BASE}bundle_versions/{bundle.uuid},2/annotations").json()
    assert one == {"notes": "second"}
    assert staff.get(f"{BASE}bundle_versions/{bundle.uuid},4/annotations").status_code == 404


def test_an_export_may_be_transformed(
    staff: APIClient, bundle: BundleData, use_plugins: Use
) -> None:
    use_plugins({TRANSFORMS: {"upper": "tests.core.plugins.sources:Upper"}})
    api.import_version(bundle.uuid, {"a.txt": "hello"})
    address = f"{BASE}bundle_versions/{bundle.uuid},1/export"
    answer: Any = staff.get(f"{address}?transforms=upper")
    with tarfile.open(fileobj=io.BytesIO(b"".join(answer.streaming_content))) as tar:
        file = tar.extractfile("a.txt")
        assert file is not None
        assert file.read() == b"HELLO"
    for method in (staff.get, staff.post):
        refused = method(f"{address}?transforms=lower")
        assert (refused.status_code, refused.json()["code"]) == (404, "plugin_not_found")


def test_a_command_may_transform(bundle: BundleData, use_plugins: Use, tmp_path: Path) -> None:
    use_plugins({TRANSFORMS: {"upper": "tests.core.plugins.sources:Upper"}})
    api.import_version(bundle.uuid, {"a.txt": "hello"})
    path = tmp_path / "a.tar.gz"
    call_command("export_bundle", str(bundle.uuid), str(path), transform=["upper"], verbosity=0)
    with tarfile.open(path) as tar:
        file = tar.extractfile("a.txt")
        assert file is not None
        assert file.read() == b"HELLO"
