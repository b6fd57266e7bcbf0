"""A model field that behaves the same on SQLite, MySQL, MariaDB and PostgreSQL."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """Text that is equal only if it is the same code point by code point.

    MySQL and MariaDB take ``A`` for ``a``, unless a column's collation says otherwise.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Add the collation to the column's parameters."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            mariadb = getattr(connection, "mysql_is_mariadb", False)
            parameters["collation"] = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return parameters
