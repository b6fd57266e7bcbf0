"""Packaging of the distribution ``openedx-blockstore``.

One distribution holds the core, the plugins and the runtime bridge; docs/decisions/0003 says why.
"""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent

# Each root holds packages whose folder name is their import name, so nothing
# generic ("plugins", "tests") lands in site-packages.
PACKAGE_ROOTS = (".", "plugins", "runtime_bridge")

packages: list[str] = []
package_dir: dict[str, str] = {}
for root in PACKAGE_ROOTS:
    for package in find_packages(root, include=["openedx_blockstore*"]):
        packages.append(package)
        if "." not in package:
            package_dir[package] = f"{root}/{package}"

INIT = (HERE / "openedx_blockstore" / "__init__.py").read_text(encoding="utf-8")
VERSION = re.search(r'^__version__ = "([^"]+)"', INIT, re.MULTILINE)
if VERSION is None:
    message = "openedx_blockstore/__init__.py holds no __version__"
    raise RuntimeError(message)

# Open edX installs all of these already.
INSTALL_REQUIRES = [
    "Django>=4.2,<6",
    "attrs>=22.2",  # the first with `from attrs import ...`'s own type hints for `frozen`
    "cachetools>=5",
    "djangorestframework>=3.15,<3.19",
    "drf-spectacular[sidecar]>=0.27",
    "lxml>=4.9",  # openedx_blockstore.courses alone
    "rules>=3.3",
    "stevedore>=4.0",  # openedx_blockstore.plugin_manager alone
    "tqdm>=4.60",  # the progress bars of the management commands
]

EXTRAS_REQUIRE = {
    # What the project says it has.
    "cli": ["click>=8.1", "platformdirs>=3", "requests>=2.28", "tqdm>=4.60"],
    "s3": ["boto3>=1.28", "django-storages>=1.14"],
    "tagging": ["openedx-core>=0.34.1"],
    # From 7.14 on the client refuses OpenSearch. From 7.10 on it asks for urllib3 1; beside a newer
    # one pip chooses 7.9.1, which is what Open edX has.
    "search": ["elasticsearch>=7.9.1,<7.14", "rapidfuzz>=3", "snowballstemmer>=2.2"],
    "licensing": ["license-expression>=30.0"],
    "validation": ["filetype>=1.2", "olxcleaner>=0.3"],
    "webhooks": ["cryptography>=39", "standardwebhooks>=1.0"],
    # Hands what happens to the event bus of the platform.
    "events": ["openedx-events>=9"],
    "xblock": [
        "XBlock[django]>=5",
        "edx-opaque-keys>=2.12",
        "fs>=2.4",
        # Blocks want numpy, and beside its version 2 the client of "search" can not be imported.
        # Open edX has version 1, too.
        'numpy<2; python_version < "3.13"',
        # fs, and more below xblocks-contrib, still want pkg_resources.
        "setuptools<82",
        "web-fragments>=2",
        "xblocks-contrib>=0.13",
    ],
    "test": [
        "celery[redis]>=5.3",  # does jobs where a host has it
        "edx-drf-extensions>=9",  # JWT, where a host has it
        "edx-completion>=4.8",  # takes over what learners have completed, where a host has it
        "hypothesis>=6.100",
        "xblock-drag-and-drop-v2>=5",
        "xblock-poll>=1.16",
        "pytest>=8",
        "pytest-django>=4.14",
        "pytest-randomly>=3.15",
        "pytest-xdist>=3.5",
        "schemathesis>=4",
    ],
    # The drivers of DATABASE_URL in the stand-alone project. A host brings its own, and
    # mysqlclient needs a C compiler, so neither is part of "all".
    "mysql": ["dj-database-url>=2.1", "mysqlclient>=2.2"],
    "postgresql": ["dj-database-url>=2.1", "psycopg[binary]>=3.1.8"],
}
EXTRAS_REQUIRE["all"] = sorted(
    {
        requirement
        for extra, requirements in EXTRAS_REQUIRE.items()
        if extra not in {"mysql", "postgresql"}
        for requirement in requirements
    }
)

APPS = [
    "openedx_blockstore = openedx_blockstore.apps:BlockstoreConfig",
    "openedx_blockstore_licensing = openedx_blockstore_licensing.apps:LicensingConfig",
    "openedx_blockstore_search = openedx_blockstore_search.apps:SearchConfig",
    "openedx_blockstore_tagging = openedx_blockstore_tagging.apps:TaggingConfig",
    "openedx_blockstore_validation = openedx_blockstore_validation.apps:ValidationConfig",
    "openedx_blockstore_webhooks = openedx_blockstore_webhooks.apps:WebhooksConfig",
    "openedx_blockstore_xblock = openedx_blockstore_xblock.apps:BlockstoreXBlockConfig",
]

setup(
    name="openedx-blockstore",
    version=VERSION[1],
    description="Versioned storage of learning content for Open edX",
    long_description=(HERE / "README.rst").read_text(encoding="utf-8"),
    long_description_content_type="text/x-rst",
    author="Open edX Project",
    license="AGPL-3.0",
    license_files=["LICENSE.txt"],
    python_requires=">=3.11",
    packages=packages,
    package_dir=package_dir,
    include_package_data=True,
    install_requires=INSTALL_REQUIRES,
    extras_require=EXTRAS_REQUIRE,
    entry_points={
        # Needs the extra "cli", and says so.
        "console_scripts": [
            "blockstore = openedx_blockstore.cli:main",
        ],
        # Both hosts find the core's app, and those of the plugins, in the same way.
        "lms.djangoapp": APPS,
        "cms.djangoapp": APPS,
        # What texts of these kinds of keys become.
        "context_key": [
            "blockstore = openedx_blockstore_xblock.keys:BlockstoreContextKey",
        ],
        "usage_key": [
            "blockstore-state = openedx_blockstore_xblock.state_keys:BlockstoreStateKey",
            "blockstore-usage = openedx_blockstore_xblock.keys:BlockstoreUsageKey",
        ],
        "definition_key": [
            "blockstore-olx = openedx_blockstore_xblock.keys:BlockstoreDefinitionKey",
        ],
        # The contracts of openedx_blockstore.plugin_api.
        "openedx_blockstore.advisers": [
            "licensing = openedx_blockstore_licensing.advice:LicenseAdviser",
        ],
        "openedx_blockstore.annotations": [
            "licensing = openedx_blockstore_licensing.annotations:LicensingAnnotations",
            "tagging = openedx_blockstore_tagging.annotations:TagAnnotations",
            "validation = openedx_blockstore_validation.annotations:FindingsSource",
        ],
        "openedx_blockstore.bundle_types": [
            "assets = openedx_blockstore.builtin_types:Assets",
            "course = openedx_blockstore.builtin_types:Course",
            "library = openedx_blockstore.builtin_types:Library",
            "problem = openedx_blockstore.builtin_types:Problem",
            "sequence = openedx_blockstore.builtin_types:Sequence",
            "unit = openedx_blockstore.builtin_types:Unit",
            "video = openedx_blockstore.builtin_types:Video",
        ],
        "openedx_blockstore.choosers": [
            "random = openedx_blockstore_xblock.choosing.chance:RandomChooser",
        ],
        "openedx_blockstore.event_consumers": [
            "licensing = openedx_blockstore_licensing.consumers:LicensingConsumer",
            "search = openedx_blockstore_search.indexing.consumer:SearchConsumer",
            "tagging = openedx_blockstore_tagging.announcing:Announcer",
            "webhooks = openedx_blockstore_webhooks.consumers:WebhookConsumer",
        ],
        "openedx_blockstore.import_validators": [
            "olx = openedx_blockstore_validation.validator:OlxValidator",
            "runtime = openedx_blockstore_xblock.import_validator:RuntimeValidator",
        ],
        "openedx_blockstore.search_backends": [
            "elasticsearch = openedx_blockstore_search.backends.elasticsearch:ElasticsearchBackend",
            "sqlite = openedx_blockstore_search.backends.sqlite:SqliteBackend",
        ],
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Framework :: Django",
        "Framework :: Django :: 4.2",
        "Framework :: Django :: 5.2",
        "Intended Audience :: Developers",
        "Intended Audience :: Education",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Typing :: Typed",
    ],
)
