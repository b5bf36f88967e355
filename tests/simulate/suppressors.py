"""The look-alike tests of the suppressor table (R-SAL to R-REFUND) in plain Python, over what a bank can see.

They read the canonical transfers and accounts alone: no code of the engine, no truth. Where the table asks for what
such data cannot show (a register of charities, a tax number, a licence), the column or the word that stands for
it is read, and the docstring says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log
from statistics import mean, median, pstdev
from typing import Any, NamedTuple

import polars as pl

from moneytrail.simulate import SimulatedBank

PAY = {"SALARY", "WAGES", "PAYROLL", "NET PAY"}
TAX = {"TAX AND NI", "VAT"}
PENSION = {"PENSION CONTRIBUTIONS", "STAFF PENSION SCHEME"}
CUSTOMS = {"IMPORT VAT", "CUSTOMS DUTY", "DEFERMENT ACCOUNT", "DUTY AND VAT", "CUSTOMS DUTY DEFERMENT STATEMENT"}
SALE = {"order", "item", "auction item", "postage"}
OWN = {"savings", "to savings", "own account", "top up"}
CIRCLE = {"pardner", "circle", "hand", ""}
CLUB = {"subs", "trip", "tour balance", "kit"}
CAMPAIGN = {
    "campaign", "in memory of", "sponsorship", "marathon", "fundraiser", "help us rebuild", "community appeal",
    "for the hospital fund", "get them home safe", "legal costs fund",
}  # fmt: skip
REMITTANCE = {"remittance", "transfer home", "family support", "living costs for the family", "monthly support"}
LUMP = {"completion", "house sale", "purchase", "client account", "LOAN"}
STUDY = {"tuition", "term", "hall fees", "allowance"}
MARINE_TRADES = {"marine club", "marina", "boat dealer", "boat charter", "sea rescue charity"}
BUILDING_TRADES = {"builder", "plumber", "decorator", "gardener"}
CASH_TRADES = {"barber", "takeaway", "car wash", "nail bar", "convenience store", "market stall", "public house"}
TERM_MONTHS = {1, 4, 9}


class Move(NamedTuple):
    """One transfer as its account sees it; `day`, `month` and `minute` count from the year 1970."""

    day: int
    month: int
    minute: int
    peer: str
    pence: int
    into: bool
    channel: str
    words: str
    category: str
    place: str


Moves = list[Move]
_Row = tuple[int, int, int, str | None, str | None, int, int | None, str, str, str, str]


class Book:
    """A bank's transfers by account, and what its account table says."""

    def __init__(self, bank: SimulatedBank, wanted: Iterable[str]) -> None:
        self.rows: dict[str, dict[str, Any]] = {row["account"]: row for row in bank.accounts.to_dicts()}
        self.moves: dict[str, Moves] = {account: [] for account in wanted}
        when = pl.col("booked_at")
        epoch = when.dt.epoch("s")
        frame = bank.transfers.select(
            day=epoch // 86_400,
            month=when.dt.year().cast(pl.Int64) * 12 + when.dt.month() - 1,
            minute=epoch // 60,
            debtor="debtor_account",
            creditor="creditor_account",
            amount="amount",
            credited="credited_amount",
            channel=pl.col("channel").cast(pl.String),
            words=pl.col("reference").fill_null(""),
            category=pl.col("merchant_category").fill_null(""),
            place=pl.col("location").fill_null(""),
        )
        pairs = frame.select("debtor", "creditor").drop_nulls().unique()
        self.payees = Counter(pairs["debtor"].to_list())
        self.paid: set[tuple[str, str]] = set(pairs.iter_rows())
        self.days = (int(frame["day"][0]), int(frame["day"][-1]))
        by_month: dict[int, set[int]] = defaultdict(set)
        for day, month in frame.select("day", "month").unique().iter_rows():
            by_month[month].add(day)
        self.whole_months = sorted(month for month, days in by_month.items() if len(days) >= 28)
        kept = pl.Series(list(self.moves), dtype=pl.String).implode()
        self._sort(frame.filter(pl.col("debtor").is_in(kept) | pl.col("creditor").is_in(kept)).iter_rows())

    @cached_property
    def tills(self) -> dict[str, tuple[float, float]]:
        """Of every business of a cash trade: the logarithm of its notes, and the share of its takings by card."""
        found = {}
        for account, moves in self.moves.items():
            if self.rows[account]["occupation"] in CASH_TRADES:
                notes = sum(m.pence for m in moves if m.into and m.channel == "cash")
                cards = sum(m.pence for m in moves if m.into and m.channel != "cash" and not m.words)
                found[account] = (log(max(notes, 1)), cards / max(notes + cards, 1))
        return found

    def _sort(self, rows: Iterable[_Row]) -> None:
        moves = self.moves
        for day, month, minute, debtor, creditor, amount, credited, *rest in rows:
            if debtor in moves:
                moves[debtor].append(Move(day, month, minute, creditor or "", amount, False, *rest))
            if creditor in moves:
                gained = amount if credited is None else credited
                moves[creditor].append(Move(day, month, minute, debtor or "", gained, True, *rest))


@dataclass(frozen=True)
class View:
    """One account: its row and its transfers."""

    account: str
    book: Book

    @cached_property
    def row(self) -> dict[str, Any]:
        return self.book.rows[self.account]

    @cached_property
    def moves(self) -> Moves:
        return self.book.moves[self.account]

    @cached_property
    def credits(self) -> Moves:
        return [move for move in self.moves if move.into]

    @cached_property
    def debits(self) -> Moves:
        return [move for move in self.moves if not move.into]

    @cached_property
    def payers(self) -> dict[str, Moves]:
        return by_peer(self.credits)

    @cached_property
    def paid(self) -> dict[str, Moves]:
        return by_peer(self.debits)

    def owner(self, peer: str) -> str | None:
        row = self.book.rows.get(peer)
        return row["party"] if row else None


def by_peer(moves: Moves) -> dict[str, Moves]:
    found: dict[str, Moves] = defaultdict(list)
    for move in moves:
        if move.peer:
            found[move.peer].append(move)
    return found


def total(moves: Iterable[Move]) -> int:
    return sum(move.pence for move in moves)


def said(moves: Moves, words: set[str]) -> Moves:
    return [move for move in moves if move.words in words]


def spread(moves: Moves) -> float:
    """Coefficient of variation of the sums."""
    sums = [move.pence for move in moves]
    return pstdev(sums) / mean(sums)


def gaps(moves: Moves) -> list[int]:
    days = [move.day for move in moves]
    return [after - before for before, after in pairwise(days)]


def span(moves: Moves) -> int:
    return moves[-1].day - moves[0].day if moves else 0


def invoices(moves: Moves) -> Moves:
    return [move for move in moves if move.words.startswith(("INV ", "Payment of invoice"))]


def _regular_pay(moves: Moves) -> bool:
    steady = all(gap in {7, 14} or 28 <= gap <= 35 for gap in gaps(moves))
    return len(moves) >= 3 and steady and spread(moves) <= 0.15


def wages_of(view: View) -> Moves:
    """Credits of one payer that pass as a salary; the longest row of them."""
    rows = (said(moves, PAY) for moves in view.payers.values())
    return max((row for row in rows if _regular_pay(row)), key=len, default=[])


def salary(view: View) -> bool:
    """R-SAL: one payer, three credits or more, 28 to 35 (or 7, 14) days apart, CV of 0.15 or less, a word for pay."""
    return bool(wages_of(view))


def payroll(view: View) -> bool:
    """R-PAY: a business; 70 % of a month's payees paid in 3 of the last 4 months; tax and pension in each of them."""
    months = view.book.whole_months[-4:]
    sent = [move for move in view.debits if move.channel == "credit_transfer"]
    payees = [{move.peer for move in sent if move.month == month} for month in months]
    dues = [{move.words for move in sent if move.month == month} for month in months]
    again = [peer for peer in payees[-1] if sum(peer in there for there in payees) >= 3]
    return (
        view.row["kind"] == "business"
        and len(again) >= 0.7 * max(len(payees[-1]), 1)
        and all(words & TAX and words & PENSION for words in dues)
    )


def rent(view: View) -> bool:
    """R-LAND: 60 % of payers pay three times or more; their number is stable; mortgage, insurance, council, repairs."""
    often = sum(len(moves) >= 3 for moves in view.payers.values())
    months = [len({move.peer for move in view.credits if move.month == month}) for month in view.book.whole_months]
    usual = median(months)
    stable = sum(abs(count - usual) <= max(1, 0.25 * usual) for count in months)
    costs = {move.words for move in view.debits}
    return (
        often >= 0.6 * max(len(view.payers), 1)
        and stable >= 0.8 * len(months)
        and {"MORTGAGE", "INSURANCE", "COUNCIL TAX"} <= costs
        and bool(invoices(view.debits))
    )


def marketplace(view: View) -> bool:
    """R-MKT: 60 % of credits from one processor, median below 100 pounds, CV above 0.8, postage of 5 % or more.

    A processor is a payer that pays three or more accounts of the bank.
    """
    processed = max((len(m) for peer, m in view.payers.items() if view.book.payees[peer] >= 3), default=0)
    return (
        processed >= 0.6 * max(len(view.credits), 1)
        and bool(view.credits)
        and median(move.pence for move in view.credits) < 10_000
        and spread(view.credits) > 0.8
        and total(said(view.debits, SALE)) >= 0.05 * total(view.credits)
    )


def crowdfunding(view: View) -> bool:
    """R-CRWD: median of 30 pounds or less, the largest tenth carries 40 %, words of a campaign, one pay-out.

    That the payee is verified shows only in its being the only one.
    """
    gifts = sorted(move.pence for move in view.credits)
    top = gifts[-max(len(gifts) // 10, 1) :]
    return (
        bool(gifts)
        and median(gifts) <= 3000
        and sum(top) >= 0.4 * sum(gifts)
        and len(said(view.credits, CAMPAIGN)) >= 0.5 * len(gifts)
        and len(view.debits) == 1
    )


def charity(view: View) -> bool:
    """R-CHAR: the account's kind stands for the registered number; 30 % of donors recur; 40 % goes on programmes.

    Recurring: three gifts or more. Programmes: wires abroad, suppliers and merchants.
    """
    recurring = sum(len(moves) >= 3 for moves in view.payers.values())
    return (
        view.row["kind"] == "charity"
        and recurring >= 0.3 * max(len(view.payers), 1)
        and total(view.debits) >= 0.4 * total(view.credits)
    )


def student(view: View) -> bool:
    """R-STUD: a student; one to three sponsors; one to four large credits a year, near term start; fees go out.

    A sponsor pays twice or more, a tenth of all or more, and is no account of one's own; a large credit is one of 750
    pounds or more of a sponsor's, and half of the largest or more; near is in the month of a term's start. Age is not
    in the data, occupation is.
    """
    whole = total(move for move in view.credits if move.channel != "cash")
    sponsors = {
        peer: moves
        for peer, moves in view.payers.items()
        if len(moves) >= 2 and total(moves) >= 0.1 * whole and not said(moves, OWN)
    }
    given = [move for moves in sponsors.values() for move in moves]
    most = max((move.pence for move in given), default=0)
    near = [m for m in given if m.pence >= max(75_000, most / 2) and m.month % 12 + 1 in TERM_MONTHS]
    return (
        view.row["occupation"] == "student"
        and 1 <= len(sponsors) <= 3
        and 1 <= len(near) <= 4
        and bool(said(view.debits, STUDY))
    )


def stages(view: View) -> bool:
    """R-TUITION: an education provider by its trade; a schedule: four in five families pay the same sum each time.

    Families are those who pay more than once and are sent no invoice.
    """
    again = [moves for moves in view.payers.values() if len(moves) >= 2 and not invoices(moves)]
    same = sum(spread(moves) < 0.01 for moves in again)
    return view.row["occupation"] == "education provider" and bool(again) and same >= 0.8 * len(again)


def remittance(view: View) -> bool:
    """R-REM: a salary; one to four stable payees for six months, every 14 to 45 days, each 30 % of income or less."""
    pay = wages_of(view)
    months = [sum(m.pence for m in pay if m.month == month) for month in view.book.whole_months]
    income = mean(paid for paid in months if paid) if any(months) else 0
    relatives = [moves for moves in view.paid.values() if len(moves) >= 3 and said(moves, REMITTANCE)]
    return (
        income > 0
        and 1 <= len(relatives) <= 4
        and all(span(moves) >= 180 for moves in relatives)
        and all(14 <= gap <= 45 for moves in relatives for gap in gaps(moves))
        and all(move.pence <= 0.3 * income for moves in relatives for move in moves)
    )


def savings_circle(view: View) -> bool:
    """R-ROSCA: 5 to 30 people, equal sums, the pot once a cycle to each, payers are payees, nothing left over.

    A turn is a day on which four or more paid the same sum, or the day before.
    """
    by_sum: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for move in view.credits:
        if move.words in CIRCLE and move.peer:
            by_sum[move.pence][move.day].add(move.peer)
            by_sum[move.pence][move.day + 1].add(move.peer)
    best: tuple[int, int] = (0, 0)
    members: set[str] = set()
    for share, days in by_sum.items():
        turns = [payers for payers in days.values() if len(payers) >= 4]
        best = max(best, (sum(map(len, turns)), share))
        if best[1] == share:
            seen = Counter(payer for payers in turns for payer in payers)
            members = {payer for payer, times in seen.items() if 2 * times >= len(turns)}
    share, size = best[1], len(members) + 1
    if not 5 <= size <= 30:
        return False
    out = [m for m in view.debits if m.pence in {share, share * size} and m.words in CIRCLE]
    out = [m for m in out if m.words or m.peer in members]
    into = [m for m in view.credits if m.pence == share and m.peer in members]
    pots = Counter(move.peer for move in out)
    overlap = len(members & set(pots)) / len(members | set(pots))
    cycle = total(into) / max(total(out), 1)
    return overlap >= 0.8 and max(pots.values()) - min(pots.values()) <= 1 and 0.5 <= cycle <= 2


def club_trip(view: View) -> bool:
    """R-TRIP: payers who are affiliated (they pay subs again and again), median below 400 pounds, 60 % goes out.

    Out to providers: payees who are no member and had more at a time than any member paid; and back to members.
    """
    club = {peer: moves for peer, moves in view.payers.items() if len(moves) >= 4 and said(moves, CLUB)}
    came = [move for moves in club.values() for move in moves]
    if not came:
        return False
    most = max(move.pence for move in came)
    out = [m for m in view.debits if m.channel == "credit_transfer" and (m.peer in club or m.pence > most)]
    return len(club) >= 5 and median(m.pence for m in came) < 40_000 and total(out) >= 0.6 * total(came)


def bill_splitting(view: View) -> bool:
    """R-SPLIT: the card came first, shares below 150 pounds follow within two days; those who pay know each other."""
    bills = [m for m in view.debits if m.category in {"5812", "5813", "5411", "5999"}]
    small = [m for m in view.credits if m.pence < 15_000 and m.channel == "credit_transfer" and m.peer]
    friends: set[str] = set()
    evenings = 0
    for bill in bills:
        shares = [m for m in small if 0 < m.minute - bill.minute <= 2 * 1440 and m.pence < bill.pence]
        if len({m.peer for m in shares}) >= 2 and 0.4 * bill.pence <= total(shares) < bill.pence:
            evenings += 1
            friends |= {m.peer for m in shares}
    each_other = any((one, other) in view.book.paid for one in friends for other in friends)
    return evenings > 0 and each_other


def own_accounts(view: View) -> bool:
    """R-OWN: one owner at both ends, by the account table; elsewhere the words of the payer stand for the check."""
    party = view.row["party"]
    verified = any(view.owner(peer) == party for peer in {*view.payers, *view.paid})
    return verified or any(len(moves) >= 3 and said(moves, OWN) for moves in view.paid.values())


def lump_sum(view: View) -> bool:
    """R-LOAN: a large credit of a lender or solicitor. Who the payer is shows in the words, or in its trade here."""
    lumps = [m for m in said(view.credits, LUMP) if m.pence >= 100_000]
    here = [self_row["occupation"] for m in lumps if (self_row := view.book.rows.get(m.peer))]
    return bool(lumps) and set(here) <= {"solicitor"}


def small_trader(view: View) -> bool:
    """R-TRADER: a trade on file stands for the tax number; suppliers have 25 %; invoices; customers come again.

    Two in five credits are by invoice, and two in five of these by customers who come again.
    """
    billed = invoices(view.credits)
    again = sum(len(moves) for moves in by_peer(billed).values() if len(moves) >= 2)
    return (
        view.row["occupation"] in BUILDING_TRADES
        and total(invoices(view.debits)) >= 0.25 * total(view.credits)
        and len(billed) >= 0.4 * len(view.credits)
        and again >= 0.4 * len(billed)
    )


def cash_business(view: View) -> bool:
    """R-CASHBIZ: notes within two sigma of the peers', card share near theirs; wages, stock, rent and VAT are there.

    Peers are the noted businesses of all cash trades, compared by the logarithm of their notes; near is 0.25.
    """
    words = {move.words for move in view.debits}
    peers = view.book.tills
    if view.account not in peers:
        return False
    notes, cards = peers[view.account]
    levels = [one for one, _ in peers.values()]
    usual = median(share for _, share in peers.values())
    return (
        abs(notes - mean(levels)) <= 2 * pstdev(levels)
        and abs(cards - usual) <= 0.25
        and bool(words & PAY and "RENT" in words and words & TAX and invoices(view.debits))
    )


def registered_service(view: View) -> bool:
    """R-REGMSB: on the register, as the account table has it."""
    return bool(view.row["registered_money_service"])


def agent(view: View) -> bool:
    """R-AGENT: 70 % of what clients pay goes on within 14 days, each sum by itself, to payees who are paid again."""
    until = view.book.days[1] - 14
    clients = [m for m in view.credits if m.day <= until]
    onward = [m for m in view.debits if len(view.paid.get(m.peer, ())) >= 2]
    used: set[int] = set()
    matched = 0
    for fee in clients:
        for number, move in enumerate(onward):
            near = 0 < move.day - fee.day <= 14 and 0.7 * fee.pence <= move.pence < fee.pence
            if near and number not in used:
                used.add(number)
                matched += move.pence
                break
    return bool(clients) and matched >= 0.7 * total(clients)


def marine(view: View) -> bool:
    """R-NAUT: a marine trade; for a person, a club or berth paid by direct debit month after month."""
    if view.row["occupation"] in MARINE_TRADES:
        return True
    berths = [m for m in view.debits if m.channel == "direct_debit" and m.words in MARINE]
    return any(len(moves) >= 3 and max(gaps(moves)) <= 35 for moves in by_peer(berths).values())


MARINE = {
    "mooring", "slip fees", "berth", "boat", "outboard", "life jackets", "lifejackets x10", "sailing subs", "dinghy",
    "boat trailer", "engine service", "chandlery", "harbour dues", "winter storage ashore",
    "boat and outboard as viewed", "deposit on inflatable", "regatta entry", "delivery to the marina",
}  # fmt: skip


def haulier(view: View) -> bool:
    """R-LOGI: the trade stands for the licence; fuel for six months; four in five purchases in two regions."""
    fuel = [m for m in view.debits if m.category in {"5541", "5542"}]
    places = Counter(m.place for m in view.debits if m.channel == "card" and m.place)
    usual = sum(count for _, count in places.most_common(2))
    return (
        view.row["occupation"] in {"haulier", "courier"} and span(fuel) >= 180 and usual >= 0.8 * sum(places.values())
    )


def trade(view: View) -> bool:
    """R-TRADE: stable partners abroad for six months; an importer's VAT and duty match its payments within 20 %.

    VAT of 20 % and duty of 3.6 % of each consignment are design. Exports pay neither.
    """
    out = [m for m in view.debits if m.channel == "wire"]
    into = [m for m in view.credits if m.channel == "wire"]
    wires = max(out, into, key=total)
    stable = [moves for moves in by_peer(wires).values() if len(moves) >= 3]
    entries = total(said(view.debits, CUSTOMS)) / 0.236
    matches = abs(entries / max(total(out), 1) - 1) <= 0.2 if wires is out else entries == 0
    long = max(map(span, stable), default=0) >= 180
    return matches and long and sum(map(total, stable)) >= 0.7 * total(wires)


def refunds(view: View) -> bool:
    """R-REFUND: who has money back paid the same sum before."""
    back = [m for m in view.debits if m.words == "REFUND"]
    return bool(back) and all(
        any(m.pence == paid.pence and paid.minute < m.minute for paid in view.payers.get(m.peer, ())) for m in back
    )


TESTS: dict[str, Callable[[View], bool]] = {
    "R-SAL": salary,
    "R-PAY": payroll,
    "R-LAND": rent,
    "R-MKT": marketplace,
    "R-CRWD": crowdfunding,
    "R-CHAR": charity,
    "R-STUD": student,
    "R-TUITION": stages,
    "R-REM": remittance,
    "R-ROSCA": savings_circle,
    "R-TRIP": club_trip,
    "R-SPLIT": bill_splitting,
    "R-OWN": own_accounts,
    "R-LOAN": lump_sum,
    "R-TRADER": small_trader,
    "R-CASHBIZ": cash_business,
    "R-REGMSB": registered_service,
    "R-AGENT": agent,
    "R-NAUT": marine,
    "R-LOGI": haulier,
    "R-TRADE": trade,
    "R-REFUND": refunds,
}
"""Every row of the table."""
