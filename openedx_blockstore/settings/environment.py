"""Settings made from environment variables, for the stand-alone project and the tests.

The functions take the environment as an argument and return values; they set nothing.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured

_MEBIBYTE = 2**20

#: Seconds that a writer waits for another process's transaction.
_SQLITE_TIMEOUT = 30

#: In Django since 5.1; with 4.2 the database keeps SQLite's own journal, which is correct, but lets
#: readers and the writer wait for one another.
_SQLITE_INIT_COMMAND_SINCE = (5, 1)


def sqlite_database(path: Path) -> dict[str, Any]:
    """An entry of ``DATABASES`` for a file that several processes use at a time.

    Args:
        path: The file; it is made when the first statement runs.
    """
    options: dict[str, Any] = {"timeout": _SQLITE_TIMEOUT}
    if django.VERSION[:2] >= _SQLITE_INIT_COMMAND_SINCE:
        options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}


def database(environment: Mapping[str, str], *, default: Path) -> dict[str, Any]:
    """The entry of ``DATABASES`` that ``DATABASE_URL`` asks for.

    Args:
        environment: The variables, usually ``os.environ``.
        default: The SQLite file that is used without a ``DATABASE_URL``.

    Raises:
        ImproperlyConfigured: The library that reads such URLs is not installed.
    """
    url = environment.get("DATABASE_URL", "")
    if not url:
        return sqlite_database(default)
    try:
        import dj_database_url  # noqa: PLC0415 - needed with a DATABASE_URL alone
    except ImportError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL needs a driver: pip install 'openedx-blockstore[postgresql]' "
            "or 'openedx-blockstore[mysql]'."
        ) from error
    # A connection is kept for a minute, and tried before it is used again.
    config: dict[str, Any] = {
        **dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    }
    engine = config["ENGINE"].rpartition(".")[2]
    if engine == "sqlite3":
        return sqlite_database(Path(config["NAME"]))
    if engine == "mysql":
        # Django 4.2 asks for the three-byte character set, which cannot hold every title.
        config["OPTIONS"] = {"charset": "utf8mb4", **config.get("OPTIONS", {})}
        config["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_ci"}
    return config


def file_system_storage(location: Path) -> dict[str, Any]:
    """The entry of ``STORAGES`` that keeps everything in a folder which nothing serves.

    Args:
        location: The folder; it is made when the first file is written. It must not lie below
            ``MEDIA_ROOT``.
    """
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(location)},
    }


def s3_storage(environment: Mapping[str, str], *, bucket: str) -> dict[str, Any]:
    """The entry of ``STORAGES`` that keeps everything in an S3 bucket.

    The access key and its secret are read from the usual ``AWS_*`` variables by boto3 itself.

    Args:
        environment: The variables, usually ``os.environ``. ``AWS_ENDPOINT_URL_S3``,
            ``AWS_S3_ENDPOINT_URL`` or ``AWS_ENDPOINT_URL`` name a server that is not Amazon's,
            ``AWS_REGION``, ``AWS_DEFAULT_REGION`` or ``AWS_S3_REGION_NAME`` the region.
        bucket: The bucket's name. It must exist, and be private.

    Raises:
        ImproperlyConfigured: The libraries for S3 are not installed.
    """
    try:
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415 - needed with a bucket alone
    except ImportError as error:
        raise ImproperlyConfigured(
            "Storage in S3 needs two libraries: pip install 'openedx-blockstore[s3]'."
        ) from error
    options = {
        "bucket_name": bucket,
        # Without these two a presigned URL cannot override the answer's headers everywhere.
        "signature_version": "s3v4",
        "addressing_style": "path",
        # A name depends on the content's digest alone, so that whoever writes it again writes the
        # same; a storage must never alter the name to keep both.
        "file_overwrite": True,
        "default_acl": None,
        "querystring_auth": True,
        # Bounded memory, whatever the size of a file: longer reads are spooled to disk, and an
        # upload holds one part at a time.
        "max_memory_size": 8 * _MEBIBYTE,
        "transfer_config": TransferConfig(
            multipart_threshold=8 * _MEBIBYTE,
            multipart_chunksize=8 * _MEBIBYTE,
            use_threads=False,
        ),
    }
    endpoint = _first(environment, "AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL")
    region = _first(environment, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_S3_REGION_NAME")
    if endpoint:
        options["endpoint_url"] = endpoint
    if region:
        options["region_name"] = region
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def secret_key(environment: Mapping[str, str], *, kept_in: Path) -> str:
    """Django's secret key: ``SECRET_KEY``, or one that is made once and kept.

    Args:
        environment: The variables, usually ``os.environ``.
        kept_in: The file for a key of our own making; nobody but its owner may read it.
    """
    if given := environment.get("SECRET_KEY"):
        return given
    if not kept_in.exists():
        kept_in.parent.mkdir(parents=True, exist_ok=True)
        # Written aside (mkstemp's mode is 0600) and then linked to its name, so that of several
        # processes that start together all read the same whole key.
        descriptor, aside = tempfile.mkstemp(dir=kept_in.parent, prefix=f".{kept_in.name}.")
        os.close(descriptor)
        try:
            Path(aside).write_text(secrets.token_urlsafe(48), encoding="ascii")
            os.link(aside, kept_in)
        except FileExistsError:
            pass
        finally:
            Path(aside).unlink()
    return kept_in.read_text(encoding="ascii").strip()


def flag(environment: Mapping[str, str], name: str) -> bool:
    """Whether a variable says yes.

    Raises:
        ImproperlyConfigured: It says neither yes nor no.
    """
    value = environment.get(name, "").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"", "0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; say 1 or 0.")


def words(environment: Mapping[str, str], name: str, *, default: str = "") -> list[str]:
    """The comma-separated values of a variable."""
    value = environment.get(name, default)
    return [word.strip() for word in value.split(",") if word.strip()]


def _first(environment: Mapping[str, str], *names: str) -> str:
    """The first of these variables that is set to something."""
    return next((environment[name] for name in names if environment.get(name)), "")


#: The plugins of this distribution: the libraries that each needs, and the Django apps that it is
#: made of. Those of other distributions are found by their entry points.
_PLUGINS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "openedx_blockstore_tagging": (["openedx_tagging"], ["openedx_tagging"]),
    "openedx_blockstore_search": (["rapidfuzz", "snowballstemmer"], []),
    "openedx_blockstore_licensing": (["license_expression"], []),
    "openedx_blockstore_validation": (["filetype", "olxcleaner"], []),
    "openedx_blockstore_webhooks": (["cryptography", "standardwebhooks"], []),
    "openedx_blockstore_xblock": (["xblock"], ["xblocks_contrib.problem.capa", "edxval"]),
}


def own_plugins() -> Iterable[str]:
    """Return the packages of the plugins of this distribution."""
    return _PLUGINS.keys()


def extra_of(package: str) -> str:
    """Return the extra of this distribution that installs what one of its plugins needs."""
    return package.removeprefix("openedx_blockstore_")


def missing_libraries(package: str) -> list[str]:
    """Return what a plugin of this distribution needs and is not installed; of others, nothing."""
    libraries, _others = _PLUGINS.get(package, ((), ()))
    return [name for name in libraries if importlib.util.find_spec(name) is None]


def plugin_apps() -> list[str]:
    """Return the Django apps of the plugins that are installed with what they need.

    A plugin of this distribution without the libraries of its extra is left out. Those of other
    distributions are found by their entry points, as in LMS and Studio.
    """
    apps: dict[str, None] = {}
    for plugin, (_libraries, others) in _PLUGINS.items():
        if importlib.util.find_spec(plugin) is not None and not missing_libraries(plugin):
            apps.update(dict.fromkeys((plugin, *filter(_is_there, others))))
    apps.update(dict.fromkeys(_strangers()))
    return list(apps)


def add_plugin_settings(settings: MutableMapping[str, Any]) -> None:
    """Let the plugins that are on add their defaults, as LMS and Studio let them.

    Args:
        settings: All settings that there are already, which is what ``globals()`` returns.
    """
    namespace = SimpleNamespace(**settings)
    for plugin in _PLUGINS:
        if plugin in settings["INSTALLED_APPS"] and importlib.util.find_spec(f"{plugin}.settings"):
            module = importlib.import_module(f"{plugin}.settings.common")
            module.plugin_settings(namespace)
    settings.update({name: each for name, each in vars(namespace).items() if name.isupper()})


def _strangers() -> list[str]:
    """Return the app configurations that other distributions with plugins of ours register."""
    return sorted(
        {
            f"{point.module}.{point.attr}"
            for point in metadata.entry_points(group="cms.djangoapp")
            if point.dist is not None
            and point.module.partition(".")[0] not in {"openedx_blockstore", *_PLUGINS}
            and any(
                each.group.startswith("openedx_blockstore.") for each in point.dist.entry_points
            )
        }
    )


def _is_there(app: str) -> bool:
    # To look for a module inside a package would import the package.
    return importlib.util.find_spec(app.partition(".")[0]) is not None
