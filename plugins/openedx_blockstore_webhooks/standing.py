"""Whether a subscriber may be told: judged when something is sent, by the rights of the owner.

Nobody can be asked about a collection that is gone. So whether the owner could read it is kept for
the one event that says so, and forgotten when rights change, until it has been judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser

from openedx_blockstore.data import EventData, EventKind
from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore.plugin_rest import may, readable_collections
from openedx_blockstore_webhooks.data import Scope
from openedx_blockstore_webhooks.models import Message, Subscription

#: After these, some may not read a collection any more who could before.
_RIGHTS = frozenset({EventKind.ROLES_CHANGED, EventKind.COLLECTION_UPDATED})


def forget(events: Sequence[EventData]) -> None:
    """Forget who could read the collections whose roles or visibility changed."""
    changed = {event.collection_uuid for event in events if event.kind in _RIGHTS}
    if changed:
        Subscription.objects.filter(
            target_uuid__in=changed, scope=Scope.COLLECTION, permitted=True
        ).update(permitted=False)


def may_be_told(owner: AbstractBaseUser, subscription: Subscription, message: Message) -> bool:
    """Tell whether the owner of a subscription may read what a message is about, right now.

    They must also be able to read what they subscribed to: its dependencies say a lot about it.
    """
    if not owner.is_active:
        return False
    if message.collection_uuid is None:
        return True
    where = {message.collection_uuid, *_collections_of(subscription, message)}
    if readable_collections(owner).filter(uuid__in=where).count() == len(where):
        _remember(subscription, message)
        return True
    return (
        message.type == EventKind.COLLECTION_DELETED.value
        and subscription.permitted
        and not Collection.objects.filter(uuid=message.collection_uuid).exists()
    )


def _collections_of(subscription: Subscription, message: Message) -> Iterable[UUID]:
    """The collections where the target is, and the bundle, which may have been moved since."""
    bundles = [message.bundle_uuid] if message.bundle_uuid is not None else []
    if subscription.scope == Scope.COLLECTION:
        yield subscription.target_uuid
    else:
        bundles.append(subscription.target_uuid)
    if bundles:
        rows = Bundle.objects.filter(uuid__in=bundles)
        yield from rows.values_list("collection__uuid", flat=True)


def _remember(subscription: Subscription, message: Message) -> None:
    if not subscription.permitted and message.collection_uuid == subscription.target_uuid:
        Subscription.objects.filter(pk=subscription.pk).update(permitted=True)
        subscription.permitted = True


def may_be_told_everything(owner: AbstractBaseUser, message: Message) -> bool:
    """Tell whether the owner may also know what only the collection's admins may."""
    if message.collection_uuid is None:
        return True
    collection = Collection.objects.filter(uuid=message.collection_uuid).first()
    return collection is not None and may(owner, "admin", collection)
