"""What pages are about: a course's outline, a sequence with its units, or a single block."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from attrs import evolve, frozen

from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.bundles import BundleStates, main_file
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.exceptions import MountNotFound
from openedx_blockstore_xblock.inheritance import Ancestry, SettingsAround
from openedx_blockstore_xblock.inheritance.courses import NAVIGATION
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.loading import BlockLoader
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.requests import see_drafts_of


@frozen
class OutlineSequence:
    """A sequence of a course's outline; without a key if the course names one it does not hold.

    Attributes:
        staff_only: Whether it is there for its authors alone.
    """

    title: str
    usage_key: BlockstoreUsageKey | None
    staff_only: bool = False


@frozen
class OutlineChapter:
    """A chapter of a course's outline; the title may be empty."""

    title: str
    sequences: tuple[OutlineSequence, ...]


@frozen
class Outline:
    """What a course consists of."""

    title: str
    chapters: tuple[OutlineChapter, ...]

    def for_learners(self) -> Outline:
        """Return what is left for those who are no authors."""
        chapters = tuple(
            evolve(each, sequences=tuple(one for one in each.sequences if not one.staff_only))
            for each in self.chapters
            # One of which nothing is left is not there either.
            if not each.sequences or not all(one.staff_only for one in each.sequences)
        )
        return evolve(self, chapters=chapters)


def states_for(user_id: int | None = None, preview: Preview | None = None) -> BundleStates:
    """Return the states of bundles as a user sees them, who may look at a preview."""
    return BundleStates(ALL_CONTEXTS, preview=preview, visible_drafts=see_drafts_of(user_id))


def mounted(states: BundleStates, context_key: BlockstoreContextKey, alias: str) -> BundleContents:
    """Return what a context has under an alias.

    Raises:
        LearningContextNotFound, MountNotFound: There is no such thing.
        StorageError: It can not be read.
    """
    contents = states.mounted(context_key, alias)
    if contents is None:
        raise MountNotFound(context_key, alias)
    return contents


def read_outline(
    states: BundleStates, context_key: BlockstoreContextKey, alias: str
) -> Outline | None:
    """Return a course's outline; None for what is not a course.

    It raises what :func:`mounted` raises.
    """
    contents = mounted(states, context_key, alias)
    try:
        document = json.loads(contents.read(NAVIGATION))
        chapters = tuple(
            OutlineChapter(
                str(chapter.get("title") or ""),
                tuple(
                    OutlineSequence(
                        str(sequence.get("title") or sequence.get("id") or ""),
                        _sequence_key(context_key, alias, contents, sequence),
                    )
                    for sequence in chapter["sequences"]
                ),
            )
            for chapter in document["chapters"]
        )
        outline = Outline(str(document.get("title") or contents.title), chapters)
    except (BundleFileNotFound, ValueError, KeyError, TypeError, AttributeError):
        # Whatever an author has made of the file: without it, it is a bundle like others.
        return None
    return _with_staff_only(states, contents, outline)


def _with_staff_only(states: BundleStates, contents: BundleContents, outline: Outline) -> Outline:
    """Say of an outline's sequences which of them learners do not see; all are read at a time."""
    keys = [
        sequence.usage_key
        for chapter in outline.chapters
        for sequence in chapter.sequences
        if sequence.usage_key is not None
    ]
    targets = [(contents.links[key.route[-1]], key.path) for key in keys]
    states.read_linked(target for target, _path in targets)
    loader = BlockLoader(states)
    loader.files.fetch(
        (linked, path)
        for target, path in targets
        if (linked := states.linked_by(target)) is not None and path in linked.files
    )
    settings = SettingsAround(Ancestry(loader), ALL_CONTEXTS.settings)
    settings.read(keys)
    hidden = {key for key in keys if settings.is_staff_only(key)}
    chapters = tuple(
        evolve(
            chapter,
            sequences=tuple(
                evolve(each, staff_only=each.usage_key in hidden) for each in chapter.sequences
            ),
        )
        for chapter in outline.chapters
    )
    return evolve(outline, chapters=chapters)


def main_usage(
    context_key: BlockstoreContextKey, alias: str, contents: BundleContents
) -> BlockstoreUsageKey:
    """Return the block that a bundle is there for.

    Raises:
        MountNotFound: It is there for none.
    """
    path = main_file(contents)
    if not path or contents.bundle_uuid is None:
        raise MountNotFound(context_key, alias)
    return BlockstoreUsageKey(
        context_key, _type_of(path), contents.bundle_uuid, path, route=(alias,)
    )


def _type_of(path: str) -> str:
    name = path.removesuffix(".xml").split("/", 1)[0]
    return {"sequence": "sequential"}.get(name, name)


def _sequence_key(
    context_key: BlockstoreContextKey, alias: str, contents: BundleContents, entry: dict[str, Any]
) -> BlockstoreUsageKey | None:
    link = entry.get("link")
    target = contents.links.get(link) if link else None
    if target is None:
        return None
    bundle_uuid: UUID = target.bundle_uuid
    return BlockstoreUsageKey(
        context_key,
        str(entry.get("type") or "sequential"),
        bundle_uuid,
        str(entry["file"]),
        route=(alias, str(link)),
    )
