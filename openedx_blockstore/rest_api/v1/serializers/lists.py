"""The forms of lists and of single things whose fields can be chosen."""

from __future__ import annotations

import copy
import functools
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from openedx_blockstore.rest_api.v1.serializers.common import page_of

_Form = type[serializers.Serializer[Any]]


@functools.cache
def sparse(form: _Form) -> _Form:
    """Return a form of which a caller may choose the fields, so that none is always there."""
    fields: dict[str, Any] = {}
    for name, field in form().fields.items():
        if isinstance(field, serializers.Serializer):
            fields[name] = sparse(type(field))(required=False)
        else:
            fields[name] = copy.deepcopy(field)
            fields[name].required = False
    name = f"Sparse{form.__name__}"
    return type(
        name, (serializers.Serializer,), {"__doc__": form.__doc__, "__module__": __name__, **fields}
    )


def sparse_page_of(form: _Form) -> Any:
    """Return the form of a page of things whose fields can be chosen."""
    return page_of(sparse(form))


def list_of(form: _Form) -> Any:
    """Return the form of a list of the first Blockstore.

    It is an array of everything, unless pages are asked for.
    """
    item = sparse(form)
    return PolymorphicProxySerializer(
        component_name=form.__name__.removesuffix("Serializer") + "List",
        serializers=[page_of(item), item(many=True)],
        resource_type_field_name=None,
        many=False,
    )
