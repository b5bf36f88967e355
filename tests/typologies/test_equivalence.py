"""Each typology finds what its definition says, worked out in plain Python: no more, no less, with the same numbers."""

from __future__ import annotations

import numba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.graph import TransactionGraph
from moneytrail.typologies import Matches, by_id
from tests.oracles.book import Instance
from tests.typologies.cases import IDS, cases_of, expected
from tests.worlds import EPOCH, Case

COMPILED = not numba.config.DISABLE_JIT


def found(graph: TransactionGraph, matches: Matches, ledger_times: dict[str, int]) -> list[tuple[object, ...]]:
    """Return the matches as the oracle states them; the first firing by its time, which is what the frame holds."""
    proof: dict[str, list[str]] = {}
    for match_id, transaction_id, _ in matches.evidence.iter_rows():
        proof.setdefault(match_id, []).append(transaction_id)
    made = []
    for row in matches.match.iter_rows(named=True):
        gates = sorted((m["name"], m["value"]) for m in row["measures"] if m["kind"] == "gate")
        fired = (row["detectable_at"] - EPOCH) // (EPOCH.resolution)
        made.append((row["subject"], tuple(sorted(proof[row["match_id"]])), fired, tuple(gates)))
    assert graph.transfers == len(ledger_times)
    return sorted(made)


def stated(instances: list[Instance], ledger_times: dict[str, int]) -> list[tuple[object, ...]]:
    return sorted((one.subject, one.evidence, ledger_times[one.fired], one.gates) for one in instances)


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data())
@settings(max_examples=80 if COMPILED else 25)
def test_find_equals_the_oracle(typology: str, data: st.DataObject) -> None:
    case: Case = data.draw(cases_of(typology))
    entry = by_id(typology)
    times = {t["transaction_id"]: t["time"] for t in case.transfers}
    graph = case.graph()
    matches = entry.find(case.ground(graph), case.overrides)
    assert found(graph, matches, times) == stated(expected(case, entry.values(case.overrides)), times)
