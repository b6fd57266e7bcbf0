"""The experiments of a course: which groups there are, and which one a learner is in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from xblock.core import XBlock
from xblock.fields import Scope
from xblock.runtime import KeyValueStore

from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.inheritance.courses import (
    COURSE_FILE,
    CourseSettings,
    course_settings,
)
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.loading import BlockLoader
from openedx_blockstore_xblock.services import BlockUser

_FIELD = "group_id"


@frozen
class _Course:
    """A course's bundle, as far as it is about experiments."""

    usage_key: BlockstoreUsageKey
    experiments: Mapping[int, Mapping[str, str]]


class Experiments:
    """The experiments of the courses that one runtime shows, for its user.

    A learner's group belongs to (context, learner, experiment): it is kept as the state of a block
    that the experiment is taken for, in the course's own file.
    """

    def __init__(self, loader: BlockLoader, state: KeyValueStore, user: BlockUser) -> None:
        self._loader = loader
        self._state = state
        self._user = user
        self._courses: dict[tuple[BlockstoreContextKey, str], _Course | None] = {}

    def groups(self, block: XBlock) -> Mapping[str, str]:
        """Return the names of the groups of a block's experiment by their keys.

        Returns:
            Empty where the course does not know the experiment, or the block is in no course.
        """
        course = self._course(block.scope_ids.usage_id)
        return course.experiments.get(block.user_partition_id, {}) if course is not None else {}

    def is_known(self, block: XBlock) -> bool:
        """Tell whether the course knows a block's experiment."""
        return bool(self.groups(block))

    def subject(self, block: XBlock) -> str:
        """Return what identifies a block's experiment in its context."""
        if not self.is_known(block):
            return str(block.scope_ids.usage_id.block_digest)
        return self._usage_key(block).block_digest

    def group_of(self, block: XBlock) -> str:
        """Return the key of the user's group in a block's experiment; empty if there is none."""
        if not self.is_known(block):
            return ""
        key = self._key(block)
        return str(self._state.get(key)) if self._state.has(key) else ""

    def keep_group(self, block: XBlock, group: str) -> bool:
        """Keep the user's group in a block's experiment; return whether it is a new one."""
        if self.group_of(block) == group:
            return False
        self._state.set_many({self._key(block): group})
        return True

    def _key(self, block: XBlock) -> KeyValueStore.Key:
        return KeyValueStore.Key(
            Scope.user_state, self._user.name, self._usage_key(block), _FIELD, "xblock.v1"
        )

    def _usage_key(self, block: XBlock) -> BlockstoreUsageKey:
        course = self._course(block.scope_ids.usage_id)
        if course is None:
            raise AssertionError("Only known experiments have keys.")
        key = course.usage_key
        return BlockstoreUsageKey(
            key.context_key,
            key.block_type,
            key.bundle_uuid,
            key.path,
            f"user_partition/{block.user_partition_id}",
            route=key.route,
        )

    def _course(self, usage_key: BlockstoreUsageKey) -> _Course | None:
        alias = usage_key.route[0]
        place = (usage_key.context_key, alias)
        if place not in self._courses:
            contents = self._loader.mounted(usage_key)
            self._courses[place] = _read(usage_key.context_key, alias, contents)
        return self._courses[place]


def _read(
    context_key: BlockstoreContextKey, alias: str, contents: BundleContents | None
) -> _Course | None:
    if contents is None or contents.bundle_uuid is None or COURSE_FILE not in contents.files:
        return None
    usage_key = BlockstoreUsageKey(
        context_key, "course", contents.bundle_uuid, COURSE_FILE, route=(alias,)
    )
    course = course_settings(contents)
    experiments = _experiments(course) if course is not None else {}
    return _Course(usage_key, experiments)


def _experiments(course: CourseSettings) -> Mapping[int, Mapping[str, str]]:
    """Return the groups of each experiment; the policy of the run overrides the course's file."""
    partitions: Any = course.of_course.get("user_partitions", [])
    if isinstance(partitions, str):
        try:
            partitions = json.loads(partitions)
        except (ValueError, RecursionError):
            partitions = []
    found: dict[int, Mapping[str, str]] = {}
    for each in partitions if isinstance(partitions, list) else ():
        # Whatever a course has in there: what makes no sense is no experiment.
        try:
            if each.get("scheme", "random") == "random" and each.get("active", True):
                groups = {str(group["id"]): str(group["name"]) for group in each["groups"]}
                found[int(each["id"])] = groups
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
    return found
