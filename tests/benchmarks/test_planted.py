"""What the benchmark of planted gangs counts: against frames made by hand, and once whole on a small bank."""

from __future__ import annotations

import contextlib
import io
import json

import polars as pl

from benchmarks import planted

ATTEMPTS = pl.DataFrame(
    [("A1", "S01", "naive"), ("A2", "S01", "naive"), ("A3", "L03", "careful"), ("A4", "S02", "naive"),
     ("A5", "L03", "incomplete")],
    schema=["attempt", "typology", "strength"],
    orient="row",
)  # fmt: skip
TRANSFERS = pl.DataFrame(
    [("t1", "A1"), ("t2", "A1"), ("t3", "A2"), ("t4", "A2"), ("t5", "A2"), ("t6", "A3"), ("t7", "A4"), ("t8", None)],
    schema=["transaction_id", "attempt"],
    orient="row",
).with_columns(typology=pl.lit("another"))
MATCHES = pl.DataFrame({"match_id": ["S01-1", "S01-2", "L03-1"], "typology": ["S01", "S01", "L03"]})
EVIDENCE = pl.DataFrame(
    [("S01-1", "t1"), ("S01-2", "t1"), ("S01-1", "t3"), ("S01-1", "t6"), ("S01-1", "t7"), ("L03-1", "t4"),
     ("L03-1", "honest")],
    schema=["match_id", "transaction_id"],
    orient="row",
)  # fmt: skip


def test_half_of_an_attempts_transfers_in_matches_of_its_typology_make_it_found() -> None:
    found = planted.attempts_found(ATTEMPTS, TRANSFERS, MATCHES, EVIDENCE)
    assert set(found) == {"S01", "L01", "L03", "L04"}
    # A1 has one of two transfers in S01; A2 one of three, another in L03; A3 is in S01 alone; A5 left no transfer.
    assert found["S01"]["naive"] == {"planted": 2, "found": 1}
    assert found["L03"]["careful"] == {"planted": 1, "found": 0}
    assert found["L03"]["incomplete"] == {"planted": 1, "found": 0}
    assert found["L01"]["naive"] == {"planted": 0, "found": 0}


def test_alerts_are_counted_once_and_in_their_order() -> None:
    alerts = pl.DataFrame(
        {"rank": [3, 1, 2], "alert_id": ["c", "a", "b"], "match_ids": [["L03-1"], ["S01-1", "S01-2"], ["L03-2"]]}
    )
    evidence = pl.DataFrame({"match_id": ["S01-1", "S01-2", "L03-1"], "transaction_id": ["t1", "t1", "t9"]})
    illicit = pl.Series(["t1", "t9"])
    assert planted.first_alerts(alerts, evidence, illicit, 2) == {"alerts": 2, "with_a_gang": 1}
    assert planted.first_alerts(alerts, evidence, illicit, 100) == {"alerts": 3, "with_a_gang": 2}
    assert planted.first_alerts(alerts, evidence, illicit.clear(), 3) == {"alerts": 3, "with_a_gang": 0}


def test_the_whole_benchmark() -> None:
    size = ["--customers", "200", "--days", "45", "--gangs", "2", "--typologies", "S01,L01,L03,L04"]
    chosen = [*size, "--seeds", "3,4", "--strengths", "0"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert planted.main([*chosen, "--json"]) == 0
    document = json.loads(printed.getvalue())
    assert [bank["seed"] for bank in document["banks"]] == [3, 4]
    assert document["all"]["gangs"] == 4
    assert 0 < document["all"]["with_a_gang"] <= document["all"]["alerts"]
    sums = document["all"]["attempts"]
    assert sum(counts["naive"]["found"] for counts in sums.values()) > 0
    assert all(counts["careful"]["planted"] == 0 for counts in sums.values())
    text = planted.table(document)
    assert all(line in text for line in ("seed 3, strength 0", "all banks", "  L04"))
