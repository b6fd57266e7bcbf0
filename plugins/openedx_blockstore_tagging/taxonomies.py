"""What the library says of taxonomies, and which tags some values mean in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any, TypeAlias, TypeVar

from attrs import frozen
from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db.models import Q, QuerySet
from openedx_tagging import api as library
from openedx_tagging.models import ObjectTag, Tag, Taxonomy

from openedx_blockstore_tagging.data import AppliedTag, TaxonomyData
from openedx_blockstore_tagging.exceptions import (
    InvalidTag,
    SingleTagTaxonomy,
    TagNotFound,
    TaxonomyDisabled,
    TaxonomyNotFound,
    TooManyTags,
)
from openedx_blockstore_tagging.values import check_value, is_text

T = TypeVar("T")

#: Tags that one thing may have; the library has the number in its code.
MAX_TAGS = 100

#: Values in one statement, of which databases take only so many.
BATCH = 200

#: What is read along with an ``ObjectTag``, so that showing it needs nothing more.
TAG_RELATIONS = ("taxonomy", "tag__parent__parent__parent")

#: Tells two tags of a taxonomy apart: the key of one that is in its list, or else what it says.
TagKey: TypeAlias = int | str

_MAX_KEY = 2**63


@frozen
class Choice:
    """A tag that something is to have.

    Attributes:
        tag: The row in the taxonomy's list; None in one without a list, or for a tag that it lacks.
        value: What people call it.
    """

    tag: Tag | None
    value: str

    @property
    def key(self) -> TagKey:
        """What tells it apart from the others of its taxonomy."""
        return self.tag.pk if self.tag is not None else self.value.casefold()


def key_of(object_tag: ObjectTag) -> TagKey:
    """Return the key of a tag that something has; see :attr:`Choice.key`."""
    return object_tag.tag_id if object_tag.tag_id is not None else object_tag.value.casefold()


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """Yield all items, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


# Taxonomies --------------------------------------------------------------------------------------


def find_taxonomy(taxonomy_id: object) -> Taxonomy:
    """Return a taxonomy, as an object of its own class.

    Raises:
        TaxonomyNotFound: There is none.
    """
    taxonomy = None
    if isinstance(taxonomy_id, int) and not isinstance(taxonomy_id, bool):
        taxonomy = library.get_taxonomy(taxonomy_id) if abs(taxonomy_id) < _MAX_KEY else None
    elif is_text(taxonomy_id):
        taxonomy = library.get_taxonomy_by_export_id(str(taxonomy_id))
        # Some databases find what is equal but for case.
        if taxonomy is not None and taxonomy.export_id != taxonomy_id:
            taxonomy = None
    if taxonomy is None:
        raise TaxonomyNotFound(taxonomy_id)
    return taxonomy


def usable_taxonomy(taxonomy_id: object) -> Taxonomy:
    """Return a taxonomy that one may tag with; as :func:`find_taxonomy`.

    Raises:
        TaxonomyDisabled: It was switched off.
    """
    taxonomy = find_taxonomy(taxonomy_id)
    if not taxonomy.enabled:
        raise TaxonomyDisabled(taxonomy.export_id)
    return taxonomy


def describe_taxonomy(taxonomy: Taxonomy) -> TaxonomyData:
    """Return a taxonomy as a value."""
    return TaxonomyData(
        id=taxonomy.pk,
        export_id=taxonomy.export_id,
        name=taxonomy.name,
        description=taxonomy.description,
        enabled=taxonomy.enabled,
        allow_multiple=taxonomy.allow_multiple,
        allow_free_text=taxonomy.allow_free_text,
        system_defined=taxonomy.cast().system_defined,
    )


# Tags --------------------------------------------------------------------------------------------


def shown(object_tags: str = "object_tag") -> Q:
    """Return the condition under which the library shows tags.

    Their taxonomy is there and enabled, and so are they themselves, unless it has no list.

    Args:
        object_tags: The name of the relation that leads to them.
    """
    named = f"{object_tags}__taxonomy"
    return Q(**{f"{named}__enabled": True}) & (
        Q(**{f"{object_tags}__tag__isnull": False}) | Q(**{f"{named}__allow_free_text": True})
    )


def applied(object_tag: ObjectTag) -> AppliedTag:
    """Return a tag that is shown as a value; its relations are loaded."""
    taxonomy = object_tag.taxonomy
    assert taxonomy is not None
    return AppliedTag(
        taxonomy=taxonomy.export_id,
        taxonomy_id=taxonomy.pk,
        taxonomy_name=taxonomy.name,
        value=object_tag.value,
        lineage=tuple(object_tag.get_lineage()),
        external_id=object_tag.tag.external_id if object_tag.tag is not None else None,
    )


def in_order(tags: Iterable[AppliedTag]) -> tuple[AppliedTag, ...]:
    """Return tags as people look for them: by taxonomy, and there by the tree."""
    return tuple(sorted(tags, key=_order))


def _order(tag: AppliedTag) -> tuple[Any, ...]:
    lineage = tuple(value.casefold() for value in tag.lineage)
    return tag.taxonomy_name.casefold(), tag.taxonomy, lineage, tag.lineage


def tag_and_below(tag_key: int) -> QuerySet[Tag]:
    """Return a tag and all that are below it: whoever has one of those has the tag as well."""
    # The library's trees have four levels.
    return Tag.objects.filter(
        Q(pk=tag_key)
        | Q(parent=tag_key)
        | Q(parent__parent=tag_key)
        | Q(parent__parent__parent=tag_key)
    )


# What values mean --------------------------------------------------------------------------------


def choose(taxonomy: Taxonomy, values: object) -> list[Choice]:
    """Return the tags that some values mean in a taxonomy, each once.

    The library's rules hold: a taxonomy with a list has the value in it, whatever the case; one
    without takes nearly everything.

    Raises:
        InvalidTag: A value can be no tag.
        SingleTagTaxonomy: There are several values, and the taxonomy allows one.
        TagNotFound: The taxonomy does not have some of them.
        TooManyTags: They are more than anything may have.
    """
    texts = _texts(values)
    if taxonomy.allow_free_text:
        choices = [Choice(None, text) for text in texts]
    else:
        choices = _listed(taxonomy, texts)
    unique = list({choice.key: choice for choice in reversed(choices)}.values())[::-1]
    check_count(taxonomy, len(unique))
    return unique


def check_count(taxonomy: Taxonomy, count: int) -> None:
    """Make sure that something may have so many tags of a taxonomy.

    Raises:
        SingleTagTaxonomy: It allows one.
        TooManyTags: They are more than anything may have.
    """
    if count > 1 and not taxonomy.allow_multiple:
        raise SingleTagTaxonomy(taxonomy.export_id, count)
    if count > MAX_TAGS:
        raise TooManyTags(count, MAX_TAGS)


def _texts(values: object) -> list[str]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InvalidTag(values, "tags are given as a list of texts")
    texts: dict[str, None] = {}
    for value in values:
        texts[check_value(value)] = None
        if len(texts) > MAX_TAGS:
            raise TooManyTags(len(texts), MAX_TAGS)
    return list(texts)


def _listed(taxonomy: Taxonomy, values: Sequence[str]) -> list[Choice]:
    found = find_tags(taxonomy, values)
    if missing := [value for value in values if value not in found]:
        raise TagNotFound(taxonomy.export_id, missing)
    return [Choice(found[value], found[value].value) for value in values]


def find_tags(taxonomy: Taxonomy, values: Sequence[str]) -> dict[str, Tag]:
    """Return the tags of a taxonomy by the values that mean them, also those it makes only now."""
    if type(taxonomy).tag_for_value is not Taxonomy.tag_for_value:
        # It makes tags as they are asked for, such as those of languages.
        return {value: tag for value in values if (tag := _made_tag(taxonomy, value)) is not None}
    return stored_tags(taxonomy, values)


def stored_tags(taxonomy: Taxonomy, values: Sequence[str]) -> dict[str, Tag]:
    """Return the tags in a taxonomy's list by the values that mean them, whatever their case."""
    found: dict[str, Tag] = {}
    for some in batches(values):
        condition = reduce(or_, (Q(value__iexact=value) for value in some))
        tags = list(taxonomy.tag_set.filter(condition).select_related("parent__parent__parent"))
        exact = {tag.value: tag for tag in tags}
        folded = {tag.value.casefold(): tag for tag in tags}
        for value in some:
            tag = exact.get(value) or folded.get(value.casefold())
            if tag is not None:
                found[value] = tag
    return found


def _made_tag(taxonomy: Taxonomy, value: str) -> Tag | None:
    try:
        return taxonomy.tag_for_value(value)
    except (ObjectDoesNotExist, MultipleObjectsReturned):
        # Several: users whose names differ in their case only.
        return None
