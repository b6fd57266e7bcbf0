"""Settings for hosts, and those that the stand-alone project makes from its environment."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured

from openedx_blockstore.settings import common, environment, production

ROOT = Path(__file__).resolve().parent.parent

#: What libraries warn of that XBlock stands on is nothing that we could mend.
_THEIRS = tuple(
    option
    for start in (
        "'cgi' is deprecated",
        "pkg_resources is deprecated",
        "Deprecated call to `pkg_resources",
    )
    for option in ("-W", f"ignore:{start}")
)


@pytest.fixture
def django_storages(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Django's own ``STORAGES``, which may be added to until the end of the test."""
    own = {**global_settings.STORAGES}
    own.pop("openedx_blockstore", None)
    monkeypatch.setattr(global_settings, "STORAGES", own)
    return own


# Hosts -------------------------------------------------------------------------------------------


def test_a_host_gets_a_private_storage_beside_its_own() -> None:
    """The host's storages stay, and ours is added to them."""
    own = {"BACKEND": "example.Storage"}
    host = SimpleNamespace(STORAGES={"default": own}, MEDIA_ROOT="/edx/var/edxapp/media")
    common.plugin_settings(host)
    assert host.OPENEDX_BLOCKSTORE == {}
    assert host.STORAGES["default"] is own
    location = Path(host.STORAGES["openedx_blockstore"]["OPTIONS"]["location"])
    assert not location.is_relative_to(host.MEDIA_ROOT)


@pytest.mark.parametrize("module", [common, production])
def test_what_the_operator_has_set_stays(module: Any) -> None:
    """Neither moment of reading settings overwrites the operator's."""
    ours = {"MAX_FILES": 200}
    storage = {"BACKEND": "storages.backends.s3.S3Storage"}
    host = SimpleNamespace(OPENEDX_BLOCKSTORE=ours, STORAGES={"openedx_blockstore": storage})
    module.plugin_settings(host)
    assert host.OPENEDX_BLOCKSTORE is ours
    assert host.OPENEDX_BLOCKSTORE == {"MAX_FILES": 200}
    assert host.STORAGES == {"openedx_blockstore": storage}


def test_a_host_without_storages_keeps_djangos(django_storages: dict[str, Any]) -> None:
    """Django 4.2 refuses ``STORAGES`` beside ``DEFAULT_FILE_STORAGE``, so that none is set."""
    host = SimpleNamespace(DEFAULT_FILE_STORAGE="example.Storage")
    common.plugin_settings(host)
    assert not hasattr(host, "STORAGES")
    assert set(django_storages) == {"default", "staticfiles", "openedx_blockstore"}


def test_an_operator_who_replaces_the_storages_gets_ours_again() -> None:
    """The operator's settings are read between ``common`` and ``production``."""
    host = SimpleNamespace(STORAGES={"default": {}})
    common.plugin_settings(host)
    host.STORAGES = {"default": {}}
    production.plugin_settings(host)
    assert "openedx_blockstore" in host.STORAGES


# Databases ---------------------------------------------------------------------------------------


def test_the_database_is_a_file_by_default(tmp_path: Path) -> None:
    """Without a URL there is an SQLite file, which waits for other processes."""
    config = environment.database({}, default=tmp_path / "db")
    assert config["NAME"] == str(tmp_path / "db")
    assert config["OPTIONS"]["timeout"] >= 30


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("mysql://user:secret@db.example/name", "django.db.backends.mysql"),
        ("postgres://user:secret@db.example/name", "django.db.backends.postgresql"),
    ],
)
def test_a_url_names_another_database(url: str, engine: str, tmp_path: Path) -> None:
    """``DATABASE_URL`` says all there is to say of a database server."""
    config = environment.database({"DATABASE_URL": url}, default=tmp_path / "db")
    assert (config["ENGINE"], config["HOST"], config["NAME"]) == (engine, "db.example", "name")
    assert (config["USER"], config["PASSWORD"]) == ("user", "secret")


def test_mysql_holds_every_letter(tmp_path: Path) -> None:
    """MySQL's three-byte character set is never used."""
    url = {"DATABASE_URL": "mysql://user@db.example/name"}
    assert environment.database(url, default=tmp_path)["OPTIONS"]["charset"] == "utf8mb4"


# Storage in S3 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "variable", ["AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL"]
)
def test_s3_may_be_another_server_than_amazons(variable: str) -> None:
    """Each usual spelling of the endpoint is understood."""
    entry = environment.s3_storage({variable: "http://s3.example"}, bucket="store")
    assert entry["OPTIONS"]["endpoint_url"] == "http://s3.example"
    assert entry["OPTIONS"]["bucket_name"] == "store"


def test_s3_takes_bounded_memory() -> None:
    """Neither an upload nor a download is held in memory."""
    options = environment.s3_storage({}, bucket="store")["OPTIONS"]
    assert options["max_memory_size"] == 8 * 2**20
    assert options["transfer_config"].multipart_chunksize == 8 * 2**20
    assert options["transfer_config"].use_threads is False


# The secret key, and the words of variables ------------------------------------------------------


def test_a_given_secret_key_is_used(tmp_path: Path) -> None:
    """Nothing is written when the key is given."""
    assert environment.secret_key({"SECRET_KEY": "given"}, kept_in=tmp_path / "key") == "given"
    assert list(tmp_path.iterdir()) == []


def test_a_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """Processes that start together agree on one key, which nobody else may read."""
    kept = tmp_path / "data" / "key"
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: environment.secret_key({}, kept_in=kept), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(kept.parent.iterdir()) == [kept]


@pytest.mark.parametrize(("said", "meant"), [("1", True), ("YES", True), ("0", False), ("", False)])
def test_a_flag_is_yes_or_no(said: str, meant: bool) -> None:
    """The usual words for yes and no are understood."""
    assert environment.flag({"FLAG": said}, "FLAG") is meant


def test_a_flag_that_is_neither_is_an_error() -> None:
    """A misspelt flag is not taken for no."""
    with pytest.raises(ImproperlyConfigured, match="FLAG is 'maybe'"):
        environment.flag({"FLAG": "maybe"}, "FLAG")


def test_a_list_is_separated_by_commas() -> None:
    """Spaces and empty words do not count."""
    assert environment.words({"HOSTS": "a, b,,"}, "HOSTS") == ["a", "b"]


# The stand-alone project -------------------------------------------------------------------------


@pytest.mark.slow
def test_the_stand_alone_project_keeps_everything_in_its_folder(tmp_path: Path) -> None:
    """Its checks pass, and whatever it writes is below ``BLOCKSTORE_DATA_DIR``."""
    data = tmp_path / "data"
    for command in (["check", "--fail-level=WARNING"], ["migrate", "--verbosity=0"]):
        subprocess.run(
            [sys.executable, "-W", "error", *_THEIRS, str(ROOT / "manage.py"), *command],
            check=True,
            cwd=tmp_path,
            env={"BLOCKSTORE_DATA_DIR": str(data), "PATH": "/usr/bin:/bin"},
        )
    assert list(tmp_path.iterdir()) == [data]
    assert (data / "blockstore.sqlite3").exists()
