"""What the bridge refuses, and what is not there. All are errors of Blockstore."""

from __future__ import annotations

from collections.abc import Sequence

from openedx_blockstore.exceptions import Conflict, Invalid, NotFound


class LearningContextNotFound(NotFound):
    """There is no such learning context, or nobody who knows about its kind."""

    code = "learning_context_not_found"

    def __init__(self, context_key: object) -> None:
        self.context_key = str(context_key)
        super().__init__(f"There is no learning context {context_key}.")


class MountNotFound(NotFound):
    """The learning context mounts nothing under this alias."""

    code = "mount_not_found"

    def __init__(self, context_key: object, alias: str) -> None:
        self.context_key = str(context_key)
        self.alias = alias
        super().__init__(f"Learning context {context_key} mounts nothing as {alias!r}.")


class BlockNotFound(NotFound):
    """The file, or the block in it, is not where the usage says; or the way to it is gone.

    Attributes:
        reason: What is missing, as a part of a sentence.
    """

    code = "block_not_found"

    def __init__(self, usage_key: object, reason: str) -> None:
        self.usage_key = str(usage_key)
        self.reason = reason
        super().__init__(f"There is no block {usage_key}: {reason}.")


class LearningContextExists(Conflict):
    """There is a learning context with this key already."""

    code = "learning_context_exists"

    def __init__(self, context_key: object) -> None:
        self.context_key = str(context_key)
        super().__init__(f"There is a learning context {context_key} already.")


class BadOlx(Invalid):
    """The OLX of a block can not be used.

    Attributes:
        file: The path of the file, in its bundle.
        line: Where in the file, from 1; None where that says nothing.
        reason: What is wrong, as a part of a sentence.
    """

    code = "bad_olx"

    def __init__(self, file: str, reason: str, *, line: int | None = None) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        place = f"{file}:{line}" if line is not None else file
        super().__init__(f"The OLX in {place} can not be used: {reason}.")


class MalformedOlx(BadOlx):
    """A file is no well-formed XML, or asks a parser for more than to read it."""


class EditConflict(Conflict):
    """Others have changed a block since somebody began to edit it. Nothing was changed by this.

    Attributes:
        mine: What was to be written; of a block whose text is in another file, that text.
        theirs: What is there now, likewise.
        digest: The digest of what is there now: the base of a change that is to replace it.
    """

    code = "edit_conflict"

    def __init__(self, usage_key: object, *, mine: str, theirs: str, digest: str) -> None:
        self.usage_key = str(usage_key)
        self.mine = mine
        self.theirs = theirs
        self.digest = digest
        super().__init__(
            "Somebody else has changed this block since you began. Nothing was saved; put both "
            "texts together and save again."
        )


class ReadOnlyBlock(Invalid):
    """Authored fields were changed where nothing can be saved: in what learners see.

    Attributes:
        fields: The names of the fields.
    """

    code = "read_only_block"

    def __init__(self, usage_key: object, fields: Sequence[str]) -> None:
        self.usage_key = str(usage_key)
        self.fields = tuple(fields)
        super().__init__(f"{usage_key}: {', '.join(fields)} can not be changed here.")


class UnwritableField(Invalid):
    """A field of a block can not be written as OLX without losing something.

    Attributes:
        block_type: The block's type.
        field: The field; several names where it is not known which one it is.
    """

    code = "unwritable_field"

    def __init__(self, block_type: str, field: str, reason: str) -> None:
        self.block_type = block_type
        self.field = field
        self.reason = reason
        super().__init__(
            f"The field {field!r} of a {block_type!r} can not be written: {reason.rstrip('.')}."
        )


class InvalidContext(Invalid):
    """A learning context can not be made or changed as asked for."""

    code = "invalid_learning_context"


class HandlerNotFound(NotFound):
    """The address of a handler was not made here, or too long ago; or a block has no such one."""

    code = "handler_not_found"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(
            "This address has expired or was never good. Load the page again."
            if name is None
            else f"The block has no handler {name!r:.80}."
        )


class BlockTypeNotInstalled(Invalid):
    """No installed package has blocks of this type, or it can not be loaded here.

    Attributes:
        cause: What kept the package from being loaded; empty where there is none.
    """

    code = "block_type_not_installed"

    def __init__(self, block_type: str, *, file: str, cause: str = "") -> None:
        self.block_type = block_type
        self.file = file
        self.cause = cause
        super().__init__(
            f"The package of the blocks of the type {block_type!r}, of which there is one in "
            f"{file}, can not be loaded here: {cause}"
            if cause
            else f"No installed package has blocks of the type {block_type!r}, of which there is "
            f"one in {file}: install the package that has."
        )


class InvalidPreview(Invalid):
    """What is asked for can not be looked at: two things at once, or something that is none."""

    code = "invalid_preview"


class ViewNotFound(NotFound):
    """A block can not be shown in this way."""

    code = "view_not_found"

    def __init__(self, usage_key: object, view: str) -> None:
        self.usage_key = str(usage_key)
        self.view = view
        super().__init__(f"{usage_key} has no view {view!r}.")
