"""What the bridge tells everybody who wants to know."""

from __future__ import annotations

from django.dispatch import Signal

#: A block has published something. Arguments: ``usage_key``, ``user`` (a ``BlockUser``), ``kind``
#: (``grade``, ``completion``, or a name of the block's own) and ``data``.
block_published = Signal()

#: A learner's grade of a block has changed. Argument: ``grade``, a ``GradeData``.
grade_published = Signal()

#: How far a learner has completed a block has changed. Argument: ``completion``, a
#: ``CompletionData``.
completion_published = Signal()
