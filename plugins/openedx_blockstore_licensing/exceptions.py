"""The errors of the licensing plugin."""

from __future__ import annotations

from collections.abc import Sequence

from openedx_blockstore.exceptions import Conflict, Invalid, NotFound


class InvalidLicense(Invalid):
    """A licence expression that is none, or that names a licence nobody knows.

    Attributes:
        expression: What was given.
        position: Where in it the fault is, from 0; None where that says nothing.
        suggestions: What may have been meant.
    """

    code = "invalid_license"

    def __init__(
        self,
        expression: object,
        reason: str,
        *,
        position: int | None = None,
        suggestions: Sequence[str] = (),
    ) -> None:
        self.expression = _shortened(expression)
        self.reason = reason
        self.position = position
        self.suggestions = tuple(suggestions)
        where = f" (at character {position + 1})" if position is not None else ""
        mend = f" Did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
        super().__init__(f"{self.expression!r} is no licence: {reason}{where}.{mend}")


class InvalidLicensePath(Invalid):
    """A path or pattern that no file of a version can match."""

    code = "invalid_license_path"

    def __init__(self, path: object, reason: str) -> None:
        self.path = _shortened(path)
        self.reason = reason
        super().__init__(f"{self.path!r} is no path or pattern: {reason}.")


class InvalidVersionRange(Invalid):
    """A span of versions that there can not be."""

    code = "invalid_version_range"

    def __init__(self, first_version: object, last_version: object) -> None:
        self.first_version = _shortened(first_version)
        self.last_version = None if last_version is None else _shortened(last_version)
        super().__init__(
            f"Versions {self.first_version} to {self.last_version or 'the latest'} are no span: "
            f"give whole numbers from 1 on, the first one not after the last one."
        )


class InvalidPublisher(Invalid):
    """Something that can not be said of a publisher."""

    code = "invalid_publisher"

    def __init__(self, iri: object, reason: str) -> None:
        self.iri = _shortened(iri)
        self.reason = reason
        super().__init__(f"The publisher {self.iri!r} is not possible: {reason}.")


class PublisherNotFound(NotFound):
    """No publisher has this IRI."""

    code = "publisher_not_found"

    def __init__(self, iri: object) -> None:
        self.iri = _shortened(iri)
        super().__init__(f"There is no publisher {self.iri!r}.")


class PublisherInUse(Conflict):
    """A publisher that others are a part of can not be deleted."""

    code = "publisher_in_use"

    def __init__(self, iri: str, children: Sequence[str]) -> None:
        self.iri = iri
        self.children = tuple(children)
        super().__init__(
            f"{', '.join(children)} are part of the publisher {iri!r}; give them another parent "
            f"first."
        )


def _shortened(value: object, length: int = 200) -> str:
    # Half of a surrogate pair is in no answer either.
    text = str(value).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= length else f"{text[:length]}…"
