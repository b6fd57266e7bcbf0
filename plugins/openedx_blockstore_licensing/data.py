"""The values that the licensing plugin takes and returns: frozen, comparable, without behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.data import Finding

#: What somebody wants to do with a work; see :func:`~openedx_blockstore_licensing.api.check`.
Use = Literal["link", "copy", "publish"]

#: Where it was said under which licence a version is.
LicenseSource = Literal["author", "copy", "import", "collection", "olx", ""]


class LicenseGroup(StrEnum):
    """How licences are grouped where they are offered; in this order."""

    CREATIVE_COMMONS = "creative-commons"
    RESERVED = "reserved"
    #: The installation's own, by its settings.
    EXTRA = "extra"
    SPDX = "spdx"


@frozen
class LicenseData:
    """A licence that content can be under.

    Attributes:
        key: Its SPDX identifier.
        name: What people call it.
        label: The same, short enough for a credit line.
        url: Where it can be read; empty where it can not.
        deed: What it means, in a sentence or two; empty where nobody has said so.
    """

    key: str
    name: str
    label: str
    url: str
    deed: str
    group: LicenseGroup


class Verdict(StrEnum):
    """What the rules say to some use of a work, the best first."""

    #: Without more ado.
    YES = "yes"
    #: As long as the conditions are met that the reasons name.
    CONDITIONS = "conditions"
    #: It is permitted, but leads to what others will hardly get right.
    DISCOURAGED = "discouraged"
    #: The rules do not say; somebody has to look.
    UNKNOWN = "unknown"
    #: Not without the permission of whoever holds the rights.
    NO = "no"


@frozen
class Reason:
    """Why a use is permitted or not.

    Attributes:
        code: A stable word for machines.
        source: Where that stands; empty where it stands in the licence itself.
    """

    code: str
    message: str
    source: str = ""


@frozen
class CheckData:
    """What is to be said to a use of a work. It is advice; nothing is ever refused for it.

    Attributes:
        license: The licence of the work, as an expression; empty where nobody has said.
        into: The licence of what it becomes part of, or under which it is published.
    """

    use: Use
    license: str
    into: str
    verdict: Verdict
    reasons: tuple[Reason, ...]


@frozen
class PublisherData:
    """Who publishes content, such as a university or a department of one.

    Attributes:
        iri: Identifies the publisher everywhere.
        id_string: A short name such as ``HarvardX``; others may have the same.
        logo: The address of a picture.
        home_page: The address of a page for people.
        parent: The IRI of the publisher that this one is a part of, or None.
    """

    iri: str
    name: str
    id_string: str = ""
    logo: str = ""
    home_page: str = ""
    parent: str | None = None


@frozen
class CollectionLicenseData:
    """The licence of a collection from some time on.

    Attributes:
        expression: Empty where nobody has said anything (any more).
        since: From when on (aware, UTC): for the versions made then and later.
        actor: The name of the user who said so.
    """

    expression: str
    since: datetime
    actor: str = ""


@frozen
class BundleLicenseData:
    """The licence of a span of a bundle's versions, or of some files in them.

    Attributes:
        expression: The licence.
        path: A path, a folder that ends in a slash, or a pattern with ``*`` and ``?``; empty for
            the whole bundle.
        first_version: The first version it holds for.
        last_version: The last one; None while it holds for the latest.
        source: Whether an author said so, or it came along with a copy or an import, or stands in
            the OLX.
    """

    expression: str
    path: str
    first_version: int
    last_version: int | None
    source: LicenseSource


@frozen
class VersionLicense:
    """The licence that a version is under.

    Attributes:
        expression: Empty where nobody has said anything.
        source: Where it was said.
        paths: The licences of single files, by path or pattern.
    """

    expression: str = ""
    source: LicenseSource = ""
    paths: Mapping[str, str] = field(factory=dict)


@frozen
class Credit:
    """Who is to be named for a version of a work, and for what it was made of.

    Attributes:
        bundle_uuid: The bundle, where the work is from; it may be of another installation.
        author: Who is credited; empty where nobody has said.
        owner: Who owns it legally.
        publisher: The publisher, as it was known.
        license: The licence of the whole as an expression; empty where nobody has said.
        url: The address of a page about it, where it is from; empty for none.
        derived_from: What it was copied from.
    """

    bundle_uuid: UUID
    version: int
    title: str
    author: str = ""
    owner: str = ""
    publisher: PublisherData | None = None
    license: str = ""
    url: str = ""
    derived_from: tuple[Derived, ...] = ()


@frozen
class Derived:
    """A work that another one was made of.

    Attributes:
        origin: The work, as it was when it was copied.
        modified: What was made of it is not the same any more.
    """

    origin: Credit
    modified: bool


@frozen
class DerivationData:
    """What a span of a bundle's versions was made of.

    Attributes:
        kind: Whether it was copied here, imported, or somebody said so.
    """

    origin: Credit
    first_version: int
    last_version: int | None
    kind: Literal["copy", "import", "author"]


@frozen
class ReportItem:
    """A version in a report.

    Attributes:
        paths: The files of it that are under the licence; empty for the whole, or the rest.
        credit: A line that names the work, its author, its source and its licence.
        credit_html: The same with links, as HTML.
        modified: It is a changed copy of somebody else's work.
    """

    bundle_uuid: UUID
    version: int
    title: str
    paths: tuple[str, ...]
    credit: str
    credit_html: str = ""
    modified: bool = False


@frozen
class ReportGroup:
    """All of a report that is under one licence.

    Attributes:
        expression: Empty for what nobody has said anything of.
        licenses: The licences in the expression.
    """

    expression: str
    licenses: tuple[LicenseData, ...]
    items: tuple[ReportItem, ...]


@frozen
class MissingItem:
    """A version that the report can say little about.

    Attributes:
        reason: ``missing`` (it is not there any more) or ``deleted`` (its bundle was deleted).
    """

    bundle_uuid: UUID
    version: int
    title: str
    reason: Literal["missing", "deleted"]


@frozen
class LicenseReport:
    """What there is to say of the licences of a version and of all that it depends on.

    Attributes:
        groups: By licence, those of Creative Commons first, what is under none last.
        findings: Conflicts, and what somebody has to look at; ``file`` names what they are about.
        missing: Lenders that are not there any more, or were deleted.
        weak: Versions that weak links lead to; the report does not follow them.
        hidden: How many of the dependencies whoever asks may not see.
        publishers: Those who are named in credits.
    """

    bundle_uuid: UUID
    version: int
    title: str
    expression: str
    groups: tuple[ReportGroup, ...]
    findings: tuple[Finding, ...]
    missing: tuple[MissingItem, ...] = ()
    weak: tuple[MissingItem, ...] = ()
    hidden: int = 0
    publishers: tuple[PublisherData, ...] = ()
