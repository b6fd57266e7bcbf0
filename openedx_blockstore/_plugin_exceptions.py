"""Errors about plugins, and of them.

The classes are part of :mod:`openedx_blockstore.exceptions`, and should be imported from there.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from openedx_blockstore._base_exceptions import BlockstoreError, Invalid, NotFound, shortened
from openedx_blockstore._finding_data import BundleFindings, Severity

# Errors that a message lists; the attributes have all.
_SHOWN_ERRORS = 5


class PluginNotFound(NotFound):
    """No enabled plugin has this name.

    Attributes:
        group: The group of entry points where it was looked for.
        known: The names that there are.
    """

    code = "plugin_not_found"

    def __init__(self, group: str, name: str, known: Iterable[str]) -> None:
        self.group = group
        self.name = name
        self.known = tuple(known)
        there = ", ".join(self.known) or "none"
        super().__init__(f"No plugin is called {shortened(name)} in {group}; there are: {there}.")


class ImportRefused(Invalid):
    """Plugins found errors in what was to be imported, so nothing of it was.

    Attributes:
        bundles: What was found in which bundle, warnings too.
    """

    code = "import_refused"

    def __init__(self, bundles: Iterable[BundleFindings]) -> None:
        self.bundles = tuple(bundles)
        errors = [
            f"{bundle.title}: {finding}" if bundle.title else str(finding)
            for bundle in self.bundles
            for finding in bundle.findings
            if finding.severity == Severity.ERROR
        ]
        shown = "; ".join(errors[:_SHOWN_ERRORS])
        more = f"; and {len(errors) - _SHOWN_ERRORS:,} more" if len(errors) > _SHOWN_ERRORS else ""
        number = "an error" if len(errors) == 1 else f"{len(errors):,} errors"
        super().__init__(f"Nothing was imported, because of {number}: {shown}{more}.")


@frozen
class PluginProblem:
    """Why a plugin can not be used.

    Attributes:
        package: The package that the plugin is.
        group: The group of entry points; empty where the whole package is concerned.
        name: The entry point's name; empty where the whole package is concerned.
        reason: What is wrong, as a sentence.
        mend: What to do about it, as a sentence.
    """

    package: str
    group: str
    name: str
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"{self.reason} {self.mend}"


class PluginError(BlockstoreError):
    """Plugins that the settings turn on can not be used.

    Attributes:
        problems: What is wrong with each of them, and how to mend it.
    """

    code = "plugin_error"

    def __init__(self, problems: Iterable[PluginProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


class PluginFailed(BlockstoreError):
    """A plugin raised an error where it was asked for something; the log has all of it.

    Attributes:
        group: The group of entry points.
        name: The entry point's name.
        package: The package that the plugin is.
        reason: The type and the message of its error.
    """

    code = "plugin_failed"

    def __init__(self, group: str, name: str, *, package: str, reason: str) -> None:
        self.group = group
        self.name = name
        self.package = package
        self.reason = reason
        super().__init__(
            f"The plugin {name!r} of the package {package} ({group}) failed: {reason}. "
            f"Mend it, or turn it off in OPENEDX_BLOCKSTORE['DISABLED_PLUGINS']."
        )
