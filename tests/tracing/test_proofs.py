"""Every trace is confirmed by its proof, replayed in plain Python; and no proof that was changed is."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from moneytrail.errors import InputError, ParameterError
from moneytrail.tracing import Rule, prove, trace
from moneytrail.verify import TraceVerdict, proof_of, verify_trace
from tests.tracing.books import Line, book
from tests.tracing.test_trace import OPENINGS, random_lines, some_seeds, traced
from tests.tracing.test_worked_examples import COMMON

Document = dict[str, Any]
BACK: list[Line] = [
    ("p", "S", 100.0), ("S", "A", 80.0), ("A", "S", 80.0, "REVERSAL"), ("S", "B", 30.0), ("p", "A", 50.0),
    ("A", None, 20.0),
]  # fmt: skip


def judged(document: Document) -> TraceVerdict:
    return verify_trace(proof_of(json.loads(json.dumps(document))))


def refusals(document: Document) -> list[str]:
    return [check.name for check in judged(document).refusals]


@pytest.mark.parametrize("seed", range(120))
def test_every_trace_is_confirmed(seed: int) -> None:
    verdict = judged(prove(traced(seed)))
    assert verdict.confirmed, [f"{check.name}: {check.detail}" for check in verdict.refusals]
    assert len(verdict.checks) > 30


@pytest.mark.parametrize("floor", [0, 5_000, 200_000])
@pytest.mark.parametrize("seed", range(20))
def test_a_floor_and_overdrafts_are_replayed(seed: int, floor: int) -> None:
    openings = dict.fromkeys(("A", "B", "C"), -1_500.0)
    made = trace(book(random_lines(seed), openings, ["A", "B", "C", "D"]), some_seeds(seed), record=True, floor=floor)
    document = prove(made)
    assert judged(document).confirmed
    assert any(row["overdrafts"] for row in document["totals"].values())


@pytest.mark.parametrize("rule", list(Rule))
def test_each_rule_alone_is_confirmed(rule: Rule) -> None:
    assert judged(prove(trace(book(COMMON), ["t2", "t6"], [rule], record=True))).confirmed


def test_what_was_taken_back_is_replayed() -> None:
    made = trace(book(BACK, {"S": 10.0}), ["t1"], record=True)
    assert prove(made)["reversals"] == [["t3", "t2"]]
    assert judged(prove(made)).confirmed


def test_only_accounts_that_are_reached_are_shown() -> None:
    strangers: list[Line] = [("X", "Y", 1_000.0), ("Y", "Z", 500.0), (None, "X", 20.0)]
    document = prove(trace(book([*strangers, *COMMON]), ["t5"], record=True))
    assert not {"X", "Y", "Z"} & set(document["accounts"])
    assert len(document["transfers"]) <= len(COMMON)
    assert judged(document).confirmed


def test_a_proof_needs_what_transfers_carried() -> None:
    with pytest.raises(ParameterError, match="record=True"):
        prove(trace(book(COMMON), ["t2"]))


def change_number(document: Document, chance: Random) -> str:
    """Change one claim by a penny."""
    kind, rule = chance.choice(("held", "carried")), chance.choice(document["rules"])
    claims = document[kind][rule]
    if not claims:
        return ""
    name = chance.choice(sorted(claims))
    place = 0 if claims[name][1] is None else chance.randrange(2)
    claims[name][place] += chance.choice((-1, 1))
    return f"{kind} {rule} {name}"


def change_total(document: Document, chance: Random) -> str:
    row = document["totals"][chance.choice(sorted(document["totals"]))]
    row[chance.choice(sorted(row))] += 1
    return "totals"


def change_amount(document: Document, chance: Random) -> str:
    """Change a transfer of a reached account that carried something."""
    carried = sorted(document["carried"]["poison"])
    rows = [row for row in document["transfers"] if row[0] in carried]
    chance.choice(rows)[4] += 1
    return "amount"


def leave_out(document: Document, chance: Random) -> str:
    carried = sorted(set(document["carried"]["fifo"]))
    name = chance.choice(carried)
    document["transfers"] = [row for row in document["transfers"] if row[0] != name]
    return f"left out {name}"


def hide_account(document: Document, chance: Random) -> str:
    del document["accounts"][chance.choice(sorted(document["held"]["poison"]))]
    return "hidden account"


def swap_sides(document: Document, chance: Random) -> str:
    row = chance.choice([row for row in document["transfers"] if row[0] in document["carried"]["fifo"]])
    row[2], row[3] = row[3], row[2]
    return "swapped"


@pytest.mark.parametrize(
    "change",
    [change_number, change_total, change_amount, leave_out, hide_account, swap_sides],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("seed", range(15))
def test_a_changed_proof_is_refused(change: Callable[[Document, Random], str], seed: int) -> None:
    document = prove(traced(seed))
    before = deepcopy(document)
    what = change(document, Random(seed))
    if document != before:
        assert refusals(document), (seed, what)


def test_each_refusal_says_what_does_not_hold() -> None:
    document = prove(trace(book(COMMON), ["t2", "t6"], record=True))
    document["held"]["fifo"]["S"][0] += 5
    verdict = judged(document)
    assert not verdict.confirmed
    assert [(check.name, check.detail) for check in verdict.refusals] == [
        ("fifo: accounts", "S is said to hold 100005 tainted, 0 unknown; it holds 100000, 0")
    ]
    assert "which rule a court applies" in verdict.not_checkable


def put(key: str, value: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document[key] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("proof", "another"), "is no 'moneytrail trace proof 1'"),
        (put("rules", ["fifo", "magic"]), "names 'magic', which is none"),
        (put("rules", []), "'rules' is amiss"),
        (put("rules", "fifo"), "'rules' is missing or of the wrong kind"),
        (put("columns", ["a"]), "'columns' must be"),
        (put("transfers", [["t1", "2025"]]), "a transfer is not told by 5 values"),
        (put("transfers", [["t1", "2025", "A", "B", 1.5]]), "transfer 't1' is amiss"),
        (put("transfers", [["t1", "2025", None, None, 1]]), "transfer 't1' is amiss"),
        (put("transfers", [["t1", "2025", "A", "B", -1]]), "transfer 't1' is amiss"),
        (put("accounts", {"S": 5}), "account 'S' is not told as opening and outside"),
        (put("accounts", {"S": {"opening": 1.5, "outside": False}}), "account 'S' is not told"),
        (put("seeds", [1]), "'seeds' must hold transaction ids"),
        (put("reversals", [["t1"]]), "'reversals' must hold pairs"),
        (put("funds", {"S": -1}), "'funds' must hold whole numbers"),
        (put("floor", True), "'floor' is missing or of the wrong kind"),
        (put("totals", {}), "the totals of fifo are amiss"),
        (put("held", {}), "'held' is not told by the rules"),
        (put("carried", {rule: {"t1": [1]} for rule in Rule}), "'t1' is not told as tainted and unknown money"),
    ],
)
def test_a_document_that_is_no_proof_has_one_clear_error(change: Callable[[Document], None], said: str) -> None:
    document = json.loads(json.dumps(prove(trace(book(COMMON), ["t2", "t6"], record=True))))
    change(document)
    with pytest.raises(InputError, match=said):
        proof_of(document)
    with pytest.raises(InputError):
        proof_of([document])


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda d: d["transfers"].append(d["transfers"][-1]), "once"),
        (lambda d: d["transfers"].reverse(), "order"),
        (put("seeds", ["t2", "t99"]), "seeds"),
        (put("seeds", []), "seeds"),
        (put("floor", -1), "floor"),
        (lambda d: d["transfers"].append(["t9", "2026-01-01T00:00:00.000000Z", "X", "Y", 1]), "statements"),
        (put("reversals", [["t3", "t2"]]), "reversals"),
    ],
)
def test_statements_that_cannot_be_followed_are_refused(change: Callable[[Document], None], refused: str) -> None:
    document = json.loads(json.dumps(prove(trace(book(COMMON), ["t2", "t6"], record=True))))
    change(document)
    assert refusals(document) == [refused]


def test_openings_are_part_of_the_proof() -> None:
    document = prove(traced(1))
    assert {name: told["opening"] for name, told in document["accounts"].items() if told["opening"] is not None} == {
        name: round(pounds * 100) for name, pounds in OPENINGS.items()
    }


def test_a_proof_is_whole_numbers_and_texts_alone() -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(one) for key, one in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return value is None or isinstance(value, bool | int | str)

    assert plain(prove(traced(3)))
