"""Licences: which there are, in which order, and what expressions of them are accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import LicenseGroup
from openedx_blockstore_licensing.exceptions import InvalidLicense
from openedx_blockstore_licensing.licenses import licenses_in, rank


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ("  MIT ", "MIT"),
        ("cc-by-4.0 and mit", "CC-BY-4.0 AND MIT"),
        ("MIT or (apache-2.0 AND CC-BY-4.0)", "MIT OR (Apache-2.0 AND CC-BY-4.0)"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("gpl-3.0+", "GPL-3.0-or-later"),
        (
            "GPL-2.0-or-later WITH Classpath-exception-2.0",
            "GPL-2.0-or-later WITH Classpath-exception-2.0",
        ),
        ("licenseref-all-rights-reserved", api.ALL_RIGHTS_RESERVED),
        ("CC-BY-NC-SA-2.0-UK", "CC-BY-NC-SA-2.0-UK"),
        ("cc-by-sa-3.0-fr", "LicenseRef-CC-BY-SA-3.0-FR"),
        ("LicenseRef-CC-BY-SA-3.0-FR", "LicenseRef-CC-BY-SA-3.0-FR"),
        ("CC-BY-SA-3.0-FR OR MIT", "LicenseRef-CC-BY-SA-3.0-FR OR MIT"),
        ("noassertion", "NOASSERTION"),
    ],
)
def test_an_expression_has_one_spelling(given: str, expected: str) -> None:
    assert api.normalize(given) == expected
    assert api.normalize(expected) == expected


@pytest.mark.parametrize(
    ("given", "position", "suggestion"),
    [
        ("CC-BY4.0", 0, "CC-BY-4.0"),
        ("CC BY-SA 4.0", 0, "CC-BY-SA-4.0"),
        ("CC0", 0, "CC0-1.0"),
        ("MIT AND Apache2", 8, "Apache-2.0"),
        ("MIT MIT", 4, None),
        ("CC-BY-4.0 AND", None, None),
        ("AND", 0, None),
        ("(MIT", None, None),
        ("MIT)", 3, None),
        ("MIT/Apache-2.0", 3, None),
        ("CC-BY-4.0, MIT", 9, None),
        ("MIT WITH Apache-2.0", 9, None),
        ("Classpath-exception-2.0", 0, None),
        ("NOASSERTION AND MIT", None, None),
        ("CC-BY-4.0-FR", 0, "CC-BY-4.0"),
        ("CC-BY-9.0", 0, "CC-BY-4.0"),
        ("лицензия", 0, None),
        ("МIT", 0, None),
        ("MIT\0", 3, None),
        ("\ud800", 0, None),
        ("", None, None),
        (" \n", None, None),
        ("MIT AND " * 2000 + "MIT", None, None),
        ("(" * 400 + "MIT", None, None),
        (None, None, None),
        (4, None, None),
        (b"MIT", None, None),
        (["MIT"], None, None),
    ],
)
def test_what_is_no_licence_is_refused_with_its_place_and_a_mend(
    given: object, position: int | None, suggestion: str | None
) -> None:
    with pytest.raises(InvalidLicense) as caught:
        api.normalize(given)
    assert caught.value.position == position
    if suggestion is not None:
        assert suggestion in caught.value.suggestions
        assert "Did you mean" in str(caught.value)
    str(caught.value).encode()
    assert len(str(caught.value)) < 800


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = api.normalize(text)
    except InvalidLicense:
        return
    assert api.normalize(expression) == expression
    assert expression == "NOASSERTION" or licenses_in(expression)


def test_creative_commons_comes_first() -> None:
    licenses = api.get_licenses()
    groups = [license_.group for license_ in licenses]
    assert [license_.key for license_ in licenses[:3]] == [
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
    ]
    first_other = next(i for i, group in enumerate(groups) if group != "creative-commons")
    assert first_other > 40
    assert LicenseGroup.CREATIVE_COMMONS not in groups[first_other:]
    assert groups[first_other] is LicenseGroup.RESERVED
    keys = [license_.key for license_ in licenses]
    assert {"MIT", "GPL-3.0-or-later", "0BSD"} <= set(keys)
    assert len(keys) == len(set(keys))
    assert not any(key.startswith("LicenseRef-scancode") for key in keys)
    assert "Classpath-exception-2.0" not in keys


def test_licences_are_found_by_words() -> None:
    found = [license_.key for license_ in api.get_licenses("sharealike 4.0")]
    assert found == ["CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"]
    assert api.get_licenses("nothing like this") == []


def test_a_licence_says_where_it_is_and_what_it_means() -> None:
    license_ = api.get_license("CC-BY-NC-SA-4.0")
    assert (
        license_.name == "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International"
    )
    assert license_.label == "CC BY-NC-SA 4.0"
    assert license_.url == "https://creativecommons.org/licenses/by-nc-sa/4.0/"
    assert "non-commercial" in license_.deed
    ported = api.get_license("LicenseRef-CC-BY-SA-3.0-FR")
    assert ported.url == "https://creativecommons.org/licenses/by-sa/3.0/fr/"
    assert ported.label == "CC BY-SA 3.0 FR"
    assert api.get_license("MIT").url == "https://spdx.org/licenses/MIT.html"
    assert api.get_license("CC0-1.0").url.startswith("https://creativecommons.org/publicdomain/")
    assert "permission" in api.get_license(api.ALL_RIGHTS_RESERVED).deed


def test_expressions_are_sorted_with_creative_commons_first_and_nothing_said_last() -> None:
    expressions = ["", "MIT", api.ALL_RIGHTS_RESERVED, "CC-BY-NC-4.0", "CC-BY-2.0", "CC-BY-4.0"]
    assert sorted(expressions, key=rank) == [
        "CC-BY-4.0",
        "CC-BY-NC-4.0",
        "CC-BY-2.0",
        "MIT",
        api.ALL_RIGHTS_RESERVED,
        "",
    ]


def test_an_installation_may_have_licences_of_its_own(settings: Settings) -> None:
    own = {"name": "For members", "url": "https://example.com/terms", "deed": "Members may."}
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PLUGIN_SETTINGS": {
            "openedx_blockstore_licensing": {"EXTRA_LICENSES": {"LicenseRef-Members": own}}
        },
    }
    assert api.normalize("licenseref-members OR MIT") == "LicenseRef-Members OR MIT"
    assert api.get_license("LicenseRef-Members").name == "For members"
    assert "LicenseRef-Members" in [license_.key for license_ in api.get_licenses()]


def test_without_its_settings_such_a_licence_is_not_known() -> None:
    with pytest.raises(InvalidLicense):
        api.normalize("LicenseRef-Members")
