"""The text that an element leaves to another file, as ``<html filename="x"/>`` does."""

from __future__ import annotations

import posixpath
from collections.abc import Container

from lxml import etree


def body_path(element: etree._Element, path: str, files: Container[str]) -> str | None:
    """Return the path of the file that holds an element's text; None where it is in the element.

    Args:
        path: The file in which the element stands.
        files: The paths of the bundle's files.
    """
    name = element.get("filename")
    if not name or (element.text and element.text.strip()):
        return None
    folder = posixpath.dirname(path)
    for candidate in (f"{name}.html", name):
        found = posixpath.normpath(posixpath.join(folder, candidate))
        if found in files:
            return found
    return None
