"""Many threads at a time, on a block that nobody has read yet."""

from __future__ import annotations

import copy
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from xblock.core import XBlock
from xblock.fields import Dict, List, Scope
from xblock.plugin import PLUGIN_CACHE

from openedx_blockstore_xblock.block_classes import forget_classes
from openedx_blockstore_xblock.loading import forget_parsed
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import usage
from tests.core.helpers import forget_everything_cached

THREADS = 16

MakeBundle = Callable[..., UUID]
MakeRuntime = Callable[..., BlockstoreRuntime]


class Counting(XBlock):  # type: ignore[misc]
    """Has mutable fields, and counts how often its OLX is read."""

    owls = List(default=[], scope=Scope.content)
    mice = Dict(default={"few": [1]}, scope=Scope.settings)

    read: Counter[str] = Counter()

    @classmethod
    def parse_xml(cls, node: Any, runtime: Any, keys: Any) -> XBlock:
        """Count, and take some time, so that other threads come meanwhile."""
        Counting.read[node.get("name", "")] += 1
        threading.Event().wait(0.05)
        return super().parse_xml(node, runtime, keys)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Such a block is installed, as a package would have it."""
    Counting.read.clear()
    point = EntryPoint("counting", "tests.bridge.test_threads:Counting", "xblock.v1")
    monkeypatch.setattr(XBlock, "extra_entry_points", [("counting", point)])
    forget_classes()
    yield
    forget_classes()
    PLUGIN_CACHE.clear()


def together(work: Callable[[int], Any]) -> list[Any]:
    """Do something in many threads that begin at a time; return what each has got."""
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> Any:
        try:
            barrier.wait(timeout=30)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("counting")
def test_sixteen_threads_agree_on_a_block_that_is_read_once(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Its OLX is parsed by one of them; and what one changes, the others do not see."""
    blocks = "".join(
        f'<counting url_name="c{n}" name="c{n}" unknown="x" owls="[&quot;owl {n}&quot;]"/>'
        for n in range(3)
    )
    uuid = make_bundle({"unit.xml": f"<unit>{blocks}</unit>"})
    forget_everything_cached()
    forget_parsed()

    def work(number: int) -> list[Any]:
        runtime = make_runtime(BlockUser(visitor=f"visitor-{number}"))
        unit = runtime.get_block(usage(uuid, "unit.xml"))
        children = unit.get_children()
        seen = [copy.deepcopy((list(each.owls), dict(each.mice))) for each in children]
        for child in children:
            # Neither what was read, nor a default, is anybody else's.
            child.owls.append(number)
            child.mice["few"].append(number)
        return seen

    expected = [([f"owl {n}"], {"few": [1]}) for n in range(3)]
    assert together(work) == [expected] * THREADS
    assert together(work) == [expected] * THREADS
    assert Counting.read == {"c0": 1, "c1": 1, "c2": 1}


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_are_told_alike_of_what_is_broken(
    make_bundle: MakeBundle, make_runtime: MakeRuntime
) -> None:
    """Whoever of them has read it; and it can be mended."""
    uuid = make_bundle({"unit.xml": "<unit><html></unit>"})
    forget_everything_cached()
    forget_parsed()

    def work(_number: int) -> str:
        return str(make_runtime().get_block(usage(uuid, "unit.xml")).reason)

    (reason,) = set(together(work))
    assert "unit.xml:1" in reason


@pytest.mark.django_db
def test_loading_says_nothing_in_the_log(
    make_bundle: MakeBundle, make_runtime: MakeRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    """Attributes that a class does not know are normal, and so are those of the platform's."""
    uuid = make_bundle(
        {
            "unit.xml": '<unit xblock-family="xblock.v1" visible_to_staff_only="false" owl="1">'
            '<html url_name="h" editor="raw" owl="1" xblock-family="xblock.v1">x</html>'
            '<problem url_name="p" owl="1" markdown="null"><p>x</p></problem>'
            '<poll url_name="o" owl="1" question="?"/>'
            '<word_cloud url_name="w" owl="1"/>'
            '<video url_name="v" owl="1" youtube_id_1_0="x"/>'
            '<drag-and-drop-v2 url_name="d" owl="1"/>'
            '<library_content url_name="l" owl="1" upstream="lb:x"/></unit>'
        }
    )
    forget_parsed()
    with caplog.at_level(logging.DEBUG):
        runtime = make_runtime()
        unit = runtime.get_block(usage(uuid, "unit.xml"))
        assert len(unit.get_children()) == 7
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING] == []
