"""What can be wrong with tags. Each error says what is, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable

from openedx_blockstore.exceptions import Conflict, Invalid, NotFound


class TaxonomyNotFound(NotFound):
    """No taxonomy has this key."""

    code = "taxonomy_not_found"

    def __init__(self, taxonomy: object) -> None:
        self.taxonomy = taxonomy
        super().__init__(f"There is no taxonomy {taxonomy!r}.")


class TaxonomyDisabled(Invalid):
    """The taxonomy was switched off; nothing can be tagged with it."""

    code = "taxonomy_disabled"

    def __init__(self, taxonomy: str) -> None:
        self.taxonomy = taxonomy
        super().__init__(f"The taxonomy {taxonomy!r} is disabled; enable it, or take another one.")


class TagNotFound(Invalid):
    """A taxonomy that has a list of tags does not have some of them.

    Attributes:
        taxonomy: The taxonomy's ``export_id``.
        values: The values that it does not have.
    """

    code = "tag_not_found"

    def __init__(self, taxonomy: str, values: Iterable[str]) -> None:
        self.taxonomy = taxonomy
        self.values = tuple(values)
        listed = ", ".join(repr(value) for value in self.values[:10])
        more = ", …" if len(self.values) > 10 else ""  # noqa: PLR2004
        super().__init__(
            f"The taxonomy {taxonomy!r} has no tag {listed}{more}; take one that it has, or let "
            f"its owner add it."
        )


class InvalidTag(Invalid):
    """A value that can be no tag."""

    code = "invalid_tag"

    def __init__(self, value: object, reason: str) -> None:
        shown = repr(value)
        self.value = shown if len(shown) <= 200 else f"{shown[:200]}…"  # noqa: PLR2004
        self.reason = reason
        super().__init__(f"{self.value} can not be a tag: {reason}.")


class SingleTagTaxonomy(Invalid):
    """More than one tag of a taxonomy of which everything has one at most."""

    code = "single_tag_taxonomy"

    def __init__(self, taxonomy: str, count: int) -> None:
        self.taxonomy = taxonomy
        self.count = count
        super().__init__(
            f"The taxonomy {taxonomy!r} allows one tag for each thing, and {count:,} were given."
        )


class TooManyTags(Invalid):
    """More tags on one thing than the tagging library allows."""

    code = "too_many_tags"

    def __init__(self, count: int, limit: int) -> None:
        self.count = count
        self.limit = limit
        super().__init__(
            f"There would be {count:,} tags on one thing; the tagging library allows {limit:,} "
            f"of all taxonomies together."
        )


class TagConflict(Conflict):
    """The database refused tags. Nothing was changed."""

    code = "tag_conflict"

    def __init__(self) -> None:
        super().__init__(
            "The database refused these tags, and nothing was changed: two of them are the same to "
            "it (as 'resume' and 'résumé' are to MySQL), or somebody has just changed their "
            "taxonomy. Look at the tags that there are, and try again."
        )


class InvalidPart(Invalid):
    """The key of a part that nothing can have."""

    code = "invalid_part"

    def __init__(self, part: object, reason: str) -> None:
        shown = repr(part)
        self.part = shown if len(shown) <= 200 else f"{shown[:200]}…"  # noqa: PLR2004
        self.reason = reason
        super().__init__(f"{self.part} can not be the key of a part: {reason}.")
