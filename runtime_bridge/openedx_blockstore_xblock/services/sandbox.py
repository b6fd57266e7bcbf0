"""Whether blocks may run Python that authors have written."""

from __future__ import annotations


class SandboxService:
    """Python of authors runs in the jail of ``edx-codejail``, and nowhere where there is none."""

    def can_execute_unsafe_code(self) -> bool:
        """Tell whether it may run outside of the jail: never."""
        return False

    def get_python_lib_zip(self) -> bytes | None:
        """Return the course's own Python modules: there are none."""
        return None
