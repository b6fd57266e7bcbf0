"""Install the Debian packages that bring the servers, where that can be done."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

from tests.services.base import ServerMissingError

#: Seconds to wait while another installation holds the lock.
_LOCK_SECONDS = 600


def install(packages: Iterable[str]) -> None:
    """Install those of these packages that are missing.

    Raises:
        ServerMissingError: Some are, and this is not root on Debian, or the installation failed.
    """
    wanted = sorted(set(packages))
    apt_get = shutil.which("apt-get")
    if apt_get is None or shutil.which("dpkg-query") is None:
        print(f"This is not Debian: what its packages {', '.join(wanted)} bring must be there.")
        return
    missing = [package for package in wanted if not _is_installed(package)]
    if not missing:
        return
    if os.geteuid() != 0:
        raise ServerMissingError(f"as root: apt-get install {' '.join(missing)}")
    print(f"Installing {' '.join(missing)}", flush=True)
    options = ["-qq", "-o", f"DPkg::Lock::Timeout={_LOCK_SECONDS}"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        done = subprocess.run(
            [apt_get, *options, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            output = done.stdout.decode(errors="replace")[-4000:]
            raise ServerMissingError(f"apt-get {command[0]} failed:\n{output}")


def _is_installed(package: str) -> bool:
    done = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package],
        capture_output=True,
        check=False,
        text=True,
    )
    return done.stdout == "installed"
