"""Imports and exports, at once and as jobs."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from celery import Celery
from django.contrib.auth.models import Group, User
from django.core.files.storage import Storage
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.jobs import runner
from openedx_blockstore.models import Job
from tests.rest_api.conftest import BASE, Place, World, make_place


def archive_of(**files: str) -> bytes:
    """A .tar.gz of a folder."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/") + ".xml")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


COURSE = archive_of(
    course__course='<course url_name="run" org="Org" course="C1"/>',
    course__course__run='<course display_name="A course"><chapter url_name="ch"/></course>',
    course__chapter__ch='<chapter display_name="One"><sequential url_name="sq"/></chapter>',
    course__sequential__sq='<sequential display_name="S"><vertical url_name="v"/></sequential>',
    course__vertical__v='<vertical display_name="V"><problem url_name="p"/></vertical>',
    course__problem__p="<problem><p>What?</p></problem>",
)


def post(client: APIClient, path: str, body: bytes = b"") -> Any:
    """Send an archive."""
    anything: Any = client
    return anything.generic("POST", BASE + path, body, content_type="application/gzip")


def download(client: APIClient, path: str) -> bytes:
    """Fetch an archive."""
    response: Any = client.get(BASE + path)
    assert response.status_code == 200, response.content
    assert response["Content-Disposition"].startswith("attachment")
    return b"".join(response.streaming_content)


def elsewhere(world: World) -> UUID:
    """Another collection of the author's."""
    collection = api.create_collection("Elsewhere").uuid
    api.set_role(collection, "author", user=world.users["author"])
    return collection


@pytest.mark.parametrize("format_", ["tar.gz", "zip"])
def test_a_closure_goes_out_and_comes_in_again(
    world: World, author: APIClient, private: Place, format_: str
) -> None:
    """With its lenders, into another collection; a second time nothing is new."""
    path = f"bundle_versions/{private.borrower},1/export?with_dependencies=1&format={format_}"
    archive = download(author, path)
    target = f"collections/{elsewhere(world)}/import"
    plan: Any = post(author, f"{target}?dry_run=true", archive)
    assert plan.json()["dry_run"] is True
    assert len(plan.json()["bundles"]) == 2
    imported: Any = post(author, target, archive)
    assert imported.status_code == 200
    (root,) = imported.json()["roots"]
    assert root["origin_uuid"] == str(private.borrower)
    copy = author.get(f"{BASE}bundle_versions/{root['bundle_uuid']},1").json()
    assert set(copy["snapshot"]["links"]) == {"unit"}
    again: Any = post(author, target, archive)
    assert {bundle["created"] for bundle in again.json()["bundles"]} == {False}


def test_a_packed_folder_becomes_a_bundle(author: APIClient, private: Place) -> None:
    """Called as the caller says."""
    response: Any = post(
        author, f"collections/{private.collection}/import?name=unit-7.tar.gz", archive_of(a="<a/>")
    )
    (bundle,) = response.json()["bundles"]
    assert bundle["title"] == "unit-7"


@pytest.mark.parametrize("body", [b"no archive", b""])
@pytest.mark.parametrize("kind", ["import", "import_course"])
def test_what_is_no_archive_is_422(
    author: APIClient, private: Place, body: bytes, kind: str
) -> None:
    """And nothing is made."""
    response: Any = post(author, f"collections/{private.collection}/{kind}", body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_archive")


def test_an_archive_does_not_link_to_what_its_sender_may_not_reuse(
    world: World, author: APIClient, private: Place
) -> None:
    """It fails like one that links to nothing; with a role, it works."""
    hidden = api.create_collection("Hidden").uuid
    lender = api.create_bundle(hidden, "lender").uuid
    draft = api.get_or_create_bundle_draft(lender, "d").uuid
    api.write_draft_file(draft, "a.txt", "a")
    api.commit_draft(draft)
    borrower = api.create_bundle(hidden, "borrower").uuid
    link = api.get_or_create_bundle_draft(borrower, "d").uuid
    api.set_draft_link(link, "x", lender, 1)
    api.commit_draft(link)
    archive = download(world.client("staff"), f"bundle_versions/{borrower},1/export")
    target = f"collections/{private.collection}/import"
    refused: Any = post(author, target, archive)
    assert refused.status_code == 422
    assert "neither in it nor here" in refused.json()["message"]
    api.set_role(hidden, "reader", user=world.users["author"])
    accepted: Any = post(author, target, archive)
    assert accepted.status_code == 200, accepted.content


def test_a_course_comes_in_and_goes_out(author: APIClient, private: Place) -> None:
    """As OLX, both times."""
    imported: Any = post(author, f"collections/{private.collection}/import_course", COURSE)
    assert imported.status_code == 200, imported.content
    report = imported.json()
    assert len(report["created"]) == 2
    course = report["course_bundle_uuid"]
    archive = download(author, f"bundle_versions/{course},1/export_course")
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        names = opened.getnames()
    assert any(name.endswith("course.xml") for name in names)
    assert any("problem" in name for name in names)


def test_a_collection_goes_out_in_part(author: APIClient, private: Place) -> None:
    """Only the bundles that are named, or all."""
    path = f"collections/{private.collection}/export"
    with tarfile.open(fileobj=io.BytesIO(download(author, path))) as whole:
        assert len({name.split("/")[0] for name in whole.getnames()}) >= 2
    part = download(author, f"{path}?bundle_uuid={private.bundle}")
    with tarfile.open(fileobj=io.BytesIO(part)) as opened:
        assert str(private.borrower) not in "".join(opened.getnames())
    assert author.get(f"{BASE}{path}?bundle_uuid={private.deleted}").status_code == 404
    assert author.get(f"{BASE}{path}?bundle_uuid=x").status_code == 400
    assert author.get(f"{BASE}{path}?format=rar").status_code == 400


# Jobs --------------------------------------------------------------------------------------------


@pytest.fixture
def place(transactional_db: None, file_storage: Storage) -> Iterator[tuple[APIClient, Place]]:
    """An author, and a collection; what threads do is seen by all."""
    users = {name: User.objects.create_user(name) for name in ("reader", "author", "admin")}
    Group.objects.create(name="authors")
    made = make_place(users, "private")
    client = APIClient()
    client.force_authenticate(users["author"])
    yield client, made
    wait_for_jobs()


def wait_for_jobs() -> None:
    """Wait until no thread works any more."""
    for thread in threading.enumerate():
        if thread.name.startswith("blockstore-job-"):
            thread.join(30)


def finished(client: APIClient, response: Any) -> Any:
    """Poll a job until it has ended."""
    assert response.status_code == 202, response.content
    assert response["Location"] == response.json()["url"]
    wait_for_jobs()
    return client.get(response["Location"]).json()


def test_an_export_is_a_job_that_can_be_polled(place: tuple[APIClient, Place]) -> None:
    """Its file can be fetched, and is gone when the job is forgotten."""
    client, made = place
    job = finished(client, client.post(f"{BASE}bundle_versions/{made.bundle},2/export"))
    assert (job["state"], job["error"]) == ("succeeded", None)
    assert job["done"] == job["total"] > 0
    with tarfile.open(fileobj=io.BytesIO(download(client, f"jobs/{job['uuid']}/result"))) as opened:
        assert "unit.xml" in opened.getnames()
    assert [each["uuid"] for each in client.get(f"{BASE}jobs").json()["results"]] == [job["uuid"]]
    assert client.delete(job["url"]).status_code == 204
    assert client.get(job["url"]).status_code == 404


def test_an_import_is_a_job_that_can_be_polled(place: tuple[APIClient, Place]) -> None:
    """Its result is what the import answers at once."""
    client, made = place
    path = f"collections/{made.collection}/import_course?job=1"
    job = finished(client, post(client, path, COURSE))
    assert job["state"] == "succeeded", job
    assert job["result"]["course_bundle_uuid"]
    assert job["file"] is None
    assert client.get(f"{job['url']}/result").status_code == 404
    archive = finished(
        client, post(client, f"collections/{made.collection}/import?job=1", archive_of(a="<a/>"))
    )
    assert archive["state"] == "succeeded", archive
    assert archive["done"] == archive["total"] > 0


def test_a_job_that_fails_says_why(place: tuple[APIClient, Place]) -> None:
    """With the error that it would have been at once."""
    client, made = place
    path = f"collections/{made.collection}/import?job=1"
    job = finished(client, post(client, path, b"no archive"))
    assert job["state"] == "failed"
    assert job["error"]["code"] == "invalid_archive"


def test_a_job_has_the_rights_that_its_owner_has_when_it_runs(
    place: tuple[APIClient, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not those of the moment when it was asked for."""
    client, made = place
    waiting: list[UUID] = []
    monkeypatch.setattr(runner, "_hand_over", waiting.append)
    response: Any = client.post(f"{BASE}bundle_versions/{made.bundle},2/export")
    api.set_role(made.collection, None, user="author")
    (uuid,) = waiting
    runner.run_job(uuid)
    job = client.get(response["Location"]).json()
    assert (job["state"], job["error"]["code"]) == ("failed", "bundle_not_found")


def test_a_job_whose_worker_died_is_said_to_have_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nobody polls for ever; one that is alive can not be forgotten."""
    client = world.client("reader")
    url = f"{BASE}jobs/{world.job}"
    Job.objects.update(state=Job.State.RUNNING)
    assert client.get(url).json()["state"] == "running"
    assert client.delete(url).status_code == 409
    Job.objects.update(touched=datetime.now(UTC) - runner.LOST_AFTER - timedelta(seconds=1))
    assert client.get(url).json()["error"]["code"] == "job_lost"
    assert client.delete(url).status_code == 204


def test_old_jobs_are_removed(world: World, settings: Any) -> None:
    """Some days after they ended."""
    Job.objects.update(touched=datetime.now(UTC) - timedelta(hours=71))
    runner.remove_old_jobs()
    assert Job.objects.count() == 1
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "JOB_HOURS": 70}
    runner.remove_old_jobs()
    assert Job.objects.count() == 0


def test_celery_does_jobs_where_the_host_has_it(
    place: tuple[APIClient, Place], settings: Any
) -> None:
    """The task is one that Celery finds by itself."""
    app = Celery("host", broker="memory://")
    app.conf.task_always_eager = True
    app.set_default()
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "JOB_RUNNER": "celery"}
    client, made = place
    response: Any = client.post(f"{BASE}bundle_versions/{made.bundle},2/export")
    assert client.get(response["Location"]).json()["state"] == "succeeded"
