"""Asks the plugins that validate about what an import is about to make versions of.

Where no plugin validates, nothing is read or computed for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from openedx_blockstore.data import BundleFindings, Finding, ImportFindings, Severity
from openedx_blockstore.exceptions import ImportRefused
from openedx_blockstore.plugin_api import BundleContents, ImportValidator
from openedx_blockstore.plugin_manager import calling, plugins

#: What it is like not to have been asked.
NO_FINDINGS = ImportFindings()


def validators_for(bundle_type: str) -> Mapping[str, ImportValidator]:
    """Return the validators that understand a type of bundles, by name.

    Raises:
        PluginError: Some that should be among them can not be used.
    """
    return {
        name: validator
        for name, validator in plugins(ImportValidator).items()
        if validator.bundle_types is None or bundle_type in validator.bundle_types
    }


def run_validators(
    contents: BundleContents,
    previous: Callable[[], BundleContents | None],
    *,
    leave_out: Collection[str] = (),
) -> ImportFindings:
    """Return what validators say of what is about to become a version.

    Args:
        contents: What is to be imported.
        previous: Returns the bundle's latest version, if there is one. Only called if some
            validator is to be asked.
        leave_out: The names of validators that are not asked.

    Raises:
        PluginError: Some of them can not be used.
        PluginFailed: One of them failed.
        StorageError, InvalidArchive: What they read can not be read.
    """
    validators = {
        name: validator
        for name, validator in validators_for(contents.bundle_type).items()
        if name not in leave_out
    }
    if not validators:
        return NO_FINDINGS
    before = previous()
    found = {
        name: _ask(name, validator, contents, before) for name, validator in validators.items()
    }
    return ImportFindings(sort_findings(f for some in found.values() for f in some), found)


def _ask(
    name: str,
    validator: ImportValidator,
    contents: BundleContents,
    previous: BundleContents | None,
) -> tuple[Finding, ...]:
    with calling(ImportValidator, name, contents.title):
        return checked_findings(validator.validate(contents, previous))


def checked_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what a plugin has found, having made sure that it is findings.

    Raises:
        TypeError: It is not.
    """
    found = tuple(findings)
    for finding in found:
        if not isinstance(finding, Finding):
            raise TypeError(f"it gave {finding!r}, which is no Finding")
    return found


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of a file's lines."""
    return tuple(sorted(findings, key=lambda f: (f.file, f.line or 0, f.code, f.message)))


def refuse_errors(found: Iterable[BundleFindings]) -> None:
    """Stop an import if anything that was found is an error.

    Raises:
        ImportRefused: It is.
    """
    bundles = [bundle for bundle in found if bundle.findings]
    if any(has_errors(bundle.findings) for bundle in bundles):
        raise ImportRefused(bundles)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any of some findings is an error."""
    return any(finding.severity == Severity.ERROR for finding in findings)


def tell_validators(bundle_uuid: UUID, version: int, found: ImportFindings) -> None:
    """Tell validators that what they looked at is a version now; in the same transaction.

    Raises:
        PluginFailed: One of them failed, so the version can not be.
    """
    if not found.by_validator:
        return
    validators = plugins(ImportValidator)
    for name, findings in found.by_validator.items():
        if name not in validators:
            continue
        with calling(ImportValidator, name, f"version {version} of bundle {bundle_uuid}"):
            validators[name].imported(bundle_uuid, version, findings)
