"""What a hostile reviewer of traces and proofs tried, and what must happen; every one was a defect once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from moneytrail.errors import InputError, ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.money.commands import last_moment
from moneytrail.money.ledger_check import check_ledger
from moneytrail.money.questions import minor_units
from moneytrail.tracing import Rule, find_advances, find_value_links, prove, trace
from moneytrail.verify import proof_of, verify_trace
from moneytrail.verify.funds import share_funds
from moneytrail.verify.money import replay
from moneytrail.verify.tracing import _balances
from tests.tracing.books import Line, book

Document = dict[str, Any]
RULES = [Rule.FIFO, Rule.HAIRCUT, Rule.CLEAN_FIRST]
LINES: list[Line] = [
    ("V", "S", 1_000.0), ("W", "S", 500.0), ("S", "A", 800.0), ("A", "B", 300.0), ("S", "C", 100.0), ("B", None, 50.0),
    ("A", "S", 100.0),
]  # fmt: skip


def plain(document: Document) -> Document:
    copied: Document = json.loads(json.dumps(document))
    return copied


def refused(document: Document, graph: TransactionGraph | None = None) -> list[str]:
    """The checks that do not hold, those of the ledger included where there is one."""
    proof = proof_of(plain(document))
    names = [check.name for check in verify_trace(proof).refusals]
    if graph is not None:
        names += [check.name for check in check_ledger(proof, graph) if not check.held]
    return names


def claim_again(document: Document) -> None:
    """What a forger does after changing the statements: claim what follows from them."""
    proof = proof_of(document)
    known = proof.statements
    for rule in document["rules"]:
        now = replay(known, rule)
        names = now.touched.keys() | (known.outside & now.held.keys())
        document["held"][rule] = {name: list(now.of(name)) for name in names if any(now.of(name))}
        document["carried"][rule] = {name: list(pair) for name, pair in now.carried.items() if any(pair)}
        document["totals"][rule] |= {
            "seeded": now.seeded,
            "withdrawn": now.withdrawn,
            "in_accounts": sum(now.of(name)[0] for name in now.touched),
            "other_banks": sum(now.of(name)[0] for name in known.outside),
            "cash": now.cash,
            "overdrafts": now.overdrafts,
            "dropped": now.dropped,
        }


def flip_outside(document: Document) -> None:
    document["accounts"]["A"]["outside"] = True
    claim_again(document)


def cut_short(document: Document) -> None:
    document["transfers"] = document["transfers"][:3]
    claim_again(document)


def other_dates(document: Document) -> None:
    for row in document["transfers"]:
        row[1] = "1999-01-01T00:00:00.000000Z"


def other_currency(document: Document) -> None:
    document["currency"] = "USD"


def untraced_totals(document: Document) -> None:
    document["totals"]["tainted_first"] = document["totals"]["fifo"] | {"in_accounts": 10**9}


@pytest.mark.parametrize(
    "forge", [flip_outside, cut_short, other_dates, other_currency, untraced_totals], ids=lambda f: f.__name__
)
def test_a_forged_proof_is_refused_by_the_ledger(forge: Callable[[Document], None]) -> None:
    graph = book(LINES, {"S": 50.0}, ["S", "A", "B", "C"])
    document = plain(prove(trace(graph, ["t1"], RULES, record=True)))
    assert not refused(document, graph)
    forge(document)
    try:
        assert refused(document, graph)
    except InputError:
        return


def test_a_seed_between_other_banks_that_was_taken_back_is_proved() -> None:
    lines: list[Line] = [("V", "X", 100.0), ("X", "V", 100.0, "reversal"), ("S", "A", 5.0)]
    graph = book(lines, None, ["S", "A"])
    assert not refused(prove(trace(graph, ["t1"], RULES, record=True)), graph)


@pytest.mark.parametrize("rounds", [3_000, 10_000])
def test_the_end_point_is_solved_however_often_money_went_round(rounds: int) -> None:
    swept: list[Line] = [("A", "B", 200.0), ("B", "A", 200.0)]
    graph = book([("V", "A", 100.0), ("W", "A", 100.0), *swept * rounds, ("A", "M", 100.0)])
    made = trace(graph, ["t1"], [Rule.PARI_PASSU], record=True)
    held = dict(made.accounts.select("account", "tainted_pari_passu").iter_rows())
    assert held["A"] == pytest.approx(5_000, abs=2)
    assert held["M"] == pytest.approx(5_000, abs=2)


def test_funds_that_a_ring_feeds_cannot_be_shifted() -> None:
    rounds = 1_000
    swept: list[Line] = [("A", "B", 200.0), ("B", "A", 200.0)]
    graph = book([("V", "A", 100.0), ("W", "A", 100.0), *swept * rounds, ("A", "M", 100.0)])
    document = plain(prove(trace(graph, ["t1"], [Rule.PARI_PASSU], record=True)))
    assert not refused(document)
    document["funds"] = {account: int(part * 1.09) for account, part in document["funds"].items()}
    proof = proof_of(document)
    now = share_funds(proof, _balances(proof.statements))
    document["held"]["pari_passu"] = {account: [value, None] for account, value in now.left.items() if value}
    document["carried"]["pari_passu"] = {name: [value, None] for name, value in now.carried.items() if value}
    document["totals"]["pari_passu"] |= {
        "in_accounts": sum(now.left.values()),
        "rounding": sum(now.came.values()) - sum(document["funds"].values()),
    }
    assert document["held"]["pari_passu"]["M"][0] > 5_400, "and in truth it is 5,000"
    assert refused(document)


def test_a_reversal_of_a_reversal_is_refused_and_is_no_crash() -> None:
    lines: list[Line] = [("V", "S", 1_000.0), ("S", "A", 100.0), ("A", "S", 100.0), ("S", "A", 100.0)]
    document = plain(prove(trace(book(lines), ["t1"], RULES, record=True)))
    document["reversals"] = [["t3", "t2"], ["t4", "t3"]]
    assert refused(document) == ["reversals"]


@pytest.mark.parametrize("change", ["huge", "surrogate"])
def test_a_proof_that_no_ledger_can_hold_is_refused_and_is_no_crash(change: str) -> None:
    graph = book(LINES)
    document = plain(prove(trace(graph, ["t1"], RULES, record=True)))
    if change == "huge":
        document["transfers"][0][4] = 10**30
    else:
        document["accounts"]["\ud800"] = {"opening": None, "outside": False}
    try:
        assert refused(document, graph)
    except InputError:
        return


@pytest.mark.parametrize("asked", [lambda: minor_units("1e999999", "GBP"), lambda: last_moment("0001-01-01")])
def test_what_cannot_be_is_one_line_and_no_traceback(asked: Callable[[], object]) -> None:
    with pytest.raises(ParameterError):
        asked()


def test_payments_to_and_fro_between_two_accounts_cost_no_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.tracing.books.timedelta", lambda hours: timedelta(seconds=hours))
    to_and_fro: list[Line] = [("A", "B", 100.0), ("B", "A", 100.0)]
    made = trace(book([("V", "A", 1_000.0), ("W", "A", 1_000.0), *to_and_fro * 250]), ["t1"], record=True)
    began = time.perf_counter()
    find_advances(made)
    assert time.perf_counter() - began < 1.0


def test_what_was_taken_back_is_neither_an_advance_nor_a_link() -> None:
    back: list[Line] = [("S", "VAN", 1_000.0), ("VAN", "S", 1_000.0, "reversal"), ("M", "S", 1_000.0)]
    assert not find_advances(trace(book(back, {"S": 0.0}, ["S", "VAN"]), ["t3"], record=True)).height
    far: list[Line] = [("V", "S", 1_000.0), ("S", "FAR", 900.0), ("FAR", "S", 900.0, "reversal")]
    assert not find_value_links(trace(book(far, None, ["S"]), ["t1"], record=True)).height


def test_the_van_of_durant_is_an_advance_of_ten_thousand() -> None:
    lines: list[Line] = [("S", "VAN", 10_000.0), ("M", "S", 10_000.0)]
    found = find_advances(trace(book(lines, {"S": 0.0}, ["S"]), ["t2"], record=True)).to_dicts()
    assert [(one["claim"], one["funded_by"], one["needs_coordination_evidence"]) for one in found] == [
        (1_000_000, "overdraft", True)
    ]


@pytest.mark.parametrize("rule", [Rule.FIFO, Rule.HAIRCUT, Rule.CLEAN_FIRST])
def test_unknown_money_at_another_bank_is_proved_by_one_rule_alone(rule: Rule) -> None:
    lines: list[Line] = [("S", "VAN", 100.0), ("M", "S", 100.0), ("S", "LAND", 0.5)]
    graph = book(lines, {"S": 0.0}, ["S"])
    assert not refused(prove(trace(graph, ["t2"], [rule], record=True)), graph)
