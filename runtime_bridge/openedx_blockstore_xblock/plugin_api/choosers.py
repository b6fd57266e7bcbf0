"""The contract of plugins that decide what a learner is shown where there is a choice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from attrs import frozen

#: The group of entry points.
GROUP = "openedx_blockstore.choosers"


@frozen
class ChoiceOption:
    """One of the things to choose from: a block, or a group of an experiment.

    Attributes:
        key: Names it in questions and answers. A block has the same key in all versions.
        block_type: The type of the block, as far as it is known without reading its file; empty for
            a group.
        bundle_uuid: The bundle that the block is in; None for a group.
        path: The block's file there; for a group, what people call it.
    """

    key: str
    block_type: str = ""
    bundle_uuid: UUID | None = None
    path: str = ""


@frozen
class ChoiceRequest:
    """What is to be chosen, and for whom.

    Attributes:
        kind: ``blocks`` for some of a pool, ``group`` for the learner's group in an experiment.
        context_key: The learning context.
        learner: Identifies the learner there, or a visitor without an account.
        user_id: The learner's account; None for a visitor.
        subject: Identifies what is chosen for: the pool, or the experiment. One experiment may be
            about many blocks of a course.
        options: All that there is to choose from, in their order.
        count: How many to choose, which may be more than there are.
        chosen: The keys of what was chosen for the learner before and is still there.
        draw: How often the learner has asked for other blocks than those chosen.
    """

    kind: Literal["blocks", "group"]
    context_key: str
    learner: str
    user_id: int | None
    subject: str
    options: tuple[ChoiceOption, ...]
    count: int
    chosen: tuple[str, ...] = ()
    draw: int = 0


class Chooser(ABC):
    """Somebody who decides what a learner is shown where there is a choice.

    Entry-point group ``openedx_blockstore.choosers``. Which one decides is said by the block (its
    setting ``chooser`` has the entry point's name), or else by the host's settings.

    What was chosen is kept with the learner's state. A chooser is asked when there is too little of
    it: the first time, and after something has gone or more is wanted. One that *revises* is asked
    each time, so that it can go by what the learner has done since.

    Attributes:
        revises: Ask each time, and let go of what was chosen before unless it is chosen again.
    """

    revises: bool = False

    @abstractmethod
    def choose(self, request: ChoiceRequest) -> Sequence[str]:
        """Return the keys of what is to be shown, in the order in which it is shown.

        Learners wait for the answer. If this raises, or answers with something else, the default
        decides instead.

        Returns:
            ``request.count`` keys of the options, each once, or as many as there are, with all of
            ``request.chosen`` among them. One that revises may return fewer, and others.
        """
