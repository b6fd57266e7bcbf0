"""Model fields that behave the same on SQLite, MySQL, MariaDB and PostgreSQL."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class CodePointCharField(models.CharField):  # type: ignore[type-arg]
    """Text that is equal only if it is the same code point by code point.

    SQLite and PostgreSQL compare so by default. MySQL and MariaDB would take ``A`` for ``a``, and
    ``a`` for ``a`` with a blank after it, so they get a collation that does neither.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Add the collation to the column's parameters."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            mariadb = getattr(connection, "mysql_is_mariadb", False)
            parameters["collation"] = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return parameters


class DigestField(models.CharField):  # type: ignore[type-arg]
    """A SHA-256 in lower-case hexadecimal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 64
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Describe the field to migrations."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs
