"""What pages are about: a course's outline, a sequence with its units, or a single block."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from attrs import frozen

from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.bundles import BundleStates, main_file
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.exceptions import MountNotFound
from openedx_blockstore_xblock.inheritance.courses import NAVIGATION
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.requests import see_drafts_of


@frozen
class OutlineSequence:
    """A sequence of a course's outline; without a key if the course names one it does not hold."""

    title: str
    usage_key: BlockstoreUsageKey | None


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


def mounted(
    context_key: BlockstoreContextKey,
    alias: str,
    *,
    user_id: int | None = None,
    preview: Preview | None = None,
) -> BundleContents:
    """Return what a context has under an alias.

    Args:
        user_id: Who looks at it.
        preview: How.

    Raises:
        LearningContextNotFound, MountNotFound: There is no such thing.
        StorageError: It can not be read.
    """
    states = BundleStates(ALL_CONTEXTS, preview=preview, visible_drafts=see_drafts_of(user_id))
    contents = states.mounted(context_key, alias)
    if contents is None:
        raise MountNotFound(context_key, alias)
    return contents


def read_outline(
    context_key: BlockstoreContextKey, alias: str, contents: BundleContents
) -> Outline | None:
    """Return a course's outline; None for what is not a course."""
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
        return Outline(str(document.get("title") or contents.title), chapters)
    except (BundleFileNotFound, ValueError, KeyError, TypeError, AttributeError):
        # Whatever an author has made of the file: without it, it is a bundle like others.
        return None


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
