"""The stand-alone project has the library's REST API for taxonomies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

_PROGRAM = """
import json
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

call_command("migrate", verbosity=0)
found = {}
for name, staff in (("ada", False), ("staff", True)):
    client = Client(headers={"host": "localhost"})
    client.force_login(
        User.objects.create_user(name, is_staff=staff), "django.contrib.auth.backends.ModelBackend"
    )
    base = "/api/v1/tagging/library/"
    body = {"name": "Subjects", "description": "", "export_id": "subjects"}
    found[name] = {
        "make": client.post(base + "taxonomies/", body).status_code,
        "list": len(client.get(base + "taxonomies/").json()["results"]),
        "template": client.get(base + "import/template.csv").status_code,
        "objects": client.get(base + "object_tags/blockstore:x/").status_code,
        "counts": client.get(base + "object_tag_counts/blockstore:*/").status_code,
    }
paths = client.get("/api/v1/schema").json()["paths"]
found["described"] = sorted(path for path in paths if "/tagging/" in path)
print(json.dumps(found))
"""


@pytest.mark.slow
def test_staff_look_after_taxonomies(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "BLOCKSTORE_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "openedx_blockstore.settings.standalone",
        "DATABASE_URL": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + _PROGRAM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    same = {"template": 200, "objects": 404, "counts": 404}
    assert found["ada"] == {"make": 403, "list": 1, **same}
    assert found["staff"] == {"make": 201, "list": 2, **same}
    assert "/v1/tagging/taxonomies" in found["described"]
    assert not [path for path in found["described"] if "library" in path]
