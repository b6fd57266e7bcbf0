"""What the plugin has against some files."""

from __future__ import annotations

from collections.abc import Iterator

from blockstore_notes.conf import get_settings
from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.plugin_api import BundleContents, ImportValidator

#: What is looked at; a file may be of any size.
_MAX_BYTES = 2**20


class ForbiddenWords(ImportValidator):
    """Refuses files that hold a forbidden word."""

    def validate(
        self, contents: BundleContents, previous: BundleContents | None
    ) -> Iterator[Finding]:
        """Look for the words in every file that is not too large."""
        words = [word.encode() for word in get_settings().FORBIDDEN_WORDS]
        for path, file in contents.files.items():
            if file.size > _MAX_BYTES:
                continue
            for number, line in enumerate(contents.read(path).splitlines(), start=1):
                for word in words:
                    if word in line:
                        yield Finding(
                            Severity.ERROR,
                            "forbidden-word",
                            path,
                            number,
                            f"It holds the word {word.decode()!r}.",
                            "Say it in another way.",
                        )
