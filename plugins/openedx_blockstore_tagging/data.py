"""The values that the functions of this plugin take and return."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from attrs import field, frozen


@frozen
class TaxonomyData:
    """A set of tags, or of rules for them.

    Attributes:
        export_id: Identifies the taxonomy wherever it is.
        allow_multiple: Something may have more than one tag of it.
        allow_free_text: There is no list of tags: whatever one writes is one.
        system_defined: Its tags follow from the system, such as languages.
    """

    id: int
    export_id: str
    name: str
    description: str = ""
    enabled: bool = True
    allow_multiple: bool = True
    allow_free_text: bool = False
    system_defined: bool = False


@frozen
class AppliedTag:
    """A tag that something has, as its taxonomy calls it now.

    Attributes:
        taxonomy: The ``export_id`` of its taxonomy.
        taxonomy_id: The taxonomy's key in this database.
        taxonomy_name: What people call the taxonomy.
        value: What people call the tag.
        lineage: The values of the tags above it, the outermost first, and its own.
        external_id: Identifies the tag in its taxonomy wherever that is; None where nobody said.
    """

    taxonomy: str
    taxonomy_id: int
    taxonomy_name: str
    value: str
    lineage: tuple[str, ...]
    external_id: str | None = None


@frozen
class BundleTags:
    """The tags of one version of a bundle.

    Attributes:
        tags: Those of the bundle as a whole.
        parts: Those of its parts, by their keys; only parts that have some.
    """

    tags: tuple[AppliedTag, ...] = ()
    parts: Mapping[str, tuple[AppliedTag, ...]] = field(factory=dict)


@frozen
class TagSpan:
    """A tag, and the versions of a bundle for which it holds.

    Attributes:
        part: The key of the part that has it; empty for the bundle as a whole.
        last_version: The last of them; None while it holds for the latest.
    """

    tag: AppliedTag
    part: str
    first_version: int
    last_version: int | None


@frozen
class TaggedBundle:
    """A bundle in a list of those with some tag.

    Attributes:
        key: Grows from one to the next; ``after`` takes it.
        parts: The keys of the parts with the tag, sorted.
        whole: The bundle as a whole has the tag.
    """

    key: int
    bundle_uuid: UUID
    whole: bool
    parts: tuple[str, ...] = ()


@frozen
class TaggedCollection:
    """A collection in a list of those with some tag.

    Attributes:
        key: Grows from one to the next; ``after`` takes it.
    """

    key: int
    collection_uuid: UUID
