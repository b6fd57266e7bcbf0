"""Asks the chooser that is to decide; whatever goes wrong with it, learners get an answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from attrs import frozen

from openedx_blockstore.exceptions import PluginError
from openedx_blockstore.plugin_tools import plugins_of
from openedx_blockstore_xblock.choosing.chance import RandomChooser
from openedx_blockstore_xblock.conf import get_settings
from openedx_blockstore_xblock.plugin_api import ChoiceRequest, Chooser

log = logging.getLogger(__name__)

_DEFAULT = RandomChooser()


@frozen
class Decision:
    """What was chosen.

    Attributes:
        keys: The options to show, in their order.
        problem: Why the chooser that was to decide has not, as a sentence; empty if it has.
    """

    keys: tuple[str, ...]
    problem: str = ""


def decide(request: ChoiceRequest, *, chooser: str = "") -> Decision:
    """Choose.

    Args:
        chooser: The name of the one to ask; empty for the one of the settings.
    """
    name = chooser or get_settings().CHOOSER
    asked, problem = _find(name)
    if not asked.revises and len(request.chosen) >= min(request.count, len(request.options)):
        return Decision(request.chosen[: request.count], problem)
    try:
        keys = tuple(asked.choose(request))
        if wrong := _what_is_wrong(keys, request, revises=asked.revises):
            problem = f"The chooser {name!r} {wrong}."
            log.error("%s It was asked about %s.", problem, request.subject)
        else:
            return Decision(keys, problem)
    except Exception:
        # It is another package's code, and a learner is waiting.
        problem = f"The chooser {name!r} has failed."
        log.exception("%s It was asked about %s.", problem, request.subject)
    return Decision(tuple(_DEFAULT.choose(request))[: request.count], problem)


def _find(name: str) -> tuple[Chooser, str]:
    """Return a chooser, or the default and why it is not the one."""
    try:
        there: Mapping[str, Chooser] = plugins_of(Chooser)
    except PluginError as error:
        # The checks at start have said so; what authors and learners do goes on.
        log.error("The chooser %r can not be asked: %s", name, error)  # noqa: TRY400 - no traceback
        return _DEFAULT, f"The chooser {name!r} can not be asked: {error}"
    if name not in there:
        known = ", ".join(sorted(there))
        return _DEFAULT, f"There is no chooser {name!r}; there are: {known}."
    return there[name], ""


def _what_is_wrong(keys: Sequence[object], request: ChoiceRequest, *, revises: bool) -> str:
    known = {option.key for option in request.options}
    wanted = min(request.count, len(known))
    if strangers := [key for key in keys if key not in known]:
        return f"has chosen {strangers[0]!r:.80}, which there is not"
    if len(set(keys)) < len(keys):
        return "has chosen something twice"
    if len(keys) > wanted or (len(keys) < wanted and not revises):
        return f"has chosen {len(keys)} and was asked for {wanted}"
    if not revises and not set(request.chosen) <= set(keys):
        return "has let go of what was chosen before"
    return ""
