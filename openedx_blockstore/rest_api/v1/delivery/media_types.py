"""The media type of a file, and how a browser is to treat it; decided when the file is served.

Types come from the path's extension by a fixed table: what a machine's ``/etc/mime.types`` says
(``.ts`` is a language's source there) must not change what learners see. Bytes are never looked at,
and ``nosniff`` forbids browsers to.
"""

from __future__ import annotations

import mimetypes
import posixpath

from attrs import frozen

#: What Python's own table lacks, or has otherwise than browsers, players and transcripts need it.
_TYPES = {
    ".aac": "audio/aac",
    ".avif": "image/avif",
    ".cjs": "text/javascript",
    ".csv": "text/csv",
    ".flac": "audio/flac",
    ".gltf": "model/gltf+json",
    ".glb": "model/gltf-binary",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4a": "audio/mp4",
    ".m4s": "video/iso.segment",
    ".m4v": "video/mp4",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mpd": "application/dash+xml",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".otf": "font/otf",
    ".sjson": "application/json",
    ".srt": "application/x-subrip",
    ".ts": "video/mp2t",
    ".ttf": "font/ttf",
    ".ttml": "application/ttml+xml",
    ".vtt": "text/vtt",
    ".wasm": "application/wasm",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".xhtml": "application/xhtml+xml",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}

_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
_UNKNOWN = "application/octet-stream"

#: In these a browser runs scripts; so it does in every XML, whose root may be that of XHTML or SVG.
_DOCUMENTS = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml"})

#: Shown beside a page, or played, or read by a script, without anything in them being run.
_INERT = frozenset(
    {
        "application/json",
        "application/pdf",
        "application/vnd.apple.mpegurl",
        "application/wasm",
        "application/x-subrip",
    }
)
_INERT_FAMILIES = ("audio/", "font/", "image/", "text/", "video/")

#: Text, too, and short: they hold relative references, or are read by scripts of the page.
_TEXTS = frozenset(
    {
        "application/json",
        "application/vnd.apple.mpegurl",
        "application/x-subrip",
        "application/wasm",
    }
)

# Not those of the machine's files.
_table = mimetypes.MimeTypes(filenames=())


@frozen
class MediaType:
    """A file's media type, and what follows from it.

    Attributes:
        name: Without parameters.
        document: A browser that opens it runs what is in it; it needs a sandbox.
        inert: It may be shown where it is. What is neither is offered for download.
        text: It is UTF-8.
        streamed: It is sent by the application wherever it lies: it has relative references, which
            would lead nowhere from a signed URL, or needs headers that an object store can not
            send.
    """

    name: str
    document: bool
    inert: bool
    text: bool

    @property
    def streamed(self) -> bool:
        """See the class."""
        return self.document or self.text or self.name in _TEXTS

    @property
    def header(self) -> str:
        """The value of ``Content-Type``."""
        return f"{self.name}; charset=utf-8" if self.text else self.name


def media_type(path: str) -> MediaType:
    """Return the media type that the name of a file stands for."""
    name = _name(posixpath.basename(path))
    document = name in _DOCUMENTS or name.endswith(("/xml", "+xml", "/xsl"))
    inert = not document and (name in _INERT or name.startswith(_INERT_FAMILIES))
    text = document or name.startswith("text/") or name in _TEXTS - {"application/wasm"}
    return MediaType(name, document=document, inert=inert, text=text)


def _name(filename: str) -> str:
    extension = posixpath.splitext(filename)[1].lower()
    if extension in _TYPES:
        return _TYPES[extension]
    guessed, encoding = _table.guess_type(f"file{extension}" if extension else "file")
    if encoding is not None:
        return _COMPRESSED.get(encoding, _UNKNOWN)
    return guessed or _UNKNOWN
