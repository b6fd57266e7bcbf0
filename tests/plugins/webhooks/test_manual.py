"""What the manual shows is true."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from attrs import fields
from django.core.checks import run_checks
from pytest_django import Settings

from openedx_blockstore_webhooks.conf import WebhooksSettings
from openedx_blockstore_webhooks.data import NewSecret
from openedx_blockstore_webhooks.sending import Sender
from tests.plugins.webhooks.helpers import event, tell
from tests.plugins.webhooks.receiving import Receiver

_MANUAL = Path(__file__).parents[3] / "docs" / "plugins" / "webhooks.rst"


def _blocks() -> list[str]:
    found = re.findall(
        r"^\.\. code-block:: python\n\n((?:    .*\n|\n)+)", _MANUAL.read_text("utf-8"), re.MULTILINE
    )
    return [textwrap.dedent(block) for block in found]


@pytest.mark.django_db(transaction=True)
def test_the_receiver_of_the_manual(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    tell(event(collection, uuid4()))
    sender.send_due()
    [request] = receiver.received
    names: dict[str, Any] = {}
    exec(compile(_blocks()[0], str(_MANUAL), "exec"), names)
    # The secret of the manual is not that of this subscription.
    assert names["receive"](request.headers, request.body.encode()) == 401
    names["SECRET"] = subscription.secret
    assert names["receive"](request.headers, request.body.encode()) == 204
    assert names["receive"](request.headers, request.body.encode() + b" ") == 401


def test_the_settings_of_the_manual(settings: Settings) -> None:
    names: dict[str, Any] = {}
    exec(compile(_blocks()[1], str(_MANUAL), "exec"), names)
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, **names["OPENEDX_BLOCKSTORE"]}
    assert [each for each in run_checks() if each.is_serious()] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"SENDER": "pigeon"},
        {"RETRY_SECONDS": []},
        {"RETRY_SECONDS": [0]},
        {"RETRY_JITTER": 2},
        {"PORTS": [70_000]},
        {"PORTS": "443"},
        {"ALLOW_NETWORKS": ["everything"]},
        {"ALLOW_NETWORKS": "10.0.0.0/8"},
        {"TIMEOUT_SECONDS": 0},
        {"NO_SUCH": 1},
    ],
)
def test_wrong_settings_are_said_by_the_checks(settings: Settings, wrong: dict[str, Any]) -> None:
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PLUGIN_SETTINGS": {"openedx_blockstore_webhooks": wrong},
    }
    [found] = [each for each in run_checks() if each.id == "openedx_blockstore_webhooks.E001"]
    assert next(iter(wrong)) in str(found.msg)


def test_the_numbers_of_the_manual() -> None:
    text = _MANUAL.read_text("utf-8")
    defaults = {each.name: each.default for each in fields(WebhooksSettings)}
    for name in ("MAX_PAYLOAD_CHANGES", "SECRET_GRACE_HOURS", "SENDER_THREADS"):
        assert f"``{name}`` ({defaults[name]})" in text
