"""The default: chance, which deals the same to the same learner whenever it is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from openedx_blockstore_xblock.plugin_api import ChoiceRequest, Chooser


class RandomChooser(Chooser):
    """Chooses at random: by a digest of the context, the learner, and what is asked for."""

    def choose(self, request: ChoiceRequest) -> Sequence[str]:
        """Return what was chosen before, and of the rest those that come first by chance."""
        # Each option gets a number of its own, so that one more or less moves no other.
        who = f"{request.context_key}\n{request.learner}\n{request.subject}\n{request.draw}\n"
        dealt = sorted(
            (option.key for option in request.options), key=lambda key: _number(who + key)
        )
        missing = request.count - len(request.chosen)
        others = [key for key in dealt if key not in request.chosen][: max(missing, 0)]
        chosen = {*request.chosen, *others}
        return [key for key in dealt if key in chosen]


def _number(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
