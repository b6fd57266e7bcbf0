"""Defaults of the settings that blocks read, for projects that are no LMS and no Studio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import global_settings

#: What the blocks for video and LTI, and their libraries, read without asking whether it is there.
BLOCK_SETTINGS: Mapping[str, Any] = {
    "AI_TRANSLATIONS_API_URL": "",
    "ALL_LANGUAGES": global_settings.LANGUAGES,
    # Of the service that runs Python of authors, where ENABLE_CODEJAIL_REST_SERVICE is on.
    "CODE_JAIL_REST_SERVICE_CONNECT_TIMEOUT": 0.5,
    "CODE_JAIL_REST_SERVICE_HOST": "http://127.0.0.1:8550",
    "CODE_JAIL_REST_SERVICE_READ_TIMEOUT": 3.5,
    "CODE_JAIL_REST_SERVICE_REMOTE_EXEC": (
        "xblocks_contrib.problem.capa.safe_exec.remote_exec.send_safe_exec_request_v0"
    ),
    "COMPLETION_VIDEO_COMPLETE_PERCENTAGE": 0.95,
    "FEATURES": {},
    "LANGUAGE_DICT": dict(global_settings.LANGUAGES),
    "LMS_BASE": "",
    "LMS_ROOT_URL": "",
    # Blocks look for their scripts in their own packages.
    "PIPELINE": {"PIPELINE_ENABLED": False},
    "REQUIRE_DEBUG": True,
    "TRANSCRIPT_LANG_CACHE_TIMEOUT": 60 * 60 * 24,
    "VIDEO_CDN_URL": {},
    "VIDEO_IMAGE_SETTINGS": {},
    "VIDEO_TRANSCRIPTS_SETTINGS": {},
    "YOUTUBE": {
        "API": "https://www.youtube.com/iframe_api",
        "TEST_TIMEOUT": 1500,
        "METADATA_URL": "https://www.googleapis.com/youtube/v3/videos/",
        "TEXT_API": {"url": "video.google.com/timedtext", "params": {"lang": "en", "v": ""}},
        "IMAGE_API": "https://img.youtube.com/vi/{youtube_id}/0.jpg",
    },
    "YOUTUBE_API_KEY": "",
}


def plugin_settings(settings: Any) -> None:
    """Add the defaults; what a host has set stays as it is."""
    for name, value in BLOCK_SETTINGS.items():
        if not hasattr(settings, name):
            setattr(settings, name, value)
