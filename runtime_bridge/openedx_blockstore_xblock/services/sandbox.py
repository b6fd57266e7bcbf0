"""What problems ask about running Python that authors have written."""

from __future__ import annotations

from collections.abc import Callable

#: A file of authors' own modules, which their programs may import; the platform's name.
PYTHON_LIBRARY = "python_lib.zip"


class SandboxService:
    """Python of authors runs in the jail of ``edx-codejail``, and nowhere else.

    Args:
        library: Returns the bytes of the block's ``/static/python_lib.zip``, or None.
    """

    def __init__(self, library: Callable[[], bytes | None]) -> None:
        self._library = library

    def can_execute_unsafe_code(self) -> bool:
        """Tell whether it may run outside of the jail: never."""
        return False

    def get_python_lib_zip(self) -> bytes | None:
        """Return the authors' own Python modules, or None."""
        return self._library()
