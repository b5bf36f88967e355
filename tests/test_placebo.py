"""The placebo: what a copy keeps, what it breaks, and what an alert says of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from typer.testing import CliRunner

from moneytrail.alerts import Alert
from moneytrail.catalogue import Searched, search
from moneytrail.cli import app
from moneytrail.console import show_alert
from moneytrail.errors import ParameterError
from moneytrail.explaining import from_store
from moneytrail.graph import TransactionGraph
from moneytrail.matches import Matches
from moneytrail.placebo import MOST_COPIES, AlertPlacebo, Placebo, compare
from moneytrail.rates import ExchangeRates
from moneytrail.scoring import Pipeline, RiskReport, pipeline_of
from moneytrail.shuffling import Shuffle, degree_classes
from moneytrail.simulate import SimulatedBank, simulate
from moneytrail.storage import Store
from moneytrail.storage.migrations import downgrade
from moneytrail.typologies.ground import Ground
from moneytrail_api.evidence_csv import evidence_csv
from moneytrail_api.models import AlertDetail
from tests.oracles import placebo as oracle
from tests.worlds import (
    ANYWAY,
    DAY,
    HOUR,
    MIXED,
    NEW_YEAR,
    Transfer,
    frame_of,
    graph_of,
    transfer,
    transfer_lists,
)

OUR_RATES = ExchangeRates.load()
GOLDEN_COPY = "fdd81a6917b6def414b8a217da95b01386155ca6f770f9067024c37543ba88a7"
GOLDEN_COUNTS = "5114333d185546653d7f074862b0ec0104ea37808f6c3f34e10210a150d05e69"


def rows_of(graph: TransactionGraph) -> list[Transfer]:
    """Return the transfers as the frame has them; times, accounts and amounts as the graph has them."""
    rows = graph.frame.with_columns(time=pl.col("booked_at").cast(pl.Int64)).drop("booked_at").to_dicts()
    names = [*graph.names.to_list(), None]
    for place, row in enumerate(graph.order.tolist()):
        told = rows[row]
        assert (told["time"], told["debtor_account"], told["creditor_account"]) == (
            graph.time[place],
            names[graph.debtor[place]],
            names[graph.creditor[place]],
        )
    return rows


def in_order(graph: TransactionGraph) -> bool:
    keys = list(zip(graph.time.tolist(), graph.frame["row"].to_numpy()[graph.order].tolist(), strict=True))
    return keys == sorted(keys)


@cache
def bank() -> SimulatedBank:
    return simulate(200, 45, seed=11, gangs=6)


@cache
def bank_graph() -> TransactionGraph:
    return TransactionGraph.from_frame(bank().transfers, OUR_RATES, bank().accounts)


# What a copy keeps


@settings(max_examples=60, deadline=None)
@given(transfer_lists(ANYWAY, (1, 2, 5), (HOUR, DAY // 2), MIXED), st.integers(0, 9))
def test_a_copy_of_a_small_world_keeps_every_law(transfers: list[Transfer], seed: int) -> None:
    graph = graph_of(transfers)
    copy, moved = Shuffle.of(graph).copy(seed)
    assert oracle.broken(rows_of(graph), rows_of(copy)) == []
    assert in_order(copy)
    assert moved.tolist() == (graph.frame["creditor_account"].ne_missing(copy.frame["creditor_account"])).to_list()


def test_a_copy_of_a_bank_keeps_every_law_and_moves_most_of_it() -> None:
    graph = bank_graph()
    copy, moved = Shuffle.of(graph).copy(1)
    assert oracle.broken(rows_of(graph), rows_of(copy)) == []
    assert moved.mean() > 0.5
    assert copy.known_from == graph.known_from
    assert copy.amount.dtype == np.int64


def test_a_copy_keeps_the_share_of_strangers() -> None:
    copy, _ = Shuffle.of(bank_graph()).copy(1)
    before, after = (graph.relations.stranger.mean() for graph in (bank_graph(), copy))
    assert abs(after - before) < 0.02


def test_degree_classes_are_those_of_the_oracle() -> None:
    graph = bank_graph()
    wanted = oracle.degree_classes(rows_of(graph))
    assert degree_classes(graph).tolist() == [wanted[name] for name in graph.names]


def test_other_seeds_give_other_copies_and_one_seed_the_same() -> None:
    shuffle = Shuffle.of(bank_graph())
    one, again, other = (shuffle.copy(seed)[0] for seed in (3, 3, 4))
    assert one.frame.equals(again.frame)
    assert np.array_equal(one.creditor, again.creditor)
    assert not one.frame.equals(other.frame)


def test_the_order_of_the_frame_does_not_matter() -> None:
    shuffled = bank().transfers.sample(fraction=1.0, shuffle=True, seed=2)
    other = TransactionGraph.from_frame(shuffled, OUR_RATES, bank().accounts)
    one, two = (Shuffle.of(graph).copy(5)[0].frame.sort("row") for graph in (bank_graph(), other))
    assert one.equals(two)


def test_nobody_is_made_to_pay_himself_where_only_that_could_be_dealt() -> None:
    pairs = [("a", "b"), ("b", "a")]
    graph = graph_of([transfer(i, NEW_YEAR + i * HOUR, d, c, 5) for i, (d, c) in enumerate(pairs)])
    for seed in range(20):
        copy, moved = Shuffle.of(graph).copy(seed)
        assert not moved.any()
        assert (copy.debtor != copy.creditor).all()


@pytest.mark.parametrize("accounts", [3, 4, 5, 6])
def test_a_ring_is_dealt_without_anybody_paying_himself(accounts: int) -> None:
    ring = [transfer(i, NEW_YEAR + i, f"a{i}", f"a{(i + 1) % accounts}", 5) for i in range(accounts)]
    graph = graph_of(ring)
    dealt = set()
    for seed in range(40):
        copy, _ = Shuffle.of(graph).copy(seed)
        assert (copy.debtor != copy.creditor).all()
        dealt.add(tuple(sorted(zip(copy.debtor.tolist(), copy.creditor.tolist(), strict=True))))
    assert len(dealt) > 1


def rent_and_strangers() -> list[Transfer]:
    """Return six tenants who pay their landlord each month, and strangers who pay six others on the same days."""
    rows: list[Transfer] = []
    for month in range(6):
        for tenant in range(6):
            at = NEW_YEAR + (30 * month + 1) * DAY + tenant * HOUR
            rows.append(transfer(len(rows), at, f"tenant{tenant}", "landlord", 60_000))
            rows.append(transfer(len(rows), at, f"once{month}-{tenant}", f"shop{tenant}", 60_000))
    return rows


def test_acquaintances_keep_their_transfers() -> None:
    graph = graph_of(rent_and_strangers())
    copy, moved = Shuffle.of(graph).copy(1)
    landlord = (graph.frame["creditor_account"] == "landlord").to_numpy()
    assert not moved[landlord].any()
    assert moved[~landlord].any()
    assert copy.frame.filter(creditor_account="landlord")["debtor_account"].n_unique() == 6


# What copies say


def fees(amounts: list[int]) -> list[Transfer]:
    """Return accounts of one sort, each paid its amount on each of twelve days of one period by somebody new."""
    rows: list[Transfer] = []
    for day in range(12):
        for place, amount in enumerate(amounts):
            at = NEW_YEAR + (73 + day) * DAY + place * HOUR // 4
            rows.append(transfer(len(rows), at, f"payer{day}-{place}", f"paid{place}", amount))
    return rows


def only(typology: str) -> Any:
    return lambda ground: search(ground, only=[typology])


def scores(_graph: TransactionGraph, found: Matches) -> NDArray[np.float64]:
    return np.sort(found.match["score"].to_numpy())


def compared(transfers: list[Transfer], typology: str, copies: int = 4) -> tuple[Matches, Placebo]:
    ground = Ground(graph_of(transfers))
    found: list[Searched] = only(typology)(ground)
    matches = found[0].matches
    return matches, compare(ground, matches, scores, copies=copies, seed=1, search_again=only(typology))


def told(matches: Matches, made: Placebo, transfers: list[Transfer]) -> Iterator[Any]:
    places = {row["transaction_id"]: place for place, row in enumerate(transfers)}
    for row in matches.match.iter_rows(named=True):
        own = matches.evidence.filter(match_id=row["match_id"])["transaction_id"]
        yield made.of_match(row["match_id"], row["typology"], row["score"], np.array([places[i] for i in own]))


def test_a_planted_fan_in_among_strangers_never_appears_in_the_copies() -> None:
    transfers = fees([300_000] + [2_000] * 30)
    matches, made = compared(transfers, "S01")
    assert matches.match["subject"].to_list() == ["paid0"]
    (one,) = told(matches, made, transfers)
    assert (one.in_data, one.in_copies, one.copies_with, one.again) == (1, 0, 0, 0)
    assert one.chance == 0.2
    assert one.moved > 0.9
    assert one.reading == "rarer"
    assert one.said == (
        "Shuffled 4 times (counterparties and times within the day), a match of S01 this strong never appeared, "
        "against 1 in the data. With 4 copies no chance below 1 in 5 can be told; "
        "--placebo 19 tells down to 1 in 20."
    )
    assert made.document()["typologies"]["S01"]["depends_on_who_paid_whom"] is True


def test_hubs_that_everybody_pays_alike_appear_in_every_copy() -> None:
    transfers = fees([300_000] * 5)
    matches, made = compared(transfers, "S01")
    assert matches.match.height == 5
    for one in told(matches, made, transfers):
        assert (one.in_data, one.in_copies, one.copies_with, one.chance) == (5, 20, 4, 1.0)
        assert one.reading == "common"
        assert one.said == (
            "Shuffled 4 times (counterparties and times within the day), a match of S01 this strong appeared 20 times "
            "in all: 5.0 a copy, against 5 in the data. As strong a one does not depend on who paid whom."
        )
    assert made.document()["typologies"]["S01"] == {
        "in_data": 5, "in_copies": [5] * 4, "same_transfers_again": 0.0, "depends_on_who_paid_whom": False,
    }  # fmt: skip


def test_cash_is_left_alone_and_the_placebo_says_that_it_does_not_test_it() -> None:
    transfers = [
        transfer(i, NEW_YEAR + (60 + i) * DAY, None, "saver", 950_000, channel="cash", location=f"branch {i % 3}")
        for i in range(8)
    ]
    matches, made = compared(transfers, "L01")
    assert matches.match.height > 0
    for one in told(matches, made, transfers):
        assert (one.reading, one.again, one.moved) == ("untested", 4, 0.0)
        assert one.said.endswith(
            "The placebo does not test this one: in 4 of 4 copies the same transfers matched again."
        )


def made_up(data: list[float], copies: list[list[float]], moved: list[int], again: int = 0) -> Placebo:
    return Placebo(
        len(copies),
        {"L04": np.sort(np.array(data))},
        {"L04": [np.sort(np.array(found)) for found in copies]},
        {"L04": {"m": again} if again else {}},
        [np.sort(np.array(found)) for found in (data, *copies)],
        np.array(moved),
        (0.1,) * (len(copies) + 1),
    )


SHARES = st.sampled_from((0.5, 0.575, 0.7, 0.9))


@given(
    st.lists(SHARES, min_size=1, max_size=6),
    st.lists(st.lists(SHARES, max_size=6), min_size=1, max_size=5),
    st.data(),
)
def test_the_figures_are_those_of_the_oracle(data: list[float], copies: list[list[float]], draw: st.DataObject) -> None:
    strength = draw.draw(st.sampled_from(data))
    again = draw.draw(st.integers(0, len(copies)))
    moved = draw.draw(st.lists(st.integers(0, len(copies)), min_size=4, max_size=4))
    made = made_up(data, copies, moved, again)
    places = np.arange(4)
    one, alert = made.of_match("m", "L04", strength, places), made.of_alert(strength, places, [])
    wanted = oracle.counts(data, copies, strength)
    share = round(sum(moved) / (4 * len(copies)), 3)
    for found, times_again in ((one, again), (alert, 0)):
        assert (found.in_data, found.in_copies, found.copies_with, found.chance) == wanted
        assert found.moved == share
        assert found.reading == oracle.reading(wanted[0], wanted[1], len(copies), share, times_again)


MORE = "--placebo 19 tells down to 1 in 20"
NO_MATTER = "As strong a one does not depend on who paid whom."


@pytest.mark.parametrize(
    ("data", "copies", "said", "meant"),
    [
        (14, [0] * 9, "never appeared, against 14", f"With 9 copies no chance below 1 in 10 can be told; {MORE}."),
        (14, [0] * 18, "never appeared, against 14", f"With 18 copies no chance below 1 in 19 can be told; {MORE}."),
        (14, [0] * 19, "never appeared, against 14", "With 19 copies no chance below 1 in 20 can be told."),
        (14, [1] + [0] * 8, "appeared once in all: 0.1 a copy, against 14", "At least one stood in 1 of 9 copies."),
        (
            14,
            [1] + [0] * 10,
            "appeared once in all: fewer than 0.1 a copy, against 14",
            "At least one stood in 1 of 11 copies.",
        ),
        (
            14,
            [2, 1] + [0] * 7,
            "appeared 3 times in all: 0.3 a copy, against 14",
            "At least one stood in 2 of 9 copies.",
        ),
        (1, [0], "never appeared, against 1", f"With 1 copy no chance below 1 in 2 can be told; {MORE}."),
        (4, [1], "appeared once, against 4", "At least one stood in 1 of 1 copy."),
        (2, [1], "appeared once, against 2", NO_MATTER),
        (2, [2_000, 500], "appeared 2,500 times in all: 1,250.0 a copy, against 2", NO_MATTER),
    ],
)
def test_what_is_said(data: int, copies: list[int], said: str, meant: str) -> None:
    made = made_up([0.7] * data, [[0.7] * number + [0.5] for number in copies], [len(copies)])
    shuffled = {1: "once", 2: "twice"}.get(len(copies), f"{len(copies)} times")
    opening, rest = f"Shuffled {shuffled} (counterparties and times within the day)", f"{said} in the data. {meant}"
    one, alert = made.of_match("m", "L04", 0.7, np.array([0])), made.of_alert(0.7, np.array([0]), [])
    assert one.said == f"{opening}, a match of L04 this strong {rest}"
    assert alert.said == f"{opening}, an alert of a risk this high {rest}"


def test_little_moved_is_said() -> None:
    said = made_up([0.7], [[], []], [1, 0, 0, 0, 0]).of_match("m", "L04", 0.7, np.arange(5)).said
    assert said.endswith("The placebo can tell little here: 10 % of the transfers changed their other side.")


# In the pipeline


@cache
def report(copies: int) -> RiskReport:
    pipeline = Pipeline(OUR_RATES, alert_budget=8, parameters={"risk": {"raise_from": 0.1}}, placebo=copies)
    return pipeline.run(bank().transfers, bank().accounts, source={"fingerprint": "golden"})


def without(alert: Alert) -> Alert:
    return replace(alert, placebo=None, alert_id="", run_id="")


def test_it_changes_no_score_no_rank_and_no_match() -> None:
    plain, shuffled = report(0), report(2)
    assert plain.alerts
    assert [without(alert) for alert in plain.alerts] == [without(alert) for alert in shuffled.alerts]
    assert plain.matches.equals(shuffled.matches)
    ours = shuffled.alert_frame.drop("placebo", "alert_id")
    assert ours.equals(plain.alert_frame.drop("alert_id"))
    assert all(alert.placebo is None for alert in plain.alerts)
    assert "placebo" not in plain.alert_frame.columns


def test_the_record_says_how_many_copies_and_without_them_is_as_before() -> None:
    plain, shuffled = report(0).record, report(2).record
    assert {**plain["deciding"], "placebo": {"copies": 2}} == shuffled["deciding"]
    assert plain["run_id"] != shuffled["run_id"]
    assert "placebo" not in plain
    figures = shuffled["placebo"]
    assert figures["copies"] == 2
    assert figures["moved"] > 0.5
    assert len(figures["strangers"]) == 3
    assert set(figures["typologies"]) == set(report(0).matches["typology"])
    assert shuffled["seconds"]["placebo"] > 0
    assert json.loads(json.dumps(figures)) == figures


def test_the_first_copies_are_the_same_however_many_follow() -> None:
    two, three = (report(copies).record["placebo"]["typologies"] for copies in (2, 3))
    for name, figures in two.items():
        assert three[name]["in_copies"][:2] == figures["in_copies"]


def test_the_record_repeats_the_run() -> None:
    again = pipeline_of(report(2).record).run(bank().transfers, bank().accounts, source={"fingerprint": "golden"})
    assert again.run_id == report(2).run_id
    assert again.alerts == report(2).alerts


def test_one_thread_gives_the_same_alerts_as_two() -> None:
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        single = Pipeline(OUR_RATES, alert_budget=8, parameters={"risk": {"raise_from": 0.1}}, placebo=2).run(
            bank().transfers, bank().accounts, source={"fingerprint": "golden"}
        )
    finally:
        numba.set_num_threads(before)
    assert single.alerts == report(2).alerts
    assert single.record["placebo"] == report(2).record["placebo"]


def test_an_alert_counts_itself_and_its_matches_in_the_data() -> None:
    for alert in report(2).alerts:
        assert alert.placebo is not None
        assert alert.placebo.in_data >= 1
        assert [one.match_id for one in alert.placebo.matches] == [match.match_id for match in alert.matches]
        assert all(one.in_data >= 1 for one in alert.placebo.matches)
    said = report(2).alert_frame.filter("within_budget")["placebo"].to_list()
    assert said == [alert.placebo.said for alert in report(2).alerts if alert.placebo]
    assert report(2).alert_frame.filter(~pl.col("within_budget"))["placebo"].null_count() == (
        report(2).alert_frame.height - len(said)
    )


def test_it_comes_back_from_the_store_beside_alerts_without(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.db") as store:
        for one in (report(0), report(2)):
            store.save_run(one.record, one.alerts)
            assert [store.alert(alert.alert_id) for alert in one.alerts] == list(one.alerts)
    match = report(2).alerts[0].matches[0]
    found = from_store(str(tmp_path / "store.db"), match.match_id)
    placebos = [one for alert in report(2).alerts if alert.placebo for one in alert.placebo.matches]
    assert found.placebo is None or found.placebo in placebos


def first_placebo() -> tuple[Alert, AlertPlacebo]:
    alert = report(2).alerts[0]
    assert alert.placebo is not None
    return alert, alert.placebo


def test_a_store_of_before_is_read_and_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.open(path) as store:
        store.save_run(report(0).record, report(0).alerts)
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        downgrade(connection, "0002")
        assert "alert_placebos" not in sa.inspect(connection).get_table_names()
    engine.dispose()
    with Store.open(path) as store:
        assert store.alert(report(0).alerts[0].alert_id) == report(0).alerts[0]
        store.save_run(report(2).record, report(2).alerts)
        assert store.alert(report(2).alerts[0].alert_id) == report(2).alerts[0]


def test_the_service_answers_what_the_alert_says() -> None:
    alert, placebo = first_placebo()
    answered = AlertDetail.whole(alert, report(2).record).model_dump()["placebo"]
    assert answered == json.loads(json.dumps(asdict(placebo)))
    assert AlertDetail.whole(report(0).alerts[0], report(0).record).model_dump()["placebo"] is None


def test_the_csv_says_it_of_each_transfers_match() -> None:
    alert, placebo = first_placebo()
    said = {one.match_id: one.said for one in placebo.matches}
    for given_, wanted in ((said, said), ({}, dict.fromkeys(said, ""))):
        text = b"".join(evidence_csv(alert.evidence, "GBP", given_)).decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [row["placebo"] for row in rows] == [wanted[one.match_id] for one in alert.evidence]


def test_the_terminal_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    alert, placebo = first_placebo()
    show_alert(alert, every_transfer=False)
    shown = " ".join(capsys.readouterr().out.split())
    for said in (placebo.said, *(one.said for one in placebo.matches)):
        assert f"Placebo: {said}" in shown
    show_alert(report(0).alerts[0], every_transfer=False)
    assert "Placebo" not in capsys.readouterr().out


def test_data_without_transfers_or_alerts_pass() -> None:
    for transfers in (frame_of([]), frame_of([transfer(0, NEW_YEAR, "a", "b", 1)])):
        made = Pipeline(placebo=1).run(transfers)
        assert made.alerts == ()
        assert made.record["placebo"]["typologies"] == {}
        assert "placebo" in made.alert_frame.columns


def test_the_command_makes_as_many_copies_as_it_is_told_and_repeats_them(tmp_path: Path) -> None:
    bank().transfers.head(3_000).write_parquet(tmp_path / "t.parquet")
    basic = ["score", str(tmp_path / "t.parquet"), "--no-store", "--quiet", "--json"]
    out, told = str(tmp_path / "out"), ["--detectors", "none", "--placebo"]
    ran = [
        CliRunner().invoke(app, [*basic, *told, "1", "--out", out]),
        CliRunner().invoke(app, [*basic, "--repeat", f"{out}/run.json"]),
        CliRunner().invoke(app, [*basic, *told, "0"]),
    ]
    assert [one.exit_code for one in ran] == [0, 0, 0]
    ids = [json.loads(one.stdout)["run_id"] for one in ran]
    assert ids[0] == ids[1] != ids[2]
    assert json.loads(Path(f"{out}/run.json").read_text())["deciding"]["placebo"] == {"copies": 1}
    refused = CliRunner().invoke(app, [*basic, "--repeat", f"{out}/run.json", "--placebo", "1"])
    assert "--placebo goes not with --repeat" in str(refused.exception)


@pytest.mark.parametrize("copies", [-1, MOST_COPIES + 1])
def test_a_number_of_copies_out_of_range_is_refused(copies: int) -> None:
    with pytest.raises(ParameterError, match=f"placebo = {copies}: allowed is 0 to 999 copies"):
        Pipeline(placebo=copies)


def test_the_golden_copy_and_counts() -> None:
    copy, _ = Shuffle.of(bank_graph()).copy(11)
    rows = copy.frame.sort("row").select("transaction_id", pl.col("booked_at").cast(pl.Int64), "creditor_account")
    assert hashlib.sha256(json.dumps(rows.rows()).encode()).hexdigest() == GOLDEN_COPY
    ground = Ground(bank_graph())
    matches = Matches.together([one.matches for one in search(ground)])
    figures = compare(ground, matches, scores, copies=2, seed=11).document()
    assert hashlib.sha256(json.dumps(figures).encode()).hexdigest() == GOLDEN_COUNTS
