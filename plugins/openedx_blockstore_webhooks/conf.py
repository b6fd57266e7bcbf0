"""The settings of webhooks, and their only reader."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import and_, deep_iterable, ge, in_, instance_of, le, min_len

from openedx_blockstore.plugin_tools import read_settings

PACKAGE = "openedx_blockstore_webhooks"

_sequence: Any = instance_of((list, tuple))
_positive = and_(instance_of(int), ge(1))
_text = instance_of(str)
_number: Any = instance_of((int, float))

#: The example of the Standard Webhooks specification: seconds to wait after each failed attempt.
#: All in all about three days and three hours.
RETRY_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)


def _networks(_settings: object, attribute: Attribute[Any], value: Sequence[str]) -> None:
    for each in value:
        try:
            ipaddress.ip_network(each)
        except ValueError as error:
            raise ValueError(
                f"{attribute.name} has {each!r}, which is no network: {error}"
            ) from None


@frozen
class WebhooksSettings:
    """The settings of webhooks: in ``PLUGIN_SETTINGS``, below the name of the package."""

    #: Who sends. ``thread``: a thread of each process in which something happens. ``celery``: the
    #: host's workers. ``command``: nobody but ``manage.py send_webhooks``. ``auto``: Celery where
    #: the host has a broker, otherwise a thread.
    SENDER: str = field(default="auto", validator=in_(("auto", "thread", "celery", "command")))
    #: Subscriptions that one process serves at a time; each gets one request after the other.
    SENDER_THREADS: int = field(default=8, validator=and_(_positive, le(200)))
    #: Seconds for which a sender stays with one subscription while others wait.
    TURN_SECONDS: int = field(default=30, validator=_positive)

    #: Seconds that a request may take in all, from the question for the name to the last byte.
    TIMEOUT_SECONDS: int = field(default=15, validator=_positive)
    #: Seconds to wait after each failed attempt; after the last one a delivery has failed.
    RETRY_SECONDS: Sequence[int] = field(
        default=RETRY_SECONDS,
        validator=[deep_iterable(_positive, _sequence), min_len(1)],
    )
    #: The most by which waiting times are lengthened by chance, as a part of them, so that
    #: receivers that were down together are not all asked together.
    RETRY_JITTER: float = field(default=0.1, validator=[_number, ge(0), le(1)])
    #: The longest that a subscription which fails is left in peace before the next attempt, in
    #: seconds. A ``Retry-After`` of the receiver may make it up to a day.
    MAX_PAUSE_SECONDS: int = field(default=600, validator=_positive)
    #: Days without any success after which a subscription is disabled.
    DISABLE_AFTER_DAYS: int = field(default=5, validator=_positive)
    #: Hours for which the old secret signs, too, after a rotation, unless that says otherwise.
    SECRET_GRACE_HOURS: int = field(default=24, validator=and_(instance_of(int), ge(0)))
    #: What secrets are encrypted with. Empty for Django's ``SECRET_KEY``, which LMS and Studio must
    #: then share.
    SECRETS_KEY: str = field(default="", validator=_text)

    #: Also send to addresses that begin with ``http://``.
    ALLOW_HTTP: bool = field(default=False, validator=instance_of(bool))
    #: Ports to which requests may go; empty for all.
    PORTS: Sequence[int] = field(
        default=(80, 443, 8080, 8443),
        validator=deep_iterable(and_(_positive, le(65_535)), _sequence),
    )
    #: Networks to which requests may go although they are not public, such as ``10.1.2.0/24``.
    ALLOW_NETWORKS: Sequence[str] = field(
        default=(), validator=[deep_iterable(_text, _sequence), _networks]
    )
    #: A file of certificate authorities that are trusted instead of the system's.
    CA_FILE: str = field(default="", validator=_text)
    #: Bytes of an answer that are read and kept.
    MAX_RESPONSE_BYTES: int = field(default=4096, validator=_positive)

    #: Paths, and links, that a payload names at most.
    MAX_PAYLOAD_CHANGES: int = field(default=100, validator=_positive)
    #: Days for which deliveries can be looked at and sent again. What happened longer ago is never
    #: delivered.
    KEEP_DAYS: int = field(default=30, validator=_positive)
    #: Subscriptions that one user may have.
    MAX_PER_USER: int = field(default=100, validator=_positive)
    #: Subscriptions to one collection, or to one bundle.
    MAX_PER_TARGET: int = field(default=1000, validator=_positive)


def get_settings() -> WebhooksSettings:
    """Return the settings of this process, defaults filled in.

    Raises:
        ImproperlyConfigured: There is an unknown key, or a value of the wrong type.
    """
    return read_settings(PACKAGE, WebhooksSettings)
