"""What it costs to load a unit, in statements and storage requests (docs/concepts)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.loading import forget_parsed
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import usage
from tests.bridge.olx import MULTIPLE_CHOICE
from tests.core.helpers import forget_everything_cached
from tests.counting import Cost, counted_storage, counting

pytestmark = pytest.mark.django_db

BLOCKS = 20


@pytest.fixture(params=["files", "objects"], autouse=True)
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Requests to the storage are counted, in both ways in which one is used."""
    with counted_storage(request.param, str(tmp_path / "files")):
        yield


@pytest.fixture(params=["one bundle", "twenty bundles"])
def unit(request: pytest.FixtureRequest, make_bundle: Callable[..., UUID]) -> UUID:
    """A unit of 20 blocks, each in a file of its own; in the unit's bundle, or in its own."""
    olx = [MULTIPLE_CHOICE.replace("Owls", f"Owls {number}") for number in range(BLOCKS)]
    if request.param == "one bundle":
        includes = "".join(
            f'<xblock-include definition="problem/p{number}"/>' for number in range(BLOCKS)
        )
        files = {f"problem/p{number}/definition.xml": text for number, text in enumerate(olx)}
        return make_bundle({"unit.xml": f"<unit>{includes}</unit>", **files})
    lenders = [make_bundle({"problem.xml": text}) for text in olx]
    includes = "".join(
        f'<xblock-include definition="problem.xml" source="l{number}"/>' for number in range(BLOCKS)
    )
    links = {f"l{number}": LinkTarget(lender, 1) for number, lender in enumerate(lenders)}
    return make_bundle({"unit.xml": f"<unit>{includes}</unit>"}, links)


@pytest.fixture
def learner(make_user: Callable[[str], BlockUser]) -> BlockUser:
    """Somebody with an account."""
    return make_user("athene")


def load(
    bundle_uuid: UUID,
    context: BlockstoreContextKey,
    learner: BlockUser,
    make_runtime: Callable[..., BlockstoreRuntime],
) -> Cost:
    """Load a unit and all of its blocks with the learner's state; return what it has cost."""
    with counting() as cost:
        runtime = make_runtime(learner)
        block = runtime.get_block(usage(bundle_uuid, "unit.xml", context=context))
        children = block.get_children()
        assert [child.attempts for child in children] == [0] * BLOCKS
        assert len({child.display_name for child in children}) == BLOCKS
    return cost


def test_a_unit_of_20_blocks(
    unit: UUID,
    learner: BlockUser,
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """At most eight statements; each file once when nothing is cached, and none when it is."""
    context = make_context("night", unit, version=1)
    forget_everything_cached()
    forget_parsed()
    cold = load(unit, context, learner, make_runtime)
    assert cold.statements <= 8, cold.queries
    blobs = [name for name in cold.read if "/data/" in name]
    assert len(blobs) == len(set(blobs)) == BLOCKS + 1
    assert len(cold.read) == len(set(cold.read))
    warm = load(unit, context, learner, make_runtime)
    assert warm.statements <= 8, warm.queries
    assert warm.reads == 0


DRAWN = 6
POOL = 60


def test_a_unit_with_choices(
    learner: BlockUser,
    make_bundle: Callable[..., UUID],
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """Only what is shown is read; it costs no more once it has been chosen."""
    problems = [MULTIPLE_CHOICE.replace("Owls", f"Owls {number}") for number in range(POOL)]
    lenders = [make_bundle({"problem.xml": text}) for text in problems]
    includes = "".join(
        f'<xblock-include definition="problem.xml" source="l{number}"/>' for number in range(POOL)
    )
    library = make_bundle(
        {"library.xml": f"<library>{includes}</library>"},
        {f"l{number}": LinkTarget(lender, 1) for number, lender in enumerate(lenders)},
    )
    inline = "".join(
        f'<problem url_name="p{number}"><p>{number}</p></problem>' for number in range(10)
    )
    bank = '<xblock-include definition="library.xml" source="library"/>'
    unit = make_bundle(
        {
            "unit.xml": f"<unit>{inline}"
            f'<library_content url_name="bank" max_count="{DRAWN}">{bank}</library_content>'
            f'<split_test url_name="split">{_verticals()}</split_test></unit>',
        },
        {"library": LinkTarget(library, 1)},
    )
    context = make_context("night", unit, version=1)

    def load_all() -> Cost:
        with counting() as cost:
            runtime = make_runtime(learner)
            *problems, bank, split = runtime.get_block(
                usage(unit, "unit.xml", context=context)
            ).get_children()
            shown = [*problems, *bank.get_children()]
            (vertical,) = split.get_children()
            shown += vertical.get_children()
            assert [block.attempts for block in shown] == [0] * 20
        return cost

    load_all()  # the first time something is written: what was chosen
    forget_everything_cached()
    forget_parsed()
    cold = load_all()
    assert cold.statements <= 8, cold.queries
    blobs = [name for name in cold.read if "/data/" in name]
    # The unit, the library, and what is drawn of it.
    assert len(blobs) == len(set(blobs)) == 2 + DRAWN
    assert len(cold.read) == len(set(cold.read))
    warm = load_all()
    assert warm.statements <= 8, warm.queries
    assert warm.reads == 0


def _verticals() -> str:
    """Four groups of an experiment, with four problems each."""
    return "".join(
        f'<vertical url_name="v{group}">'
        + "".join(f'<problem url_name="g{group}p{number}"><p/></problem>' for number in range(4))
        + "</vertical>"
        for group in range(4)
    )


def test_a_sequence_reads_the_unit_that_is_shown(
    learner: BlockUser,
    make_bundle: Callable[..., UUID],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """Of the others nothing but their own files, which have their titles."""
    units = {
        f"units/u{unit}.xml": "<unit>"
        + "".join(f'<xblock-include definition="problem/u{unit}p{n}"/>' for n in range(5))
        + "</unit>"
        for unit in range(6)
    }
    problems = {
        f"problem/u{unit}p{n}/definition.xml": MULTIPLE_CHOICE.replace("Owls", f"Owls {unit} {n}")
        for unit in range(6)
        for n in range(5)
    }
    includes = "".join(f'<xblock-include definition="units/u{unit}.xml"/>' for unit in range(6))
    bundle = make_bundle(
        {"sequence.xml": f"<sequential>{includes}</sequential>", **units, **problems}
    )
    forget_everything_cached()
    forget_parsed()
    with counting() as cost:
        runtime = make_runtime(learner)
        sequence = runtime.get_block(usage(bundle, "sequence.xml", block_type="sequential"))
        assert len(sequence.get_children()) == 6
        assert len(sequence.get_children()[2].get_children()) == 5
    assert len([name for name in cost.read if "/data/" in name]) == 1 + 6 + 5
    assert cost.statements <= 8, cost.queries
