"""Runs the client in a process that may make no symbolic links: the kernel refuses them (seccomp).

Usage: ``python no_symlinks.py ARGUMENTS…``
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_FILTER = 2
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NUMBERS = {"x86_64": (88, 266), "aarch64": (36,)}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def forbid_symlinks() -> None:
    """Let symlink() and symlinkat() fail with EPERM from now on, as without the right to them."""
    numbers = _NUMBERS[platform.machine()]
    load, jump, give = 0x20, 0x15, 0x06
    code = [struct.pack("HBBI", load, 0, 0, 0)]
    for position, number in enumerate(numbers):
        code.append(struct.pack("HBBI", jump, len(numbers) - position, 0, number))
    code.append(struct.pack("HBBI", give, 0, 0, _ALLOW))
    code.append(struct.pack("HBBI", give, 0, 0, _ERRNO | errno.EPERM))
    buffer = ctypes.create_string_buffer(b"".join(code))
    program = _Program(len(code), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program)) == 0


if __name__ == "__main__":
    forbid_symlinks()
    from openedx_blockstore.cli import main

    sys.argv = ["blockstore", *sys.argv[1:]]
    main()
