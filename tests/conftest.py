"""Fixtures for all tests: where bytes are stored, and real courses."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.core.files.storage import Storage, storages
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from openedx_blockstore.settings import environment
from tests.services.base import ServerFailedError, ServerMissingError
from tests.services.redis import Redis
from tests.services.seaweedfs import SeaweedFS
from tests.settings import TEST_DIR

#: Real courses, too large for the repository, may lie beside it.
_COURSES = Path(__file__).resolve().parent.parent.parent / "shared" / "courses"


#: The examples are strangers' packages, tested where they are installed (``test_example_plugin``).
collect_ignore = ["example_chooser", "example_contexts", "example_plugin"]

#: Tests of plugins and of the bridge need them in the settings: ``--ds=tests.settings_all``. All
#: others pass with them and without.
if os.environ["DJANGO_SETTINGS_MODULE"] != "tests.settings_all":
    collect_ignore += ["plugins", "bridge"]

# How long something takes on a busy machine is no property of it.
hypothesis_settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")

_MADE_TEST_DIR = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of this run, unless the process that has started this one has made it."""
    if not TEST_DIR.exists():
        TEST_DIR.mkdir(mode=0o700)
        config.stash[_MADE_TEST_DIR] = True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder of this run; the database is closed by now."""
    if config.stash.get(_MADE_TEST_DIR, False):
        shutil.rmtree(TEST_DIR, ignore_errors=True)


def _may_skip() -> bool:
    """Whether a test may be skipped because something is not on this machine."""
    return os.environ.get("BLOCKSTORE_TEST_REQUIRE_SERVICES") != "1"


def do_without(reason: str) -> NoReturn:
    """Skip the test, or fail it where nothing may be skipped."""
    if _may_skip():
        pytest.skip(reason)
    pytest.fail(reason)


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[dict[str, str]]:
    """The environment variables of an S3 server: the one given, or one that is started here."""
    if os.environ.get("BLOCKSTORE_TEST_S3_BUCKET"):
        yield dict(os.environ)
        return
    server = SeaweedFS()
    try:
        server.start()
    except (ServerMissingError, ServerFailedError) as error:
        do_without(f"no S3 server: {error}")
    try:
        yield server.environment()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a real Redis: the one given, or one that is started here."""
    if given := os.environ.get("BLOCKSTORE_TEST_REDIS_URL"):
        yield given
        return
    server = Redis()
    try:
        server.start()
    except (ServerMissingError, ServerFailedError) as error:
        do_without(f"no Redis: {error}")
    try:
        yield server.url
    finally:
        server.stop()


def _use_storage(settings: Settings, entry: dict[str, Any]) -> Storage:
    """Let Blockstore store its bytes in this entry of ``STORAGES`` until the end of the test."""
    settings.STORAGES = {**settings.STORAGES, "openedx_blockstore": entry}
    return storages["openedx_blockstore"]


@pytest.fixture
def file_storage(settings: Settings, tmp_path: Path) -> Storage:
    """Blockstore's storage is a folder of this test's own."""
    return _use_storage(settings, environment.file_system_storage(tmp_path / "files"))


@pytest.fixture
def s3_storage(
    settings: Settings,
    s3_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Storage:
    """Blockstore's storage is a folder of this test's own in a bucket on a real S3 server."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, s3_environment[name])
    entry = environment.s3_storage(
        s3_environment, bucket=s3_environment["BLOCKSTORE_TEST_S3_BUCKET"]
    )
    entry["OPTIONS"]["location"] = uuid.uuid4().hex
    return _use_storage(settings, entry)


@pytest.fixture(
    params=["file_storage", pytest.param("s3_storage", marks=pytest.mark.services)],
    ids=["files", "s3"],
)
def storage(request: pytest.FixtureRequest) -> Storage:
    """Blockstore's storage: once the file system, once S3."""
    found: Storage = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def courses() -> Path:
    """The folder of the real courses, beside the repository."""
    if not _COURSES.is_dir():
        do_without(f"the real courses are not there ({_COURSES.name}/ beside the repository)")
    return _COURSES
