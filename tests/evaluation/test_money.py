"""Money in time: the worked example, the laws of a freeze, and the simulator's own books."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.evaluation.money import (
    DELAYS,
    GangMoney,
    MoneyInTime,
    Move,
    live,
    money_in_time,
    named_at,
    owners_of,
    value_after_alert_share,
)
from moneytrail.evaluation.outcomes import Attempt, Sighting
from moneytrail.evaluation.raising import DAY, Alerts, Booked, RaisedAlert
from moneytrail.schema import INSTANT
from moneytrail.simulate import SimulatedBank, simulate

PERIOD = 0, 100 * DAY
STORY = [
    Move(1 * DAY, "passengers", "111", 100),
    Move(3 * DAY, "111", "222", 60),
    Move(5 * DAY, "222", "spent:assets", 50),
    Move(6 * DAY, "passengers", "111", 40),
]


def ledger(moves: list[Move], gang: str = "G1") -> pl.DataFrame:
    frame = pl.DataFrame(moves, schema=["time", "source", "target", "amount"], orient="row")
    return frame.with_columns(pl.col("time").cast(pl.Int64).cast(INSTANT), gang=pl.lit(gang))


def of(moves: list[Move], named: dict[str, int], period: tuple[int, int] = PERIOD) -> GangMoney:
    (gang,) = money_in_time(ledger(moves), named, period).gangs
    return gang


@pytest.mark.parametrize(
    ("named", "lost", "at"),
    [
        ({}, 0, ()),
        ({"999": DAY}, 0, ()),
        ({"111": 2 * DAY}, 140, ((2, 140),)),
        ({"111": 4 * DAY}, 80, ((4, 80),)),
        ({"222": 4 * DAY}, 60, ((4, 60),)),
        ({"222": 6 * DAY}, 10, ((6, 10),)),
        ({"111": 4 * DAY, "222": 6 * DAY}, 90, ((4, 80), (6, 90))),
        ({"111": 6 * DAY, "222": 4 * DAY}, 140, ((4, 60), (6, 90))),
        ({"111": 200 * DAY}, 0, ()),
    ],
)
def test_the_worked_example(named: dict[str, int], lost: int, at: tuple[tuple[int, int], ...]) -> None:
    told = of(STORY, named)
    assert (told.profit, told.at_stake, told.bankable) == (140, 140, 140)
    assert told.lost == lost
    assert told.lost_at == tuple((day * DAY, share) for day, share in at)
    assert told.first_named_at == (at[0][0] * DAY if at else None)
    assert told.in_reach_share == lost / 140


def test_named_at_the_moment_of_a_transfer_is_in_time_for_it() -> None:
    assert of(STORY, {"111": 3 * DAY}).lost == 140
    assert of(STORY, {"111": 3 * DAY + 1}).lost == 80


def test_money_that_passes_many_accounts_counts_once() -> None:
    chain = [Move(1, "passengers", "1", 100), Move(2, "1", "2", 100), Move(3, "2", "3", 100), Move(4, "3", "cash", 90)]
    assert of(chain, {"1": 2, "2": 2, "3": 2}).lost == 100
    assert of(chain, {"3": 4}).lost == 100
    assert of(chain, {"3": 5}).lost == 10


def test_what_never_touches_a_bank_is_at_stake_and_not_bankable() -> None:
    moves = [Move(1, "passengers", "hawala", 900), *STORY]
    told = of(moves, {"111": 0})
    assert (told.at_stake, told.bankable, told.lost) == (1040, 140, 140)


def test_costs_and_refunds_left_unpaid_are_no_loss() -> None:
    moves = [
        Move(1, "passengers", "111", 100),
        Move(2, "111", "cost:crew", 30),
        Move(3, "111", "passengers", 20),
        Move(4, "111", "hawala", 50),
    ]
    told = of(moves, {"111": 2})
    assert (told.profit, told.lost, told.bankable) == (50, 50, 50)


def test_money_paid_to_crews_and_families_is_gone_whoever_is_named() -> None:
    moves = [Move(1, "passengers", "111", 100), Move(2, "111", "spent:family", 100)]
    assert of(moves, {"111": 3}).lost == 0


def test_what_is_set_aside_lies_on_its_account() -> None:
    moves = [
        Move(1, "passengers", "111", 100),
        Move(2, "111", "aside@G1-00001", 80),
        Move(3, "aside@G1-00001", "222", 50),
        Move(4, "aside@G1-00001", "111", 30),
        Move(5, "passengers", "cash", 70),
        Move(6, "cash", "aside@G1-00002", 70),
        Move(8, "aside@G1-00002", "333", 70),
    ]
    assert owners_of(moves) == {"aside@G1-00001": "111", "aside@G1-00002": "cash"}
    assert of(moves, {"111": 3}).lost == 100
    # Notes cannot be frozen before they are paid in.
    assert of(moves, {"333": 7}).lost == 70
    assert of(moves, {"cash": 0}).lost == 0


def test_what_lies_in_escrow_on_an_account_is_frozen_with_it_and_not_yet_profit() -> None:
    moves = [Move(1, "passengers", "escrow@111", 100), Move(5, "escrow@111", "222", 60)]
    told = of(moves, {"111": 3})
    assert (told.at_stake, told.lost) == (60, 60)
    assert of(moves, {"222": 3}).lost == 60


def test_what_came_before_the_period_is_held_and_what_comes_after_is_not_counted() -> None:
    told = of(STORY, {"222": 4 * DAY}, (4 * DAY, 6 * DAY))
    assert (told.profit, told.at_stake, told.bankable, told.lost) == (0, 100, 100, 60)
    spent_before = of(STORY, {}, (6 * DAY, 7 * DAY))
    assert (spent_before.profit, spent_before.at_stake) == (40, 90)


def test_delays_shift_every_naming() -> None:
    told = of(STORY, {"111": 1 * DAY, "222": 1 * DAY})
    by_day = dict(zip(DELAYS, told.later, strict=True))
    assert (by_day[0], by_day[2], by_day[3], by_day[5], by_day[60]) == (140, 140, 140, 90, 90)


def test_gangs_that_are_never_named_count_nothing() -> None:
    both = pl.concat([ledger(STORY), ledger([Move(DAY, "passengers", "555", 60)], "G2")])
    told = money_in_time(both, {"111": 4 * DAY}, PERIOD).to_dict()
    assert told["in_reach_share"] == pytest.approx((80 / 140 + 0) / 2)
    assert told["in_reach_median"] == pytest.approx(40 / 140)
    assert told["at_first_alert"] == pytest.approx(40 / 140)
    assert told["profit_share"] == pytest.approx(80 / 200)
    assert told["bankable_share"] == 1
    assert told["curve"][0] == [0, told["in_reach_share"]]
    assert (told["gangs_named"], told["gangs_without_bankable_profit"]) == (1, 0)


def test_a_gang_without_bankable_profit_is_left_out_and_counted() -> None:
    told = money_in_time(ledger([Move(1, "passengers", "hawala", 9)]), {}, PERIOD).to_dict()
    assert (told["gangs"], told["gangs_without_bankable_profit"]) == (1, 1)
    assert (told["in_reach_share"], told["curve"], told["bankable_share"]) == (None, [], 0)
    assert MoneyInTime(()).to_dict()["profit_share"] is None


PLACES = ["passengers", "1", "2", "3", "cash", "aside@a", "cost:kit", "spent:family"]
WISHES = st.lists(
    st.tuples(st.sampled_from(PLACES[:6]), st.sampled_from(PLACES), st.integers(1, 50)), min_size=1, max_size=25
)
NAMED = st.dictionaries(st.sampled_from(["1", "2", "3"]), st.integers(0, 26))


def possible(wishes: list[tuple[str, str, int]]) -> list[Move]:
    """The wishes as moves in which no place pays what it does not hold."""
    held = dict.fromkeys(PLACES, 0)
    moves = []
    for time, (source, target, wish) in enumerate(wishes):
        amount = wish if source == "passengers" else min(wish, held[source])
        if amount and source != target:
            held[source] -= amount
            held[target] += amount
            moves.append(Move(time, source, target, amount))
    return moves


@settings(max_examples=300, deadline=None)
@given(WISHES, NAMED, NAMED)
def test_more_and_earlier_freezes_never_lose_a_gang_less(
    wishes: list[tuple[str, str, int]], some: dict[str, int], others: dict[str, int]
) -> None:
    moves = possible(wishes)
    owners = owners_of(moves)
    earliest = {name: min(one[name] for one in (some, others) if name in one) for name in some.keys() | others.keys()}
    left = [live(moves, {}, owners, named) for named in ({}, some, earliest, dict.fromkeys("123", 0))]
    assert left[0] >= left[1] >= left[2] >= left[3] >= 0


@settings(max_examples=100, deadline=None)
@given(WISHES, NAMED)
def test_what_is_lost_is_what_is_frozen_less_what_was_saved(
    wishes: list[tuple[str, str, int]], named: dict[str, int]
) -> None:
    moves = possible(wishes)
    told = money_in_time(ledger(moves), named, (0, 50))
    for gang in told.gangs:
        assert gang.at_stake >= gang.bankable >= gang.lost >= 0
        assert all(later <= gang.lost for later in gang.later)
        assert gang.later[0] == gang.lost


@pytest.fixture(scope="module")
def bank() -> SimulatedBank:
    return simulate(400, 120, 11, strength=0.5)


def test_profit_is_that_of_the_simulators_books(bank: SimulatedBank) -> None:
    start = int(bank.transfers["booked_at"].cast(pl.Int64).min())  # type: ignore[arg-type]
    told = money_in_time(bank.truth["ledger"], {}, (start - 400 * DAY, start + 400 * DAY))
    books = dict(bank.truth["gangs"].select("gang", "profit").iter_rows())
    assert {gang.gang: gang.profit for gang in told.gangs} == {name: profit for name, profit in books.items() if profit}
    assert all(gang.at_stake == gang.profit for gang in told.gangs)
    assert any(gang.bankable > 0 for gang in told.gangs)


def test_all_accounts_named_at_once_lose_a_gang_all_that_is_bankable(bank: SimulatedBank) -> None:
    start = int(bank.transfers["booked_at"].cast(pl.Int64).min())  # type: ignore[arg-type]
    period = start + 40 * DAY, start + 120 * DAY
    everybody = dict.fromkeys(bank.truth["parties"]["account"].to_list(), period[0])
    for gang in money_in_time(bank.truth["ledger"], everybody, period).gangs:
        assert gang.lost == gang.bankable
        assert gang.lost <= gang.at_stake


def test_the_earliest_naming_of_an_account_counts() -> None:
    alerts = Alerts((RaisedAlert(7, 1.0, {0: 7, 1: 9}), RaisedAlert(8, 1.0, {1: 8})), 0, 0, 0, 0)
    assert named_at(alerts, ["a", "b"]) == {"a": 7, "b": 8}


BOOKED = Booked(np.array([0, 1, 2], np.int32), np.array([1, 2, 3], np.int32), np.array([10, 20, 30], np.int64))
SEEN = Sighting(Attempt("A", "cycle", (0, 1, 2)), 10, 30, 20, None)


def test_value_after_is_of_what_moved_from_the_finding_on() -> None:
    amounts = np.array([50, 30, 20], np.int64)
    assert value_after_alert_share([SEEN], BOOKED, amounts).share == 0.5
    unseen = Sighting(Attempt("B", "cycle", (0,)), 10, 10, None, None)
    assert value_after_alert_share([SEEN, unseen], BOOKED, amounts).share == 0.5
    nothing = value_after_alert_share([unseen], BOOKED, amounts)
    assert (nothing.share, bool(nothing.reason)) == (None, True)
    random = value_after_alert_share([SEEN], BOOKED, amounts, meaningless="amounts are drawn at random")
    assert (random.share, random.reason) == (None, "amounts are drawn at random")


def test_times_are_microseconds_of_the_ledger() -> None:
    moment = datetime(2025, 1, 2, tzinfo=UTC)
    assert ledger([Move(20_090 * DAY, "passengers", "1", 1)])["time"].to_list() == [moment]
