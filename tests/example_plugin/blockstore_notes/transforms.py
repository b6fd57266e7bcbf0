"""How the plugin changes exports, if one asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openedx_blockstore.plugin_api import BundleContents, ExportTransform

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_MAX_BYTES = 2**20


class WithoutComments(ExportTransform):
    """Takes comments for authors out of OLX."""

    def transform(self, contents: BundleContents) -> Iterator[tuple[str, bytes | None]]:
        """Change what has comments in it."""
        for path, file in contents.files.items():
            if path.endswith(".xml") and file.size <= _MAX_BYTES:
                old = contents.read(path)
                new = _COMMENT.sub(b"", old)
                if new != old:
                    yield path, new
