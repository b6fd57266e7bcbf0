"""Describes the operations of a view for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular import utils

from openedx_blockstore.rest_api.schema import BlockstoreSchema

F = TypeVar("F", bound=Callable[..., Any])


def extend_schema(**description: Any) -> Callable[[F], F]:
    """Describe a method of a view; as the function of drf-spectacular with this name.

    That one builds upon the class that the host has set, which may be of another library.
    """

    def extend(method: F) -> F:
        method.kwargs = {"schema": BlockstoreSchema}  # type: ignore[attr-defined]
        return utils.extend_schema(**description)(method)

    return extend
