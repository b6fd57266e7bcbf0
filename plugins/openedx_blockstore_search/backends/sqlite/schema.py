"""The tables of one generation."""

from __future__ import annotations

import sqlite3

#: Goes up with every change of the tables or of how texts become words.
VERSION = 1

_STATEMENTS = (
    # UUIDs that many documents share, by a small number.
    "CREATE TABLE IF NOT EXISTS collections (n INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE)",
    # What is filtered and sorted by. Small rows: many of them are looked at.
    """
    CREATE TABLE IF NOT EXISTS documents (
        n INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        bundle TEXT NOT NULL,
        collection INTEGER NOT NULL,
        first_version INTEGER NOT NULL,
        last_version INTEGER,
        kind TEXT NOT NULL,
        bundle_type TEXT NOT NULL,
        block_type TEXT NOT NULL,
        licence TEXT NOT NULL,
        path TEXT NOT NULL,
        language TEXT NOT NULL,
        title TEXT NOT NULL,
        modified REAL NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS by_bundle ON documents (bundle, id)",
    "CREATE INDEX IF NOT EXISTS by_collection ON documents (collection)",
    "CREATE INDEX IF NOT EXISTS by_title ON documents (title, id)",
    "CREATE INDEX IF NOT EXISTS by_time ON documents (modified DESC, id)",
    "CREATE INDEX IF NOT EXISTS by_language ON documents (language)",
    # The documents as they were given, compressed.
    "CREATE TABLE IF NOT EXISTS bodies (n INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    # Values of which a document has many.
    """
    CREATE TABLE IF NOT EXISTS attributes (
        n INTEGER PRIMARY KEY,
        field TEXT NOT NULL,
        value TEXT NOT NULL,
        UNIQUE (field, value)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS document_attributes (
        document INTEGER NOT NULL,
        attribute INTEGER NOT NULL,
        PRIMARY KEY (document, attribute)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS by_attribute ON document_attributes (attribute, document)",
    # Words are made before; they are never split, and never begin or end anywhere else.
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
        title, text, title_stems, text_stems,
        tokenize = "ascii tokenchars '_'", columnsize = 1
    )
    """,
    # Every word that was ever there, to find similar ones. Whether somebody may see a document that
    # has it must be looked up.
    """
    CREATE TABLE IF NOT EXISTS vocabulary (
        length INTEGER NOT NULL,
        word TEXT NOT NULL,
        PRIMARY KEY (length, word)
    ) WITHOUT ROWID
    """,
)


def make(connection: sqlite3.Connection) -> None:
    """Make what is missing of the tables."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _STATEMENTS:
        connection.execute(statement)
    connection.execute("COMMIT")
