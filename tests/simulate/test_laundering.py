"""Placement, layering and integration alone: one gang, one act, many seeds, judged by gates in plain Python."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from moneytrail.schema import CHANNELS
from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.gang import CASH_BOX, PASSENGERS, Gang
from moneytrail.simulate.gangs.integrating import EXIT
from moneytrail.simulate.gangs.layering import LAYERING
from moneytrail.simulate.gangs.placing import PLACEMENT
from moneytrail.simulate.journal import NOBODY
from moneytrail.simulate.words import E_MONEY, OURS
from tests.simulate import gates
from tests.simulate import gates_laundering as more
from tests.simulate.lone_gang import (
    SEEDS,
    Rule,
    check_careful,
    check_ledger,
    check_naive,
    column,
    lone_gang,
    members,
    moves_of,
    names,
    verdicts,
)  # fmt: skip

BEGIN = 20 * DAY + 14 * HOUR


@cache
def laundered(typology: str, seed: int, strength: float, pounds: int = 24_000) -> Gang:
    """A gang after one act: with notes, or with money on a collector's account that is to reach the organiser."""
    gang = lone_gang(seed, strength)
    source = gang.fresh("collector", 10)
    gang.move("fee", 0, PASSENGERS, CASH_BOX if typology in PLACEMENT else source, pounds * 100)
    if typology in PLACEMENT:
        gang.at(BEGIN, lambda now: PLACEMENT[typology](gang, now, gang.organiser, pounds * 100))
    elif typology in LAYERING:
        gang.at(BEGIN, lambda now: LAYERING[typology](gang, now, source, gang.organiser, pounds * 95))
    else:
        gang.at(BEGIN, lambda now: EXIT[typology](gang, now, source, pounds * 95))
    gang.run()
    check_ledger(gang)
    return gang


def edges(gang: Gang, attempt: str) -> list[more.Edge]:
    """Return the transfers of one attempt between accounts, in order of time."""
    acts = gang.truth.acts
    rows = sorted(row for row in gang.truth.rows if row[-1] >= 0 and acts[row[-1]][2] == attempt)
    return [more.Edge(r[0] / 1e6, r[1], r[2], r[3]) for r in rows if NOBODY not in r[1:3]]


def source_of(gang: Gang) -> int:
    return members(gang, "collector")[0]


def abroad(gang: Gang) -> set[str]:
    codes = np.array(sorted({row[side] for row in gang.truth.rows for side in (1, 2)} - {NOBODY}))
    return names(codes[gang.bank.register.country(codes) > 0].tolist())


PEERS = (1.05, 0.75)
"""Mean and standard deviation of the logarithm of notes per pound of wages of honest cash businesses in a month."""
CARD_SHARE = 0.53


def _front(gang: Gang, account: int, _: str) -> bool:
    moves, acquirers = moves_of(gang, account), names(gang.town.acquirers.tolist())
    acquirer = next((m.peer for m in moves if m.peer in acquirers), None)
    return more.front_like(moves, names(members(gang, "unwitting")), acquirer or "", PEERS, CARD_SHARE)


def _cluster(gang: Gang, _: int, attempt: str) -> bool:
    paid = edges(gang, attempt)
    holders = {
        code: more.Holder(
            column(gang, "opened", code) * gates.DAY,
            *(column(gang, name, code) for name in ("device", "address", "email", "phone")),
        )
        for code in {e.payee for e in paid if e.payer == source_of(gang)}
    }
    return more.one_hand(holders, paid)


def _wageless(gang: Gang, account: int, _: str) -> bool:
    town = gang.town
    running = names((*town.landlords.tolist(), *town.firms.tolist(), *town.billers.tolist(), town.tax))
    persons = (names(members(gang, "mule", "relative")) | abroad(gang)) - running
    return more.wageless(moves_of(gang, account), persons, running)


def _woken(gang: Gang, account: int, _: str) -> bool:
    opened = column(gang, "opened", account) - gang.bank.register.first_day
    return more.woken_up(moves_of(gang, account), opened * gates.DAY)


def _asset(gang: Gang, account: int, _: str) -> bool:
    scored = names(members(gang, "organiser", "collector", "mule", "depositor", "holder", "paymaster"))
    own = account == source_of(gang)
    return more.asset_bought(moves_of(gang, account), names(members(gang, "seller")), scored, own)


RULES: dict[str, Rule] = {
    "L01": lambda gang, account, _: gates.structuring_holds(moves_of(gang, account)),
    "L02": lambda gang, account, _: more.cuckoo_holds(moves_of(gang, account)),
    "L03": lambda gang, account, _: gates.pass_through_holds(moves_of(gang, account)),
    "L04": lambda gang, account, _: gates.fan_out_holds(moves_of(gang, account)),
    "L05": lambda gang, account, _: more.gathered_and_scattered(moves_of(gang, account)),
    "L06": lambda gang, account, code: more.scattered_and_gathered(edges(gang, code), account, gang.organiser),
    "L07": lambda gang, _, code: more.chained(edges(gang, code)),
    "L08": lambda gang, _, code: more.round_tripped(edges(gang, code)),
    "L09": lambda gang, _, code: more.crossed(edges(gang, code)),
    "L10": _front,
    "L11": _wageless,
    "L12": lambda gang, account, _: more.third_parties_paid(moves_of(gang, account), abroad(gang)),
    "L13": _woken,
    "L14": _cluster,
    "L15": _asset,
    "L16": lambda gang, account, _: more.mirror_holds(moves_of(gang, account)),
    "S07": lambda gang, account, _: more.funnelled(moves_of(gang, account), column(gang, "region", account)),
    "S17": lambda gang, account, _: more.crypto_exit_holds(
        moves_of(gang, account), names(gang.town.exchanges.tolist())
    ),
}


def test_every_act_has_its_rule() -> None:
    assert set(RULES) == {*PLACEMENT, *LAYERING, *EXIT}


@pytest.mark.parametrize("pounds", [24_000, 60_000])
@pytest.mark.parametrize("typology", sorted(RULES))
def test_naive_attempts_satisfy_their_definition(typology: str, pounds: int) -> None:
    gangs = [laundered(typology, seed, 0.0, pounds) for seed in SEEDS]
    check_naive(verdicts(gangs, typology, RULES[typology]), 0.8 * len(SEEDS))


@pytest.mark.parametrize("typology", sorted(RULES))
def test_careful_attempts_mostly_stay_below(typology: str) -> None:
    gangs = [laundered(typology, seed, 1.0) for seed in SEEDS]
    check_careful(verdicts(gangs, typology, RULES[typology]), 0.8 * len(SEEDS))


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize("typology", sorted(RULES))
def test_the_bank_sees_every_transfer_and_the_subject(typology: str, strength: float) -> None:
    for seed in SEEDS:
        gang = laundered(typology, seed, strength)
        register, truth = gang.bank.register, gang.truth
        rows = np.array(truth.rows)
        sides = [register.institution(rows[:, side]) == OURS for side in (1, 2)]
        assert (sides[0] | sides[1]).all()
        assert all(gang.is_ours(account) for _, _, account, _ in truth.attempts.values())
        for time, debtor, creditor, _, channel, *_, act in truth.rows:
            for account in (debtor, creditor) if act >= 0 else ():
                assert account == NOBODY or (gang.name, account) in truth.parties or CHANNELS[channel] == "card"
                if 0 <= account < register.size:
                    assert time >= (column(gang, "joined", account) + 1) * DAY


@pytest.mark.parametrize("typology", sorted(RULES))
def test_an_attempt_has_neither_few_nor_hundreds_of_transfers(typology: str) -> None:
    counts = []
    for seed in SEEDS:
        truth = laundered(typology, seed, 0.0).truth
        counts += [sum(act[2] == code for act in truth.acts) for code in truth.attempts]
    assert (1 if typology == "L15" else 3) <= np.median(counts) <= 60


@pytest.mark.parametrize("typology", sorted(RULES))
def test_hours_and_banks_are_ordinary(typology: str) -> None:
    hours, banks = [], []
    for seed in SEEDS:
        gang = laundered(typology, seed, 0.0)
        register = gang.bank.register
        for time, debtor, creditor, *_, act in gang.truth.rows:
            if act >= 0:
                hours.append(time % DAY / DAY * 24)
                codes = np.array([debtor, creditor])
                banks += [b for b in register.institution(codes).tolist() if b not in (OURS, NOBODY)]
    night = np.array(hours)
    assert ((night < 6.4) | (night > 23.95)).mean() <= 0.02
    assert not banks or len(banks) < 40 or np.isin(banks, E_MONEY).mean() <= 0.4


@pytest.mark.parametrize("pounds", [0, 40, 700, 1500, 3000])
@pytest.mark.parametrize("typology", sorted(RULES))
def test_little_money_does_no_harm(typology: str, pounds: int) -> None:
    gang = laundered(typology, 5, 0.0, pounds)
    assert {how for *_, how in gang.truth.attempts.values()} <= {"naive", "incomplete"}


def test_acts_begun_near_the_end_are_recorded_as_incomplete() -> None:
    gang = lone_gang(3, 0.0, days=21, pounds=40_000)
    gang.at(BEGIN, lambda now: EXIT["L11"](gang, now, gang.organiser, 3_000_000))
    gang.at(BEGIN, lambda now: LAYERING["L05"](gang, now, gang.organiser, gang.fresh("holder", 20), 500_000))
    gang.run()
    check_ledger(gang)
    assert {(name, how) for _, name, _, how in gang.truth.attempts.values()} == {
        ("L05", "incomplete"),
        ("L11", "incomplete"),
    }


def test_the_wires_that_a_cuckoo_replaces_are_innocent() -> None:
    gang = laundered("L02", 3, 0.0)
    debtors = np.array([row[1] for row in gang.truth.rows if row[8] < 0])
    assert debtors.size >= 3
    assert (gang.bank.register.country(debtors) > 0).all()
