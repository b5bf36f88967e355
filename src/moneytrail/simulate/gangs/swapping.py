"""One person's money in place of another's: crypto for fees (S17), cash for a wire that was due (L02), mirrors (L16).

The innocent in these are not told. Numbers without a source are design.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import Layering, Placement
from moneytrail.simulate.gangs.errands import (
    MINUTE,
    POUND,
    branch_hour,
    judge,
    later,
    region_of,
    rounded,
    schedule,
    shop_of,
)
from moneytrail.simulate.gangs.gang import CASH_BOX, CRYPTO, ELSEWHERE, HAWALA, Attempt, Gang
from moneytrail.simulate.journal import WIRE
from moneytrail.simulate.words import REGION_SHARE, REGIONS, TRADES, merchant, references

# S17: from fees to crypto within hours.


KEPT: Final = (0.03, 0.07)
"""What a mule keeps: 2 to 10 % in the definition."""
LARGEST: Final = 400_000
"""Pence of one payment to a platform at most, as banks cap them."""


class CryptoExit:
    """S17: a mule takes fees on two days and sends most of them to a crypto platform within hours, by transfer or card.

    A fifth of fraud mules' outflow went by debit card to exchange, remittance and crypto firms (RUSI, Following the
    Fraud: The Role of Money Mules, August 2025, figures second-hand). Careful mules are ordinary people, who wait for
    days and send a third that way, the rest to the gang.
    """

    def __init__(self, gang: Gang, now: int, source: int, target: int, amount: int) -> None:
        rng = gang.rng
        self._gang, self._target = gang, target
        self._aside = f"aside@{source}"
        careful = gang.next_is_careful()
        mule = gang.ordinary("mule") if careful else gang.fresh("mule", now // DAY)
        self._attempt = gang.attempt("S17", mule, careful)
        exchanges = gang.town.exchanges
        self._platform = gang.known(int(exchanges[int(gang.name[1:]) % exchanges.size]), "exchange")
        self._days: set[int] = set()
        self._credited = self._sent = 0
        amount = gang.move("set_aside", now, source, self._aside, amount)
        share = int(amount * rng.uniform(0.42, 0.58)) // 1000 * 1000
        self._fund(source, share, now)
        last = later(gang, now, now // DAY + int(rng.integers(1, 4)))
        if last < gang.end:
            gang.at(last, partial(self._fund, source, amount - share))
        judge(gang, last + 2 * DAY, self._attempt, self._holds)

    def _holds(self) -> bool:
        return len(self._days) >= 2 and self._sent >= 0.9 * self._credited

    def _fund(self, source: int, amount: int, now: int) -> None:
        gang, rng, mule = self._gang, self._gang.rng, self._attempt.account
        credit = gang.pay(self._attempt, "credit", now, source, mule, amount, source=self._aside)
        if credit >= 50_000:
            self._days.add(now // DAY)
        self._credited += credit
        cut = gang.move("cut", now, mule, "cost:mule", int(credit * rng.uniform(*KEPT)))
        left = credit - cut
        if self._attempt.careful:
            time = now + int(rng.uniform(2, 5) * DAY)
            gang.at(time, partial(self._leave, int(left * rng.uniform(0.2, 0.38))))
            home = int(left * rng.uniform(0.5, 0.6)) // 1000 * 1000
            schedule(
                gang, later(gang, time, time // DAY + 1),
                lambda at: gang.pay(self._attempt, "pass_on", at, mule, self._target, home),
            )  # fmt: skip
            return
        soon = int(left * rng.uniform(0.62, 0.85))
        gang.at(now + int(rng.uniform(3, 40)) * MINUTE, partial(self._leave, soon))
        midnight = now // DAY * DAY + int(rng.uniform(22.5, 23.9) * HOUR)
        rest = max(min(now + int(rng.uniform(1.2, 8) * HOUR), midnight), now + 45 * MINUTE)
        gang.at(rest, partial(self._leave, left - soon))

    def _leave(self, amount: int, now: int) -> None:
        """Send a sum to the platform, in parts of at most `LARGEST`."""
        parts = -(-amount // LARGEST)
        for number in range(parts):
            self._gang.at(
                now + number * int(self._gang.rng.uniform(1, 5)) * MINUTE, partial(self._buy, amount // parts)
            )

    def _buy(self, amount: int, now: int) -> None:
        gang, mule = self._gang, self._attempt.account
        if gang.rng.random() < 0.3:
            shop = shop_of(gang, "6051")
            self._sent += gang.buy(self._attempt, "crypto", now, mule, shop, amount, merchant("6051"), target=CRYPTO)
        else:
            group, absent = ("own", 0.3) if gang.rng.random() < 0.3 else ("favour", 0.7)
            words = int(references(gang.rng, group, 1, absent)[0])
            self._sent += gang.pay(self._attempt, "crypto", now, mule, self._platform, amount, words=words)


def exit_to_crypto(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """S17: let fees leave to a crypto platform by way of a mule. Little of it comes to `target`."""
    if amount >= 120_000:
        CryptoExit(gang, now, source, target, amount)
    else:
        gang.pay(None, "pass_on", now, source, target, amount)


LAYERING: Final[dict[str, Layering]] = {"S17": exit_to_crypto}


# L02: cuckoo smurfing.


EXPECTED: Final = (2_300, 6_800)
"""Pounds that an innocent customer expects from abroad."""
CUCKOO_LINE: Final = 100_000
"""Deposits stay below 1,000 pounds: the least sum for cash seizure and account freezing (Proceeds of Crime Act 2002,
ss.294, 303Z8)."""
HISTORY: Final = 40
"""Day from which a history of two wires fits; cash that comes earlier waits."""


def cuckoo(gang: Gang, now: int, target: int, amount: int) -> None:
    """L02: pay cash into the account of somebody who expects money from abroad, which then does not come.

    What was to be wired stays abroad and becomes the gang's (Austrac, cuckoo smurfing guide, 2021, summary seen): in
    the ledger it goes from ``elsewhere`` to ``hawala``. The wires of the months before and after are innocent.
    """
    del target
    wanted = min(int(gang.rng.uniform(*EXPECTED)) * POUND, int(amount * 0.97))
    if wanted >= 220_000:
        purse = f"aside@{CASH_BOX}"
        gang.move("set_aside", now, CASH_BOX, purse, int(wanted * 1.02))
        gang.at(max(now, HISTORY * DAY + HOUR * 10), partial(_cuckoo, gang, wanted, purse))


def _cuckoo(gang: Gang, wanted: int, purse: str, now: int) -> None:
    rng = gang.rng
    careful = gang.next_is_careful()
    holder = gang.ordinary("unwitting")
    attempt = gang.attempt("L02", holder, careful)
    start = now // DAY + 1
    _expect(gang, holder, wanted, start + 4)
    total = int(wanted * (rng.uniform(0.84, 0.94) if careful else rng.uniform(0.988, 1.012)))
    regions = rng.choice(len(REGIONS), 1 if careful else int(rng.integers(2, 4)), replace=False, p=REGION_SHARE)
    paid: list[int] = []
    parts = _sublines(gang, total)
    days = start + np.sort(rng.integers(0, 26 if careful else 7, len(parts)))
    for day, part in zip(days.tolist(), parts, strict=True):
        gang.at(
            branch_hour(gang, now, int(day)),
            partial(_deposit, gang, attempt, (part, int(rng.choice(regions)), purse), paid),
        )
    end = (int(days[-1]) + 4) * DAY
    judge(gang, end, attempt, lambda: sum(paid) == sum(parts))
    schedule(gang, end, lambda at: gang.move("swap", at, ELSEWHERE, HAWALA, int(sum(paid) * 0.97)))


def _sublines(gang: Gang, total: int) -> list[int]:
    """Cut a sum into notes below the line, no two alike, the last one to the five pounds."""
    size = -(-total // int(CUCKOO_LINE * gang.rng.uniform(0.82, 0.93)))
    weight = gang.rng.uniform(0.92, 1.06, max(size, 3))
    parts = (total * weight / weight.sum()).astype(np.int64) // 500 * 500
    return [int(part) for part in np.minimum(parts, CUCKOO_LINE - 500)]


def _deposit(gang: Gang, attempt: Attempt, notes: tuple[int, int, str], paid: list[int], now: int) -> None:
    amount, region, purse = notes
    paid.append(gang.bank_cash(attempt, now, attempt.account, amount, region, purse))


def _expect(gang: Gang, holder: int, amount: int, day: int) -> None:
    """Book the wires that came in the months before, one for each, and those that come after the one that does not."""
    rng, register = gang.rng, gang.bank.register
    relative = int(register.abroad(rng, 1)[0])
    gap = 30 if day > 70 else 18
    turns = [turn for turn in range(-5, 4) if turn and (turn < 0 or rng.random() < 0.7)]
    for turn in turns:
        moved = day + turn * gap + int(rng.integers(-2, 3))
        if moved >= 0:
            sent = int(amount * (1 + rng.normal(0, 0.004)))
            words = int(references(rng, "remit", 1, 0.5)[0])
            gang.innocent(gang.hour(moved, 9, 15), relative, holder, sent, words=words, channel=WIRE)


# L16: mirror accounts.


MIRRORED: Final = (560_000, 1_100_000)
"""Pence that one account takes; the definition asks for 5,000 pounds in 30 days."""


def mirror(gang: Gang, now: int, target: int, amount: int) -> None:
    """L16: pay cash into a student's or a low earner's account, who pays tuition or goods with it, or passes it on.

    The holder, or somebody abroad behind the holder, paid for it abroad (National Crime Agency, Chinese underground
    banking and daigou, October 2019): what buys tuition or goods becomes the gang's in the place ``hawala``. Careful
    ones use ordinary people's accounts, for less, and over more time.
    """
    rng = gang.rng
    careful = gang.next_is_careful()
    wanted = int(min(rng.uniform(*MIRRORED) * (0.4 if careful else 1.0), amount))
    if wanted < (150_000 if careful else 540_000):
        return
    day = now // DAY
    trade = TRADES.index("student" if rng.random() < 0.6 else "cleaner")
    account = (
        gang.ordinary("mule") if careful
        else gang.fresh("mule", day, trade=trade, turnover=int(rng.integers(6, 14)) * 100_000)
    )  # fmt: skip
    attempt = gang.attempt("L16", account, careful)
    purse = f"aside@{CASH_BOX}"
    wanted = gang.move("set_aside", now, CASH_BOX, purse, wanted)
    parts = 2 if careful else int(rng.integers(4, 8))
    weight = rng.uniform(0.6, 1.4, parts)
    days = day + np.sort(rng.integers(0, 20 if careful else 14, parts))
    paid: list[int] = []
    for on, part in zip(days.tolist(), (wanted * weight / weight.sum()).astype(np.int64).tolist(), strict=True):
        if rng.random() < 0.65:
            notes = (max(part // 2000 * 2000, 2000), region_of(gang, account), purse)
            gang.at(branch_hour(gang, now, on), partial(_deposit, gang, attempt, notes, paid))
        else:
            gang.at(later(gang, now, on), partial(_third_party, gang, attempt, (part, purse), paid))
    spent: list[int] = []
    out = (int(days[-1]) + 3) * DAY
    gang.at(out, partial(_mirror_out, gang, attempt, target, spent))
    judge(gang, out + 3 * DAY, attempt, lambda: sum(paid) >= 515_000 and sum(spent) >= 0.75 * sum(paid))
    schedule(gang, out + 9 * DAY, lambda at: gang.move("set_aside", at, purse, CASH_BOX, max(wanted - sum(paid), 0)))


def _third_party(gang: Gang, attempt: Attempt, sum_of: tuple[int, str], paid: list[int], now: int) -> None:
    amount, purse = sum_of
    helper = gang.outsider("depositor")
    paid.append(gang.pay(attempt, "credit", now, helper, attempt.account, rounded(gang, amount), source=purse))


def _mirror_out(gang: Gang, attempt: Attempt, target: int, spent: list[int], now: int) -> None:
    """Spend or pass on nine tenths, in one to three payments; careful ones half of it, over two weeks."""
    rng, held = gang.rng, gang.held(attempt.account)
    total = held * rng.uniform(0.45, 0.6) if attempt.careful else held * rng.uniform(0.88, 0.97)
    study = rng.random() < 0.5
    payee = int(rng.choice(gang.town.universities))
    parts = 1 if study else int(rng.integers(1, 4))
    for _ in range(parts):
        day = now // DAY + int(rng.integers(0, 14 if attempt.careful else 2))

        def act(at: int, pence: int = int(total / parts) // 1000 * 1000) -> None:
            words = int(references(rng, "study", 1)[0]) if study else None
            end = payee if study else target
            place = HAWALA if study else target
            role = "tuition" if study else "pass_on"
            spent.append(gang.pay(attempt, role, at, attempt.account, end, pence, target=place, words=words))

        gang.at(later(gang, now, day), act)


PLACEMENT: Final[dict[str, Placement]] = {"L02": cuckoo, "L16": mirror}
