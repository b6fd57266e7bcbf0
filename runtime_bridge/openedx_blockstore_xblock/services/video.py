"""What videos ask for beside their fields: above all their transcripts, which are static files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xblock.core import XBlock

from openedx_blockstore.exceptions import Invalid
from openedx_blockstore_xblock.services.transcripts import read_transcript, write_transcript

#: Is given a name, and returns what reads ``/static/{name}`` of the block; None if it is not there.
FindStatic = Callable[[str], Callable[[], bytes] | None]

_ENGLISH = "en"
_MEDIA_TYPES = {
    "srt": "application/x-subrip; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "sjson": "application/json",
}


class VideoConfigService:
    """The platform's service of this name, for videos whose transcripts are in their bundles."""

    def __init__(self, find: FindStatic) -> None:
        self._find = find

    def available_translations(
        self,
        _video_block: XBlock,
        transcripts: Mapping[str, Any],
        verify_assets: bool | None = None,  # noqa: FBT001, ARG002 - the platform's; it costs nothing
        is_bumper: bool = False,  # noqa: FBT001, FBT002, ARG002 - likewise
    ) -> list[str]:
        """Return the languages of which there is a transcript."""
        languages = [_ENGLISH, *transcripts["transcripts"]]
        return [
            language
            for language in dict.fromkeys(languages)
            if any(self._find(name) for name in _names(transcripts, language, None))
        ]

    def get_transcript(
        self,
        video_block: XBlock,
        lang: str | None = None,
        output_format: str = "srt",
        youtube_id: str | None = None,
        is_bumper: bool = False,  # noqa: FBT001, FBT002 - the platform's
    ) -> tuple[bytes, str, str]:
        """Return a transcript, the name of a file for it, and its media type.

        Raises:
            TranscriptNotFoundError: There is none in this language, or it can not be read.
        """
        from xblocks_contrib.video.exceptions import TranscriptNotFoundError  # noqa: PLC0415 - slow

        transcripts = video_block.get_transcripts_info(is_bumper)
        language = lang or video_block.get_default_transcript_language(transcripts)
        for name in _names(transcripts, language, youtube_id):
            read = self._find(name)
            if read is None:
                continue
            try:
                text = write_transcript(read_transcript(read()), output_format)
            except ValueError as error:
                raise TranscriptNotFoundError(f"{name}: {error}") from error
            stem = name.rpartition("/")[2].partition(".")[0]
            return text.encode(), f"{stem}.{output_format}", _MEDIA_TYPES[output_format]
        raise TranscriptNotFoundError(f"There is no transcript in {language!r:.40}.")

    def upload_transcript(self, **_transcript: Any) -> None:
        """Refuse.

        Raises:
            Invalid: Transcripts are files of the bundle.
        """
        raise Invalid(
            "A transcript is a file of the video's bundle: put it into static/ of the draft, and "
            "name it in the video's OLX."
        )

    delete_transcript = upload_transcript

    def handle_editor_saved(self, *_saved: Any) -> None:
        """Do nothing more: what was saved is in the draft, and nobody else keeps videos."""

    def is_hls_playback_enabled(self, _context_key: object) -> bool:
        """Tell that streams of this kind are played."""
        return True

    def is_youtube_deprecated(self, _context_key: object) -> bool:
        """Tell that videos of YouTube are as good as others."""
        return False

    def is_youtube_blocked_for_course(self, _context_key: object) -> bool:
        """Tell that videos of YouTube are shown."""
        return False

    def is_transcript_feedback_enabled(self, _context_key: object) -> bool:
        """Tell that nobody is asked what they think of transcripts."""
        return False

    def get_public_sharing_context(self, *_video: Any) -> dict[str, Any]:
        """Return that a video has no address of its own for everybody."""
        return {}

    def get_public_video_url(self, _video_block: XBlock) -> None:
        """Return none, likewise."""


def _names(transcripts: Mapping[str, Any], language: str, youtube_id: str | None) -> list[str]:
    """Return what the file of a transcript may be called."""
    named = transcripts["transcripts"].get(language)
    names = [str(named)] if named else []
    for video in (youtube_id, transcripts["sub"]):
        if video:
            prefix = "" if language == _ENGLISH else f"{language}_"
            names.append(f"{prefix}subs_{video}.srt.sjson")
    return names
