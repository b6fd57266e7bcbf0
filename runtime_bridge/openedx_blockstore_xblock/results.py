"""What learners have achieved in blocks, in the bridge's own tables: grades, and completion."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from openedx_blockstore_xblock.data import CompletionData, GradeData
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.models import BlockState

_IN_ONE_QUERY = 500


def save_grade(grade: GradeData) -> bool:
    """Keep a learner's grade of a block.

    Returns:
        Whether it counts: where only a higher one counts, it may not; and one that is not there can
        not be deleted.
    """
    if grade.is_deleted:
        return forget_results(grade.user_id, grade.usage_key, completion=False)[0]
    with transaction.atomic():
        state = _state(grade.user_id, grade.usage_key)
        if grade.only_if_higher and not _is_higher(grade, state):
            return False
        state.grade, state.max_grade = grade.raw_earned, grade.raw_possible
        state.save(update_fields=["grade", "max_grade", "modified"])
    return True


def save_completion(completion: CompletionData) -> bool:
    """Keep how far a learner has completed a block; return whether that is news."""
    with transaction.atomic():
        state = _state(completion.user_id, completion.usage_key)
        if state.completion == completion.completion:
            return False
        state.completion = completion.completion
        state.save(update_fields=["completion", "modified"])
    return True


def forget_results(
    user_id: int, usage_key: BlockstoreUsageKey, *, completion: bool = True
) -> tuple[bool, bool]:
    """Forget a learner's grade of a block; and its completion, unless that is to stay.

    Returns:
        Whether there was a grade, and whether there was a completion that went.
    """
    with transaction.atomic():
        found = BlockState.objects.select_for_update().filter(
            context_key=str(usage_key.context_key),
            user_id=user_id,
            block_digest=usage_key.block_digest,
        )
        state = found.first()
        if state is None or (state.grade is None and state.completion is None):
            return False, False
        had = state.grade is not None, completion and bool(state.completion)
        state.grade = state.max_grade = None
        if completion:
            state.completion = None
        state.save(update_fields=["grade", "max_grade", "completion", "modified"])
    return had


def get_completions(
    user_id: int, usage_keys: Iterable[BlockstoreUsageKey]
) -> dict[BlockstoreUsageKey, float]:
    """Return how far a learner has completed blocks, from 0 to 1; 0 where nothing is known."""
    keys = list(dict.fromkeys(usage_keys))
    known: dict[tuple[str, str], float] = {}
    for context_key in {str(key.context_key) for key in keys}:
        digests = sorted({key.block_digest for key in keys if str(key.context_key) == context_key})
        for start in range(0, len(digests), _IN_ONE_QUERY):
            found = BlockState.objects.filter(
                context_key=context_key,
                user_id=user_id,
                block_digest__in=digests[start : start + _IN_ONE_QUERY],
                completion__isnull=False,
            )
            for digest, completion in found.values_list("block_digest", "completion"):
                known[context_key, digest] = completion or 0.0
    return {key: known.get((str(key.context_key), key.block_digest), 0.0) for key in keys}


def _state(user_id: int, usage_key: BlockstoreUsageKey) -> BlockState:
    """Return the row of a learner's state of a block, locked."""
    state, _created = BlockState.objects.select_for_update().get_or_create(
        context_key=str(usage_key.context_key),
        user_id=user_id,
        block_digest=usage_key.block_digest,
        defaults={"block_type": usage_key.block_type},
    )
    return state


def _is_higher(grade: GradeData, state: BlockState) -> bool:
    if state.grade is None or not state.max_grade:
        return True
    if not grade.raw_possible:
        return False
    return grade.raw_earned / grade.raw_possible > state.grade / state.max_grade
