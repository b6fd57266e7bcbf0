"""The settings of plugins: typed, and read from one place."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, TypeVar

import attrs
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from openedx_blockstore.conf import SETTINGS_NAME, get_settings

SettingsT = TypeVar("SettingsT")


def read_settings(package: str, settings_class: type[SettingsT]) -> SettingsT:
    """Return the settings of a plugin, defaults filled in.

    They are what ``OPENEDX_BLOCKSTORE["PLUGIN_SETTINGS"]`` has under the plugin's package. They are
    read once, and again after a test has overridden them.

    Args:
        settings_class: A frozen ``attrs`` class; its fields are the settings, with defaults and
            validators that raise ``TypeError`` or ``ValueError`` and say why.

    Raises:
        ImproperlyConfigured: There is an unknown key, or a value that a validator refuses.
    """
    # Whoever annotates a cached function loses which class goes with which instance.
    read: Any = _read
    found: SettingsT = read(package, settings_class)
    return found


@functools.cache
def _read(package: str, settings_class: Any) -> Any:
    where = f"{SETTINGS_NAME}['PLUGIN_SETTINGS'][{package!r}]"
    given = get_settings().PLUGIN_SETTINGS.get(package, {})
    known = [attribute.name for attribute in attrs.fields(settings_class)]
    for key in given:
        if key not in known:
            raise ImproperlyConfigured(
                f"{where} has the unknown key {key!r}; it may have: {', '.join(known)}."
            )
    try:
        return settings_class(**given)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"{where}: {str(error.args[0]).rstrip('.')}.") from error


def check_plugin_settings(package: str, settings_class: type[object]) -> None:
    """Let Django's checks look at a plugin's settings at start.

    Call it in the ``ready`` method of the plugin's app configuration.
    """

    def check(**_kwargs: Any) -> Sequence[CheckMessage]:
        try:
            get_settings()
        except ImproperlyConfigured:
            return []  # the core says so, and once is enough
        try:
            read_settings(package, settings_class)
        except ImproperlyConfigured as error:
            return [Error(str(error), id=f"{package}.E001")]
        return []

    register(check, package)


@receiver(setting_changed, dispatch_uid="openedx_blockstore.plugin_tools.settings")
def _forget_settings(*, setting: str, **_kwargs: object) -> None:
    """Read the settings anew after a test has overridden them."""
    if setting == SETTINGS_NAME:
        _read.cache_clear()
