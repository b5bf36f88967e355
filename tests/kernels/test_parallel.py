"""What holds of every kernel: the same bits for any threads, read-only inputs, a hub in linear time, one file each."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

import moneytrail.kernels
from moneytrail.kernels.activity import Part, activity
from moneytrail.kernels.fans import FanRule, backing, fans
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.pass_through import PassThroughRule, pass_throughs
from moneytrail.kernels.relations import RelationRule, Relations
from moneytrail.kernels.structuring import StructuringRule, structured
from tests.worlds import DAY, HOUR, Arrays, arrays_of, frozen, relations_of

COMPILED = not numba.config.DISABLE_JIT
RELATION_RULE = RelationRule(lookback=180 * DAY, gap=30 * DAY, payments=3)
SOON = 5.0
"""Seconds for a hub of a million transfers; a quadratic search would take hours."""


def random_world(accounts: int, transfers: int, seed: int = 7) -> Arrays:
    rng = np.random.default_rng(seed)
    moments = np.sort(rng.integers(0, 90 * 24, transfers)) * HOUR
    sides = rng.integers(0, accounts, (transfers, 2))
    # Every third transfer touches account 0.
    sides[::6, 0] = 0
    sides[3::6, 1] = 0
    amounts = rng.integers(0, 100_000, transfers)
    return arrays_of(list(zip(sides[:, 0], sides[:, 1], moments, amounts, strict=True)), accounts)


def hub(transfers: int) -> Arrays:
    """Account 0 is paid by everyone, and pays everyone, in turn."""
    place = np.arange(transfers, dtype=np.int64)
    other = place // 2 + 1
    inwards = place % 2 == 0
    debtor, creditor = np.where(inwards, other, 0), np.where(inwards, 0, other)
    rows = np.stack([debtor, creditor, place * 1_000_000, np.full(transfers, 90_000)], axis=1)
    accounts = int(other[-1]) + 1
    return arrays_of(rows.tolist(), accounts)


Kernel = Callable[[Arrays, Relations, int], NDArray[Any]]


def run_fans(world: Arrays, facts: Relations, chunks: int) -> NDArray[Any]:
    borders = frozen(cost_chunks(world.incoming.indptr, chunks), np.int64)
    funds = run_backing(world, facts, chunks)
    made: NDArray[Any] = fans(world.incoming, facts, funds, FanRule(30 * DAY, 8, 700, 500, 3, 0, 0, 2**62, 0), borders)
    return made


def run_backing(world: Arrays, _facts: Relations, chunks: int) -> NDArray[Any]:
    borders = frozen(cost_chunks(world.outgoing.indptr, chunks), np.int64)
    return frozen(backing(world.outgoing, world.incoming, DAY, borders, world.time.size), np.int64)


def run_pass_throughs(world: Arrays, facts: Relations, chunks: int) -> NDArray[Any]:
    borders = frozen(cost_chunks(world.outgoing.indptr + world.incoming.indptr, chunks), np.int64)
    rule = PassThroughRule(7 * DAY, 50_000, HOUR, DAY, 300, 500, 500, 1)
    made: NDArray[Any] = pass_throughs(world.outgoing, world.incoming, facts.stranger, rule, borders)
    return made


def run_structured(world: Arrays, _facts: Relations, chunks: int) -> NDArray[Any]:
    side = world.incoming
    borders = frozen(cost_chunks(side.indptr, chunks), np.int64)
    rule = StructuringRule(5 * DAY, 180 * DAY, 3, 800, 1200, 1)
    made: NDArray[Any] = structured(side.indptr, side.time, side.amount, 100_000, rule, borders)
    return made


def run_activity(world: Arrays, facts: Relations, chunks: int) -> NDArray[Any]:
    out = np.zeros((world.time.size, 11), np.float32)
    borders = frozen(cost_chunks(world.outgoing.indptr, chunks), np.int64)
    n = world.outgoing.indptr
    activity(world.outgoing, world.incoming, facts, Part(n[:-1], n[1:], borders, 0), out, 0)
    return out


def run_relations(world: Arrays, _facts: Relations, chunks: int) -> NDArray[Any]:
    return np.stack(relations_of(world, RELATION_RULE, chunks=chunks))


KERNELS: tuple[Kernel, ...] = (
    run_relations,
    run_fans,
    run_backing,
    run_pass_throughs,
    run_structured,
    run_activity,
)


@pytest.fixture(params=KERNELS, ids=lambda kernel: kernel.__name__.removeprefix("run_"))
def kernel(request: pytest.FixtureRequest) -> Kernel:
    made: Kernel = request.param
    return made


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = numba.get_num_threads()
    yield lambda number: numba.set_num_threads(min(number, numba.config.NUMBA_NUM_THREADS))
    numba.set_num_threads(before)


def test_the_same_bits_for_any_threads_and_chunks(kernel: Kernel, threads: Callable[[int], None]) -> None:
    world = random_world(accounts=40, transfers=3_000)
    facts = relations_of(world, RELATION_RULE)
    made = []
    for number in (1, 2):
        threads(number)
        made += [kernel(world, facts, chunks) for chunks in (1, 3, 64)]
    assert made[0].size, "the world shows nothing, so the test would prove nothing"
    assert {part.tobytes() for part in made} == {made[0].tobytes()}


def test_an_empty_ledger_gives_nothing(kernel: Kernel) -> None:
    world = arrays_of([], 3)
    assert kernel(world, relations_of(world, RELATION_RULE), 64).size == 0


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="a hub of a million is for compiled kernels")
def test_a_hub_of_a_million_transfers_is_soon_done(kernel: Kernel, big_hub: tuple[Arrays, Relations]) -> None:
    small = random_world(accounts=5, transfers=50)
    kernel(small, relations_of(small, RELATION_RULE), 64)
    start = time.perf_counter()
    made = kernel(*big_hub, 64)
    assert time.perf_counter() - start < SOON
    assert made.size


@pytest.fixture(scope="module")
def big_hub() -> tuple[Arrays, Relations]:
    world = hub(1_000_000)
    return world, relations_of(world, RELATION_RULE)


FILES = sorted(path for path in Path(moneytrail.kernels.__file__).parent.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kernel_file_stands_alone(path: Path) -> None:
    """Numba's cache does not see an edit in another file: at run time only numpy, numba and the standard library.

    And the hint to the processor, which computes nothing: an old one is as good.
    """
    allowed = {"__future__", "typing", "numpy", "numba", "moneytrail.prefetch"}
    assert run_time_imports(ast.parse(path.read_text("utf-8"))) <= allowed


def run_time_imports(node: ast.AST) -> set[str]:
    """Return the packages that a file imports, but for those under ``if TYPE_CHECKING``; of ours, the modules."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return set().union(*(run_time_imports(child) for child in node.orelse))
    if isinstance(node, ast.Import):
        return {name.name.partition(".")[0] for name in node.names}
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if module.startswith("moneytrail."):
            return {module}
        return {module.partition(".")[0] if not node.level else "."}
    return set().union(*(run_time_imports(child) for child in ast.iter_child_nodes(node)))


def test_the_import_check_sees_an_import_inside_a_function() -> None:
    text = "if TYPE_CHECKING:\n    import ours\nelse:\n    import os\ndef f():\n    from moneytrail import graph"
    assert run_time_imports(ast.parse(text)) == {"os", "moneytrail"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kernel_file_names_an_oracle_that_exists(path: Path) -> None:
    assert f"tests/oracles/{path.stem}.py" in path.read_text("utf-8")
    assert (Path(__file__).parents[1] / "oracles" / path.name).is_file()
