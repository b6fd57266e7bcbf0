"""Hands grades and completion on to the platform, where there is one. Nothing here needs it."""

from __future__ import annotations

import functools
import logging
from importlib import import_module
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from xblock.core import XBlock

from openedx_blockstore_xblock.data import CompletionData, GradeData
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.state_keys import BlockstoreStateKey

log = logging.getLogger(__name__)

_GRADES = "lms.djangoapps.grades.signals.signals"


class PlatformBlock:
    """A block as the platform's receivers see it, which look for its key under ``location``.

    It is the key that fits into the platform's columns, and under which its tables keep state.

    Args:
        block: None where nobody has loaded it.
    """

    def __init__(self, usage_key: BlockstoreUsageKey, block: XBlock | None = None) -> None:
        self.location = BlockstoreStateKey.of(usage_key)
        self._block = block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._block, name)


def hand_on_grade(
    grade: GradeData, block: XBlock | None = None, *, grader_response: object = None
) -> None:
    """Tell LMS of a grade, as its own blocks do. What LMS makes of it does not stop the learner."""
    signal = _score_published()
    if signal is None:
        return
    user = get_user_model()._default_manager.get(pk=grade.user_id)  # noqa: SLF001 - Django's name
    answers = signal.send_robust(
        sender=None,
        block=PlatformBlock(grade.usage_key, block),
        user=user,
        raw_earned=grade.raw_earned,
        raw_possible=grade.raw_possible,
        only_if_higher=grade.only_if_higher,
        score_deleted=grade.is_deleted,
        grader_response=grader_response,
    )
    _log_failures(answers, f"the grade of {grade.usage_key}")


def hand_on_completion(completion: CompletionData) -> None:
    """Give a completion to ``edx-completion``, where its app is on, and tracking is switched on."""
    if not apps.is_installed("completion"):
        return
    if not import_module("completion.waffle").ENABLE_COMPLETION_TRACKING_SWITCH.is_enabled():
        return
    user = get_user_model()._default_manager.get(pk=completion.user_id)  # noqa: SLF001
    # Usages can be too long for the platform's column; and a block is completed wherever it stands.
    key = BlockstoreStateKey.of(completion.usage_key)
    try:
        import_module("completion.models").BlockCompletion.objects.submit_completion(
            user=user, block_key=key, completion=completion.completion
        )
    except Exception:
        # It is another package's code, and the bridge has kept it already.
        log.exception("The platform did not take the completion of %s.", completion.usage_key)


@functools.cache
def _score_published() -> Any:
    """Return LMS's signal about grades; None where this is no LMS."""
    try:
        return import_module(_GRADES).SCORE_PUBLISHED
    except (ImportError, RuntimeError, AttributeError):
        # A module with tables of an app that is not installed raises a RuntimeError.
        return None


def _log_failures(answers: Any, about: str) -> None:
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            log.error("%r failed about %s.", receiver, about, exc_info=answer)
