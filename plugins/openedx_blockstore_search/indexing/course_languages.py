"""The language of a course is that of everything in it which does not say otherwise.

What is in a course lies in other bundles, which do not know the course. So whenever a course is
indexed, the bundles that it links to get its language, unless another course's came first.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from openedx_blockstore import api
from openedx_blockstore.models_api import Bundle
from openedx_blockstore_search.indexing.known import batches
from openedx_blockstore_search.models import IndexedBundle, IndexedPart
from openedx_blockstore_search.parts.vocabulary import COURSE_TYPES

_FILES = ("course.xml", "library.xml")


def find_course_languages(uuids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the bundles that are to have another language than they have, with that language.

    Args:
        uuids: Those that were just indexed; the courses among them matter.
    """
    languages: dict[UUID, str] = {}
    rows = IndexedBundle.objects.filter(
        bundle__uuid__in=uuids, bundle_type__in=COURSE_TYPES, version__gt=0
    )
    for row in rows.select_related("bundle"):
        part = IndexedPart.objects.filter(bundle=row.bundle, path__in=_FILES).first()
        language = part.language if part is not None else ""
        if language or row.language:
            languages |= _changes(row.bundle, row.language, language)
    return languages


def _changes(course: Bundle, before: str, language: str) -> dict[UUID, str]:
    links = api.get_bundle_contents(course.uuid).links
    others = {link.bundle_uuid for link in links.values()} - {course.uuid}
    changes = {course.uuid: language} if before != language else {}
    for some in batches(sorted(others)):
        rows = IndexedBundle.objects.filter(
            bundle__uuid__in=some, bundle__deleted_at=None, language__in={"", before} - {language}
        )
        changes |= dict.fromkeys(rows.values_list("bundle__uuid", flat=True), language)
    return changes
