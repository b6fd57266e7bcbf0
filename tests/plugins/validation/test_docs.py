"""What the documentation says of the plugin is so."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest
from django.core.checks import run_checks
from django.core.management import load_command_class
from pytest_django import Settings

from openedx_blockstore.data import Severity
from openedx_blockstore_validation import api, vocabulary
from openedx_blockstore_validation.codes import CODES
from openedx_blockstore_validation.conf import ValidationSettings
from tests.plugins.validation.test_checks import configure

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "plugins" / "validation.rst").read_text()
HOW_TO = (ROOT / "docs" / "how-tos" / "check-olx.rst").read_text()


def test_all_codes_are_documented_as_they_are() -> None:
    rows = re.findall(
        r"^   \* - ``([\w-]+)``\n     - (.+)\n     - (.+)\n     - (.+)$", PAGE, re.MULTILINE
    )
    assert rows == [
        (code.name, str(code.severity), code.meaning, code.mend) for code in CODES.values()
    ]


def test_codes_are_words_with_a_severity_a_meaning_and_a_mend() -> None:
    for name, code in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert code.severity in set(Severity)
        assert code.meaning.endswith(".")
        assert code.mend.endswith(".")


def test_no_code_is_without_use() -> None:
    package = ROOT / "plugins" / "openedx_blockstore_validation"
    source = "".join(path.read_text() for path in package.rglob("*.py") if path.name != "codes.py")
    assert not [name for name in CODES if f'"{name}"' not in source]


def test_all_settings_are_documented() -> None:
    for attribute in attrs.fields(ValidationSettings):
        assert f"``{attribute.name}``" in PAGE


def test_all_types_that_keep_state_are_documented() -> None:
    (listed,) = re.findall(r"These types keep what learners do.*?\n\n(.*?)\n\n", PAGE, re.DOTALL)
    assert set(re.findall(r"``([\w-]+)``", listed)) == vocabulary.STATEFUL


def test_all_options_are_documented() -> None:
    command = load_command_class("openedx_blockstore_validation", "validate_olx")
    parser = command.create_parser("manage.py", "validate_olx")
    own = {
        option
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and option not in {"--help", "--version", "--verbosity"}
    }
    ours = own - {"--settings", "--pythonpath", "--traceback", "--no-color", "--force-color"}
    assert ours - {"--skip-checks"} == set(re.findall(r"``(--[\w-]+)", PAGE)) - {"--verbosity"}
    assert set(re.findall(r" (--[\w-]+)", HOW_TO)) - {"--verbosity"} <= ours


def test_the_python_api_is_documented() -> None:
    documented = set(re.findall(r"^\.\. autofunction:: (\w+)", PAGE, re.MULTILINE))
    assert documented <= set(api.__all__)
    assert {name for name in api.__all__ if name.startswith(("validate", "get"))} == documented


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SEVERITIES", {"no-such-code": "off"}, "no-such-code"),
        ("SEVERITIES", {"doctype": "fatal"}, "fatal"),
        ("MAX_OLX_DEPTH", 0, "MAX_OLX_DEPTH"),
        ("MAX_OLX_DEPTH", 1_000, "MAX_OLX_DEPTH"),
        ("KNOWN_BLOCK_TYPES", "poll", "KNOWN_BLOCK_TYPES"),
        ("NO_SUCH_SETTING", 1, "NO_SUCH_SETTING"),
    ],
)
def test_wrong_settings_are_told_at_start(
    settings: Settings, name: str, value: object, words: str
) -> None:
    configure(settings, **{name: value})
    assert any(words in str(message) for message in run_checks())
