"""Forms of what the plugin's REST API takes and gives."""

from __future__ import annotations

from typing import Any

from attrs import asdict
from rest_framework import serializers

from openedx_blockstore.plugin_rest import FindingSerializer
from openedx_blockstore_licensing.data import (
    BundleLicenseData,
    CheckData,
    CollectionLicenseData,
    Credit,
    LicenseData,
    PublisherData,
    VersionLicense,
)
from openedx_blockstore_licensing.documents import credit_to_json

_VERSION = {"min_value": 1, "max_value": 2**31 - 1}
USES = ("link", "copy", "publish")


class _Text(serializers.CharField):
    """Text; numbers are none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class _Version(serializers.IntegerField):
    """The number of a version; neither a text nor a truth value is one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**_VERSION, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class LicenseSerializer(serializers.Serializer[Any]):
    """A licence."""

    key = serializers.CharField(help_text="Its SPDX identifier.")
    name = serializers.CharField()
    # Django REST framework's own attributes of these names are for fields inside of others.
    label: Any = serializers.CharField(help_text="The name, short enough for a credit line.")
    url = serializers.CharField(allow_blank=True, help_text="Where it can be read.")
    deed = serializers.CharField(allow_blank=True, help_text="What it means, in a sentence.")
    group = serializers.ChoiceField(choices=("creative-commons", "reserved", "extra", "spdx"))


class CollectionLicenseSerializer(serializers.Serializer[Any]):
    """The licence of a collection from some time on."""

    expression = serializers.CharField(allow_blank=True, help_text="Empty for none.")
    since = serializers.DateTimeField(help_text="For the versions made then and later.")
    actor = serializers.CharField(allow_blank=True)


class CollectionLicensesSerializer(serializers.Serializer[Any]):
    """The licence of a collection, and those that it had."""

    expression = serializers.CharField(
        allow_blank=True, help_text="Of the versions that are made now; empty for none."
    )
    history = CollectionLicenseSerializer(many=True)


class CollectionLicenseInputSerializer(serializers.Serializer[Any]):
    """What to say of a collection's licence."""

    expression = _Text(
        allow_null=True, help_text="An SPDX expression, such as CC-BY-4.0; null for none."
    )
    since = serializers.DateTimeField(
        required=False,
        help_text="To correct the past: from when on it should have held. By default from now on.",
    )


class BundleLicenseSerializer(serializers.Serializer[Any]):
    """The licence of a span of a bundle's versions, or of some of their files."""

    expression = serializers.CharField()
    path = serializers.CharField(allow_blank=True, help_text="Empty for the whole bundle.")
    first_version = serializers.IntegerField(min_value=1)
    last_version = serializers.IntegerField(
        min_value=1, allow_null=True, help_text="Null while it holds for the latest."
    )
    source: Any = serializers.ChoiceField(choices=("author", "copy", "import", "collection", "olx"))


class BundleLicensesSerializer(serializers.Serializer[Any]):
    """All that was said of a bundle."""

    licenses = BundleLicenseSerializer(many=True)


class BundleLicensesSetSerializer(BundleLicensesSerializer):
    """All that was said of a bundle, and what follows for its latest version."""

    advice = FindingSerializer(
        many=True, help_text="Where the licence does not go with links, or with the originals."
    )


class BundleLicenseInputSerializer(serializers.Serializer[Any]):
    """What to say of the licence of a span of a bundle's versions, or of some of their files."""

    expression = _Text(
        allow_null=True,
        help_text=(
            "An SPDX expression; NOASSERTION where nobody knows; null to leave it to the "
            "collection."
        ),
    )
    path = _Text(
        required=False,
        default="",
        help_text="A path, a folder/ or a pattern with * and ?; empty for the whole bundle.",
    )
    first_version = _Version(help_text="The first version that it holds for.")
    last_version = _Version(
        required=False, allow_null=True, default=None, help_text="The last one; null for all later."
    )


class VersionLicenseSerializer(serializers.Serializer[Any]):
    """The licence that a version is under, and whose work it is."""

    expression = serializers.CharField(allow_blank=True, help_text="Empty where nobody has said.")
    source: Any = serializers.CharField(
        allow_blank=True, help_text="author, copy, import, collection, olx or nothing."
    )
    paths = serializers.DictField(
        child=serializers.CharField(), help_text="Of single files, by path or pattern."
    )
    credit_line = serializers.CharField()
    credit = serializers.JSONField(help_text="The same in parts, with what it was made of.")


class PublisherSerializer(serializers.Serializer[Any]):
    """A publisher."""

    iri = _Text(max_length=500, allow_blank=False, help_text="Identifies it everywhere.")
    name = _Text(max_length=255, allow_blank=False)
    id_string = _Text(
        max_length=100, required=False, default="", help_text="Others may have the same."
    )
    logo = _Text(max_length=500, required=False, default="", help_text="Address of a picture.")
    home_page = _Text(max_length=500, required=False, default="")
    parent: Any = _Text(
        max_length=500,
        required=False,
        allow_null=True,
        default=None,
        help_text="The IRI of the publisher that it is a part of.",
    )


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is permitted or not."""

    code = serializers.CharField()
    message = serializers.CharField()
    source: Any = serializers.CharField(allow_blank=True, help_text="Where that stands.")


class CheckSerializer(serializers.Serializer[Any]):
    """Advice; nothing is ever refused for it."""

    use = serializers.ChoiceField(choices=USES)
    license = serializers.CharField(allow_blank=True)
    into = serializers.CharField(allow_blank=True)
    verdict = serializers.ChoiceField(choices=("yes", "conditions", "discouraged", "unknown", "no"))
    reasons = ReasonSerializer(many=True)


class CopyInputSerializer(serializers.Serializer[Any]):
    """What to copy, and where to."""

    bundle_uuid = serializers.UUIDField()
    version = _Version(required=False, allow_null=True, default=None, help_text="Null: the latest.")
    collection_uuid = serializers.UUIDField()
    title = _Text(required=False, allow_null=True, allow_blank=False, default=None, max_length=180)


class CopySerializer(serializers.Serializer[Any]):
    """A copy that was made."""

    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField()
    collection_uuid = serializers.UUIDField()
    title = serializers.CharField()
    check = CheckSerializer(help_text="What the licence says to the copy.")


# Values as they are sent -------------------------------------------------------------------------


def show_license(license_: LicenseData) -> dict[str, Any]:
    """Return a licence as it is sent."""
    return {**asdict(license_), "group": str(license_.group)}


def show_collection_licenses(history: list[CollectionLicenseData]) -> dict[str, Any]:
    """Return the licences of a collection as they are sent."""
    return {
        "expression": history[-1].expression if history else "",
        "history": [asdict(each) for each in history],
    }


def show_bundle_licenses(rows: list[BundleLicenseData]) -> dict[str, Any]:
    """Return what was said of a bundle as it is sent."""
    return {"licenses": [asdict(row) for row in rows]}


def show_version_license(license_: VersionLicense, credit: Credit, line: str) -> dict[str, Any]:
    """Return the licence of a version as it is sent."""
    return {
        "expression": license_.expression,
        "source": license_.source,
        "paths": dict(license_.paths),
        "credit_line": line,
        "credit": credit_to_json(credit, depth=40),
    }


def show_publisher(publisher: PublisherData) -> dict[str, Any]:
    """Return a publisher as it is sent."""
    return asdict(publisher)


def show_check(answer: CheckData) -> dict[str, Any]:
    """Return what the rules say as it is sent."""
    return {
        "use": answer.use,
        "license": answer.license,
        "into": answer.into,
        "verdict": str(answer.verdict),
        "reasons": [asdict(reason) for reason in answer.reasons],
    }
