"""What a worker of Celery in the tests runs: ``celery -A tests.plugins.webhooks.celery_app``.

The settings of the test that has started it, and where its database is, come in a file that an
environment variable names.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path

from celery import Celery

from tests.processes import set_up

set_up(*pickle.loads(Path(os.environ["BLOCKSTORE_TEST_SHARED"]).read_bytes()))

app = Celery("tests", broker=os.environ["BLOCKSTORE_TEST_BROKER"])
app.autodiscover_tasks()
