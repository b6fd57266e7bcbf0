"""Which bundles are watched because another one depends on them.

The dependencies of each bundle that somebody watches are rows, so that who is to be told of an
event is one question to an index, however many borrowers a bundle has and however deep. They change
when the watched bundle gets a version with other links, which is rare, and cost as much as the
difference. All subscriptions to one bundle share its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from openedx_blockstore import api
from openedx_blockstore.data import EventData, EventKind
from openedx_blockstore.exceptions import BundleNotFound, BundleVersionNotFound
from openedx_blockstore_webhooks.matching import batches
from openedx_blockstore_webhooks.models import WatchedBundle, WatchedDependency

_BATCH = 500
#: What may change the dependencies of a bundle's latest version. A new version does only if it
#: changed a link.
_OTHERS = frozenset({EventKind.VERSION_DELETED, EventKind.BUNDLE_UNDELETED})


def watch(bundle_uuid: UUID) -> WatchedBundle:
    """Begin to keep up with the dependencies of a bundle, or go on with it.

    Call it in a transaction that also makes the subscription.
    """
    watched, _made = WatchedBundle.objects.get_or_create(bundle_uuid=bundle_uuid)
    refresh(watched)
    return watched


def follow(events: Sequence[EventData]) -> None:
    """Bring the dependencies of watched bundles up to date with what happened to these."""
    changed = {
        event.bundle_uuid
        for event in events
        if event.bundle_uuid is not None
        and (event.kind in _OTHERS or (event.kind is EventKind.VERSION_CREATED and event.links))
    }
    if changed:
        rows = WatchedBundle.objects.filter(bundle_uuid__in=changed)
        for watched in rows.exclude(subscriptions=None).order_by("pk").distinct():
            refresh(watched)


def let_go(watched: WatchedBundle) -> None:
    """Keep up with the dependencies of a bundle no longer, if nobody subscribes to them any more.

    The row of the bundle itself stays, so that whoever subscribes just now does not lose it.
    """
    with transaction.atomic():
        WatchedBundle.objects.filter(pk=watched.pk).update(version=0)
        if not watched.subscriptions.exists():
            WatchedDependency.objects.filter(watched=watched).delete()


def refresh(watched: WatchedBundle) -> None:
    """Write down what a bundle's latest version depends on."""
    with transaction.atomic():
        # Makes others wait who do the same: the last one who reads is the last one who writes.
        WatchedBundle.objects.filter(pk=watched.pk).update(version=watched.version)
        version, wanted = _dependencies(watched.bundle_uuid)
        rows = WatchedDependency.objects.filter(watched=watched)
        present = set(rows.values_list("bundle_uuid", flat=True))
        for batch in batches(sorted(present - wanted), _BATCH):
            rows.filter(bundle_uuid__in=batch).delete()
        WatchedDependency.objects.bulk_create(
            [WatchedDependency(watched=watched, bundle_uuid=each) for each in wanted - present],
            batch_size=_BATCH,
            ignore_conflicts=True,
        )
        WatchedBundle.objects.filter(pk=watched.pk).update(version=version)


def _dependencies(bundle_uuid: UUID) -> tuple[int, set[UUID]]:
    try:
        found = api.get_dependencies(bundle_uuid)
    except (BundleNotFound, BundleVersionNotFound):
        return 0, set()
    direct = {link.direct.bundle_uuid for link in found.links.values()}
    return found.version, direct | {each.bundle_uuid for each in found.dependencies}
