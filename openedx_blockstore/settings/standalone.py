"""The stand-alone project: Blockstore without a host, for development and as a small service.

Everything it keeps is below ``BLOCKSTORE_DATA_DIR``. These environment variables change it:

``BLOCKSTORE_DATA_DIR``
    The folder of the database, the stored files and the secret key (default ``./var``).
``DATABASE_URL``
    Another database than SQLite, such as ``mysql://user:password@host/name`` or
    ``postgres://user:password@host/name``.
``BLOCKSTORE_S3_BUCKET``
    Keep files in this bucket, with the usual ``AWS_*`` variables.
``SECRET_KEY``
    Django's secret key; without it, one is made and kept in the folder.
``BLOCKSTORE_DEBUG``
    1 for Django's debugging pages; never where others can reach it.
``BLOCKSTORE_ALLOWED_HOSTS``
    Host names, separated by commas, that the service answers to (default: this machine's own).
``BLOCKSTORE_CSRF_TRUSTED_ORIGINS``
    Origins such as ``https://blockstore.example.com``, when a proxy stands in front.
``BLOCKSTORE_PUBLIC_ROOT_URL``
    Scheme and host in front of file URLs.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from openedx_blockstore.settings import environment

# Of a package below the XBlocks, about one below itself; it says nothing to whoever runs this.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)

DATA_DIR = Path(os.environ.get("BLOCKSTORE_DATA_DIR") or "var").resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = environment.secret_key(os.environ, kept_in=DATA_DIR / "secret_key")
DEBUG = environment.flag(os.environ, "BLOCKSTORE_DEBUG")
ALLOWED_HOSTS = environment.words(
    os.environ, "BLOCKSTORE_ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]"
)
CSRF_TRUSTED_ORIGINS = environment.words(os.environ, "BLOCKSTORE_CSRF_TRUSTED_ORIGINS")

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
    *environment.plugin_apps(),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "openedx_blockstore.settings.standalone_urls"
WSGI_APPLICATION = None
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

DATABASES = {"default": environment.database(os.environ, default=DATA_DIR / "blockstore.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

_BUCKET = os.environ.get("BLOCKSTORE_S3_BUCKET", "")
STORAGES: dict[str, dict[str, Any]] = {
    "default": environment.file_system_storage(DATA_DIR / "media"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "openedx_blockstore": (
        environment.s3_storage(os.environ, bucket=_BUCKET)
        if _BUCKET
        else environment.file_system_storage(DATA_DIR / "files")
    ),
}
MEDIA_ROOT = str(DATA_DIR / "media")
STATIC_URL = "static/"
STATIC_ROOT = str(DATA_DIR / "static")

OPENEDX_BLOCKSTORE: dict[str, Any] = {
    "PUBLIC_ROOT_URL": os.environ.get("BLOCKSTORE_PUBLIC_ROOT_URL", ""),
    "PLUGIN_SETTINGS": {
        # There is no Studio here in which one could look after taxonomies.
        "openedx_blockstore_tagging": {"LIBRARY_API": True},
    },
}
#: Staff who are not superusers look after taxonomies, too, says the library for them.
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "rules.permissions.ObjectPermissionBackend",
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "/"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "openedx_blockstore": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}

environment.add_plugin_settings(globals())
