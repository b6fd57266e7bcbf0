"""The errors of the search plugin."""

from __future__ import annotations

from uuid import UUID

from openedx_blockstore.exceptions import Conflict, Invalid


class InvalidSearch(Invalid):
    """A search that can not be made as it is.

    Attributes:
        parameter: What is wrong.
        problem: Why, and what it may be.
    """

    code = "invalid_search"

    def __init__(self, parameter: str, problem: str) -> None:
        self.parameter = parameter
        self.problem = problem
        super().__init__(f"{parameter}: {problem}")


class BundleNotIndexed(Conflict):
    """Nothing is known yet of what is in the bundle's latest version.

    Attributes:
        indexed_version: What is known is as of this version; 0 for nothing.
    """

    code = "bundle_not_indexed"

    def __init__(self, bundle_uuid: UUID | str, indexed_version: int) -> None:
        self.bundle_uuid = bundle_uuid
        self.indexed_version = indexed_version
        super().__init__(
            f"Bundle {bundle_uuid} has not been read yet as it is now. Try again in a moment; if "
            f"it stays so, an administrator can run `manage.py check_search_index --mend`."
        )


class RebuildRunning(Conflict):
    """A rebuild was begun, and did not end.

    Attributes:
        generation: What it fills.
    """

    code = "search_rebuild_running"

    def __init__(self, engine: str, generation: str) -> None:
        self.engine = engine
        self.generation = generation
        super().__init__(
            f"A rebuild into {generation!r} of the engine {engine!r} has begun and not ended. Go "
            f"on with `manage.py rebuild_search_index --resume`, or begin anew with --restart."
        )
