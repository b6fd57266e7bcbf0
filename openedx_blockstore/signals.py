"""What happens, as Django's signals.

Each is sent once, after the outermost transaction is committed, and not at all if that is rolled
back. Receivers are called in the process that made the change, with the argument ``event``; the
class of its value is the sender. One that raises is logged, and stops neither the author nor the
others. A process that dies right after the commit sends nothing: who must not miss anything reads
the log of events, as an ``EventConsumer`` of ``openedx_blockstore.plugin_api``.
"""

from __future__ import annotations

from django.dispatch import Signal

#: A collection was made. ``event``: :class:`~openedx_blockstore.data.EventData`.
collection_created = Signal()
#: What is said of a collection changed. ``event``: :class:`~openedx_blockstore.data.EventData`.
collection_updated = Signal()
#: A collection was deleted. ``event``: :class:`~openedx_blockstore.data.EventData`.
collection_deleted = Signal()
#: A role on a collection was given, changed or taken. ``event``:
#: :class:`~openedx_blockstore.data.EventData`.
roles_changed = Signal()
#: A bundle was made. ``event``: :class:`~openedx_blockstore.data.EventData`.
bundle_created = Signal()
#: What is said of a bundle, or of one of its versions, changed; or it was moved to another
#: collection. ``event``: :class:`~openedx_blockstore.data.EventData`.
bundle_updated = Signal()
#: A bundle was deleted. ``event``: :class:`~openedx_blockstore.data.EventData`.
bundle_deleted = Signal()
#: A deleted bundle was taken back. ``event``: :class:`~openedx_blockstore.data.EventData`.
bundle_undeleted = Signal()
#: A bundle has a new version. ``event``: :class:`~openedx_blockstore.data.EventData`, with the
#: files and links that changed.
version_created = Signal()
#: A version was deleted. ``event``: :class:`~openedx_blockstore.data.EventData`.
version_deleted = Signal()
#: A new version has a link. ``event``: :class:`~openedx_blockstore.data.LinkEventData`.
link_created = Signal()
#: A new version has a link no longer. ``event``: :class:`~openedx_blockstore.data.LinkEventData`.
link_deleted = Signal()
#: Something was staged in a draft, or un-staged. ``event``:
#: :class:`~openedx_blockstore.data.DraftEventData`.
draft_changed = Signal()
#: A draft, or a part of it, became a version. ``event``:
#: :class:`~openedx_blockstore.data.DraftEventData`.
draft_committed = Signal()
#: A draft was deleted, with all that was staged in it. ``event``:
#: :class:`~openedx_blockstore.data.DraftEventData`.
draft_deleted = Signal()
#: What a plugin or an outside application knows of a collection, bundle or version changed.
#: ``event``: :class:`~openedx_blockstore.data.EventData`.
annotation_changed = Signal()
