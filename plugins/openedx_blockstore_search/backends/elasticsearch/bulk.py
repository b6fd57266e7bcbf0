"""Changes of a generation, as few requests as possible."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid5

from attrs import frozen

from openedx_blockstore.plugin_api.search_backends import (
    Change,
    DocumentsRejected,
    Patch,
    Put,
    Remove,
    SearchDocument,
    SearchUnavailable,
    Selection,
)
from openedx_blockstore_search.backends.bodies import to_facts, to_json, to_time
from openedx_blockstore_search.backends.elasticsearch.client import ENGINE, Api
from openedx_blockstore_search.backends.elasticsearch.mapping import OTHER, SEPARATOR
from openedx_blockstore_search.backends.languages import stemmed_language
from openedx_blockstore_search.backends.texts import (
    clean,
    clean_text,
    clean_value,
    filter_values,
    sort_key,
)

#: Of one request.
_MAX_ACTIONS = 1_000
_MAX_BYTES = 5_000_000

#: How often a request, or what is left of it, is made while the engine has too much to do.
_ATTEMPTS = 6
_BUSY = 429
_NOT_FOUND = 404
_REFUSED = 400

#: Seconds for changes of everything in a bundle or collection.
_LONG = 300

#: The engine's own ids are short.
_IDS = UUID("0f6a4ef2-0c8c-4a4e-8a26-8c5a0a6f1f0e")

_SCRIPT = (
    "for (each in params.values.entrySet()) { ctx._source[each.key] = each.value }"
    "for (each in params.facts.entrySet()) { ctx._source.facts[each.key] = each.value }"
)


@frozen
class _Action:
    """One line of a bulk request, or two.

    Attributes:
        id: Of the document, for messages.
    """

    id: str
    lines: str


def write(client: Api, index: str, changes: Sequence[Change]) -> None:
    """Do changes in their order.

    Raises:
        DocumentsRejected: The engine does not take some documents; all else was done.
    """
    for by_id, group in groupby(changes, key=_is_by_id):
        if by_id:
            _send(client, index, [action for change in group for action in _actions(change)])
            continue
        for change in group:
            if isinstance(change, Patch | Remove):
                _by_query(client, index, change)


def _is_by_id(change: Change) -> bool:
    if isinstance(change, Put):
        return True
    return change.where.bundle_uuid is None and change.where.collection_uuid is None


def _actions(change: Change) -> Iterator[_Action]:
    if isinstance(change, Put):
        yield _action("index", change.document.id, to_source(change.document))
        return
    for id_ in change.where.ids:
        if isinstance(change, Remove):
            yield _action("delete", id_)
        else:
            values, facts = _patched(change)
            yield _action("update", id_, {"doc": {**values, "facts": facts}}, retry_on_conflict=5)


def _action(verb: str, id_: str, body: object = None, **more: object) -> _Action:
    lines = json.dumps({verb: {"_id": str(uuid5(_IDS, id_)), **more}}) + "\n"
    return _Action(id_, lines if body is None else f"{lines}{to_json(body)}\n")


def to_source(document: SearchDocument) -> dict[str, Any]:
    """Return a document as it is stored."""
    stemmed = stemmed_language(document.languages) or OTHER
    values = filter_values(document)
    traits = [
        f"{name.removeprefix('trait:')}{SEPARATOR}{value}"
        for name, of_trait in values.items()
        if name.startswith("trait:")
        for value in of_trait
    ]
    return {
        "id": document.id,
        "kind": document.kind,
        "bundle": str(document.bundle_uuid),
        "collection": str(document.collection_uuid),
        "first": document.first_version,
        "last": document.last_version,
        "path": clean_value(document.path) or None,
        "bundle_type": clean_value(document.bundle_type) or None,
        "block_type": clean_value(document.block_type) or None,
        "licence": clean_value(document.licence) or None,
        "trait": traits,
        **{name: of_field for name, of_field in values.items() if ":" not in name},
        "stemmed": stemmed,
        "sort_title": sort_key(document.title),
        "modified": to_time(document.modified_at),
        # Here the engine would take a letter with its accent for two.
        "title": {stemmed: normalize("NFC", clean(document.title))},
        "text": {stemmed: normalize("NFC", clean_text(document.text))},
        "facts": to_facts(document),
    }


def _patched(change: Patch) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that change, and the facts."""
    values: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for name, value in change.values.items():
        if name == "last_version":
            values["last"] = facts[name] = value
        elif name == "collection_uuid":
            values["collection"] = facts[name] = str(value)
        elif name == "tags":
            values["tag"] = sorted({clean_value(each) for each in value})
            facts[name] = list(value)
        else:
            facts[name] = value
            if name != "digest":
                values[name] = clean_value(value) or None
    return values, facts


# By id -------------------------------------------------------------------------------------------


def _send(client: Api, index: str, actions: Sequence[_Action]) -> None:
    rejected: dict[str, str] = {}
    for batch in _batches(actions):
        waiting = batch
        for attempt in range(_ATTEMPTS):
            waiting = _send_once(client, index, waiting, rejected)
            if not waiting:
                break
            time.sleep(0.1 * 2**attempt)
        else:
            raise SearchUnavailable(ENGINE, "it has too much to do.")
    if rejected:
        raise DocumentsRejected(ENGINE, rejected)


def _send_once(
    client: Api, index: str, actions: Sequence[_Action], rejected: dict[str, str]
) -> list[_Action]:
    """Make one request, and return what the engine was too busy for."""
    body = "".join(action.lines for action in actions)
    answer = client.bulk(body=body, index=index)
    if not answer["errors"]:
        return []
    again = []
    for action, item in zip(actions, answer["items"], strict=True):
        ((_verb, result),) = item.items()
        status = result["status"]
        if status == _BUSY:
            again.append(action)
        elif status >= _REFUSED and status != _NOT_FOUND:
            error = result.get("error") or {}
            message = f"{error.get('type')}: {error.get('reason')}"
            if status >= 500:  # noqa: PLR2004
                raise SearchUnavailable(ENGINE, message)
            rejected[action.id] = message
    return again


def _batches(actions: Iterable[_Action]) -> Iterator[list[_Action]]:
    batch: list[_Action] = []
    size = 0
    for action in actions:
        length = len(action.lines)
        if batch and (len(batch) == _MAX_ACTIONS or size + length > _MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(action)
        size += length
    if batch:
        yield batch


# By bundle or collection -------------------------------------------------------------------------


def _by_query(client: Api, index: str, change: Patch | Remove) -> None:
    # The engine looks up only what searches see.
    client.indices.refresh(index=index)
    body: dict[str, Any] = {"query": _meant(change.where)}
    if isinstance(change, Patch):
        values, facts = _patched(change)
        body["script"] = {"source": _SCRIPT, "params": {"values": values, "facts": facts}}
        ask = client.update_by_query
    else:
        ask = client.delete_by_query
    for _attempt in range(_ATTEMPTS):
        answer = ask(
            index=index, body=body, conflicts="proceed", refresh=True, request_timeout=_LONG
        )
        if answer.get("failures"):
            raise SearchUnavailable(ENGINE, str(answer["failures"][0])[:500])
        if not answer.get("version_conflicts"):
            return
    raise SearchUnavailable(ENGINE, "others change the same documents all the time.")


def _meant(where: Selection) -> dict[str, Any]:
    if where.bundle_uuid is not None:
        return {"term": {"bundle": str(where.bundle_uuid)}}
    return {"term": {"collection": str(where.collection_uuid)}}
