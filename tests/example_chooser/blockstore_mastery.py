"""One problem after the other: what is solved, and one that is not."""

from __future__ import annotations

from collections.abc import Sequence

from openedx_blockstore_xblock import api
from openedx_blockstore_xblock.plugin_api import ChoiceRequest, Chooser

#: What part of the points makes a problem solved.
SOLVED = 1.0


class Mastery(Chooser):
    """Shows a learner the next problem when the one before is solved."""

    # It is asked each time, since what it answers depends on what was solved since.
    revises = True

    def choose(self, request: ChoiceRequest) -> Sequence[str]:
        """Return the solved ones, and the first that is not, in the authors' order."""
        keys = [option.key for option in request.options]
        if request.kind == "group" or request.user_id is None:
            # Groups are nothing to be mastered; and of visitors nobody knows what they have solved.
            return keys[: request.count]
        grades = api.get_grades(request.context_key, user_id=request.user_id, block_keys=keys)
        solved = [key for key in keys if grades.get(key, 0.0) >= SOLVED]
        others = [key for key in keys if key not in solved]
        return [*solved, *others[:1]][-request.count :] if request.count else []
