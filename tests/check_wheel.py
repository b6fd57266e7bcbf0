"""Check an installed wheel from outside the checkout: ``python -I tests/check_wheel.py``.

Run by ``make package`` and ``tox -e package`` with an interpreter that has the wheel and what it
needs, and nothing else. It shows what the tests in the checkout cannot: that the files are all in
the wheel, that nothing else is, and that a host finds the app.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

DISTRIBUTION = "openedx-blockstore"
PREFIX = "openedx_blockstore"

#: What is only imported where its extra is installed, or Celery, which a host has or has not.
FOR_EXTRAS = tuple(
    f"{PREFIX}.{name}"
    for name in (
        "cli",
        "event_delivery.celery",
        "platform_events",
        "plugin_conformance",
        "store.s3",
        "tasks",
    )
)


def check_contents() -> None:
    """The wheel installs packages of our name, typed, with their migrations, and nothing else.

    But for the client's command, which lies outside of the packages.
    """
    files = [str(file) for file in importlib.metadata.files(DISTRIBUTION) or ()]
    packaged = [file for file in files if Path(file).parts[-2:] != ("bin", "blockstore")]
    assert len(files) == len(packaged) + 1, "the wheel installs no command"
    folders = {file.split("/")[0] for file in packaged}
    strangers = {folder for folder in folders if not folder.startswith(PREFIX)}
    assert not strangers, f"the wheel installs {strangers}"
    for name in (f"{PREFIX}/py.typed", f"{PREFIX}/migrations/0001_initial.py"):
        assert name in files, f"{name} is not in the wheel"
    metadata = importlib.metadata.metadata(DISTRIBUTION)
    assert importlib.import_module(PREFIX).__version__ == metadata["Version"]


def set_django_up(folder: Path) -> None:
    """Set Django up as a host does: its own settings, then those that the entry points lead to."""
    from django.conf import settings

    host = SimpleNamespace(
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}
        },
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
        ],
        ROOT_URLCONF="host_urls",
        SECRET_KEY="only for this check",
        USE_TZ=True,
    )
    app: Any = None
    apps = set()
    for project in ("lms.djangoapp", "cms.djangoapp"):
        (entry_point,) = importlib.metadata.entry_points(group=project, name=PREFIX)
        app = entry_point.load()
        apps.add(f"{app.__module__}.{app.__name__}")
        for when in ("common", "production"):
            path = app.plugin_app["settings_config"][project][when]["relative_path"]
            importlib.import_module(f"{app.name}.{path}").plugin_settings(host)
    host.INSTALLED_APPS.extend(apps)
    settings.configure(**vars(host))
    settings.STORAGES[PREFIX]["OPTIONS"]["location"] = str(folder / "files")
    importlib.import_module("django").setup()
    add_addresses(app)


def add_addresses(app: Any) -> None:
    """Make the host's URL configuration, as edx-django-utils does for an app plugin."""
    from django.urls import include, re_path

    config = app.plugin_app["url_config"]["lms.djangoapp"]
    urls = importlib.import_module(f"{app.name}.{config['relative_path']}")
    host = ModuleType("host_urls")
    host.urlpatterns = [  # type: ignore[attr-defined]
        re_path(config["regex"], include((urls, app.name), namespace=config["namespace"]))
    ]
    sys.modules[host.__name__] = host


def check_imports() -> None:
    """Every module can be imported without any extra installed, but those that are for one."""
    package = importlib.import_module(PREFIX)
    for module in pkgutil.walk_packages(package.__path__, prefix=f"{PREFIX}."):
        # The stand-alone project's modules are settings and addresses of their own.
        if not module.name.startswith((f"{PREFIX}.settings.standalone", *FOR_EXTRAS)):
            importlib.import_module(module.name)


def check_use() -> None:
    """The tables can be made, and what is written can be read."""
    from django.core.management import call_command

    call_command("check", tags=[PREFIX], fail_level="WARNING")
    call_command("migrate", verbosity=0)
    call_command("makemigrations", PREFIX, check=True, dry_run=True, verbosity=0)
    api = importlib.import_module(f"{PREFIX}.api")
    bundle = api.create_bundle(api.create_collection("Physics").uuid, "apple")
    draft = api.get_or_create_bundle_draft(bundle.uuid, "draft")
    api.write_draft_file(draft.uuid, "apple.txt", "It falls.")
    api.commit_draft(draft.uuid)
    assert api.get_bundle_file_data(bundle.uuid, "apple.txt") == b"It falls."
    (file,) = api.get_bundle_files(bundle.uuid)
    assert file.url.startswith("/api/blockstore/v1/"), file.url


def main() -> None:
    """Run all checks."""
    origin = importlib.util.find_spec(PREFIX)
    assert origin is not None, f"{PREFIX} is not installed"
    assert origin.origin is not None
    assert Path(origin.origin).is_relative_to(sys.prefix), f"{origin.origin} is not installed"
    with tempfile.TemporaryDirectory() as folder:
        check_contents()
        set_django_up(Path(folder))
        check_imports()
        check_use()
    print("The wheel is whole.")


if __name__ == "__main__":
    main()
