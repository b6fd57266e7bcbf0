"""Lets the library's own pages and REST API show our tags to those alone who may see the content.

Tags follow the roles on the collection. The library asks two questions about the name of a tagged
object; for names of ours they are answered here, and for all others by whoever answered them
before, such as Studio. Nobody changes our tags through the library: it knows no versions.
"""

from __future__ import annotations

from typing import Any

import openedx_tagging.rules  # noqa: F401  (its rules are to be there first)
import rules

from openedx_blockstore.models_api import Collection
from openedx_blockstore.plugin_rest import User, may
from openedx_blockstore_tagging.models import BundleTag, CollectionTag
from openedx_blockstore_tagging.object_ids import PREFIX

_VIEW = "oel_tagging.view_objecttag_objectid"
_CHANGES = ("oel_tagging.change_objecttag_objectid", "oel_tagging.remove_objecttag_objectid")


def may_view(user: User, object_id: str) -> bool:
    """Tell whether a user may see the tags under a name of ours.

    Names under which there are none are answered as those that one may not see.
    """
    collection = _collection_of(object_id)
    return collection is not None and may(user, "read", collection)


def _collection_of(object_id: str) -> Collection | None:
    bundles = BundleTag.objects.filter(
        object_tag__object_id=object_id, bundle__deleted_at=None
    ).select_related("bundle__collection")
    if (row := bundles.first()) is not None:
        return row.bundle.collection
    collections = CollectionTag.objects.filter(object_tag__object_id=object_id)
    tagged = collections.select_related("collection").first()
    return tagged.collection if tagged is not None else None


def _is_ours(object_id: Any) -> bool:
    return isinstance(object_id, str) and object_id.startswith(PREFIX)


def _answered(name: str, answer: Any) -> None:
    """Answer a question of the library for names of ours, and leave the others as they were."""
    before: Any = rules.permissions.permissions.get(name)

    def ask(user: User, object_id: Any = None) -> bool:
        if _is_ours(object_id):
            return bool(answer(user, object_id))
        return bool(before is not None and before.test(user, object_id))

    rules.set_perm(name, rules.predicate(ask, name=f"blockstore:{name}"))


def _never(_user: User, _object_id: str) -> bool:
    return False


_answered(_VIEW, may_view)
for _name in _CHANGES:
    _answered(_name, _never)
