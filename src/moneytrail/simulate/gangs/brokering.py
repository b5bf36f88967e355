"""Brokers who take pounds here and have a partner pay abroad: value transfer (S08), and how brokers square up (S09).

No money crosses the border with the message. In the ledger what a broker pays out here turns up in the place
``hawala``. Ordinary clients' money passes through from outside and back (the place ``clients``). Numbers without a
source are design.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

import numpy as np

from moneytrail.simulate.calendar import DAY
from moneytrail.simulate.gangs.acts import COMMISSION, GRACE
from moneytrail.simulate.gangs.collector import Collector, Credit
from moneytrail.simulate.gangs.gang import CLIENTS, HAWALA, Attempt, Gang
from moneytrail.simulate.gangs.habits import MINUTE, POUND, home, parts, rounded, word

# S08: an unregistered value-transfer account.


FRONTS: Final = ("rug shop", "convenience store", "phone shop", "barber", "ticket agent")
"""Trades declared by such fronts: a rug firm in one London case (National Crime Agency, East London money launderer,
January 2024); the others are named by typologies of the trade."""

CLIENT_RANGE: Final = (37, 47)
CLIENT_DAYS: Final = 78
"""So many ordinary clients pay in during the first weeks; the definition asks for 25 payers in 90 days."""
TAIL: Final = 12
"""Days from one client to the next when the first weeks are over."""

CLIENT_FEE: Final = 0.012
"""What an ordinary client pays for a transfer: 0.25 to 1.25 % in a survey of 2011 (second-hand)."""


class Broker(Collector):
    """S08: a front's or a person's account where fees and small clients' sums come in and others are paid from.

    It is emptied every two or three days. One client in six pays cash. Fees held until arrival are paid in before it,
    and the brokers' pool works with them: they do not lie on the account, and the release is a word on the telephone
    (National Crime Agency, East London money launderer, January 2024). Careful brokers spread fewer clients over three
    ordinary people's accounts, pay the same few payees, and leave money lying.
    """

    typology: ClassVar[str] = "S08"
    role: ClassVar[str] = "broker_here"
    escrows: ClassVar[bool] = True
    few: ClassVar[int] = 5
    haste: ClassVar[float] = 0.42
    """Chance to pay out on a day. Design."""

    def __init__(self, gang: Gang, now: int, until: int) -> None:
        super().__init__(gang, now, until)
        self._owed = self._commission = 0
        self._rate = float(gang.rng.uniform(*COMMISSION))
        self._payees: list[int] = []

    # The fees.

    def received(self, credit: Credit) -> None:
        """Note a credit; of a fee the broker is owed a commission."""
        super().received(credit)
        self._commission += int(credit.amount * self._rate)

    # The clients.

    def settle(self, day: int) -> list[int]:
        """Open the accounts: mostly a small business whose trade has nothing to do with it."""
        if self.careful or self.gang.rng.random() > 0.7:
            return super().settle(day)
        return [self.gang.business(self.role, day, str(self.gang.rng.choice(FRONTS)))]

    def ready(self, now: int) -> None:
        """Open the accounts with the first fee, and expect clients from then on."""
        if not self.accounts:
            super().ready(now)
            self.begin(now)

    def begin(self, now: int) -> None:
        """Put the clients on the agenda."""
        rng, gang = self.gang.rng, self.gang
        first = max(min(self.until, gang.end) - now, DAY)
        early = rng.uniform(
            0, min(first, CLIENT_DAYS * DAY), int(rng.integers(*CLIENT_RANGE)) // (2 if self.careful else 1)
        )
        tail = np.arange(now + (CLIENT_DAYS + TAIL) * DAY, self.until, TAIL * DAY)
        for time in (*(now + early.astype(np.int64)).tolist(), *tail.tolist()):
            gang.at(gang.in_days(int(time), 0.0), self._client)

    def _client(self, now: int) -> None:
        """Take one client's sum: cash at a branch, or a transfer with a name, a number or a code beside it."""
        gang, rng = self.gang, self.gang.rng
        amount = rounded(gang, float(np.clip(rng.lognormal(5.55, 0.55), 60, 1500)) * POUND)
        cash = not self.careful and rng.random() < 0.16
        if cash:
            time, account = gang.at_counter(now, now // DAY), self.accounts[0]
            gang.at(time, lambda at: self._booked(at, -1, account, self._cash_in(at, account, amount)))
            return
        client = gang.ordinary("client") if rng.random() < 0.1 else gang.outsider("client")
        account = int(rng.choice(self.accounts))
        paid = gang.pay(
            self.attempt, "client_in", now, client, account, amount, source=CLIENTS, words=ledger_words(gang)
        )
        self._booked(now, client, account, paid)

    def _cash_in(self, now: int, account: int, amount: int) -> int:
        notes = max(amount // 1000 * 1000, 2000)
        return self.gang.bank_cash(self.attempt, now, account, notes, home(self.gang, account), CLIENTS)

    def funded(self, credit: Credit) -> None:
        """Note what another broker sent to be paid out."""
        super().received(credit)

    def _booked(self, now: int, client: int, account: int, amount: int) -> None:
        """Owe a client's sum abroad, less the fee. Nothing of it is the gang's."""
        if amount:
            super().received(Credit(now, client, account, amount))
            self._owed += int(amount * (1 - CLIENT_FEE))

    # The payments.

    def pass_on(self, now: int, account: int) -> None:
        """Pay those whose people left money with a partner abroad; now and then the gang its share."""
        gang, rng = self.gang, self.gang.rng
        self._level(now)
        free = self.free(account)
        if rng.random() > (0.2 if self.careful else self.haste) or free < (60_000 if self.careful else 12_000):
            return
        if self.careful:
            free = int(free * rng.uniform(0.4, 0.7))
        elif free >= 250_000 and rng.random() < 0.2:
            gang.pay(self.attempt, "share", now, account, gang.organiser, int(free * 0.5) // 10_000 * 10_000)
            free = self.free(account)
        for number, part in enumerate(self._portions(free)):
            gang.at(now + number * int(rng.uniform(4, 50)) * MINUTE, partial(self._pay_out, account, part))

    def free(self, account: int) -> int:
        """Return the pence on `account` that may be paid out."""
        return self.gang.held(account)

    def _portions(self, free: int) -> list[int]:
        """Cut what is free into one to three sums as people send them, all but some pounds of it."""
        count = 1 if self.careful else int(np.clip(free // int(self.gang.rng.uniform(60_000, 220_000)), 1, 3))
        return parts(self.gang, int(free * 0.995), count, 0.4)

    def _pay_out(self, account: int, amount: int, now: int) -> None:
        gang, rng = self.gang, self.gang.rng
        payee = int(rng.choice(self._payees)) if self.careful and len(self._payees) >= 5 else gang.outsider("client")
        self._payees.append(payee)
        gang.pay(self.attempt, "payout", now, account, payee, amount, words=ledger_words(gang))
        self._level(now)

    def _level(self, now: int) -> None:
        """Do what is due in the pool abroad: pay clients' people, and let the broker keep its commission."""
        move = self.gang.move
        self._owed -= move("delivery", now, HAWALA, CLIENTS, self._owed)
        self._commission -= move("commission", now, HAWALA, "cost:broker", self._commission)

    def holds(self) -> bool:
        """Return whether some 90 days hold payers and payees enough, and hardly anything stayed."""
        account = self.accounts[0]
        rows = [row[:4] for row in self.gang.rows() if account in row[1:3]]
        return any(_transfers_value(rows, account, row[0]) for row in rows if row[1] == account)


def _transfers_value(rows: list[tuple[int, ...]], account: int, now: int) -> bool:
    """Look at the 90 days before `now`; one payer and one payee more than the definition asks."""
    window = [row for row in rows if now - 90 * DAY < row[0] <= now]
    payers = {debtor for _, debtor, creditor, _ in window if creditor == account and debtor >= 0}
    payees = {creditor for _, debtor, creditor, _ in window if debtor == account and creditor >= 0}
    taken = sum(amount for _, _, creditor, amount in window if creditor == account)
    spent = sum(amount for _, debtor, _, amount in window if debtor == account)
    few_meet = len(payers & payees) <= 0.2 * len(payees)
    return len(payers) >= 26 and len(payees) >= 16 and few_meet and abs(taken - spent) <= 0.09 * taken


LEDGER_WORDS: Final = {"initials": 0.2, "code": 0.1, "phone": 0.1, "remit": 0.2, "favour": 0.25, "friends": 0.15}


def ledger_words(gang: Gang) -> int:
    """Return what stands beside a sum sent through a broker: often initials, a code, a telephone's last digits."""
    group = str(gang.rng.choice(tuple(LEDGER_WORDS), p=tuple(LEDGER_WORDS.values())))
    return word(gang, group, absent=0.3)


# S09: brokers who square up.


SETTLED: Final = 7
"""Days from one settlement to the next: four or five in 30 days; the definition allows five."""
LEAST_LEG: Final = 60_000
"""A settlement is 600 pounds or more."""
CORRIDOR: Final = ("TR", "AE", "CN", "IQ")
"""Where goods are paid for on another broker's behalf (National Crime Agency, Chinese underground banking and daigou,
October 2019, for China; BBC, October 2024, second-hand, for boat money in Türkiye). The others are unverified."""


class Pair(Broker):
    """S08 twice, and S09 between them: one broker takes more than it pays, the other pays more than it takes.

    Every week what lies at the first goes to the second in one large sum; every third time to a trader abroad to
    whom the second one's clients owe money. Opposite flows are matched like this, and settled by trade (The Economist,
    November 2020, second-hand). Careful brokers settle every five days, in small sums, by people at other banks.
    """

    haste: ClassVar[float] = 0.55

    def __init__(self, gang: Gang, now: int, until: int) -> None:
        super().__init__(gang, now, until)
        self._trader = -1
        self._other = Broker(gang, now, until)
        self._settlement: Attempt | None = None
        self._kept = 0
        self._legs: list[tuple[int, bool]] = []

    def begin(self, now: int) -> None:
        """Begin both accounts, and their settlements."""
        super().begin(now)
        other = self._other
        other.careful, other.accounts = self.careful, other.settle(now // DAY)
        other.begin(now)
        self.gang.at(self.gang.at_counter(now, now // DAY + SETTLED), self._settle_up)

    def free(self, account: int) -> int:
        """Return what may be paid out to clients: two thirds of what came in since the last settlement."""
        held = self.gang.held(account)
        if self.careful:
            return held
        new = max(held - self._kept, 0)
        self._kept = min(self._kept + int(new * self.gang.rng.uniform(0.28, 0.42)), held)
        return held - self._kept

    def _settle_up(self, now: int) -> None:
        gang = self.gang
        if self.careful:
            self._send_some(now, int(gang.rng.choice(self.accounts)))
        else:
            self._send(now, self.accounts[0])
        self._kept = 0
        if now < self.until + GRACE * DAY:
            gang.at(gang.at_counter(now, now // DAY + (5 if self.careful else SETTLED)), self._settle_up)

    def _send(self, now: int, account: int) -> None:
        """Send what lies there, to the other broker or to a trader abroad."""
        gang, rng = self.gang, self.gang.rng
        amount = int(gang.held(account) * rng.uniform(0.96, 0.998)) // 1000 * 1000
        if amount < LEAST_LEG:
            return
        attempt, abroad = self._squaring(account), len(self._legs) % 3 == 1
        if abroad:
            words = word(gang, "invoice", "stock")
            self._trader = self._trader if self._trader >= 0 else gang.outsider("trader", *CORRIDOR)
            gang.pay(attempt, "settlement", now, account, self._trader, amount, target=HAWALA, words=words)
        else:
            payee = self._other.accounts[0]
            paid = gang.pay(attempt, "settlement", now, account, payee, amount)
            self._other.funded(Credit(now, account, payee, paid))
        self._legs.append((now, abroad))
        self._level(now)

    def _send_some(self, now: int, account: int) -> None:
        """Send a small part to somebody whom the other broker's clients owe."""
        gang = self.gang
        amount = min(gang.held(account), rounded(gang, gang.rng.uniform(150, 900) * POUND))
        if amount >= 15_000:
            payee = gang.outsider("client")
            gang.pay(self._squaring(account), "settlement", now, account, payee, amount, words=ledger_words(gang))
            self._level(now)

    def _squaring(self, account: int) -> Attempt:
        """Return the attempt of S09; asking for it begins it."""
        if self._settlement is None:
            self._settlement = self.gang.attempt("S09", account, self.careful)
            self.gang.judge(self.gang.end, self._settlement, self._squared)
        return self._settlement

    def _squared(self) -> bool:
        """Return whether both accounts are value-transfer accounts, and some 30 days hold two legs, one abroad."""
        met = any(
            sum(now - 30 * DAY < time <= now for time, _ in self._legs) >= 2
            and any(abroad for time, abroad in self._legs if now - 30 * DAY < time <= now)
            for now, _ in self._legs
        )
        return met and self.holds() and self._other.holds()


def open_broker(gang: Gang, now: int, until: int) -> Broker:
    """S08, with a second broker and S09 between them when that is in the repertoire."""
    return (Pair if "S09" in gang.repertoire else Broker)(gang, now, until)
