"""Transcripts of videos: files of the bundle, in the format and language that is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client

from openedx_blockstore import api
from openedx_blockstore_xblock import requests as bridge_requests
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.services import BlockUser
from openedx_blockstore_xblock.services.transcripts import read_transcript, write_transcript
from tests.bridge.conftest import usage

pytestmark = pytest.mark.django_db

SRT = (
    "\ufeff1\r\n00:00:01,500 --> 00:01:02,000\r\nHoo,\r\nsays it.\r\n\r\n"
    "2\n01:00:00.1 --> 01:00:01,000\nÜhu"
)
SJSON = '{"start": [0, 1000], "end": [1000, 2000], "text": ["An owl", null]}'
VIDEO = (
    '<video url_name="v" sub="owl" download_track="true" '
    'transcripts="{&quot;de&quot;: &quot;owl-de.srt&quot;, &quot;fr&quot;: &quot;gone.srt&quot;, '
    '&quot;es&quot;: &quot;broken.srt&quot;}"/>'
)
FILES = {
    "video.xml": VIDEO,
    "static/owl-de.srt": SRT,
    "static/subs_owl.srt.sjson": SJSON,
    "static/broken.srt": "no captions",
}


@pytest.fixture
def key(make_bundle: Callable[..., UUID]) -> BlockstoreUsageKey:
    """A video with transcripts."""
    return usage(make_bundle(FILES), "video.xml", block_type="video")


def ask(key: BlockstoreUsageKey, what: str, *, status: int = 200) -> Any:
    """Return what a video's handler of transcripts answers to a learner."""
    row = User.objects.get_or_create(username="athene")[0]
    collection = api.get_bundle(key.bundle_uuid).collection_uuid
    assert collection is not None
    api.set_role(collection, "reader", user="athene")
    user = BlockUser(user_id=row.pk, username="athene")
    block = bridge_requests.make_runtime(user).get_block(key)
    path, _mark, query = what.partition("?")
    address = block.runtime.handler_url(block, "transcript", path, query)
    answer = Client().get(address)
    assert answer.status_code == status, answer.content
    return answer


def test_a_transcript_is_shown_beside_its_video(key: BlockstoreUsageKey) -> None:
    """In the player's own format, from whichever format it is written in."""
    german = json.loads(ask(key, "translation/de").content)
    assert german == {
        "start": [1500, 3_600_100],
        "end": [62_000, 3_601_000],
        "text": ["Hoo, says it.", "Ühu"],
    }
    english = json.loads(ask(key, "translation/en").content)
    assert english["text"] == ["An owl", ""]


def test_a_transcript_is_downloaded(key: BlockstoreUsageKey) -> None:
    """As a file with a name."""
    answer = ask(key, "download?lang=de")
    assert answer.content.decode().startswith("1\n00:00:01,500 --> 00:01:02,000\nHoo,\nsays it.\n")
    assert "owl-de.srt" in answer["Content-Disposition"]


def test_only_transcripts_that_are_there_are_offered(key: BlockstoreUsageKey) -> None:
    """One that is named and is not there is not found, and so is one that can not be read."""
    assert json.loads(ask(key, "available_translations").content) == ["en", "de", "es"]
    for language in ("fr", "es", "ru"):
        ask(key, f"translation/{language}", status=404)


def test_each_format_can_be_read_again() -> None:
    """But for plain text, which has no times."""
    captions = read_transcript(SRT.encode())
    for name in ("srt", "sjson"):
        again = read_transcript(write_transcript(captions, name).encode())
        assert [(each.start, each.end) for each in again] == [
            (1500, 62_000),
            (3_600_100, 3_601_000),
        ]
    assert write_transcript(captions, "txt") == "Hoo, says it.\nÜhu"


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"{}",
        b'{"start": 1}',
        b"{" * 9_000,
        b"\xff\xfe",
        b"1\n00:00 --> 1\nx",
        b"[[[",
        b'{"start": [0], "end": [1e999], "text": [""]}',
    ],
)
def test_what_is_no_transcript_is_an_error(contents: bytes) -> None:
    """Whatever somebody has called one."""
    with pytest.raises(ValueError, match=r"."):
        read_transcript(contents)
