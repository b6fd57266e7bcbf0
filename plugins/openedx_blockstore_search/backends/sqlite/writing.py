"""Changes of a generation, done in one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar
from uuid import UUID

from attrs import evolve

from openedx_blockstore.plugin_api.search_backends import (
    Change,
    Patch,
    Put,
    Remove,
    SearchDocument,
    Selection,
)
from openedx_blockstore_search.backends.bodies import pack, to_time, unpack
from openedx_blockstore_search.backends.languages import has_stemmer, stemmed_language
from openedx_blockstore_search.backends.texts import (
    clean_text,
    clean_value,
    filter_values,
    sort_key,
)
from openedx_blockstore_search.backends.words import (
    fold,
    is_unspaced,
    stem_of,
    written_words,
)

Item = TypeVar("Item")

#: Words of which similar ones are looked for.
_SPELLED = range(3, 41)

_INSERT = """
    INSERT INTO documents (
        n, id, bundle, collection, first_version, last_version, kind, bundle_type, block_type,
        licence, path, language, title, modified
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

#: Documents that are rewritten at a time.
_BATCH = 500


def write(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    """Do changes in their order, within the connection's transaction."""
    for kind, group in groupby(changes, key=type):
        if kind is Put:
            _put([change.document for change in group if isinstance(change, Put)], connection)
            continue
        for change in group:
            if isinstance(change, Patch):
                _patch(connection, change)
            elif isinstance(change, Remove):
                for numbers in _batches(_numbers(connection, change.where)):
                    _delete(connection, numbers)


def _put(documents: Iterable[SearchDocument], connection: sqlite3.Connection) -> None:
    # Of those with one id, the last one counts.
    by_id = {document.id: document for document in documents}
    for ids in _batches(list(by_id)):
        stored = {
            row[0]: (row[1], row[2])
            for row in connection.execute(
                "SELECT id, documents.n, body FROM documents JOIN bodies ON bodies.n = documents.n "
                "WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(ids),),
            )
        }
        packed = {id_: pack(by_id[id_]) for id_ in ids}
        changed = [id_ for id_ in ids if id_ not in stored or stored[id_][1] != packed[id_]]
        _delete(connection, [stored[id_][0] for id_ in changed if id_ in stored])
        _insert(connection, [(by_id[id_], packed[id_]) for id_ in changed])


def _patch(connection: sqlite3.Connection, change: Patch) -> None:
    """Change attributes, which are none that words are made of."""
    for numbers in _batches(_numbers(connection, change.where)):
        wanted = json.dumps(numbers)
        rows = connection.execute(
            "SELECT n, body FROM bodies WHERE n IN (SELECT value FROM json_each(?))", (wanted,)
        ).fetchall()
        updates, bodies, tagged = [], [], []
        for number, body in rows:
            old = unpack(body)
            new = evolve(old, **change.values)
            if new == old:
                continue
            if new.tags != old.tags:
                tagged.append((number, new))
            collection = _collection(connection, new.collection_uuid)
            updates.append(
                (
                    new.last_version,
                    collection,
                    clean_value(new.bundle_type),
                    clean_value(new.licence),
                    number,
                )
            )
            bodies.append((pack(new), number))
        connection.executemany(
            "UPDATE documents SET last_version = ?, collection = ?, bundle_type = ?, licence = ? "
            "WHERE n = ?",
            updates,
        )
        connection.executemany("UPDATE bodies SET body = ? WHERE n = ?", bodies)
        connection.executemany(
            "DELETE FROM document_attributes WHERE document = ?", [(n,) for n, _ in tagged]
        )
        _insert_attributes(connection, tagged)


def _numbers(connection: sqlite3.Connection, where: Selection) -> list[int]:
    """Return the numbers of the documents that are meant."""
    if where.bundle_uuid is not None:
        condition, value = "bundle = ?", str(where.bundle_uuid)
    elif where.collection_uuid is not None:
        condition = "collection = (SELECT n FROM collections WHERE uuid = ?)"
        value = str(where.collection_uuid)
    else:
        condition, value = "id IN (SELECT value FROM json_each(?))", json.dumps(where.ids)
    rows = connection.execute(f"SELECT n FROM documents WHERE {condition}", (value,))  # noqa: S608
    return [row[0] for row in rows]


def _delete(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    rows = [(number,) for number in numbers]
    for table, column in (
        ("words", "rowid"),
        ("document_attributes", "document"),
        ("bodies", "n"),
        ("documents", "n"),
    ):
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)  # noqa: S608


def _insert(
    connection: sqlite3.Connection, documents: Sequence[tuple[SearchDocument, bytes]]
) -> None:
    if not documents:
        return
    first = connection.execute("SELECT coalesce(max(n), 0) + 1 FROM documents").fetchone()[0]
    rows, bodies, words = [], [], []
    vocabulary: set[str] = set()
    for number, (document, body) in enumerate(documents, start=first):
        language = stemmed_language(document.languages)
        collection = _collection(connection, document.collection_uuid)
        rows.append(_row(number, document, language, collection))
        bodies.append((number, body))
        written = [written_words(each) for each in (document.title, clean_text(document.text))]
        exact = [[fold(word) for word in each] for each in written]
        if has_stemmer(language):
            stems = [[stem_of(language, word) for word in each] for each in written]
        else:
            stems = [[], []]
        words.append((number, *(" ".join(each) for each in (*exact, *stems))))
        vocabulary.update(*exact)
    connection.executemany(_INSERT, rows)
    connection.executemany("INSERT INTO bodies (n, body) VALUES (?, ?)", bodies)
    connection.executemany(
        "INSERT INTO words (rowid, title, text, title_stems, text_stems) VALUES (?, ?, ?, ?, ?)",
        words,
    )
    _insert_attributes(
        connection, list(enumerate((document for document, _ in documents), start=first))
    )
    connection.executemany(
        "INSERT OR IGNORE INTO vocabulary (length, word) VALUES (?, ?)",
        [(len(word), word) for word in sorted(vocabulary) if _is_spelled(word)],
    )


def _row(
    number: int, document: SearchDocument, language: str, collection: int
) -> tuple[object, ...]:
    return (
        number,
        document.id,
        str(document.bundle_uuid),
        collection,
        document.first_version,
        document.last_version,
        document.kind,
        clean_value(document.bundle_type),
        clean_value(document.block_type),
        clean_value(document.licence),
        clean_value(document.path),
        language,
        sort_key(document.title),
        to_time(document.modified_at),
    )


def _is_spelled(word: str) -> bool:
    return len(word) in _SPELLED and not is_unspaced(word) and not word.isdigit()


def _insert_attributes(
    connection: sqlite3.Connection, documents: Sequence[tuple[int, SearchDocument]]
) -> None:
    wanted = [
        (number, field, value)
        for number, document in documents
        for field, values in filter_values(document).items()
        for value in values
    ]
    connection.executemany(
        "INSERT OR IGNORE INTO attributes (field, value) VALUES (?, ?)",
        sorted({(field, value) for _, field, value in wanted}),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO document_attributes (document, attribute) "
        "SELECT ?, n FROM attributes WHERE field = ? AND value = ?",
        wanted,
    )


def _collection(connection: sqlite3.Connection, uuid: UUID) -> int:
    row = connection.execute("SELECT n FROM collections WHERE uuid = ?", (str(uuid),)).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO collections (uuid) VALUES (?) RETURNING n", (str(uuid),)
        ).fetchone()
    number: int = row[0]
    return number


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for at in range(0, len(items), _BATCH):
        yield items[at : at + _BATCH]
