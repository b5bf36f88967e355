"""What a gang does in one campaign of three to four weeks: collect fees, relay, bank cash, pay out.

The order is the money's own: nothing is paid on before it came in, so no gang account ever falls below zero. Naive
attempts satisfy the published definition of their typology; careful ones keep under it, slow down, or mix with an
ordinary person's money. Every number not sourced is design.
"""

from __future__ import annotations

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR, SECOND, Bools
from moneytrail.simulate.crossings import days_after_crossing, fee, seat_price
from moneytrail.simulate.gangs import Attempt, Gang
from moneytrail.simulate.words import REGION_SHARE, REGIONS, human_sums

MINUTE = 60 * SECOND
AFTER = 8
"""Days that a campaign needs after the last fee: to relay, settle and pay out."""

RESERVED = 7
"""How many of a gang's ordinary people are kept for careful members."""

Sweep = tuple[int, int]
"""Time and amount of one onward payment by a collector."""


def campaign(gang: Gang, organiser: int, first: int, length: int, red: Bools) -> None:
    """Run one campaign on `organiser`'s account: fees fall on days `first` to ``first + length``."""
    collector, sweeps = collect(gang, first, length, red)
    relay(gang, collector, organiser, sweeps, first)
    for _ in range(1 + int(gang.rng.random() < 0.5)):
        bank_takings(gang, organiser, first, length)
    settle_costs(gang, organiser, first + length + 4)
    pay_out(gang, organiser, first + length + 5)


def collect(gang: Gang, first: int, length: int, red: Bools) -> tuple[Attempt, list[Sweep]]:
    """S01: many unrelated payers pay seat fees into one account after crossings; return what is to go on, and when."""
    rng = gang.rng
    careful = gang.next_is_careful()
    account = gang.ordinary("collector") if careful else gang.fresh("collector", first)
    attempt = gang.attempt("S01", account, careful)
    days = _launches(rng, first, length, red)
    price = seat_price(rng)
    paid: list[Sweep] = []
    for _ in range(int(rng.integers(4, 8)) if careful else int(rng.integers(12, 36))):
        payer = gang.ordinary("payer", leave=RESERVED) if rng.random() < 0.22 else gang.outsider("payer")
        for time, amount in _instalments(rng, fee(rng, price), int(rng.choice(days)), first + length):
            gang.pay(attempt, "fee", time, payer, account, amount)
            paid.append((time, amount))
    return attempt, _sweeps(rng, sorted(paid), first, first + length + 2)


def _launches(rng: np.random.Generator, first: int, length: int, red: Bools) -> list[int]:
    """Return the gang's crossing days: a few of the red ones, or any days where none is red."""
    fit = [day for day in range(first, first + max(length - 3, 1)) if red[day]]
    fit = fit or list(range(first, first + max(length - 3, 1)))
    return sorted(int(day) for day in rng.choice(fit, min(len(fit), int(rng.integers(5, 10))), replace=False))


def _instalments(rng: np.random.Generator, total: int, crossing: int, last: int) -> list[Sweep]:
    """Split a fee into one to three payments of at least 450 pounds, paid in waking hours up to day `last`."""
    parts = min(int(rng.choice((1, 2, 3), p=(0.66, 0.25, 0.09))), max(total // 45_000, 1))
    amounts = [total // parts // 1000 * 1000] * parts
    amounts[0] += total - sum(amounts)
    paid = []
    day = crossing + int(days_after_crossing(rng))
    for amount in amounts:
        hour = float(np.clip(rng.normal(16, 4), 8, 23.5))
        paid.append((min(day, last) * DAY + int(hour * HOUR), amount))
        day += int(rng.integers(0, 6))
    return paid


def _sweeps(rng: np.random.Generator, paid: list[Sweep], first: int, last: int) -> list[Sweep]:
    """Decide when the collector passes money on: on most days with 1,300 pounds or more, 90 to 98 % of it."""
    sweeps: list[Sweep] = []
    for day in range(first, last + 1):
        time = day * DAY + int(rng.uniform(10, 20) * HOUR)
        balance = sum(a for t, a in paid if t < time) - sum(a for _, a in sweeps)
        if balance >= 130_000 and (rng.random() < 0.65 or day == last):
            sweeps.append((time, int(balance * rng.uniform(0.9, 0.98)) // 1000 * 1000))
    return sweeps


def relay(gang: Gang, collector: Attempt, organiser: int, sweeps: list[Sweep], first: int) -> None:
    """L03: pass the takings through mules in runs of two to six days; a lone sweep goes straight to the organiser.

    Three runs in ten go to a mule at another bank.
    """
    device = -1
    for run in _runs(sweeps):
        if len(run) < 2:
            for time, amount in run:
                gang.pay(collector, "pass_on", time, collector.account, organiser, amount)
            continue
        if gang.rng.random() < 0.3:
            _relay_elsewhere(gang, collector, run)
            continue
        mules = 1 if min(amount for _, amount in run) < 120_000 else int(gang.rng.integers(1, 3))
        for position in range(mules):
            careful = gang.next_is_careful()
            mule = gang.ordinary("mule") if careful else gang.fresh("mule", first, device)
            # Half the time the next mule's account is worked from the same device.
            device = mule if gang.rng.random() < 0.5 else -1
            attempt = gang.attempt("L03", mule, careful)
            for time, amount in run:
                part = amount // mules if position else amount - amount // mules * (mules - 1)
                gang.pay(attempt, "credit", time + position * 4 * MINUTE, collector.account, mule, part)
                _pass_on(gang, attempt, organiser, time + position * 4 * MINUTE, part)


def _relay_elsewhere(gang: Gang, collector: Attempt, run: list[Sweep]) -> None:
    """Send a run to a mule at another bank, where this bank sees it no more."""
    mule = gang.outsider("outlet")
    for time, amount in run:
        gang.pay(collector, "pass_on", time, collector.account, mule, amount)


def _runs(sweeps: list[Sweep]) -> list[list[Sweep]]:
    """Cut the sweeps into runs that span at most five days from first to last."""
    runs: list[list[Sweep]] = []
    for sweep in sweeps:
        if runs and sweep[0] - runs[-1][0][0] <= 5 * DAY:
            runs[-1].append(sweep)
        else:
            runs.append([sweep])
    return runs


def _pass_on(gang: Gang, attempt: Attempt, organiser: int, time: int, amount: int) -> None:
    """Send a mule's credit on less its cut of 2 to 7 %: most within 50 minutes, the rest within 8 hours.

    Over half of a fraud mule's money is gone within the hour (RUSI, Following the Fraud, 2025, second-hand). A careful
    mule keeps 14 to 25 % and takes two to five days.
    """
    rng = gang.rng
    if attempt.careful:
        late = time + int(rng.uniform(2, 5) * DAY)
        _leave(gang, attempt, organiser, late, int(amount * rng.uniform(0.75, 0.86)))
        return
    exact = int(amount * rng.uniform(0.935, 0.985))
    rounded = int(human_sums(rng, np.array([exact]))[0])
    total = rounded if rounded >= 0.93 * amount else exact
    soon = total if rng.random() < 0.45 else int(total * rng.uniform(0.68, 0.9)) // 1000 * 1000
    _leave(gang, attempt, organiser, time + int(rng.uniform(3, 50) * MINUTE), soon)
    if soon < total:
        _leave(gang, attempt, organiser, time + int(rng.uniform(1.5, 8) * HOUR), total - soon)


def _leave(gang: Gang, attempt: Attempt, organiser: int, time: int, amount: int) -> None:
    """Send to the organiser, an e-money account or an exchange, or draw cash (at most 500 pounds at a time)."""
    rng, mule = gang.rng, attempt.account
    way = rng.choice(("organiser", "e-money", "exchange", "cash"), p=(0.52, 0.2, 0.16, 0.12))
    if way == "cash":
        notes = min(amount // 1000 * 1000, 50_000)
        gang.draw_cash(attempt, time, mule, notes)
        time, amount, way = time + 3 * MINUTE, amount - notes, "organiser"
    if way == "organiser":
        payee = organiser
    elif way == "e-money":
        payee = gang.outsider("outlet", new_bank=True)
    else:
        payee = int(rng.choice(gang.town.exchanges))
        gang.truth.member(gang.name, payee, "outlet")
    gang.pay(attempt, "pass_on", time, mule, payee, amount)


def bank_takings(gang: Gang, organiser: int, first: int, length: int) -> None:
    """L01: pay cash fees in just under a line, 4 to 10 times within five days, in several regions, over some weeks.

    The line is 1,000 pounds, the least balance for an account freezing order (Proceeds of Crime Act 2002, s.303Z8), or
    at times 10,000. Careful depositors pay in twice a week, any sum, in one region.
    """
    rng = gang.rng
    careful = gang.next_is_careful()
    account = gang.ordinary("depositor") if careful else gang.fresh("depositor", first)
    attempt = gang.attempt("L01", account, careful)
    line = 1_000_000 if rng.random() < 0.15 else 100_000
    regions = rng.choice(len(REGIONS), 1 if careful else int(rng.integers(2, 5)), replace=False, p=REGION_SHARE)
    bursts = min(max(length // 6, 1), 2 if line == 1_000_000 else 4)
    for burst in range(bursts):
        start = first + burst * 6
        times = int(rng.integers(4, 11)) if line == 100_000 else int(rng.integers(3, 6))
        day = start + np.sort(rng.integers(0, 5, 2 if careful else times))
        for moment in day * DAY + (rng.uniform(9.5, 17.2, day.size) * HOUR).astype(np.int64):
            gang.bank_cash(attempt, int(moment), account, _deposit(rng, line, careful), int(rng.choice(regions)))
        held = gang.balance[account]
        payee = organiser if rng.random() < 0.7 else gang.outsider("broker")
        onward = (start + 5) * DAY + int(rng.uniform(9, 21) * HOUR)
        gang.pay(attempt, "pass_on", onward, account, payee, int(held * rng.uniform(0.9, 0.98)) // 1000 * 1000)


def _deposit(rng: np.random.Generator, line: int, careful: bool) -> int:
    """Return one cash deposit in pence, in steps of five pounds."""
    share = rng.uniform(0.3, 1.3) if careful else rng.uniform(0.855, 0.999)
    return min(round(line * share / 500) * 500, line - 500 if not careful else line * 2)


def settle_costs(gang: Gang, organiser: int, day: int) -> None:
    """Buy a kit abroad for 3,500 to 8,500 pounds and pay the broker a share.

    About 4,000 pounds from one supplier (press on the Savas case, 2026); twice that and more nearby (BBC, 2024).
    """
    rng = gang.rng
    price = int(rng.uniform(3_500, 8_500)) * 100
    if gang.balance[organiser] > 2 * price:
        gang.pay(
            None, "kit", day * DAY + int(rng.uniform(9, 17) * HOUR), organiser, gang.outsider("supplier", True), price
        )
    if gang.balance[organiser] > 1_000_000 and rng.random() < 0.7:
        share = int(gang.balance[organiser] * rng.uniform(0.2, 0.4)) // 10_000 * 10_000
        broker = gang.outsider("broker", abroad=rng.random() < 0.4)
        gang.pay(None, "broker_share", day * DAY + int(rng.uniform(17.5, 22) * HOUR), organiser, broker, share)


def pay_out(gang: Gang, organiser: int, day: int) -> None:
    """L04: fund a paymaster by one or two credits, who pays 6 to 15 new payees within two days.

    A careful paymaster leads an ordinary life and pays three or four.
    """
    rng = gang.rng
    careful = gang.next_is_careful()
    account = gang.ordinary("paymaster") if careful else gang.fresh("paymaster", day - 20)
    attempt = gang.attempt("L04", account, careful)
    fund = min(int(gang.balance[organiser] * rng.uniform(0.5, 0.85)), 2_400_000) // 10_000 * 10_000
    backer = organiser
    if fund < 500_000:
        backer, fund = gang.outsider("broker"), int(rng.integers(50, 150)) * 10_000
    start = day * DAY + int(rng.uniform(7, 11) * HOUR)
    half = fund // 2 if rng.random() < 0.4 else 0
    for position, amount in enumerate((fund - half, half)):
        gang.pay(attempt, "funding", start + position * 2 * HOUR, backer, account, amount)
    payees = int(rng.integers(3, 5)) if careful else int(rng.integers(6, 16))
    weight = rng.uniform(0.5, 1.5, payees)
    amounts = (fund * rng.uniform(0.9, 0.97) * weight / weight.sum()).astype(np.int64) // 1000 * 1000
    moments = np.sort(rng.uniform(3, 44, payees) * HOUR).astype(np.int64) + start
    for moment, amount in zip(moments, amounts, strict=True):
        gang.pay(attempt, "payout", int(moment), account, _payee(gang), int(amount))


def _payee(gang: Gang) -> int:
    """Return somebody who is paid: crew and relatives, here, at other banks and abroad."""
    role = "crew" if gang.rng.random() < 0.7 else "relative"
    if gang.rng.random() < 0.25:
        return gang.ordinary(role, leave=RESERVED)
    return gang.outsider(role, abroad=gang.rng.random() < 0.15)
