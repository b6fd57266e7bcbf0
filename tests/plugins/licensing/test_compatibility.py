"""What licences permit: the charts that the rules are from, row by row."""

from __future__ import annotations

import itertools

import pytest

from openedx_blockstore.exceptions import Invalid
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.compatibility import PUBLIC_DOMAIN
from openedx_blockstore_licensing.data import Use, Verdict
from openedx_blockstore_licensing.exceptions import InvalidLicense

ARR = api.ALL_RIGHTS_RESERVED

#: Creative Commons' chart of adapter's licences. Rows: the original. Columns: what is made of it.
#: + permitted, ~ permitted and not recommended, - not permitted.
COLUMNS = ("BY", "BY-NC", "BY-NC-ND", "BY-NC-SA", "BY-ND", "BY-SA")
ADAPTERS = {
    "PD": "++++++",
    "BY": "++~+~+",
    "BY-NC": "~+~+~~",
    "BY-NC-ND": "------",
    "BY-NC-SA": "---+--",
    "BY-ND": "------",
    "BY-SA": "-----+",
}
CHART = [
    (f"CC-{row}-4.0" if row != "PD" else "CC0-1.0", f"CC-{column}-4.0", mark)
    for row, marks in ADAPTERS.items()
    for column, mark in zip(COLUMNS, marks, strict=True)
]
MARKS = {
    "+": {Verdict.YES, Verdict.CONDITIONS},
    "~": {Verdict.DISCOURAGED},
    "-": {Verdict.NO},
}


@pytest.mark.parametrize(("license", "into", "mark"), CHART)
def test_the_adapters_chart(license: str, into: str, mark: str) -> None:
    answer = api.check("publish", license, into)
    assert answer.verdict in MARKS[mark]
    assert answer.reasons


YES, CONDITIONS, DISCOURAGED, UNKNOWN, NO = Verdict

PUBLISH = [
    # ShareAlike: the same version or a later one, ported or not; 1.0 stays alone.
    ("CC-BY-SA-2.0", "CC-BY-SA-2.0", CONDITIONS),
    ("CC-BY-SA-2.0", "CC-BY-SA-2.5", CONDITIONS),
    ("CC-BY-SA-2.0", "CC-BY-SA-4.0", CONDITIONS),
    ("CC-BY-SA-3.0", "CC-BY-SA-4.0", CONDITIONS),
    ("CC-BY-SA-4.0", "CC-BY-SA-3.0", NO),
    ("CC-BY-SA-3.0", "CC-BY-SA-2.5", NO),
    ("CC-BY-SA-1.0", "CC-BY-SA-2.0", NO),
    ("CC-BY-SA-1.0", "CC-BY-SA-1.0", CONDITIONS),
    ("CC-BY-SA-3.0-DE", "CC-BY-SA-3.0", CONDITIONS),
    ("CC-BY-SA-3.0", "CC-BY-SA-3.0-DE", CONDITIONS),
    ("LicenseRef-CC-BY-SA-3.0-FR", "CC-BY-SA-4.0", CONDITIONS),
    ("CC-BY-SA-3.0-IGO", "CC-BY-SA-4.0", CONDITIONS),
    ("CC-BY-NC-SA-2.5", "CC-BY-NC-SA-3.0", CONDITIONS),
    ("CC-BY-NC-SA-4.0", "CC-BY-NC-SA-2.0", NO),
    ("CC-BY-NC-SA-4.0", "CC-BY-SA-4.0", NO),
    ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", NO),
    ("CC-SA-1.0", "CC-BY-SA-4.0", UNKNOWN),
    # BY leaves the terms of what is new open.
    ("CC-BY-2.0", "CC-BY-4.0", CONDITIONS),
    ("CC-BY-4.0", "CC-BY-2.0", CONDITIONS),
    ("CC-BY-3.0", "CC-BY-SA-4.0", CONDITIONS),
    ("CC-BY-4.0", ARR, CONDITIONS),
    ("CC-BY-NC-4.0", ARR, CONDITIONS),
    ("CC-BY-SA-4.0", ARR, NO),
    ("CC-BY-4.0", "CC0-1.0", NO),
    ("CC-BY-4.0", "CC-PDM-1.0", NO),
    ("CC-BY-NC-3.0", "CC-BY-NC-SA-4.0", CONDITIONS),
    # Across to software, as far as somebody has said so.
    ("CC-BY-SA-4.0", "GPL-3.0-only", CONDITIONS),
    ("CC-BY-SA-4.0", "GPL-3.0-or-later", UNKNOWN),
    ("CC-BY-SA-4.0", "GPL-2.0-only", NO),
    ("CC-BY-SA-3.0", "GPL-3.0-only", NO),
    ("GPL-3.0-only", "CC-BY-SA-4.0", NO),
    ("CC-BY-SA-4.0", "LAL-1.3", CONDITIONS),
    ("LAL-1.3", "CC-BY-SA-4.0", CONDITIONS),
    ("LAL-1.3", "CC-BY-4.0", NO),
    ("CC-BY-SA-4.0", "GFDL-1.3-only", NO),
    ("GFDL-1.3-or-later", "CC-BY-SA-4.0", NO),
    ("CC-BY-4.0", "GPL-3.0-or-later", CONDITIONS),
    ("CC-BY-4.0", "GPL-2.0-only", CONDITIONS),
    ("CC-BY-3.0", "GPL-3.0-only", UNKNOWN),
    ("CC-BY-NC-4.0", "GPL-3.0-only", UNKNOWN),
    ("CC-BY-4.0", "MIT", UNKNOWN),
    ("CC0-1.0", "GPL-2.0-only", YES),
    ("CC-PDM-1.0", ARR, YES),
    # Software.
    ("MIT", "CC-BY-4.0", CONDITIONS),
    ("MIT", "GPL-2.0-only", CONDITIONS),
    ("MIT", ARR, CONDITIONS),
    ("MIT", "CC0-1.0", NO),
    ("BSD-3-Clause", "Apache-2.0", CONDITIONS),
    ("Unlicense", "MIT", YES),
    ("Apache-2.0", "GPL-3.0-only", CONDITIONS),
    ("Apache-2.0", "GPL-2.0-only", NO),
    ("Apache-2.0", "GPL-2.0-or-later", DISCOURAGED),
    ("Apache-2.0", "MIT", CONDITIONS),
    ("GPL-2.0-only", "GPL-2.0-only", CONDITIONS),
    ("GPL-2.0-only", "GPL-2.0-or-later", NO),
    ("GPL-2.0-only", "GPL-3.0-only", NO),
    ("GPL-2.0-or-later", "GPL-3.0-only", CONDITIONS),
    ("GPL-2.0-or-later", "GPL-2.0-only", CONDITIONS),
    ("GPL-3.0-only", "GPL-2.0-only", NO),
    ("GPL-3.0-only", "GPL-3.0-or-later", NO),
    ("GPL-3.0-or-later", "GPL-3.0-only", CONDITIONS),
    ("GPL-3.0-only", "AGPL-3.0-only", CONDITIONS),
    ("AGPL-3.0-only", "GPL-3.0-only", NO),
    ("GPL-3.0-or-later", "MIT", NO),
    ("GPL-3.0-or-later", "CC-BY-4.0", NO),
    ("LGPL-2.1-only", "GPL-2.0-only", CONDITIONS),
    ("LGPL-2.1-only", "GPL-3.0-or-later", CONDITIONS),
    ("LGPL-2.1-only", "LGPL-3.0-only", NO),
    ("LGPL-2.1-or-later", "LGPL-3.0-only", CONDITIONS),
    ("LGPL-3.0-only", "GPL-2.0-only", NO),
    ("LGPL-3.0-or-later", "GPL-3.0-only", CONDITIONS),
    ("MPL-2.0", "GPL-3.0-only", CONDITIONS),
    ("MPL-2.0", "CC-BY-4.0", UNKNOWN),
    ("GFDL-1.2-or-later", "GFDL-1.3-only", CONDITIONS),
    ("GFDL-1.3-only", "GFDL-1.2-only", NO),
    # Nothing said, everything reserved, nobody knows.
    (ARR, "CC-BY-4.0", NO),
    (ARR, ARR, NO),
    ("", "CC-BY-4.0", UNKNOWN),
    ("NOASSERTION", "CC-BY-4.0", UNKNOWN),
    ("CC-BY-4.0", "", UNKNOWN),
    ("CC0-1.0", "", YES),
    ("OFL-1.1", "CC-BY-4.0", UNKNOWN),
    ("OFL-1.1", "OFL-1.1", CONDITIONS),
    # Expressions: of OR one may choose, of AND all hold.
    ("MIT OR GPL-3.0-only", "CC-BY-4.0", CONDITIONS),
    ("CC-BY-4.0 AND CC-BY-SA-4.0", "CC-BY-4.0", NO),
    ("CC-BY-4.0 AND CC-BY-SA-4.0", "CC-BY-SA-4.0", CONDITIONS),
    ("CC-BY-SA-4.0", "CC-BY-SA-4.0 AND MIT", UNKNOWN),
    ("CC-BY-SA-4.0", "CC-BY-SA-4.0 OR MIT", NO),
    ("MIT", "CC-BY-4.0 OR GPL-3.0-only", CONDITIONS),
    ("CC-BY-4.0 AND OFL-1.1", "CC-BY-4.0", UNKNOWN),
    ("OFL-1.1 OR CC-BY-4.0", "CC-BY-4.0", CONDITIONS),
    ("(CC-BY-SA-4.0 OR MIT) AND CC-BY-4.0", "CC-BY-4.0", CONDITIONS),
    (
        "GPL-2.0-or-later WITH Classpath-exception-2.0",
        "GPL-2.0-or-later WITH Classpath-exception-2.0",
        CONDITIONS,
    ),
    ("GPL-2.0-or-later WITH Classpath-exception-2.0", "MIT", UNKNOWN),
]


@pytest.mark.parametrize(("license", "into", "verdict"), PUBLISH)
def test_publication_under_another_licence(license: str, into: str, verdict: Verdict) -> None:
    assert api.check("publish", license, into).verdict is verdict


LINKS = [
    ("CC-BY-4.0", "CC-BY-4.0", CONDITIONS, "attribution"),
    ("CC-BY-SA-4.0", "CC-BY-4.0", CONDITIONS, "share-alike"),
    ("CC-BY-SA-4.0", ARR, CONDITIONS, "share-alike"),
    ("CC-BY-ND-4.0", "CC-BY-4.0", CONDITIONS, "unchanged"),
    ("CC-BY-NC-4.0", "CC-BY-4.0", DISCOURAGED, "non-commercial-part"),
    ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", CONDITIONS, "non-commercial"),
    ("CC-BY-NC-4.0", ARR, CONDITIONS, "non-commercial"),
    ("CC-BY-NC-4.0", "", CONDITIONS, "non-commercial"),
    ("CC-BY-NC-4.0", "MIT AND CC-BY-NC-4.0", CONDITIONS, "non-commercial"),
    ("CC0-1.0", "CC-BY-4.0", YES, "public-domain"),
    (ARR, "CC-BY-4.0", NO, "reserved"),
    ("", "CC-BY-4.0", UNKNOWN, "unlicensed"),
    ("MIT", "CC-BY-4.0", CONDITIONS, "notice"),
    ("GPL-3.0-only", "CC-BY-4.0", CONDITIONS, "aggregate"),
    ("MPL-2.0", "CC-BY-4.0", CONDITIONS, "per-file"),
    ("OFL-1.1", "CC-BY-4.0", UNKNOWN, "not-in-rules"),
    ("CC-BY-4.0 AND LicenseRef-All-Rights-Reserved", "CC-BY-4.0", NO, "reserved"),
    ("CC-BY-4.0 OR LicenseRef-All-Rights-Reserved", "CC-BY-4.0", CONDITIONS, "attribution"),
]


@pytest.mark.parametrize("use", ["link", "copy"])
@pytest.mark.parametrize(("license", "into", "verdict", "code"), LINKS)
def test_links_and_unchanged_copies_make_a_collection(
    use: Use, license: str, into: str, verdict: Verdict, code: str
) -> None:
    answer = api.check(use, license, into)
    assert answer.verdict is verdict
    assert code in [reason.code for reason in answer.reasons]


def test_whoever_holds_the_rights_may_do_as_they_please() -> None:
    for license_ in ("", ARR, "CC-BY-ND-4.0"):
        assert api.check("publish", license_, "CC-BY-4.0", same_owner=True).verdict is YES


def test_what_is_no_licence_is_no_question() -> None:
    with pytest.raises(InvalidLicense):
        api.check("link", "CC-BY4", "MIT")
    with pytest.raises(InvalidLicense):
        api.check("link", "MIT", "CC-BY4")
    with pytest.raises(Invalid):
        api.check("eat", "MIT", "MIT")  # type: ignore[arg-type]


def test_every_answer_has_a_reason_and_never_says_yes_to_what_nobody_knows() -> None:
    some = [
        license_.key
        for license_ in api.get_licenses()
        if license_.key.startswith(("CC", "GPL", "LGPL", "OFL", "EPL", "MIT", "LicenseRef"))
    ]
    for use in ("link", "publish"):
        for license_, into in itertools.product(
            some, ("CC-BY-4.0", "GPL-3.0-only", "EPL-2.0", ARR)
        ):
            answer = api.check(use, license_, into)
            assert answer.reasons, (use, license_, into)
            if answer.verdict is YES:
                assert license_ in PUBLIC_DOMAIN
