"""The four typologies by their definitions: from transfers as dicts to what must be found. Imports nothing of ours.

A transfer has ``transaction_id``, ``row``, ``time`` (microseconds UTC), ``debtor_account``, ``creditor_account``
(``None`` where absent), ``amount`` (minor units), ``currency`` and ``channel``. All amounts but those of L01 are in
the reference currency.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.oracles import fans, pass_through, structuring
from tests.oracles.ordering import Row
from tests.oracles.relations import Dealings, Relation, relations

DAY = 86_400_000_000
PULLED = ("direct_debit", "card", "internal")
DEALINGS = Dealings(lookback=180 * DAY, gap=30 * DAY, payments=3)
EVER = -(10**18)

JULY_2027 = 21_009 * 24 * 3_600_000_000
"""10 July 2027, in microseconds."""

LINES = {
    "GBP": ((100_000, ("cash", "wire"), EVER), (1_000_000, ("cash",), EVER), (2_000_000, ("cash",), EVER)),
    "EUR": ((300_000, ("cash",), JULY_2027), (1_000_000, ("cash",), JULY_2027)),
    "USD": ((300_000, ("wire",), EVER), (1_000_000, ("cash",), EVER)),
    "AUD": ((1_000_000, ("cash",), EVER),),
    "CAD": ((1_000_000, ("cash",), EVER),),
}
"""By currency: the line, the channels and the first moment for which it applies."""

Transfer = dict[str, Any]
Values = dict[str, int | float]
Links = dict[str, dict[str, str]]


class Instance(NamedTuple):
    """What a typology must find: who, which transfers, since when, and what the gate measures."""

    subject: str
    evidence: tuple[str, ...]
    fired: str
    gates: tuple[tuple[str, float], ...]


class Book(NamedTuple):
    """The transfers in ledger order as numbers, and what the accounts were to each other."""

    transfers: list[Transfer]
    names: list[str]
    rows: list[Row]
    relations: list[Relation]

    def instance(self, subject: int, places: list[int], fired: int, gates: dict[str, float]) -> Instance:
        ids = tuple(sorted(str(self.transfers[place]["transaction_id"]) for place in places))
        return Instance(self.names[subject], ids, self.transfers[fired]["transaction_id"], tuple(sorted(gates.items())))


def book(transfers: list[Transfer], links: Links) -> Book:
    ordered = sorted(transfers, key=lambda t: (t["time"], t["row"]))
    sides = [t[side] for t in ordered for side in ("debtor_account", "creditor_account")]
    names = sorted({name for name in sides if name is not None})
    number: dict[str | None, int] = {name: place for place, name in enumerate(names)} | {None: -1}
    rows = [(number[t["debtor_account"]], number[t["creditor_account"]], t["time"], t["amount"]) for t in ordered]
    months = [month(t["time"]) for t in ordered]
    pulled = [t["channel"] in PULLED for t in ordered]
    return Book(ordered, names, rows, relations(rows, months, pulled, numbered(names, links), DEALINGS))


def month(time: int) -> int:
    moment = datetime(1970, 1, 1) + timedelta(microseconds=time)  # noqa: DTZ001 - UTC throughout
    return moment.year * 12 + moment.month


def numbered(names: list[str], links: Links) -> list[tuple[int, ...]]:
    """Each account's attributes as numbers, one a kind of attribute; -1 where unknown."""
    kinds = sorted({kind for attributes in links.values() for kind in attributes})
    codes: dict[tuple[str, str], int] = {}
    found = []
    for name in names:
        own = links.get(name, {})
        found.append(tuple(codes.setdefault((k, own[k]), len(codes)) if k in own else -1 for k in kinds))
    return found


def thousandths(share: float) -> int:
    return round(share * 1000)


def s01(transfers: list[Transfer], links: Links, values: Values) -> list[Instance]:
    seen = book(transfers, links)
    gate = fans.Gate(
        window=int(values["window_days"] * DAY),
        peers=int(values["payers"]),
        first_share=thousandths(values["first_share"]),
        one_shot_share=thousandths(values["one_shot_share"]),
        one_shot=int(values["one_shot_transfers"]),
        value=int(values["value"]),
        median_low=int(values["seat_low"]),
        median_high=int(values["seat_high"]),
        backing_share=0,
    )
    found = []
    for fan, fired in fans.fans(seen.rows, seen.relations, [], gate, incoming=True):
        gates = {
            "payers": fan.peers,
            "value": fan.value,
            "first_share": fan.firsts / fan.peers,
            "one_shot_share": fan.one_shots / fan.peers,
            "seat_low": fan.median,
            "seat_high": fan.median,
        }
        found.append(seen.instance(fan.account, fan.counted, fired, gates))
    return found


def l04(transfers: list[Transfer], links: Links, values: Values) -> list[Instance]:
    seen = book(transfers, links)
    gate = fans.Gate(
        window=int(values["window_days"] * DAY),
        peers=int(values["payees"]),
        first_share=thousandths(values["first_share"]),
        one_shot_share=0,
        one_shot=0,
        value=int(values["value"]),
        median_low=0,
        median_high=2**62,
        backing_share=thousandths(values["funding_share"]),
    )
    reach = int(values["funding_hours"] * DAY // 24)
    backed_by = fans.backing(seen.rows, reach)
    found = []
    for fan, fired in fans.fans(seen.rows, seen.relations, backed_by, gate, incoming=False):
        funding = largest_credits(seen.rows, fan.account, fan.counted[0], reach)
        gates = {
            "payees": fan.peers,
            "value": fan.value,
            "first_share": fan.firsts / fan.peers,
            "funding_share": backed_by[fan.counted[0]] / fan.value,
        }
        found.append(seen.instance(fan.account, fan.counted + funding, fired, gates))
    return found


def largest_credits(rows: list[Row], account: int, opening: int, reach: int) -> list[int]:
    """The two largest credits of the hours up to the first debit; of equal ones the later; none of nothing."""
    came = [
        place
        for place in range(opening)
        if rows[place][1] == account and rows[place][0] != account and rows[place][2] > rows[opening][2] - reach
    ]
    largest = sorted(came, key=lambda place: (rows[place][3], place))[-2:]
    return [place for place in largest if rows[place][3] > 0]


def l03(transfers: list[Transfer], links: Links, values: Values) -> list[Instance]:
    seen = book(transfers, links)
    stranger = [relation.stranger for relation in seen.relations]
    gate = l03_gate(values)
    found = []
    for passage, fired in pass_through.pass_throughs(seen.rows, stranger, gate):
        account, window = passage.account, passage.window
        # Measured again from the window alone.
        alone = pass_through.measure(seen.rows, stranger, account, window, window, gate)
        quick, slow = alone.quick / alone.counted, alone.slow / alone.counted
        gates = {
            "days": alone.days,
            "passed": quick if quick >= values["quick_share"] else slow,
            "retained_share": max(0, alone.came - alone.left) / alone.came,
            "excess_share": max(0, alone.left - alone.came) / alone.came,
        }
        found.append(seen.instance(account, window, fired, gates))
    return found


def l03_gate(values: Values) -> pass_through.Gate:
    return pass_through.Gate(
        window=int(values["window_days"] * DAY),
        credit=int(values["credit"]),
        quick=int(values["quick_minutes"]) * 60_000_000,
        slow=int(values["slow_hours"]) * 3_600_000_000,
        quick_share=thousandths(values["quick_share"]),
        slow_share=thousandths(values["slow_share"]),
        retained_share=thousandths(values["retained_share"]),
        days=int(values["days"]),
        excess_share=thousandths(values["excess_share"]),
    )


def l01(transfers: list[Transfer], links: Links, values: Values) -> list[Instance]:
    seen = book(transfers, links)
    gate = l01_gate(values)
    found = []
    for currency, lines in LINES.items():
        for line, channels, since in lines:
            places = [i for i, t in enumerate(seen.transfers) if is_counted(t, currency, channels, since)]
            credits_ = [(seen.rows[i][1], seen.rows[i][2], seen.rows[i][3]) for i in places]
            for hugging, fired in structuring.structured(credits_, line, gate):
                proof = [places[i] for i in hugging.window if credits_[i][2] < line]
                by_count = hugging.near >= gate.credits
                gates: dict[str, float] = {
                    "credits" if by_count else "sum": hugging.near if by_count else hugging.total,
                    "excess": hugging.over,
                }
                found.append(seen.instance(hugging.account, proof, places[fired], gates))
    return found


def is_counted(transfer: Transfer, currency: str, channels: tuple[str, ...], since: int) -> bool:
    creditor = transfer["creditor_account"]
    pushed_in = creditor is not None and creditor != transfer["debtor_account"]
    applies = transfer["channel"] in channels and transfer["currency"] == currency and transfer["time"] >= since
    return bool(applies and pushed_in)


def l01_gate(values: Values) -> structuring.Gate:
    return structuring.Gate(
        window=int(values["window_days"] * DAY),
        lookback=int(values["lookback_days"] * DAY),
        credits=int(values["credits"]),
        near_share=thousandths(values["near_share"]),
        sum_share=thousandths(values["sum_share"]),
        excess=int(values["excess"]),
    )


ORACLES: dict[str, Callable[[list[Transfer], Links, Values], list[Instance]]] = {
    "S01": s01,
    "L01": l01,
    "L03": l03,
    "L04": l04,
}
