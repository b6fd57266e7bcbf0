"""The consumers there are, and what each of them wants."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from django.db.models import Q

from openedx_blockstore.data import EventData, EventKind
from openedx_blockstore.plugin_api import EventConsumer
from openedx_blockstore.plugin_manager import usable_plugins


def event_consumers() -> Mapping[str, EventConsumer]:
    """Return the consumers that are turned on and can be used, by name."""
    return usable_plugins(EventConsumer)


def wanted_rows(consumer: EventConsumer) -> Q:
    """Return a condition for the events that a consumer wants, as far as a query can tell."""
    wanted = Q()
    if consumer.kinds is not None:
        wanted &= Q(kind__in=sorted(EventKind(kind).value for kind in consumer.kinds))
    if consumer.bundle_types is not None:
        # What happens to collections is of no type.
        wanted &= Q(bundle_uuid=None) | Q(bundle_type__in=sorted(consumer.bundle_types))
    return wanted


def wants(consumer: EventConsumer, event: EventData) -> bool:
    """Tell whether a consumer wants an event that :func:`wanted_rows` has found."""
    patterns = consumer.path_patterns
    if patterns is None or event.kind != EventKind.VERSION_CREATED:
        return True
    return any(fnmatchcase(file.path, pattern) for file in event.files for pattern in patterns)
