"""Contents to try plugins with: ordinary ones, and what strangers may send."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO
from uuid import UUID

from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import BundleFileNotFound, StorageError
from openedx_blockstore.plugin_api import BundleContents, ContentFile
from openedx_blockstore.store import digest_of


class MemoryContents(BundleContents):
    """Contents that are in no store, for tests."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        *,
        bundle_type: str = "",
        title: str = "Example",
        lenders: Mapping[str, BundleContents] | None = None,
        bundle_uuid: UUID | None = None,
        version: int | None = None,
    ) -> None:
        """Hold some files.

        Args:
            lenders: What links lead to, by alias.
        """
        self._data = dict(sorted(files.items()))
        self._lenders = dict(sorted((lenders or {}).items()))
        self.bundle_uuid = bundle_uuid
        self.bundle_type = bundle_type
        self.title = title
        self.version = version
        #: The paths that were opened.
        self.opened: list[str] = []

    @property
    def files(self) -> Mapping[str, ContentFile]:
        """All files by path, sorted."""
        return {
            path: ContentFile(path, len(data), digest_of(data)) for path, data in self._data.items()
        }

    @property
    def links(self) -> Mapping[str, LinkTarget]:
        """All links by alias, sorted."""
        return {
            alias: LinkTarget(lender.bundle_uuid or UUID(int=1), lender.version or 1)
            for alias, lender in self._lenders.items()
        }

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open a file; see :meth:`BundleContents.open`."""
        return self._open(path)

    @contextlib.contextmanager
    def _open(self, path: str) -> Iterator[BinaryIO]:
        self.opened.append(path)
        folder, _, rest = path.partition("/")
        alias, _, within = rest.partition("/")
        if folder == "links" and alias in self._lenders:
            with self._lenders[alias].open(within) as file:
                yield file
        elif path in self._data:
            yield io.BytesIO(self._data[path])
        else:
            raise BundleFileNotFound(self.bundle_uuid or self.title, path)


class BrokenContents(MemoryContents):
    """Contents in a storage that fails."""

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Fail, unless there is no such file."""
        with super().open(path):
            raise StorageError(path, "this storage is a test of what happens when one fails")


#: An ordinary problem.
PROBLEM: Mapping[str, bytes] = {
    "definition.xml": (
        b'<problem display_name="Falling apples" url_name="apples">'
        b"<p>Why does it fall? <img src='/static/apple.svg'/></p>"
        b"<multiplechoiceresponse><choicegroup type='MultipleChoice'>"
        b"<choice correct='true'>Gravity</choice><choice correct='false'>Habit</choice>"
        b"</choicegroup></multiplechoiceresponse></problem>"
    ),
    "static/apple.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "static/notes.txt": "Äpfel, 苹果, 🍎".encode(),
}

_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(98, 106)
    )
    + b"]><problem>&i;</problem>"
)
_OUTSIDE = b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><problem>&x;</problem>'

#: What may be in a file that ends in ``.xml``, by what it is.
ODD_XML: Mapping[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t",
    "no XML": b"This is no XML.",
    "an unknown element": b"<nonsense/>",
    "an end too many": b"<problem></problem></problem>",
    "no end": b"<problem><p>",
    "binary": bytes(range(256)) * 4,
    "NUL": b"<problem>\0</problem>",
    "no UTF-8": "<problem>ä</problem>".encode("latin-1"),
    "UTF-16": "<problem>ä</problem>".encode("utf-16"),
    "a wrong encoding": b'<?xml version="1.0" encoding="nonsense"?><problem/>',
    "a DTD": b"<!DOCTYPE problem><problem/>",
    "entities that explode": _BOMB,
    "an entity from outside": _OUTSIDE,
    "deep nesting": b"<p>" * 20_000 + b"</p>" * 20_000,
    "a huge attribute": b'<problem display_name="' + b"x" * 2**20 + b'"/>',
    "a huge text": b"<problem>" + b"word " * 2**18 + b"</problem>",
    "many elements": b"<problem>" + b"<p/>" * 50_000 + b"</problem>",
    "a surrogate": b"<problem>&#xD800;</problem>",
    "comments and instructions": b"<!-- a --><?php echo 1 ?><problem/><!-- b -->",
    "namespaces": b'<x:problem xmlns:x="urn:x" x:url_name="a"/>',
    "JSON": b'{"a": [1, 2.5e999, null]}',
}

#: Paths as they may be: whatever people call their files.
ODD_PATHS: tuple[str, ...] = (
    "a b.xml",
    "ünïcödé/苹果.xml",
    "no_extension",
    "UPPER.XML",
    "deep/" * 20 + "x.xml",
    "%2e%2e/x.xml",
    "-rf.xml",
    "a.tar.gz",
    "static/🍎.html",
)


def examples(bundle_type: str) -> Iterator[tuple[str, MemoryContents]]:
    """Yield contents that a plugin must bear, with what is special about them."""

    def contents(files: Mapping[str, bytes]) -> MemoryContents:
        return MemoryContents(files, bundle_type=bundle_type)

    yield "an ordinary problem", contents(PROBLEM)
    yield "no files at all", contents({})
    for what, data in ODD_XML.items():
        yield what, contents({"definition.xml": data, "problem/a/definition.xml": data})
    odd_names = dict.fromkeys(ODD_PATHS, b"<problem/>")
    yield "odd names", contents(odd_names)
    lender = contents(PROBLEM)
    borrower = MemoryContents(
        {"definition.xml": b'<unit><xblock-include definition="a/b" source="lib"/></unit>'},
        bundle_type=bundle_type,
        lenders={"lib": lender},
    )
    yield "a link", borrower
