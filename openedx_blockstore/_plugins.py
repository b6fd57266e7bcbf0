"""The rules by which :mod:`~openedx_blockstore.plugin_manager` decides what becomes of a plugin."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any, Literal

from attrs import evolve, field, frozen
from django.apps import apps

from openedx_blockstore.conf import get_settings
from openedx_blockstore.exceptions import PluginProblem
from openedx_blockstore.settings import environment

#: The package of the core, whose own plugins are always on.
CORE = "openedx_blockstore"

#: The groups in which edx-django-utils finds Django apps.
APP_GROUPS = ("lms.djangoapp", "cms.djangoapp")

#: Whether a plugin is used: it is; the settings turn it off; it can not be used here, and nobody
#: asked for it in particular; or it should be used, and can not.
State = Literal["enabled", "disabled", "left out", "broken"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_OFF = "OPENEDX_BLOCKSTORE['DISABLED_PLUGINS']"


@frozen
class Registration:
    """An entry point that some package registers.

    Attributes:
        package: The package that the plugin is.
        group: The group of entry points, one for each contract.
        name: The entry point's name.
        value: The module and class that it names.
        distribution: The name of the distribution that installed it; empty if it is not known.
        version: The version of that distribution.
        state: Whether it is used.
        reason: Why it is not, as a sentence; empty where it is.
        mend: What to do to use it, as a sentence; empty where it is used.
    """

    package: str
    group: str
    name: str
    value: str
    distribution: str = ""
    version: str = ""
    state: State = "enabled"
    reason: str = field(default="", eq=False)
    mend: str = field(default="", eq=False)

    @property
    def owner(self) -> str:
        """What to call the plugin where it is about who brought it."""
        if not self.distribution:
            return self.package
        return f"{self.package} ({self.distribution} {self.version})"

    def as_broken(self, problem: PluginProblem) -> Registration:
        """Return the same, as something that can not be used."""
        return evolve(self, state="broken", reason=problem.reason, mend=problem.mend)


@frozen
class PackageState:
    """What becomes of all plugins of a package."""

    state: State
    reason: str = ""
    mend: str = ""


def top_package(point: EntryPoint) -> str:
    """Return the package that an entry point is of."""
    return point.value.partition(":")[0].strip().partition(".")[0]


def package_state(package: str, packages_with_apps: Iterable[str]) -> PackageState:
    """Return whether the plugins of a package are used.

    Args:
        packages_with_apps: The packages that register a Django app.
    """
    settings = get_settings()
    if package == CORE:
        return PackageState("enabled")
    if package in settings.DISABLED_PLUGINS:
        return PackageState("disabled", f"{_OFF} names it.", f"Take it out of {_OFF}.")
    by_name = settings.PLUGINS != "all"
    if by_name and package not in settings.PLUGINS:
        return PackageState(
            "disabled",
            "OPENEDX_BLOCKSTORE['PLUGINS'] does not name it.",
            f"Add {package!r} to OPENEDX_BLOCKSTORE['PLUGINS'], or make that 'all'.",
        )
    # Nobody asked for those that come along with the core, so they may wait for what they need.
    ours = package in environment.own_plugins()
    lacking: State = "left out" if ours and not by_name else "broken"
    if missing := environment.missing_libraries(package):
        return PackageState(
            lacking,
            f"The plugin {package} needs {' and '.join(missing)}, which is not installed.",
            f"pip install 'openedx-blockstore[{environment.extra_of(package)}]'",
        )
    if package in packages_with_apps and not _is_app(package):
        return PackageState(
            lacking,
            f"The plugin {package} is a Django app, and not in INSTALLED_APPS.",
            f"Add {package!r} to INSTALLED_APPS, or to {_OFF}.",
        )
    return PackageState("enabled")


def _is_app(package: str) -> bool:
    return any(each.name.partition(".")[0] == package for each in apps.get_app_configs())


def missing_packages(installed: Iterable[str], known: str) -> list[PluginProblem]:
    """Return what is wrong with plugins that the settings name, and that are not there.

    Args:
        known: Those that could be meant.
    """
    named = get_settings().PLUGINS
    if named == "all":
        return []
    there = set(installed)
    return [
        PluginProblem(
            package,
            "",
            "",
            f"OPENEDX_BLOCKSTORE['PLUGINS'] names {package!r}, and no such plugin is installed.",
            f"Install it, or take it out of the setting; there are: {known}.",
        )
        for package in dict.fromkeys(named)
        if package not in there
    ]


# One group ---------------------------------------------------------------------------------------


def choose(
    registered: Iterable[Registration],
) -> tuple[dict[str, list[Registration]], list[PluginProblem]]:
    """Return those of a group that are to be used, and what is wrong with the others.

    Returns:
        By name: the one to use, and then the core's own, in case that one can not be.
    """
    by_name: dict[str, list[Registration]] = {}
    problems: list[PluginProblem] = []
    for each in registered:
        if each.state == "broken":
            problems.append(_problem(each, each.reason, each.mend))
        elif each.state == "enabled":
            by_name.setdefault(each.name, []).append(each)
    chosen: dict[str, list[Registration]] = {}
    for name, rivals in sorted(by_name.items()):
        # What another package registers takes the place of what the core has under that name.
        others = [each for each in rivals if each.package != CORE]
        own = [each for each in rivals if each.package == CORE]
        if len(others) > 1:
            problems.extend(_duplicates(others))
            others = []
        chosen[name] = [*others, *own[:1]]
    return chosen, problems


def _problem(registration: Registration, reason: str, mend: str) -> PluginProblem:
    return PluginProblem(registration.package, registration.group, registration.name, reason, mend)


def _duplicates(rivals: Sequence[Registration]) -> list[PluginProblem]:
    first = rivals[0]
    packages = sorted({each.package for each in rivals})
    owners = " and ".join(sorted(f"{each.owner}: {each.value}" for each in rivals))
    reason = f"The name {first.name!r} in {first.group} is registered more than once, by {owners}."
    if len(packages) > 1:
        mend = f"Turn all but one of them off, such as by {_OFF} = [{packages[-1]!r}]."
    else:
        mend = f"{first.package} has to give each of them a name of its own."
    return [_problem(each, reason, mend) for each in rivals]


def make(registration: Registration, contract: type) -> object:
    """Import a plugin and make its instance.

    Returns:
        The instance; or a :class:`~openedx_blockstore.exceptions.PluginProblem` that says why there
        can not be one.
    """
    if not _NAME.fullmatch(registration.name):
        return _unusable(
            registration,
            "has a name that is no name of a folder",
            "Name its entry point with up to 60 letters, digits, '_', '-' and '.'",
        )
    try:
        found: Any = EntryPoint(registration.name, registration.value, registration.group).load()
    except Exception as error:  # noqa: BLE001  (whatever a stranger's module raises)
        return _unusable(
            registration, f"can not be imported: {said(error)}", "Mend it, or what it needs"
        )
    if (wrong := _wrong_class(registration, found, contract)) is not None:
        return wrong
    try:
        made: object = found()
    except Exception as error:  # noqa: BLE001  (whatever a stranger's class raises)
        return _unusable(
            registration,
            f"can not be made: {registration.value}() raised {said(error)}",
            "Let it take no arguments, and raise nothing",
        )
    return made


def _wrong_class(registration: Registration, found: Any, contract: type) -> PluginProblem | None:
    """Say what is wrong with what an entry point names, if it can be no plugin of a contract."""
    called = f"{CORE}.plugin_api.{contract.__name__}"
    value = registration.value
    if not inspect.isclass(found):
        return _unusable(
            registration,
            f"is {value}, which is no class but of the type {type(found).__name__}",
            f"Let its entry point name a subclass of {called}",
        )
    if not issubclass(found, contract):
        return _unusable(
            registration,
            f"is the class {value}, which is no {contract.__name__}",
            f"Let it inherit {called}",
        )
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        return _unusable(
            registration,
            f"lacks what every {contract.__name__} has: {', '.join(missing)}",
            f"Let {value} define it",
        )
    return None


def _unusable(registration: Registration, what: str, mend: str) -> PluginProblem:
    return _problem(
        registration,
        f"The plugin {registration.name!r} of {registration.owner} in {registration.group} {what}.",
        f"{mend}; or add {registration.package!r} to {_OFF}.",
    )


def said(error: BaseException) -> str:
    """Return the type and message of an error."""
    return f"{type(error).__name__}: {error}".rstrip(".: ")


def distributions(points: Iterable[EntryPoint]) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Return the names and versions of the distributions of entry points, by name and value."""
    return {
        (point.name, point.value): (point.dist.name, point.dist.version)
        for point in points
        if point.dist is not None
    }
