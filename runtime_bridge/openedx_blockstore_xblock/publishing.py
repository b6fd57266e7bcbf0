"""What blocks tell: grades and completion become values, are kept, and everybody is told.

Blocks are other packages' code, and what they publish may be anything: only numbers count.
"""

from __future__ import annotations

import logging
import math
from typing import Any

from xblock.completable import XBlockCompletionMode
from xblock.core import XBlock

from openedx_blockstore_xblock import platform, signals
from openedx_blockstore_xblock.data import CompletionData, GradeData
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.results import forget_results, save_completion, save_grade
from openedx_blockstore_xblock.services import BlockUser

log = logging.getLogger(__name__)


def publish(user: BlockUser, block: XBlock, kind: str, data: Any) -> None:
    """Tell of something that has happened in a block.

    Args:
        kind: ``grade``, ``completion``, ``progress``, or a name of the block's own.
    """
    usage_key = block.scope_ids.usage_id
    signals.block_published.send_robust(
        sender=None, usage_key=usage_key, user=user, kind=kind, data=data
    )
    if user.user_id is None:
        return  # nobody to whom a grade could belong
    if not isinstance(data, dict):
        data = {}
    if kind == "grade":
        _publish_grade(user.user_id, block, data)
    elif kind == "completion":
        _publish_completion(user.user_id, block, _value(data, "completion"))
    elif kind == "progress" and not _completes_itself(block):
        # An older way of saying that a learner has done something about it.
        _publish_completion(user.user_id, block, 1.0)


def retract(usage_key: BlockstoreUsageKey, *, user_id: int) -> bool:
    """Take a learner's grade and completion of a block back, and tell of it.

    Returns:
        Whether there was anything to take back.
    """
    had_grade, had_completion = forget_results(user_id, usage_key)
    if had_grade:
        _tell_of_grade(GradeData(usage_key, user_id, 0.0, 0.0, is_deleted=True))
    if had_completion:
        _tell_of_completion(CompletionData(usage_key, user_id, 0.0))
    return had_grade or had_completion


def _publish_grade(user_id: int, block: XBlock, data: dict[str, Any]) -> None:
    earned, possible = _value(data, "value"), _value(data, "max_value")
    is_deleted = bool(data.get("score_deleted"))
    if is_deleted:
        earned = possible = 0.0
    if earned is None or possible is None or possible < 0:
        log.warning("%s has published %r, which is no grade.", block.scope_ids.usage_id, data)
        return
    grade = GradeData(
        block.scope_ids.usage_id,
        user_id,
        raw_earned=earned,
        raw_possible=possible,
        only_if_higher=bool(data.get("only_if_higher")),
        is_deleted=is_deleted,
    )
    counts = save_grade(grade)
    if counts:
        _tell_of_grade(grade, block, grader_response=data.get("grader_response"))
    if is_deleted and not counts:
        return  # there was none
    if not data.get("grader_response") and not _completes_itself(block):
        _publish_completion(user_id, block, 0.0 if is_deleted else 1.0)


def _publish_completion(user_id: int, block: XBlock, value: float | None) -> None:
    if value is None or not 0 <= value <= 1:
        log.warning("%s has published no completion from 0 to 1.", block.scope_ids.usage_id)
        return
    if XBlockCompletionMode.get_mode(block) != XBlockCompletionMode.COMPLETABLE:
        return
    completion = CompletionData(block.scope_ids.usage_id, user_id, value)
    if save_completion(completion):
        _tell_of_completion(completion)


def _tell_of_grade(
    grade: GradeData, block: XBlock | None = None, *, grader_response: object = None
) -> None:
    signals.grade_published.send_robust(sender=None, grade=grade)
    platform.hand_on_grade(grade, block, grader_response=grader_response)


def _tell_of_completion(completion: CompletionData) -> None:
    signals.completion_published.send_robust(sender=None, completion=completion)
    platform.hand_on_completion(completion)


def _completes_itself(block: XBlock) -> bool:
    return bool(getattr(block, "has_custom_completion", False))


def _value(data: dict[str, Any], name: str) -> float | None:
    """Return a number; None for whatever else there is."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
