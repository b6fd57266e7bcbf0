"""What a worker of Celery in the tests runs: ``celery -A tests.plugins.webhooks.celery_app``.

The settings of the test that has started it, and where its database is, come in a file that an
environment variable names.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path

from celery import Celery
from django.apps import apps

from tests.processes import set_up

set_up(*pickle.loads(Path(os.environ["BLOCKSTORE_TEST_SHARED"]).read_bytes()))

app = Celery("tests", broker=os.environ["BLOCKSTORE_TEST_BROKER"])
# Others' tasks, of blocks that are tested, want modules that only LMS has.
app.autodiscover_tasks(
    [config.name for config in apps.get_app_configs() if config.name.startswith("openedx_")]
)
