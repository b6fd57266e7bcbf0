"""A jail of ``edx-codejail`` for tests: a Python of its own, run by somebody who may do nothing."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from pytest_django import Settings

from tests.conftest import do_without

#: Modules that programs of problems find in every jail; all are Python alone.
_MODULES = ("random2", "six", "simplejson")

_USER = "nobody"
_SYSTEM_PYTHON = "/usr/bin/python3"


@contextmanager
def jail() -> Iterator[dict[str, object]]:
    """Make a jail; what it yields is ``CODE_JAIL`` of Django's settings.

    It has no rules of AppArmor, which this machine may not know; whoever runs in it is another
    user, below limits.
    """
    sudo = shutil.which("sudo")
    if os.geteuid() != 0 or sudo is None or not Path(_SYSTEM_PYTHON).exists():
        do_without("no jail (as root, on Debian: apt-get install sudo python3)")
    pwd.getpwnam(_USER)
    # Not below the folder of the tests, which nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix="blockstore-jail-"))
    try:
        folder.chmod(0o755)
        environment = folder / "environment"
        subprocess.run(
            [_SYSTEM_PYTHON, "-m", "venv", "--without-pip", str(environment)], check=True
        )
        (site,) = environment.glob("lib/python*/site-packages")
        for name in _MODULES:
            source = Path(str(import_module(name).__file__))
            if source.name == "__init__.py":
                shutil.copytree(source.parent, site / name, ignore=shutil.ignore_patterns("*.so"))
            else:
                shutil.copy(source, site)
        yield {
            "python_bin": str(environment / "bin" / "python3"),
            "user": _USER,
            # Somebody else may be running as that user, too.
            "limits": {"REALTIME": 20, "CPU": 3, "NPROC": 0, "VMEM": 512 * 2**20},
        }
    finally:
        shutil.rmtree(folder)


def set_sandbox(settings: Settings, *, on: bool) -> None:
    """Turn the bridge's setting on or off."""
    given = dict(settings.OPENEDX_BLOCKSTORE)
    plugins = dict(given.get("PLUGIN_SETTINGS", {}))
    plugins["openedx_blockstore_xblock"] = {"SANDBOX": on}
    settings.OPENEDX_BLOCKSTORE = {**given, "PLUGIN_SETTINGS": plugins}
