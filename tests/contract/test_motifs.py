"""One contract for every motif: its frames, its laws, its hubs."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numba
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from moneytrail.errors import ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.kernels.bicliques import layer_evidence
from moneytrail.matches import EVIDENCE_SCHEMA, MATCH_SCHEMA, Matches
from moneytrail.matches import match_id as id_of
from moneytrail.motifs import MOTIFS, Motif, by_name, describe, find, warm_up
from moneytrail.schema import TRANSFER_SCHEMA, check_transfers
from tests.worlds import (
    AMOUNTS,
    ANYWAY,
    DAY,
    HOUR,
    NAMES,
    NEW_YEAR,
    RATES,
    Outcome,
    Transfer,
    graph_of,
    outcomes,
    transfer,
)

COMPILED = not numba.config.DISABLE_JIT
EXAMPLES = settings(max_examples=25)
SMALL: dict[str, dict[str, int | float]] = {
    "fan-in": {"window_days": 3, "counterparties": 2},
    "fan-out": {"window_days": 3, "counterparties": 2},
    "gather-scatter": {"gather_days": 2, "scatter_days": 2, "payers": 2, "payees": 2},
    "scatter-gather": {"window_days": 3, "intermediaries": 2},
    "cycle": {"window_days": 3, "hops": 2, "most_hops": 5},
    "ring": {"window_days": 3, "hops": 2, "most_hops": 5},
    "chain": {"window_days": 3, "hops": 2, "most_hops": 5},
    "bipartite": {"window_days": 4, "senders": 2, "receivers": 2},
    "stack": {"window_days": 6, "senders": 2, "middle": 2, "receivers": 2, "pair_share": 0.5},
    "random-walk": {"window_days": 3, "hops": 2, "most_hops": 5},
    "pass-through": {"window_days": 2},
}
"""Sizes at which small worlds show something."""


@pytest.fixture(params=MOTIFS, ids=lambda motif: motif.name)
def motif(request: pytest.FixtureRequest) -> Motif:
    made: Motif = request.param
    return made


def worlds() -> SearchStrategy[list[Transfer]]:
    """Return up to thirty transfers between six accounts in some days; cash and transfers to oneself included."""
    one = st.tuples(st.sampled_from(ANYWAY), st.integers(0, 20), st.sampled_from(AMOUNTS))

    def made(drawn: list[tuple[tuple[str | None, str | None], int, int]], unit: int) -> list[Transfer]:
        return [
            transfer(row, NEW_YEAR + tick * unit, debtor, creditor, amount)
            for row, ((debtor, creditor), tick, amount) in enumerate(drawn)
        ]

    return st.builds(made, st.lists(one, min_size=10, max_size=30), st.sampled_from((HOUR, 4 * HOUR, DAY // 2)))


WORLDS = worlds()


def search(motif: Motif, transfers: list[Transfer]) -> Matches:
    return motif.find(graph_of(transfers), SMALL[motif.name])


def check_frames(motif: Motif, found: Matches) -> None:
    match, evidence = found.match, found.evidence
    assert dict(match.schema) == MATCH_SCHEMA
    assert dict(evidence.schema) == EVIDENCE_SCHEMA
    assert match["match_id"].n_unique() == match.height
    assert all(re.fullmatch(rf"{motif.name}-[0-9a-f]{{16}}", match_id) for match_id in match["match_id"])
    assert set(evidence["role"]) <= {role.name for role in motif.roles}
    assert evidence["match_id"].unique(maintain_order=True).to_list() == match["match_id"].to_list()
    assert evidence.group_by("match_id", maintain_order=True).len()["len"].to_list() == match["transfers"].to_list()
    assert match.equals(match.sort("typology", "started_at", "match_id"))
    for row in match.iter_rows(named=True):
        check_match(motif, row)


def check_match(motif: Motif, row: dict[str, Any]) -> None:
    assert row["typology"] == motif.name
    assert row["started_at"] <= row["detectable_at"] <= row["ended_at"]
    assert row["subject"] in row["explanation"]
    assert "span" in {measure["name"] for measure in row["measures"]}
    points = sum(measure["points"] for measure in row["measures"])
    assert row["score"] == pytest.approx(min(0.99, 0.5 + points), abs=1e-6)
    for measure in row["measures"]:
        value, threshold = measure["value"], measure["threshold"]
        said = {">=": threshold is None or value >= threshold, "<=": threshold is None or value <= threshold, "": True}
        assert measure["met"] == said[measure["sense"]], measure
        assert measure["met"] or measure["kind"] == "booster", measure
        assert measure["met"] or measure["points"] == 0


@given(data=st.data())
@EXAMPLES
@pytest.mark.parametrize("name", list(SMALL))
def test_small_worlds_keep_the_contract(name: str, data: st.DataObject) -> None:
    motif, transfers = by_name(name), data.draw(WORLDS)
    found = search(motif, transfers)
    check_frames(motif, found)
    amounts = {t["transaction_id"]: t["amount"] for t in transfers}
    places = {t["transaction_id"]: (t["time"], t["row"]) for t in transfers}
    counting = {role.name for role in motif.roles if role.counts}
    for match_id, subject, value in found.match.select("match_id", "subject", "value").iter_rows():
        own = found.evidence.filter(pl.col("match_id") == match_id)
        ids = own["transaction_id"].to_list()
        assert ids == sorted(set(ids), key=lambda one: places[one])
        assert value == sum(
            amounts[one] for one, role in own.select("transaction_id", "role").rows() if role in counting
        )
        assert match_id == id_of(motif.name, subject, "", ids)


@given(data=st.data(), periods=st.integers(-50, 50))
@EXAMPLES
@pytest.mark.parametrize("name", list(SMALL))
def test_whole_periods_later_the_same_is_found(name: str, data: st.DataObject, periods: int) -> None:
    motif, transfers = by_name(name), data.draw(WORLDS)
    values = SMALL[name]
    by = periods * DAY * int(values.get("window_days", 4))
    later = [t | {"time": t["time"] + by} for t in transfers]
    expected = [
        one._replace(detectable_at=one.detectable_at + timedelta(microseconds=by))
        for one in outcomes(search(motif, transfers))
    ]
    assert outcomes(search(motif, later)) == expected


@given(data=st.data(), names=st.permutations(["Z", "y", "a", "é", " spaced ", "12"]))
@EXAMPLES
@pytest.mark.parametrize("name", list(SMALL))
def test_names_of_accounts_do_not_matter(name: str, data: st.DataObject, names: list[str]) -> None:
    motif, transfers = by_name(name), data.draw(WORLDS)
    new: dict[str | None, str | None] = {None: None} | dict(zip(NAMES, names, strict=True))
    renamed = [
        t | {"debtor_account": new[t["debtor_account"]], "creditor_account": new[t["creditor_account"]]}
        for t in transfers
    ]
    expected = sorted(one._replace(subject=str(new[one.subject])) for one in outcomes(search(motif, transfers)))
    assert outcomes(search(motif, renamed)) == expected


@given(data=st.data(), seed=st.integers(0, 9))
@EXAMPLES
@pytest.mark.parametrize("name", list(SMALL))
def test_the_order_of_the_frame_does_not_matter(name: str, data: st.DataObject, seed: int) -> None:
    motif, transfers = by_name(name), data.draw(WORLDS)
    mixed = [transfers[i] for i in np.random.default_rng(seed).permutation(len(transfers))]
    one, other = search(motif, transfers), search(motif, mixed)
    assert one.match.equals(other.match)
    assert one.evidence.equals(other.evidence)


def without_money(found: list[Outcome]) -> list[tuple[Any, ...]]:
    return [(one.subject, one.evidence, one.detectable_at, one.score) for one in found]


@given(data=st.data(), factor=st.sampled_from((2, 8)))
@EXAMPLES
@pytest.mark.parametrize("name", list(SMALL))
def test_another_unit_of_money_finds_the_same(name: str, data: st.DataObject, factor: int) -> None:
    motif, transfers = by_name(name), data.draw(WORLDS)
    scaled = [t | {"amount": t["amount"] * factor} for t in transfers]
    assert without_money(outcomes(search(motif, scaled))) == without_money(outcomes(search(motif, transfers)))


@given(data=st.data(), wait=st.integers(0, 200), amount=st.sampled_from((0, 5, 90_000)))
@EXAMPLES
@pytest.mark.parametrize("name", list(SMALL))
def test_strangers_to_a_finding_do_not_change_it(name: str, data: st.DataObject, wait: int, amount: int) -> None:
    motif, transfers = by_name(name), data.draw(WORLDS)
    beside = transfer(1_000, NEW_YEAR + wait * HOUR, "new 1", "new 2", amount)
    found = [one for one in outcomes(search(motif, [*transfers, beside])) if one.subject != "new 1"]
    assert found == outcomes(search(motif, transfers))


def dense(transfers: int, accounts: int, seed: int = 3) -> TransactionGraph:
    """Return a graph in which a tenth of all transfers is one account's."""
    rng = np.random.default_rng(seed)
    sides = rng.integers(0, accounts, (transfers, 2))
    sides[::20, 0] = 0
    sides[10::20, 1] = 0
    return graph_from(sides, np.sort(rng.integers(0, 30 * 24, transfers)) * HOUR, rng.integers(1, 100_000, transfers))


def graph_from(sides: NDArray[np.int64], times: NDArray[np.int64], amounts: NDArray[np.int64]) -> TransactionGraph:
    columns = {
        "transaction_id": pl.int_range(len(times), eager=True).cast(pl.String()),
        "row": pl.int_range(len(times), eager=True),
        "booked_at": pl.Series(NEW_YEAR + times).cast(TRANSFER_SCHEMA["booked_at"]),
        "debtor_account": pl.Series(sides[:, 0]).cast(pl.String()),
        "creditor_account": pl.Series(sides[:, 1]).cast(pl.String()),
        "amount": pl.Series(amounts),
        "currency": pl.repeat("GBP", len(times), eager=True).cast(TRANSFER_SCHEMA["currency"]),
        "channel": pl.repeat("wire", len(times), eager=True).cast(TRANSFER_SCHEMA["channel"]),
    }
    return TransactionGraph.from_frame(check_transfers(pl.DataFrame(columns)), RATES)


def test_one_thread_equals_two(motif: Motif) -> None:
    graph = dense(2_000 if COMPILED else 300, 150 if COMPILED else 20)
    before = numba.get_num_threads()
    try:
        found = []
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            found.append(motif.find(graph, SMALL[motif.name]))
    finally:
        numba.set_num_threads(before)
    assert found[0].match.height
    assert found[0].match.equals(found[1].match)
    assert found[0].evidence.equals(found[1].evidence)
    assert found[0].stopped == found[1].stopped


SEARCHED = [motif.name for motif in MOTIFS if "budget" in {parameter.name for parameter in motif.parameters}]


@pytest.mark.parametrize("name", SEARCHED)
def test_a_search_that_stops_says_so(name: str) -> None:
    """Every search of a dense world stops after one transfer; the accounts are named, and the matches marked."""
    graph = dense(300, 20)
    found = find(graph, name, SMALL[name] | {"budget": 1})
    assert found.stopped
    assert found.stopped == tuple(sorted(set(found.stopped)))
    assert set(found.match.filter("truncated")["subject"]) <= set(found.stopped)
    assert find(graph, name, SMALL[name] | {"budget": 10**6}).stopped == ()


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="a hub of a million is for compiled kernels")
def test_a_hub_of_a_million_transfers_is_soon_done(motif: Motif, hubs: dict[str, TransactionGraph]) -> None:
    motif.find(dense(300, 20))
    for name, graph in hubs.items():
        start = time.process_time()
        motif.finder(graph, motif.values())
        # Processor time of all threads; a search of every pair or path would take hours.
        assert time.process_time() - start < 30, name


@pytest.fixture(scope="module")
def hubs() -> dict[str, TransactionGraph]:
    """Return a million transfers through one account: once each by others, and among a thousand who pay it back."""
    n = 1_000_000
    place = np.arange(n, dtype=np.int64)
    inwards = place % 2 == 0
    times = place * 1_000_000
    made = {}
    for name, other in (("once each", place // 2 + 1), ("a thousand", place * 7919 % 1000 + 1)):
        sides = np.stack([np.where(inwards, other, 0), np.where(inwards, 0, other)], axis=1)
        made[name] = graph_from(sides, times, 1 + place % 997)
    return made


def test_warming_up_compiles_every_kernel() -> None:
    warm_up(dense(3, 2))
    if COMPILED:
        assert layer_evidence.signatures


def test_hardly_any_transfers_give_no_match(motif: Motif) -> None:
    ways: list[tuple[str | None, str | None]] = [("a", "b"), ("a", "a"), (None, "a"), ("a", None)]
    for sides in ways:
        for count in (0, 1, 2):
            found = motif.find(graph_of([transfer(i, NEW_YEAR, *sides, 95_000) for i in range(count)]))
            assert dict(found.match.schema) == MATCH_SCHEMA
            assert found.match.height == 0
            assert found.stopped == ()


def test_amounts_at_the_end_of_the_range_do_not_overflow(motif: Motif) -> None:
    amounts = [2**53 + 1, 2**53 - 1, 2**60, 2**31, 0, 1] * 3
    transfers = [
        transfer(i, NEW_YEAR + i * HOUR, NAMES[i % 5], NAMES[(i + 1) % 5], amount) for i, amount in enumerate(amounts)
    ]
    check_frames(motif, search(motif, transfers))


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("cycle", {"window_days": 0}, "allowed is 1 to 365 days"),
        ("cycle", {"hops": 9, "most_hops": 8}, "hops = 9 is above most_hops = 8"),
        ("chain", {"share_low": 0.9, "share_high": 0.5}, "share_low = 0.9 is above share_high = 0.5"),
        ("stack", {"payers": 3}, "stack has no parameter 'payers'"),
        ("star", {}, "no motif 'star'; there are fan-in"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(name: str, overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(said)):
        find(graph_of([]), name, overrides)


def test_a_motif_describes_itself(motif: Motif) -> None:
    (said,) = [one for one in describe() if one["name"] == motif.name]
    assert said["horizon_days"] == motif.span_days(motif.values())
    for parameter in motif.parameters:
        named = f"`{parameter.name}`" in motif.definition or parameter.name == "window_days"
        assert named or "adds points" in parameter.meaning, f"the definition does not mention {parameter.name}"


def test_a_column_of_measures_keeps_its_rows() -> None:
    """What the columns say is what each row says."""
    found = find(dense(300, 20), "fan-in", SMALL["fan-in"])
    for row in found.match.iter_rows(named=True):
        own = {measure["name"]: measure["value"] for measure in row["measures"]}
        proof = found.evidence.filter(pl.col("match_id") == row["match_id"])
        assert proof.height == row["transfers"] >= own["counterparties"]
        assert own["span"] == (row["ended_at"] - row["started_at"]).total_seconds() / 3600


def test_the_page_says_what_the_code_says(motif: Motif) -> None:
    page = (Path(__file__).parents[2] / "docs" / "motifs.md").read_text("utf-8")
    assert f"## {motif.name}\n" in page
    assert motif.definition in page
    for role in motif.roles:
        assert f"| `{role.name}` | {role.meaning} |" in page
    for p in motif.parameters:
        assert f"| `{p.name}` | {p.default} {p.unit} | {p.low} to {p.high} | {p.meaning} | {p.reason} |" in page
