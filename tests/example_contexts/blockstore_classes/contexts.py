"""Classes as learning contexts: what they mount, what is due when, and who is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from blockstore_classes.models import SchoolClass
from openedx_blockstore.plugin_rest import User
from openedx_blockstore_xblock.plugin_api import (
    BlockstoreContextKey,
    BlockstoreUsageKey,
    LearningContextData,
    LearningContextKind,
    LearningContextNotFound,
    MountData,
    authors_mount,
)


class SchoolClasses(LearningContextKind):
    """Classes of a school: ``blockstore:class~{name}``."""

    def describe(self, context_key: BlockstoreContextKey) -> LearningContextData:
        """Return a class, which mounts one bundle."""
        found = _find(context_key)
        mount = MountData("lessons", found.bundle.uuid)
        return LearningContextData(context_key, found.title, mounts=(mount,))

    def settings(
        self, context_key: BlockstoreContextKey, usage_keys: Iterable[BlockstoreUsageKey]
    ) -> Mapping[BlockstoreUsageKey, Mapping[str, Any]]:
        """Return that all of it is due on one day."""
        due = _find(context_key).due
        return {key: {"due": due.isoformat()} for key in usage_keys} if due is not None else {}

    def may_view(self, user: User, context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Tell whether somebody is in the class."""
        if not user.is_active:
            return False
        found = _find(context_key)
        return found.teacher.pk == user.pk or found.pupils.filter(pk=user.pk).exists()

    def may_author(self, user: User, context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Tell whether somebody is an author of the bundle, by a role on its collection."""
        return authors_mount(user, mount)

    def may_administer(self, user: User, context_key: BlockstoreContextKey) -> bool:
        """Tell whether somebody is the teacher."""
        return user.is_active and _find(context_key).teacher.pk == user.pk


def _find(context_key: BlockstoreContextKey) -> SchoolClass:
    rows = SchoolClass.objects.select_related("bundle", "teacher")
    name = context_key.name
    found = rows.filter(name=name).first() if name.isprintable() else None
    if found is None:
        raise LearningContextNotFound(context_key)
    return found
