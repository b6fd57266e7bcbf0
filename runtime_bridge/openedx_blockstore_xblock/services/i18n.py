"""Texts in the language of whoever looks at a block."""

from __future__ import annotations

import datetime as dt
import gettext
import importlib
import math
from pathlib import Path
from typing import Any

from django.utils import formats, timezone, translation
from xblock.core import XBlock


class I18nService:
    """Translations that a block's package brings in ``translations/`` or so, or Django's."""

    def __init__(self, block: XBlock) -> None:
        self._translator = _translations(block)

    def __getattr__(self, name: str) -> Any:
        # Templates of blocks merge the whole catalogue of the package, a private attribute, into
        # Django's (xblock.utils.templatetags).
        if name == "_translator":
            raise AttributeError(name)
        return getattr(self._translator, name)

    def gettext(self, message: str) -> str:
        """Return a text in the user's language."""
        found = self._translator.gettext(message)
        return found if found != message else translation.gettext(message)

    def ngettext(self, singular: str, plural: str, number: float) -> str:
        """Return a text about some number of things."""
        # Blocks count points, which need not be whole; the rules of languages take whole numbers.
        number = math.ceil(number)
        found = self._translator.ngettext(singular, plural, number)
        if found not in {singular, plural}:
            return found
        return translation.ngettext(singular, plural, number)

    # Blocks of older days ask for these.
    ugettext = gettext
    ungettext = ngettext

    def strftime(self, moment: dt.datetime, format_name: str) -> str:
        """Return a moment in the user's language and time zone.

        Args:
            format_name: One of XBlock's names (``SHORT_DATE``, ``TIME``, …), or a ``strftime``
                format.
        """
        if timezone.is_aware(moment):
            moment = timezone.localtime(moment)
        names = {
            "DATE": "DATE_FORMAT",
            "DATE_TIME": "DATETIME_FORMAT",
            "LONG_DATE": "DATE_FORMAT",
            "LONG_DATE_TIME": "DATETIME_FORMAT",
            "SHORT_DATE": "SHORT_DATE_FORMAT",
            "TIME": "TIME_FORMAT",
        }
        if format_name in names:
            return formats.date_format(moment, names[format_name])
        return moment.strftime(format_name)

    def get_javascript_i18n_catalog_url(self, _block: XBlock) -> str | None:
        """Return where a block's scripts find translations: nowhere yet."""
        return None


def _translations(block: XBlock) -> gettext.NullTranslations:
    package = importlib.import_module(block.unmixed_class.__module__.partition(".")[0])
    for folder in ("translations", "conf/locale"):
        for root in getattr(package, "__path__", ()):
            path = Path(root) / folder
            if path.is_dir():
                language = translation.to_locale(translation.get_language() or "en")
                for domain in ("text", "django"):
                    found = _find(domain, path, language)
                    if found is not None:
                        return found
    return gettext.NullTranslations()


def _find(domain: str, path: Path, language: str) -> gettext.NullTranslations | None:
    try:
        return gettext.translation(domain, str(path), [language])
    except OSError:
        return None
