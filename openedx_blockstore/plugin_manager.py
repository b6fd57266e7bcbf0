"""Finds the plugins that are installed, and makes those that the settings turn on: once a process.

A plugin is a package. What it can do it registers as entry points, in one group for each contract
of :mod:`openedx_blockstore.plugin_api`; they are read by stevedore, and by this module alone. What
is turned off is never imported.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from types import MappingProxyType
from typing import TypeVar, cast

from django.core.signals import setting_changed
from django.db import OperationalError
from django.dispatch import receiver
from stevedore import ExtensionManager, NamedExtensionManager

from openedx_blockstore._plugins import (
    APP_GROUPS,
    CORE,
    Registration,
    choose,
    distributions,
    make,
    missing_packages,
    package_state,
    said,
    top_package,
)
from openedx_blockstore.conf import SETTINGS_NAME
from openedx_blockstore.exceptions import (
    InvalidArchive,
    PluginError,
    PluginFailed,
    PluginNotFound,
    PluginProblem,
    StorageError,
)
from openedx_blockstore.plugin_api import CONTRACTS
from openedx_blockstore.settings import environment

ContractT = TypeVar("ContractT")

logger = logging.getLogger(__name__)

_lock = threading.RLock()


def plugins(contract: type[ContractT]) -> Mapping[str, ContractT]:
    """Return the plugins that are on and fulfil a contract: the instances of this process, by name.

    Raises:
        PluginError: Some that should be among them can not be used; it says how to mend that.
    """
    found, problems = _load(contract)
    if problems:
        raise PluginError(problems)
    return cast("Mapping[str, ContractT]", found)


def plugin(contract: type[ContractT], name: str) -> ContractT:
    """Return one of the plugins that :func:`plugins` returns.

    Raises:
        PluginNotFound: None that is on has this name.
        PluginError: Some that should be on can not be used.
    """
    found = plugins(contract)
    if name not in found:
        raise PluginNotFound(CONTRACTS[contract], name, found)
    return found[name]


def usable_plugins(contract: type[ContractT]) -> Mapping[str, ContractT]:
    """Return those of the plugins that can be used, for what has to go on without the others."""
    return cast("Mapping[str, ContractT]", _load(contract)[0])


def package_of(plugin: object) -> str:
    """Return the package that a plugin is."""
    return type(plugin).__module__.partition(".")[0]


@contextlib.contextmanager
def calling(contract: type, name: str, about: object) -> Iterator[None]:
    """Run a block that calls a plugin; whatever it raises becomes an error that names the plugin.

    What goes wrong with the storage, an archive or the database is not the plugin's fault.

    Args:
        about: What it is asked about, for the log.

    Raises:
        PluginFailed: The block raised something.
    """
    try:
        yield
    except (StorageError, InvalidArchive, OperationalError):
        raise
    except Exception as error:
        logger.exception("The plugin %r of %s failed about %s.", name, CONTRACTS[contract], about)
        package = package_of(_load(contract)[0].get(name))
        raise PluginFailed(
            CONTRACTS[contract], name, package=package, reason=said(error)
        ) from error


def is_enabled(package: str) -> bool:
    """Tell whether the settings turn a package on, and it can be used."""
    return package_state(package, _packages_with_apps()).state == "enabled"


def installed_packages() -> frozenset[str]:
    """Return the packages that register any plugin, or a Django app."""
    return frozenset(each.package for each in _registrations()) | _packages_with_apps()


def known_packages() -> str:
    """Return the packages that somebody may have meant who has named another one, as a list.

    In a host there are dozens of Django apps that are found in the same way as those of plugins.
    """
    ours = _packages_with_apps().intersection(environment.own_plugins())
    found = ours.union(each.package for each in _registrations()) - {CORE}
    return ", ".join(sorted(found)) or "none"


def list_plugins() -> list[Registration]:
    """Return everything that is registered, whether it is on or not, and whether it can be used."""
    problems = {
        (problem.package, problem.group, problem.name): problem
        for contract in CONTRACTS
        for problem in _load(contract)[1]
    }
    return [
        each.as_broken(problem)
        if (problem := problems.get((each.package, each.group, each.name))) is not None
        else each
        for each in _registrations()
    ]


def all_problems() -> list[PluginProblem]:
    """Return what is wrong with the plugins that should be on, each problem once."""
    found = [problem for contract in CONTRACTS for problem in _load(contract)[1]]
    # What is wrong with a whole package is said once, and not for each of its entry points.
    return list({str(problem): problem for problem in found}.values())


def forget() -> None:
    """Forget everything, so that plugins are looked for and made anew."""
    with _lock:
        for cached in (_registrations_in, _packages_with_apps, _load_once):
            cached.cache_clear()
        for group in (*CONTRACTS.values(), *APP_GROUPS):
            ExtensionManager.ENTRY_POINT_CACHE.pop(group, None)


@receiver(setting_changed, dispatch_uid="openedx_blockstore.plugin_manager")
def _forget_plugins(*, setting: str, **_kwargs: object) -> None:
    """Look for plugins anew after a test has overridden the settings."""
    if setting in (SETTINGS_NAME, "INSTALLED_APPS"):
        forget()


# Finding and making them -------------------------------------------------------------------------


def _entry_points(group: str) -> list[metadata.EntryPoint]:
    # Without names it loads nothing: whether something is to be imported is for us to say.
    return NamedExtensionManager[object](group, names=()).list_entry_points()


@functools.cache
def _packages_with_apps() -> frozenset[str]:
    return frozenset(top_package(point) for group in APP_GROUPS for point in _entry_points(group))


def _registrations() -> tuple[Registration, ...]:
    """Return all that is registered, sorted by package, group and name."""
    return _registrations_in(tuple(CONTRACTS.values()))


@functools.cache
def _registrations_in(groups: tuple[str, ...]) -> tuple[Registration, ...]:
    found = []
    for group in groups:
        # Stevedore keeps entry points in a file, and has lost then who installed them.
        owners = distributions(metadata.entry_points(group=group))
        for point in _entry_points(group):
            package = top_package(point)
            state = package_state(package, _packages_with_apps())
            distribution, version = owners.get((point.name, point.value), ("", ""))
            found.append(
                Registration(
                    package=package,
                    group=group,
                    name=point.name,
                    value=point.value,
                    distribution=distribution,
                    version=version,
                    state=state.state,
                    reason=state.reason,
                    mend=state.mend,
                )
            )
    return tuple(sorted(found, key=lambda each: (each.package, each.group, each.name, each.value)))


_Loaded = tuple[Mapping[str, object], Sequence[PluginProblem]]


def _load(contract: type) -> _Loaded:
    """Return the instances of a contract by name, and what is wrong with those that are not."""
    # There is to be one instance of each in a process, whichever thread asks first.
    with _lock:
        return _load_once(contract)


@functools.cache
def _load_once(contract: type) -> _Loaded:
    group = CONTRACTS[contract]
    problems = missing_packages(installed_packages(), known_packages())
    chosen, unusable = choose(each for each in _registrations() if each.group == group)
    problems.extend(unusable)
    instances: dict[str, object] = {}
    for name, candidates in chosen.items():
        for registration in candidates:
            made = make(registration, contract)
            if not isinstance(made, PluginProblem):
                instances[name] = made
                break
            problems.append(made)
    return MappingProxyType(instances), tuple(problems)


__all__ = [
    "CORE",
    "Registration",
    "all_problems",
    "calling",
    "forget",
    "installed_packages",
    "is_enabled",
    "known_packages",
    "list_plugins",
    "package_of",
    "plugin",
    "plugins",
    "usable_plugins",
]
