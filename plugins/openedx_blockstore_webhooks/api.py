"""The public Python API of webhooks.

As that of Blockstore itself it is for trusted code in the same process: it checks what it is given,
and no permissions. What is *sent* is always judged by the rights of a subscription's owner.
"""

from openedx_blockstore_webhooks._deliveries import (
    get_deliveries,
    get_delivery,
    ping,
    replay,
    replay_delivery,
    send_due,
)
from openedx_blockstore_webhooks._subscriptions import (
    create_subscription,
    delete_subscription,
    get_subscription,
    get_subscriptions,
    rotate_secret,
    update_subscription,
)

__all__ = [
    "create_subscription",
    "delete_subscription",
    "get_deliveries",
    "get_delivery",
    "get_subscription",
    "get_subscriptions",
    "ping",
    "replay",
    "replay_delivery",
    "rotate_secret",
    "send_due",
    "update_subscription",
]
