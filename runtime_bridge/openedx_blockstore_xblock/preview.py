"""Previews: a mount looked at in another state than the one in which learners meet it.

Whatever happens in a preview is the looker's own and does not last: nothing is read from learners'
tables, nothing is written to them, and nobody is told of answers and grades.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Self

from attrs import frozen
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from openedx_blockstore_xblock.conf import get_settings
from openedx_blockstore_xblock.exceptions import InvalidPreview

#: What ``version`` may say in an address, beside a number.
LATEST = "latest"
MOUNTED = "mounted"

#: The parameters of an address.
NAMES = ("version", "draft", "as_of")

_MAX_DRAFT_NAME = 180
_MAX_VERSION = 2**31 - 1

# What every database can compare with.
_FIRST_YEAR = 1900


@frozen
class Preview:
    """How a mount is looked at: at most one of these is given.

    Without any it is what learners see, only that nothing lasts.

    Attributes:
        version: A version of the mounted bundle.
        latest: Its latest version, whichever the mount is pinned to.
        as_of: A moment, with a time zone: the version that was the latest then.
        draft: The name of a draft: what is staged in it lies over the latest version; and over
            what the links lead to, where lenders have a draft of this name with changes, too.
    """

    version: int | None = None
    draft: str = ""
    as_of: datetime | None = None
    latest: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse what can not be looked at."""
        given = [self.version is not None, bool(self.draft), self.as_of is not None, self.latest]
        if sum(given) > 1:
            raise InvalidPreview("Give one of a version, a draft and a date.")
        if self.version is not None and not 0 < self.version <= _MAX_VERSION:
            raise InvalidPreview(f"{self.version} is not the number of a version.")
        if len(self.draft) > _MAX_DRAFT_NAME or "\0" in self.draft:
            raise InvalidPreview(f"{self.draft!r:.80} is not the name of a draft.")
        if self.as_of is not None and self.as_of.tzinfo is None:
            raise InvalidPreview(f"{self.as_of} has no time zone.")

    @property
    def query(self) -> dict[str, str]:
        """The parameters that an address has for this; :meth:`from_query` reads them."""
        if self.draft:
            return {"draft": self.draft}
        if self.as_of is not None:
            return {"as_of": self.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z")}
        if self.version is not None:
            return {"version": str(self.version)}
        return {"version": LATEST if self.latest else MOUNTED}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self | None:
        """Return what the parameters of an address ask for; None where they ask for nothing.

        ``version`` is a number, ``latest``, or ``mounted``; ``draft`` a name; ``as_of`` a date
        (which means its end) or a moment, in ISO 8601.

        Raises:
            InvalidPreview: They make no sense.
        """
        version, draft, as_of = (query.get(name, "").strip() for name in NAMES)
        if not (version or draft or as_of):
            return None
        if version == MOUNTED and not (draft or as_of):
            return cls()
        return cls(
            version=_number(version) if version not in {"", LATEST} else None,
            latest=version == LATEST,
            draft=draft,
            as_of=_moment(as_of) if as_of else None,
        )


def default_preview() -> Preview | None:
    """Return how this process looks at mounts where nobody asks for anything: Studio at drafts."""
    settings = get_settings()
    return Preview(draft=settings.DRAFT) if settings.READS == "draft" else None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_VERSION))):
        raise InvalidPreview(
            f"{text!r:.80} is not a version: give its number, {LATEST!r} or {MOUNTED!r}."
        )
    return int(text)


def _moment(text: str) -> datetime:
    # A plus sign in an address means a blank, unless somebody has quoted it.
    text = text.replace(" ", "+") if "T" in text else text
    try:
        day = parse_date(text)
        found = datetime.combine(day, time.max) if day is not None else parse_datetime(text)
        if found is not None and found.year >= _FIRST_YEAR:
            aware = found if timezone.is_aware(found) else timezone.make_aware(found)
            return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidPreview(
        f"{text!r:.80} is not a date: write it as 2026-05-31, or as 2026-05-31T12:00:00Z."
    )


__all__ = ["LATEST", "MOUNTED", "NAMES", "Preview", "default_preview"]
