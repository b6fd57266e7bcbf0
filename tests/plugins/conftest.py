"""Leaves out the tests of plugins whose libraries are not installed, and says so at the end."""

from __future__ import annotations

import pytest

from openedx_blockstore.settings import environment

_MISSING = {
    environment.extra_of(package): missing
    for package in environment.own_plugins()
    if (missing := environment.missing_libraries(package))
}

collect_ignore = list(_MISSING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests were left out, and why."""
    for extra, missing in _MISSING.items():
        terminalreporter.line(
            f"tests/plugins/{extra} was left out: {' and '.join(missing)} is not installed "
            f"(pip install 'openedx-blockstore[{extra}]')."
        )
