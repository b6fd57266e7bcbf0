"""Django settings of the tests.

The database is the one of ``DATABASE_URL``, otherwise an SQLite file (not one in memory: tests
start several processes). Everything that is written lies in a temporary folder, which goes away at
the end.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

from openedx_blockstore.settings import environment

#: The folder of this run: chosen by the first process, and found by those that it starts. It is
#: made and removed by the hooks in conftest.py, since the type checker reads these settings too.
TEST_DIR = Path(
    os.environ.setdefault(
        "BLOCKSTORE_TEST_DIR", f"{tempfile.gettempdir()}/blockstore-tests-{uuid4().hex}"
    )
)

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "tests.urls"

INSTALLED_APPS = [
    "openedx_blockstore",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework.authtoken",
    "tests.spans",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
#: For the tests' own requests alone; the application does not look at these settings.
REST_FRAMEWORK = {"TEST_REQUEST_DEFAULT_FORMAT": "json"}
#: As LMS and Studio have it; tests add the key. The library reads most of it only once.
JWT_AUTH = {
    "JWT_ALGORITHM": "HS256",
    "JWT_AUTH_COOKIE": "edx-jwt-cookie",
    "JWT_AUTH_HEADER_PREFIX": "JWT",
    "JWT_DECODE_HANDLER": "edx_rest_framework_extensions.auth.jwt.decoder.jwt_decode_handler",
    "JWT_ISSUERS": [
        {"ISSUER": "https://lms.example.com/oauth2", "AUDIENCE": "openedx", "SECRET_KEY": None}
    ],
    "JWT_SUPPORTED_VERSION": "1.2.0",
    "JWT_VERIFY_AUDIENCE": True,
}
STATIC_URL = "static/"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": environment.database(os.environ, default=TEST_DIR / "unused.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(TEST_DIR / "test.sqlite3")}
# A connection that outlives its test would keep the test database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES: dict[str, dict[str, Any]] = {
    "default": environment.file_system_storage(TEST_DIR / "media"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "openedx_blockstore": environment.file_system_storage(TEST_DIR / "files"),
}
MEDIA_ROOT = str(TEST_DIR / "media")

OPENEDX_BLOCKSTORE: dict[str, Any] = {
    # No test cuts the machine's power, and waiting for the disk takes most of the time otherwise.
    "DURABLE_WRITES": False,
    # The core passes its tests without any plugin, whatever is installed.
    "PLUGINS": [],
    # Tests ask more often than people do; those about this say otherwise.
    "REST_THROTTLE_RATES": {"user": "", "anonymous": "", "login": ""},
    "BUNDLE_TYPE_PAGES": {
        "problem": {
            "preview": "https://studio.example.com/see/{bundle_uuid}?v={version}&d={draft}",
            "edit": "https://studio.example.com/edit/{bundle_uuid}?d={draft}",
        },
    },
}
