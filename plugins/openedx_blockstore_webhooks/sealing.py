"""Signing secrets: made, encrypted for the database, and used.

They sign by a shared key, so they must be readable. They are encrypted with a key that is not in
the database, so that a copy of the database alone lets nobody forge messages.
"""

from __future__ import annotations

import base64
import functools
import secrets
from collections.abc import Iterable
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings as django_settings
from standardwebhooks import Webhook

from openedx_blockstore_webhooks.conf import get_settings
from openedx_blockstore_webhooks.exceptions import SecretUnreadable

_PREFIX = "whsec_"
#: Bytes of a secret; the specification wants 24 to 64.
_SIZE = 32


def new_secret() -> str:
    """Return a new secret, as libraries of Standard Webhooks take it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SIZE)).decode("ascii")


def seal(secret: str) -> str:
    """Return a secret as the database keeps it."""
    return _fernet(_keys()).encrypt(secret.encode("ascii")).decode("ascii")


def unseal(sealed: str) -> str:
    """Return a secret of the database as it is.

    Raises:
        SecretUnreadable: It was encrypted with a key that is not there any more.
    """
    try:
        return _fernet(_keys()).decrypt(sealed.encode("ascii")).decode("ascii")
    except InvalidToken as error:
        raise SecretUnreadable from error


def _keys() -> tuple[str, ...]:
    own = get_settings().SECRETS_KEY
    fallbacks = getattr(django_settings, "SECRET_KEY_FALLBACKS", ())
    # The first one encrypts; all of them decrypt.
    return (*((own,) if own else ()), django_settings.SECRET_KEY, *fallbacks)


@functools.lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    derivation = HKDF(
        algorithm=SHA256(), length=32, salt=None, info=b"openedx_blockstore_webhooks.secrets"
    )
    return base64.urlsafe_b64encode(derivation.derive(key.encode()))


def signed_headers(
    secrets_in_use: Iterable[str], *, message_id: str, at: datetime, body: str
) -> dict[str, str]:
    """Return the headers of Standard Webhooks, with a signature for each secret.

    Args:
        secrets_in_use: The newest first.
        at: When it is sent (aware, UTC).
    """
    signatures = (
        Webhook(secret).sign(msg_id=message_id, timestamp=at, data=body)
        for secret in secrets_in_use
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
