"""Changes of blocks, written into the drafts of their bundles."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from lxml import etree
from xblock.core import XBlock
from xblock.fields import Field

from openedx_blockstore import api
from openedx_blockstore.exceptions import DraftConflict, Invalid
from openedx_blockstore_xblock.authored import body_path, is_authored, parse_block
from openedx_blockstore_xblock.block_classes import find_class, is_container
from openedx_blockstore_xblock.editing.blocks import StoredBlock, read_draft_block
from openedx_blockstore_xblock.exceptions import BadOlx, EditConflict, UnwritableField
from openedx_blockstore_xblock.inherited_fields import fields_of
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.olx import parse_document
from openedx_blockstore_xblock.serialising import block_source, replace_block, write_block

#: How often it is looked again at a file that others keep changing.
_ATTEMPTS = 5

_DECLARED = re.compile(r"""(\A\ufeff?<\?xml[^>]*?\sencoding\s*=\s*)("[^"]*"|'[^']*')""")

#: Is given a block as it is now, and returns what its files are to hold, by path.
Change = Callable[[StoredBlock], Mapping[str, bytes]]


def change_block(
    usage_key: BlockstoreUsageKey, change: Change, *, draft: str, base: str | None
) -> StoredBlock:
    """Change a block in a draft; a change that changes nothing writes nothing, and makes no draft.

    Args:
        base: The digest of the OLX from which the change was made; None not to look.

    Raises:
        EditConflict: Others have changed the block since then.
        DraftConflict: Others kept changing its file.
    """
    for attempt in range(_ATTEMPTS):
        now = read_draft_block(usage_key, draft)
        files = {
            path: contents
            for path, contents in change(now).items()
            if not _holds(now, path, contents)
        }
        if base is not None and now.value.digest != base:
            if not files:
                return now
            raise EditConflict(
                usage_key, mine=_own(now, files), theirs=_shown(now), digest=now.value.digest
            )
        if not files:
            return now
        found = {path: now.contents.files[path].digest for path in files}
        try:
            uuid = api.get_or_create_bundle_draft(usage_key.bundle_uuid, draft).uuid
            api.write_draft_files(uuid, files, if_match=found)
        except DraftConflict:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return read_draft_block(usage_key, draft)
    raise AssertionError("The last attempt has returned or raised.")


def olx_change(olx: str) -> Change:
    """Return the change that gives a block another OLX, exactly as it is written.

    Raises:
        Invalid: It is not text.
    """
    if not isinstance(olx, str):
        raise Invalid(f"OLX is text, and not {type(olx).__name__}.")
    declared = _DECLARED.search(olx)
    if declared is not None and declared[2][1:-1].upper() not in {"UTF-8", "UTF8"}:
        olx = _DECLARED.sub(r'\1"UTF-8"', olx)

    def change(now: StoredBlock) -> Mapping[str, bytes]:
        if olx == now.olx:
            return {}
        new = _encoded(olx, now.usage_key.path)
        _check(new, now)
        whole = replace_block(now.source, now.element, new) if now.element is not None else new
        return {now.usage_key.path: whole}

    return change


def fields_change(fields: Mapping[str, Any], reset: Collection[str] = ()) -> Change:
    """Return the change that sets some fields of a block, and leaves others to their defaults.

    Args:
        fields: Their values, as JSON has them.

    Raises:
        Invalid: These are no fields, or some are both set and left.
    """
    _check_kinds(fields, reset)
    if both := sorted(set(fields) & set(reset)):
        raise Invalid(f"The field {both[0]!r} can not be set and left to its default at once.")

    def change(now: StoredBlock) -> Mapping[str, bytes]:
        _document, element, block_class, parsed = now.parse()
        wanted = parsed.values()
        for name, value in fields.items():
            wanted[name] = _enforced(block_class, element.block_type, name, value)
        for name in reset:
            _authored(block_class, element.block_type, name)
            wanted.pop(name, None)
        return _written(now, wanted)

    return change


def _check_kinds(fields: object, reset: object) -> None:
    if not isinstance(fields, Mapping):
        raise Invalid(f"Fields are a mapping of names to values, and not {type(fields).__name__}.")
    if isinstance(reset, str) or not isinstance(reset, Collection):
        raise Invalid(f"The fields to reset are a list of names, and not {reset!r:.80}.")


def written_change(wanted: Mapping[str, Any]) -> Change:
    """Return the change that gives a block these fields and no others.

    Args:
        wanted: Their values, as JSON has them.
    """

    def change(now: StoredBlock) -> Mapping[str, bytes]:
        return _written(now, wanted)

    return change


def _written(now: StoredBlock, wanted: Mapping[str, Any]) -> Mapping[str, bytes]:
    document, element, block_class, _parsed = now.parse()
    body = now.value.body
    written = write_block(now.source, document, element, block_class, wanted, body=body)
    files = {now.usage_key.path: written.olx}
    if now.body_file is not None and written.body is not None and written.body != body:
        files[now.body_file] = written.body.encode()
    return files


def _holds(now: StoredBlock, path: str, contents: bytes) -> bool:
    """Tell whether a file has these contents; in another encoding they are the same."""
    return contents == (now.source if path == now.usage_key.path else now.body)


def _own(now: StoredBlock, files: Mapping[str, bytes]) -> str:
    """Return what a change would have made of the block's OLX, or of the file with its text."""
    if now.body_file is not None:
        return files.get(now.body_file, now.body or b"").decode("utf-8", "replace")
    whole = files[now.usage_key.path]
    document = parse_document(whole, file=now.usage_key.path, is_container=is_container)
    element = document.find(now.usage_key.inner_id)
    return block_source(whole, element).decode() if element is not None else whole.decode()


def _shown(now: StoredBlock) -> str:
    body = now.value.body
    return now.olx if body is None else body


def _encoded(olx: str, path: str) -> bytes:
    try:
        return olx.encode()
    except UnicodeEncodeError as error:
        raise BadOlx(path, "it has half a character, which UTF-8 can not hold") from error


def _check(olx: bytes, now: StoredBlock) -> None:
    """Make sure that OLX can stand in a block's place: safe, of its type, read by its classes."""
    path = now.usage_key.path
    document = parse_document(olx, file=path, is_container=is_container)
    root = document.root
    wanted = now.element.block_type if now.element is not None else now.usage_key.block_type
    if root.block_type != wanted:
        raise BadOlx(path, f"it is a {root.block_type!r}, and must stay a {wanted!r}", line=1)
    if now.element is not None and now.usage_key.inner_id:
        _check_name(root.element, now.element.element, path)
    for block in document:
        block_class = find_class(block.block_type)
        if block_class is not None:
            in_file = body_path(block.element, path, now.contents.files)
            body = now.contents.read(in_file).decode("utf-8", "replace") if in_file else None
            parse_block(document, block, block_class, body=body)
    if now.element is not None:
        # Names have to be unique in the whole file.
        whole = replace_block(now.source, now.element, olx)
        parse_document(whole, file=path, is_container=is_container)


def _check_name(new: etree._Element, old: etree._Element, path: str) -> None:
    if new.get("url_name") != old.get("url_name"):
        name = old.get("url_name")
        stay = f"its url_name must stay {name!r}" if name else "it must not get a url_name"
        raise BadOlx(path, f"{stay}, since what learners have done belongs to it", line=1)


def _authored(block_class: type[XBlock], block_type: str, name: str) -> Field:
    field = fields_of(block_class).get(name)
    if field is None:
        raise UnwritableField(block_type, name, "its class has no such field")
    if not is_authored(field):
        raise UnwritableField(block_type, name, "it belongs to learners, and not to authors")
    return field


def _enforced(block_class: type[XBlock], block_type: str, name: str, value: Any) -> Any:
    """Return a value as the field has it: forms send numbers as texts."""
    field = _authored(block_class, block_type, name)
    try:
        return field.to_json(field.enforce_type(field.from_json(value)))
    except Exception as error:
        # Fields are other packages' code, and the value is anybody's.
        raise UnwritableField(block_type, name, str(error)) from error
