"""Settings of workers in processes of their own: the test's database, storage and plugins."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.settings import *  # noqa: F403 - all of them, but for what follows
from tests.settings import DATABASES, TEST_DIR

_GIVEN: dict[str, Any] = json.loads(os.environ["BLOCKSTORE_TEST_WORKER"])

# The type checker and Django's checks read this; the folder is there already.
assert TEST_DIR.name

DATABASES["default"]["NAME"] = _GIVEN["database"]
STORAGES = _GIVEN["storages"]
OPENEDX_BLOCKSTORE = _GIVEN["blockstore"]
CELERY_BROKER_URL = _GIVEN["broker"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
