"""Finds the taxonomies and tags of an export among those that are here, or makes them.

A taxonomy is known by its ``export_id``, a tag in it by its external identifier, or its value where
it has none. What is here is never renamed, moved or otherwise changed by an import.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from openedx_tagging import api as library
from openedx_tagging.models import ModelSystemDefinedTaxonomy, Tag, Taxonomy

from openedx_blockstore.data import Finding, Severity
from openedx_blockstore_tagging.archive import TAGS, TAXONOMIES, ArchivedTag, ArchivedTaxonomy
from openedx_blockstore_tagging.conf import get_settings
from openedx_blockstore_tagging.exceptions import InvalidTag, TaxonomyNotFound
from openedx_blockstore_tagging.models import ImportedTaxonomy
from openedx_blockstore_tagging.taxonomies import (
    Choice,
    batches,
    find_tags,
    find_taxonomy,
    stored_tags,
)
from openedx_blockstore_tagging.values import check_value, is_text

#: Levels of the library's trees.
_MAX_LEVELS = 4
_MAX_ID = 255


class Unusable(Exception):
    """What an export says of a taxonomy can not be used at all; a finding says why."""


class Matcher:
    """Matches one taxonomy of an export.

    Attributes:
        taxonomy: The one that is here; None where it is not, and may not be made.
        findings: What whoever imports should know.
    """

    def __init__(
        self, export_id: str, archived: ArchivedTaxonomy | None, used: Iterable[ArchivedTag]
    ) -> None:
        """Find the taxonomy, or make it; and its tags.

        Args:
            archived: What the export says of it, if it does.
            used: All of its tags that are on something.

        Raises:
            Unusable: It must not be mixed with the one that is here, or can not be made.
        """
        if not export_id or not is_text(export_id) or len(export_id) > _MAX_ID:
            raise Unusable("A taxonomy has an export identifier that can be none.")
        self.findings: list[Finding] = []
        self.export_id = export_id
        self._archived = archived
        usable = [tag for tag in dict.fromkeys(used) if self._is_usable(tag)]
        self.taxonomy = self._find()
        if self.taxonomy is not None and archived is not None:
            self._compare(self.taxonomy, archived)
        elif self.taxonomy is None and usable:
            self.taxonomy = self._make(archived)
        self._choices = self._choose(usable)

    # The taxonomy ----------------------------------------------------------------------------

    def _find(self) -> Taxonomy | None:
        try:
            return find_taxonomy(self.export_id)
        except TaxonomyNotFound:
            return None

    def _compare(self, here: Taxonomy, archived: ArchivedTaxonomy) -> None:
        rules = (archived.allow_free_text, archived.system_defined)
        if rules != (here.allow_free_text, here.system_defined):
            raise Unusable(
                f"The taxonomy {self.export_id!r} that is here is of another kind than the one in "
                f"the export (free text, system-defined), so their tags were not mixed."
            )
        if here.name.casefold() != archived.name.casefold():
            self._note(
                Severity.INFO,
                "taxonomy-name",
                f"The taxonomy {self.export_id!r} is called {here.name!r} here, and "
                f"{archived.name!r} in the export.",
            )
        if not here.enabled:
            self._note(
                Severity.WARNING,
                "taxonomy-disabled",
                f"The taxonomy {self.export_id!r} is disabled here: its tags were kept, and show "
                f"when it is enabled.",
            )

    def _make(self, archived: ArchivedTaxonomy | None) -> Taxonomy | None:
        may_not = get_settings().IMPORTED_TAXONOMIES == "match"
        if archived is None or archived.system_defined or may_not:
            self._note(
                Severity.WARNING,
                "unknown-taxonomy",
                f"There is no taxonomy {self.export_id!r} here: its tags were kept, and show when "
                f"there is one.",
                "Let somebody on the staff make a taxonomy with this export identifier.",
            )
            return None
        if not is_text(archived.name) or not is_text(archived.description):
            raise Unusable(f"The taxonomy {self.export_id!r} has a name that no database takes.")
        try:
            with transaction.atomic():
                made = library.create_taxonomy(
                    name=archived.name,
                    description=archived.description,
                    allow_multiple=archived.allow_multiple,
                    allow_free_text=archived.allow_free_text,
                    export_id=archived.export_id,
                )
                ImportedTaxonomy.objects.create(taxonomy=made)
        except (ValidationError, IntegrityError) as error:
            # Somebody else may have made it in the meantime.
            if (found := self._find()) is not None:
                return found
            raise Unusable(f"The taxonomy {self.export_id!r} can not be made: {error}.") from error
        return made

    # Its tags --------------------------------------------------------------------------------

    def choices(self, tags: Sequence[ArchivedTag]) -> list[Choice]:
        """Return what is to be set here for tags of the export, each once.

        A tag that is not here, and may not be added, is kept by the library until it is.
        """
        chosen = (self._choices[tag] for tag in tags if tag in self._choices)
        return list({choice.key: choice for choice in chosen}.values())

    def _choose(self, tags: Sequence[ArchivedTag]) -> dict[ArchivedTag, Choice]:
        if self.taxonomy is None or self.taxonomy.allow_free_text:
            return {tag: Choice(None, tag.value.strip()) for tag in tags}
        found = self._match(tags)
        choices: dict[ArchivedTag, Choice] = {}
        for tag in tags:
            here = found.get(tag)
            choices[tag] = Choice(here, here.value if here is not None else tag.value.strip())
            if here is None:
                self._note(
                    Severity.WARNING,
                    "unknown-tag",
                    f"The taxonomy {self.export_id!r} has no tag {tag.value!r} here: it was kept, "
                    f"and shows when there is one.",
                    "Let somebody on the staff add it to the taxonomy.",
                )
        return choices

    def _is_usable(self, tag: ArchivedTag) -> bool:
        try:
            check_value(tag.value)
        except InvalidTag as error:
            self._note(Severity.ERROR, "invalid-tag", str(error), name=TAGS)
            return False
        if tag.id is None or (is_text(tag.id) and len(tag.id) <= _MAX_ID):
            return True
        message = f"The tag {tag.value!r} has an identifier that can be none."
        self._note(Severity.ERROR, "invalid-tag", message, name=TAGS)
        return False

    def _match(self, tags: Sequence[ArchivedTag]) -> dict[ArchivedTag, Tag]:
        assert self.taxonomy is not None
        found = _by_identity(self.taxonomy, tags)
        if len(found) < len(tags) and self._may_grow(self.taxonomy):
            for tag in tags:
                if tag not in found and (added := self._add(tag)) is not None:
                    found[tag] = added
        return found

    def _may_grow(self, taxonomy: Taxonomy) -> bool:
        setting = get_settings().IMPORTED_TAXONOMIES
        if taxonomy.system_defined or setting == "match":
            return False
        made_by_import = ImportedTaxonomy.objects.filter(taxonomy=taxonomy.pk)
        return setting == "extend" or made_by_import.exists()

    def _add(self, tag: ArchivedTag) -> Tag | None:
        """Add a tag to the taxonomy, with those above it that are not there either."""
        assert self.taxonomy is not None
        listed = {each.value: each for each in self._archived.tags} if self._archived else {}
        line = [listed.get(tag.value, tag)]
        while (parent := line[0].parent) is not None and len(line) <= _MAX_LEVELS:
            if parent not in listed or not self._is_usable(listed[parent]):
                return None
            line.insert(0, listed[parent])
        if len(line) > _MAX_LEVELS:
            return None
        here = _by_identity(self.taxonomy, line)
        above: Tag | None = None
        for each in line:
            if each not in here:
                try:
                    with transaction.atomic():
                        value = above.value if above is not None else None
                        here[each] = self.taxonomy.add_tag(each.value.strip(), value, each.id)
                except (ValidationError, IntegrityError, ValueError):
                    return None
            above = here[each]
        return above

    def _note(
        self, severity: Severity, code: str, message: str, mend: str = "", *, name: str = TAXONOMIES
    ) -> None:
        finding = Finding(severity, code, name, None, message, mend)
        if finding not in self.findings:
            self.findings.append(finding)


def _by_identity(taxonomy: Taxonomy, tags: Iterable[ArchivedTag]) -> dict[ArchivedTag, Tag]:
    """Return the tags of a taxonomy's list that are those of an export."""
    wanted = list(tags)
    if taxonomy.system_defined:
        return _of_system(taxonomy, wanted)
    by_id: dict[str, Tag] = {}
    for some in batches([tag.id for tag in wanted if tag.id is not None]):
        rows = taxonomy.tag_set.filter(external_id__in=some)
        by_id.update((str(row.external_id).casefold(), row) for row in rows)
    by_value = stored_tags(taxonomy, [tag.value.strip() for tag in wanted])
    found: dict[ArchivedTag, Tag] = {}
    for tag in wanted:
        here = by_id.get(tag.id.casefold()) if tag.id is not None else None
        here = here or by_value.get(tag.value.strip())
        if here is not None:
            found[tag] = here
    return found


def _of_system(taxonomy: Taxonomy, tags: Sequence[ArchivedTag]) -> dict[ArchivedTag, Tag]:
    found: dict[ArchivedTag, Tag] = {}
    by_value = find_tags(taxonomy, [tag.value for tag in tags])
    for tag in tags:
        here = by_value.get(tag.value)
        # The identifiers of users and other rows mean something else elsewhere.
        if tag.id is not None and not isinstance(taxonomy, ModelSystemDefinedTaxonomy):
            with contextlib.suppress(Tag.DoesNotExist):
                here = taxonomy.tag_for_external_id(tag.id)
        if here is not None:
            found[tag] = here
    return found
