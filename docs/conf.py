"""Configuration of Sphinx."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "plugins"), str(ROOT / "runtime_bridge")]

# autodoc imports modules with tables, for which Django must be set up.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openedx_blockstore.settings.standalone")
os.environ.setdefault("BLOCKSTORE_DATA_DIR", str(ROOT / "docs" / "_build" / "data"))

import django

django.setup()

from openedx_blockstore import __version__

project = "Blockstore"
author = "Open edX Project"
copyright = "Open edX Project; AGPL-3.0"
release = __version__
version = ".".join(release.split(".")[:2])

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Blockstore {version}"
# Blockstore's documentation is complete without the network.
html_baseurl = ""

autodoc_member_order = "bysource"
# Signatures as they stand in the code, an argument a line, and types by their names.
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {
    name: f"openedx_blockstore.data.{name}" for name in ("ChangeKind", "OnConflict", "Visibility")
}
python_maximum_signature_line_length = 90
python_use_unqualified_type_names = True
add_module_names = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# Every name that the documentation refers to must be in it; Python's own are elsewhere.
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r"(collections\.abc|datetime|django|os|pathlib|uuid)\..*|datetime|UUID"),
    (
        "py:class",
        r"(contextlib|openedx_blockstore\.(models|plugin_rest|plugin_tools)|rest_framework)\..*",
    ),
    (
        "py:(class|exc)",
        r"ImproperlyConfigured|InvalidKeyError|PermissionDenied|Search\w+|ValidationError",
    ),
    ("py:attr", r"openedx_blockstore\.data\..*"),  # attributes stand in their class's entry
]
