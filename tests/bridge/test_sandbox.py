"""Problems to which a Python program belongs: with a jail they work, without one they say so."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.checks import run_checks
from pytest_django import Settings
from webob import Request

from openedx_blockstore import api
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import usage
from tests.bridge.jail import set_sandbox

pytestmark = pytest.mark.django_db

MakeBundle = Callable[..., UUID]
MakeRuntime = Callable[..., BlockstoreRuntime]
MakeUser = Callable[[str], BlockUser]

PROBLEM = """
<problem display_name="Mice">
  <script type="loncapa/python">
import os
mice = random.randint(3, 9)
answer = mice * 2
who = os.getuid()

def check(expect, given):
    return {'ok': int(given) == 2 * int(expect), 'msg': 'graded by a program'}
  </script>
  <p>An owl eats $mice mice a night; user $who asks how many in two.</p>
  <customresponse cfn="check" expect="$mice"><textline/></customresponse>
</problem>
"""

USES_LIBRARY = """
<problem><script type="text/python">
import owl_facts
legs = owl_facts.LEGS
</script><p>Owls have $legs legs.</p></problem>
"""


def shown(runtime: BlockstoreRuntime, key: BlockstoreUsageKey) -> str:
    """Return what is shown of a block."""
    return str(runtime.render(runtime.get_block(key), "student_view", {}).content)


@pytest.mark.usefixtures("jailed")
def test_a_program_chooses_numbers_and_grades(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """It runs as somebody else, and not as the server."""
    uuid = make_bundle({"problem.xml": PROBLEM})
    key = usage(uuid, "problem.xml", block_type="problem")
    learner = make_user("athene")
    content = shown(make_runtime(learner), key)
    assert "mice a night" in content
    assert "user 65534 asks" in content
    mice = int(content.partition("An owl eats ")[2].partition(" ")[0])
    assert 3 <= mice <= 9
    for answer, is_right in ((str(mice), False), (str(2 * mice), True)):
        runtime = make_runtime(learner)
        request = Request.blank("/", POST={f"input_{key.html_id()}_2_1": answer})
        done = runtime.handle(runtime.get_block(key), "xmodule_handler", request, "problem_check")
        assert done.status_code == 200
        assert json.loads(done.body)["success"] == ("correct" if is_right else "incorrect")
    assert "graded by a program" in shown(make_runtime(learner), key)


@pytest.mark.usefixtures("jailed")
@pytest.mark.parametrize(
    "program",
    [
        "open('/etc/shadow').read()",
        "while True: pass",
        "x = 'a' * 10**10",
        "import socket\nraise SystemExit(3)",
        "1/0",
        "not python at all",
    ],
)
def test_a_bad_program_harms_nothing_but_its_own_problem(
    program: str, make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """Neither the server nor the rest of the unit."""
    uuid = make_bundle(
        {
            "unit.xml": '<unit><problem url_name="p"><script type="loncapa/python">'
            f"{program}</script><p>never</p></problem>"
            '<html url_name="h">the rest</html></unit>'
        }
    )
    content = shown(make_runtime(make_user("athene")), usage(uuid, "unit.xml"))
    assert "the rest" in content
    assert "never" not in content
    assert "root:" not in content


@pytest.mark.usefixtures("jailed")
def test_programs_find_the_authors_own_modules(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, make_user: MakeUser
) -> None:
    """In ``static/python_lib.zip``; and what they gave with an older one is not taken for true."""
    uuid = make_bundle({"problem.xml": USES_LIBRARY})
    key = usage(uuid, "problem.xml", block_type="problem")
    learner = make_user("athene")
    assert "Owls have" not in shown(make_runtime(learner), key)
    for legs in (2, 3):
        draft = api.get_or_create_bundle_draft(uuid, "work").uuid
        api.write_draft_file(draft, "static/python_lib.zip", library(f"LEGS = {legs}"))
        api.commit_draft(draft)
        assert f"Owls have {legs} legs" in shown(make_runtime(learner), key)


def library(text: str) -> bytes:
    """Return an archive with one module."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("owl_facts.py", text)
    return archive.getvalue()


@pytest.mark.parametrize(
    ("olx", "is_program"),
    [
        (PROBLEM, True),
        ("<problem><script>x = 1</script></problem>", True),
        ('<problem><script type="text/javascript">x = 1</script></problem>', False),
        ('<problem><script type="text/python"> </script></problem>', False),
        ('<problem><script src="x.js" type="text/javascript"/></problem>', False),
        ('<problem><customresponse cfn="f"><textline/></customresponse></problem>', True),
        ("<problem><p>script</p></problem>", False),
    ],
)
def test_without_a_jail_a_problem_says_what_is_missing(
    olx: str,
    is_program: bool,
    make_bundle: MakeBundle,
    make_runtime: MakeRuntime,
    make_user: MakeUser,
) -> None:
    """Authors are told what to set up, learners that they may go on; others are not concerned."""
    uuid = make_bundle({"problem.xml": olx})
    key = usage(uuid, "problem.xml", block_type="problem")
    learner = make_user("athene")
    content = shown(make_runtime(learner), key)
    assert ("can not be shown right now" in content) is is_program
    assert "SANDBOX" not in content
    content = shown(make_runtime(learner, author_mode=True), key)
    assert (
        "['openedx_blockstore_xblock']['SANDBOX']".replace("'", "&#x27;") in content
    ) is is_program
    # Whoever edits it, edits the problem.
    assert make_runtime(learner).get_block(key).data is not None


@pytest.mark.parametrize(
    ("code_jail_setting", "service", "is_wrong"),
    [
        (None, False, True),
        ({}, False, True),
        ("python", False, True),
        ({"python_bin": "/x"}, False, True),
        ({"python_bin": "/x", "user": "nobody"}, False, False),
        (None, True, False),
    ],
)
def test_a_sandbox_that_is_not_set_up_is_an_error_of_the_checks(
    code_jail_setting: Any, service: bool, is_wrong: bool, settings: Settings
) -> None:
    """Not of the first learner."""
    settings.CODE_JAIL = code_jail_setting
    settings.ENABLE_CODEJAIL_REST_SERVICE = service
    set_sandbox(settings, on=True)
    found = [each.id for each in run_checks(tags=["openedx_blockstore_xblock"])]
    assert ("openedx_blockstore_xblock.E002" in found) is is_wrong
    set_sandbox(settings, on=False)
    assert run_checks(tags=["openedx_blockstore_xblock"]) == []
