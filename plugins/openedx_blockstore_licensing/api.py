"""The Python API of the licensing plugin.

For trusted code in the same process: it checks what it is given, and no permissions. Values are in
:mod:`openedx_blockstore_licensing.data`, errors in :mod:`openedx_blockstore_licensing.exceptions`.
"""

from openedx_blockstore_licensing.adoption import adopt_course_licenses
from openedx_blockstore_licensing.advice import get_license_advice
from openedx_blockstore_licensing.attribution import (
    get_credit,
    get_derivations,
    record_derivation,
)
from openedx_blockstore_licensing.compatibility import check
from openedx_blockstore_licensing.copying import copy_bundle
from openedx_blockstore_licensing.credits import credit_line, to_html, to_text
from openedx_blockstore_licensing.licenses import (
    ALL_RIGHTS_RESERVED,
    NOASSERTION,
    get_license,
    get_licenses,
    normalize,
)
from openedx_blockstore_licensing.licensing import (
    ALWAYS,
    get_bundle_licenses,
    get_collection_license,
    get_collection_licenses,
    get_file_license,
    get_version_license,
    set_bundle_license,
    set_collection_license,
)
from openedx_blockstore_licensing.olx import format_olx_license, parse_olx_license
from openedx_blockstore_licensing.publishers import (
    delete_publisher,
    get_publisher,
    get_publishers,
    set_publisher,
)
from openedx_blockstore_licensing.report import get_license_report
from openedx_blockstore_licensing.report_formats import (
    report_to_html,
    report_to_json,
    report_to_text,
)

__all__ = [
    "ALL_RIGHTS_RESERVED",
    "ALWAYS",
    "NOASSERTION",
    "adopt_course_licenses",
    "check",
    "copy_bundle",
    "credit_line",
    "delete_publisher",
    "format_olx_license",
    "get_bundle_licenses",
    "get_collection_license",
    "get_collection_licenses",
    "get_credit",
    "get_derivations",
    "get_file_license",
    "get_license",
    "get_license_advice",
    "get_license_report",
    "get_licenses",
    "get_publisher",
    "get_publishers",
    "get_version_license",
    "normalize",
    "parse_olx_license",
    "record_derivation",
    "report_to_html",
    "report_to_json",
    "report_to_text",
    "set_bundle_license",
    "set_collection_license",
    "set_publisher",
    "to_html",
    "to_text",
]
