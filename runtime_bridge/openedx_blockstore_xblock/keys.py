"""The keys of learning contexts, of usages of blocks in them, and of definitions.

A *usage* says where a block stands in a learning context: by which mount and links one gets to its
bundle (the *route*), and which block of which file it is. It names the bundle, too, so that the
block itself, to which a learner's state belongs, is known without asking anybody.

Each key is one text without slashes, blanks or anything else that an address would have to quote;
what people have called things is escaped in it (:mod:`..escaping`).
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Self
from uuid import UUID

from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import DefinitionKey, LearningContextKey, UsageKeyV2

from openedx_blockstore_xblock.escaping import escape, unescape

_CONTEXT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,98}")
_KIND = re.compile(r"[a-z][a-z0-9_\-]{0,29}")
_BLOCK_TYPE = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
_VERSION = re.compile(r"v[1-9][0-9]{0,9}")

#: Characters that a context's id may have.
MAX_CONTEXT_ID = 99


def _uuid(text: str) -> UUID:
    uuid = UUID(text)
    if str(uuid) != text:
        raise ValueError(f"{text!r} is not a UUID as it is written here.")
    return uuid


class BlockstoreContextKey(LearningContextKey):
    """A learning context whose content comes out of bundles: ``blockstore:{context_id}``.

    Those of a kind that another package brings are ``blockstore:{kind}~{name}``, where the name is
    whatever text the kind knows the context by, escaped, as in
    ``blockstore:course~course-v1~3aX~2bY~2b1``.
    """

    CANONICAL_NAMESPACE = "blockstore"
    KEY_FIELDS = ("context_id",)
    __slots__ = KEY_FIELDS
    CHECKED_INIT = False

    context_id: str

    def __init__(self, context_id: str) -> None:
        if not (_CONTEXT_ID.fullmatch(context_id) or _is_of_a_kind(context_id)):
            raise InvalidKeyError(type(self), repr(context_id))
        super().__init__(context_id=context_id)  # type: ignore[no-untyped-call]

    @classmethod
    def of_kind(cls, kind: str, name: str) -> Self:
        """Return the key of a context of somebody else's kind.

        Raises:
            InvalidKeyError: The kind is none, or the name is empty or too long.
        """
        return cls(f"{kind}~{escape(name)}")

    @property
    def kind(self) -> str:
        """Whose kind of context it is; empty for those of the bridge."""
        kind, separator, _name = self.context_id.partition("~")
        return kind if separator else ""

    @property
    def name(self) -> str:
        """What its kind knows it by; for those of the bridge the id."""
        _kind, separator, name = self.context_id.partition("~")
        return unescape(name) if separator else self.context_id

    def _to_string(self) -> str:
        return self.context_id

    @classmethod
    def _from_string(cls, serialized: str) -> Self:
        return cls(serialized)


def _is_of_a_kind(context_id: str) -> bool:
    kind, separator, name = context_id.partition("~")
    if not separator or not name or len(context_id) > MAX_CONTEXT_ID:
        return False
    try:
        unescape(name)
    except ValueError:
        return False
    return _KIND.fullmatch(kind) is not None


class BlockstoreDefinitionKey(DefinitionKey):
    """One block of an OLX file in a version or a draft of a bundle.

    ``blockstore-olx:{bundle_uuid}:{version}:{block_type}:{path}:{block_id}``, where the version is
    ``v7``, or the UUID of a draft.

    Attributes:
        path: The file, in its bundle.
        block_id: The block's ``url_name`` within the file; empty for the root of the file.
        version: The number, or None for a draft.
        draft_uuid: The draft, or None for a version.
    """

    CANONICAL_NAMESPACE = "blockstore-olx"
    KEY_FIELDS = ("bundle_uuid", "block_type", "path", "block_id", "version", "draft_uuid")
    __slots__ = KEY_FIELDS
    CHECKED_INIT = False

    bundle_uuid: UUID
    block_type: str
    path: str
    block_id: str
    version: int | None
    draft_uuid: UUID | None

    def __init__(
        self,
        bundle_uuid: UUID,
        block_type: str,
        path: str,
        block_id: str = "",
        *,
        version: int | None = None,
        draft_uuid: UUID | None = None,
    ) -> None:
        _check_block(type(self), block_type, path)
        if (version is None) == (draft_uuid is None):
            raise InvalidKeyError(type(self), "it is of a version or of a draft, and not of both")
        if version is not None and not _VERSION.fullmatch(f"v{version}"):
            raise InvalidKeyError(type(self), repr(version))
        super().__init__(  # type: ignore[no-untyped-call]
            bundle_uuid=bundle_uuid,
            block_type=block_type,
            path=path,
            block_id=block_id,
            version=version,
            draft_uuid=draft_uuid,
        )

    def _to_string(self) -> str:
        version = f"v{self.version}" if self.version is not None else str(self.draft_uuid)
        block = (self.block_type, escape(self.path), escape(self.block_id))
        return ":".join((str(self.bundle_uuid), version, *block))

    @classmethod
    def _from_string(cls, serialized: str) -> Self:
        try:
            bundle_uuid, version, block_type, path, block_id = serialized.split(":")
            numbered = version.startswith("v")
            number = int(version[1:]) if numbered and _VERSION.fullmatch(version) else None
            return cls(
                _uuid(bundle_uuid),
                block_type,
                unescape(path),
                unescape(block_id),
                version=number,
                draft_uuid=None if numbered else _uuid(version),
            )
        except ValueError as error:
            raise InvalidKeyError(cls, serialized) from error


class BlockstoreUsageKey(UsageKeyV2):
    """One block at one place of a learning context.

    ``blockstore-usage:{context}:{block_type}:{bundle_uuid}:{path}:{block_id}:{route}:{place}``.

    Attributes:
        route: The alias of a mount of the context, and the aliases of the links that lead from its
            bundle to the block's, in order.
        place: Tells usages of one block apart where the container says so (the ``usage`` of an
            include); mostly empty.
        bundle_uuid, path, block_id: The block, as in :class:`BlockstoreDefinitionKey`.
    """

    CANONICAL_NAMESPACE = "blockstore-usage"
    KEY_FIELDS = (
        "context_key",
        "block_type",
        "bundle_uuid",
        "path",
        "inner_id",
        "route",
        "place",
    )
    __slots__ = KEY_FIELDS
    CHECKED_INIT = False

    context_key: BlockstoreContextKey
    block_type: str
    bundle_uuid: UUID
    path: str
    inner_id: str
    route: tuple[str, ...]
    place: str

    def __init__(
        self,
        context_key: BlockstoreContextKey,
        block_type: str,
        bundle_uuid: UUID,
        path: str,
        inner_id: str = "",
        *,
        route: tuple[str, ...],
        place: str = "",
    ) -> None:
        _check_block(type(self), block_type, path)
        if not route or not all(route):
            raise InvalidKeyError(type(self), f"the route {route!r} names no mount, or no link")
        super().__init__(  # type: ignore[no-untyped-call]
            context_key=context_key,
            block_type=block_type,
            bundle_uuid=bundle_uuid,
            path=path,
            inner_id=inner_id,
            route=route,
            place=place,
        )

    @property
    def course_key(self) -> BlockstoreContextKey:  # type: ignore[override]
        """Return the context, for blocks that know no other than courses."""
        return self.context_key

    @property
    def block_id(self) -> str:
        """What blocks and the platform take for the block's name: it names the block alone."""
        return self.block_digest[:32]

    @property
    def block_digest(self) -> str:
        """Identifies the block, whatever the version, the place and the context.

        A learner's state is kept under it (and the context), so nothing else may go into it.
        """
        block = f"{self.bundle_uuid}/{self.path}#{self.inner_id}"
        return hashlib.sha256(block.encode("utf-8", "surrogatepass")).hexdigest()

    def html_id(self) -> str:
        """Return what elements of a page may be called for the block.

        Problems keep answers under names that begin with it, so it must be the same wherever the
        block is used.
        """
        return f"b{self.block_id}"

    def in_context(self, context_key: BlockstoreContextKey) -> Self:
        """Return the same place in another context."""
        return type(self)(
            context_key,
            self.block_type,
            self.bundle_uuid,
            self.path,
            self.inner_id,
            route=self.route,
            place=self.place,
        )

    def replace(self, **changes: Any) -> Self:
        """Return the key with other values.

        Blocks that were written for courses take the branch and the version out of a key. There are
        none in this one, so that changes nothing.
        """
        gone = {"branch", "version"}
        changes = {
            name: value for name, value in changes.items() if name not in gone or value is not None
        }
        return type(self)(**{**{name: getattr(self, name) for name in self.KEY_FIELDS}, **changes})

    def map_into_course(self, course_key: Any) -> Self:
        """Return this key; it is of one context only.

        Raises:
            ValueError: The other context is not this one.
        """
        if course_key == self.context_key:
            return self
        raise ValueError(f"{self} is not of {course_key}.")

    def _to_string(self) -> str:
        return ":".join(
            (
                self.context_key.context_id,
                self.block_type,
                str(self.bundle_uuid),
                escape(self.path),
                escape(self.inner_id),
                # An alias has no slash in it, so the plus is free to stand between two.
                escape("/".join(self.route)),
                escape(self.place),
            )
        )

    @classmethod
    def _from_string(cls, serialized: str) -> Self:
        try:
            context_id, block_type, bundle_uuid, path, inner_id, route, place = serialized.split(
                ":"
            )
            return cls(
                BlockstoreContextKey(context_id),
                block_type,
                _uuid(bundle_uuid),
                unescape(path),
                unescape(inner_id),
                route=tuple(unescape(route).split("/")),
                place=unescape(place),
            )
        except ValueError as error:
            raise InvalidKeyError(cls, serialized) from error


def _check_block(key_class: type, block_type: str, path: str) -> None:
    if not _BLOCK_TYPE.fullmatch(block_type):
        raise InvalidKeyError(key_class, f"{block_type!r} is not the type of a block")
    if not path or path.startswith("/"):
        raise InvalidKeyError(key_class, f"{path!r} is not the path of a file")
