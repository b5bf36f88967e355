"""The rules of S01, L01, L03 and L04 as their evidence can show them, stated a second time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from datetime import date
from itertools import accumulate
from math import ceil, floor
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from moneytrail.verify.rule import (
    DAY,
    HOUR,
    Check,
    Held,
    Role,
    Rule,
    all_of,
    at_least,
    having,
    pushed_by_others,
    ratio,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moneytrail.verify.claims import Claim, Shown
    from moneytrail.verify.rule import Values

JULY_2027: Final = (date(2027, 7, 10) - date(1970, 1, 1)).days * DAY
LINES: Final[Mapping[tuple[str, int], tuple[tuple[str, ...], int | None]]] = MappingProxyType(
    {
        ("GBP", 100_000): (("cash", "wire"), None),
        ("GBP", 1_000_000): (("cash",), None),
        ("GBP", 2_000_000): (("cash",), None),
        ("EUR", 300_000): (("cash",), JULY_2027),
        ("EUR", 1_000_000): (("cash",), JULY_2027),
        ("USD", 300_000): (("wire",), None),
        ("USD", 1_000_000): (("cash",), None),
        ("AUD", 1_000_000): (("cash",), None),
        ("CAD", 1_000_000): (("cash",), None),
    }
)
"""Lines that structuring hugs: by currency and amount, the channels, and the first moment for which each applies."""

STRANGERS: Final = "that the accounts had no regular dealings before and share no party, address, telephone or device"


# S01


def _count_s01(claim: Claim, values: Values) -> dict[str, float]:
    fees = having(claim, "credit")
    amounts = sorted(one.amount for one in fees)
    middle = amounts[(len(amounts) - 1) // 2]
    return {
        "payers": len({one.debtor for one in fees}),
        "value": sum(amounts),
        "seat_low": middle,
        "seat_high": middle,
        "uniform_share": _uniform(amounts, values["uniform_tolerance"]),
        "in_range": sum(amount for amount in amounts if values["seat_low"] <= amount <= values["seat_high"]),
        "span_days": (fees[-1].time - fees[0].time) / DAY,
    }


def _uniform(amounts: list[int], tolerance: float) -> float:
    """The share of the amounts near one of two unit amounts or up to six times it; see the typology's page."""
    rest = Counter(amount for amount in amounts if amount > 0)
    taken = 0
    for _ in range(2):
        units = sorted(rest)
        before = [0, *accumulate(rest[unit] for unit in units)]
        best: tuple[int, list[int]] = (0, [])
        for unit in units:
            near = _near(units, unit, tolerance)
            number = sum(before[stop] - before[start] for start, stop in near)
            if number > best[0]:
                best = number, [units[place] for start, stop in near for place in range(start, stop)]
        taken += best[0]
        for unit in best[1]:
            del rest[unit]
    return ratio(taken, len(amounts))


def _near(units: list[int], unit: int, tolerance: float) -> list[tuple[int, int]]:
    """Stretches of `units` near a multiple of `unit`, rising and apart."""
    stretches, reached = [], 0
    for multiple in range(1, 7):
        start = max(reached, bisect_left(units, ceil(multiple * unit * (1 - tolerance))))
        reached = max(reached, bisect_right(units, floor(multiple * unit * (1 + tolerance))))
        stretches.append((min(start, reached), reached))
    return stretches


def _check_s01(claim: Claim, values: Values) -> Iterator[Check]:
    fees = having(claim, "credit")
    yield pushed_by_others(claim, fees)
    times = Counter(one.debtor for one in fees)
    most = ratio(sum(number <= values["one_shot_transfers"] for number in times.values()), len(times))
    said = claim.measures["one_shot_share"].value
    yield Check("few transfers", said <= most + 1e-9, f"claimed share {said:g}; the transfers allow at most {most:g}")


S01: Final = Rule(
    roles=(Role("credit", "creditor"),),
    parameters={
        "window_days": 30,
        "payers": 8,
        "first_share": 0.7,
        "one_shot_share": 0.8,
        "one_shot_transfers": 3,
        "seat_low": 40_000,
        "seat_high": 600_000,
        "value": 800_000,
        "uniform_tolerance": 0.05,
        "uniform_share": 0.5,
        "onward_days": 7,
        "onward_share": 0.7,
        "history_days": 60,
        "card_share": 0.1,
    },
    measures=(
        Held("payers", "gate", ">=", "payers", 0.15, 3),
        Held("value", "gate", ">=", "value", 0.05, 5),
        Held("first_share", "gate", ">=", "first_share"),
        Held("one_shot_share", "gate", ">=", "one_shot_share"),
        Held("seat_low", "gate", ">=", "seat_low"),
        Held("seat_high", "gate", "<=", "seat_high"),
        Held("uniform_share", "booster", ">=", "uniform_share", 0.10),
        Held("onward_share", "booster", ">=", "onward_share", 0.05),
        Held("card_share", "booster", "<=", "card_share", 0.05),
        Held("history_days", "booster", ">=", "history_days", 0.10),
        Held("in_range", "fact"),
        Held("span_days", "fact"),
    ),
    counted=_count_s01,
    conditions=_check_s01,
    window=lambda values: int(values["window_days"]) * DAY,
    spanning=("credit",),
    unseen=(STRANGERS,),
)


# L04


def _count_l04(claim: Claim, _values: Values) -> dict[str, float]:
    scatter, funding = having(claim, "scatter"), having(claim, "funding")
    value = value_of(scatter)
    shown = {
        "payees": len({one.creditor for one in scatter}),
        "value": value,
        "funding_share": value_of(funding) / value if value else 1.0,
        "span_hours": (scatter[-1].time - scatter[0].time) / HOUR,
    }
    if "creditor_institution" in claim.columns:
        shown["institutions"] = len({one.institution for one in scatter if one.institution is not None})
    return shown


def _check_l04(claim: Claim, values: Values) -> Iterator[Check]:
    scatter, funding = having(claim, "scatter"), having(claim, "funding")
    yield pushed_by_others(claim, scatter)
    yield Check("funding credits", len(funding) <= 2, f"{len(funding)} transfers of funding; at most 2 count")
    opening, hours = scatter[0], values["funding_hours"]
    yield all_of(
        "funding before",
        funding,
        lambda one: one.place < opening.place and one.time > opening.time - hours * HOUR,
        f"in the {hours:g} hours before the first debit",
    )
    enough = at_least(value_of(funding), value_of(scatter), values["funding_share"])
    yield Check("funding covers", enough, f"{value_of(funding)} of {value_of(scatter)} minor units")


L04: Final = Rule(
    roles=(Role("scatter", "debtor"), Role("funding", "creditor", needed=False, counts=False)),
    parameters={
        "window_days": 3,
        "payees": 5,
        "first_share": 0.8,
        "value": 300_000,
        "funding_hours": 48,
        "funding_share": 0.8,
        "history_days": 60,
        "institutions": 3,
    },
    measures=(
        Held("payees", "gate", ">=", "payees", 0.15, 3),
        Held("value", "gate", ">=", "value", 0.10, 5),
        Held("first_share", "gate", ">=", "first_share"),
        Held("funding_share", "gate", ">=", "funding_share"),
        Held("institutions", "booster", ">=", "institutions", 0.10),
        Held("history_days", "booster", ">=", "history_days", 0.15),
        Held("span_hours", "fact"),
    ),
    counted=_count_l04,
    conditions=_check_l04,
    window=lambda values: int(values["window_days"]) * DAY,
    spanning=("scatter",),
    unseen=(STRANGERS, "that no larger credit came in the hours before the first debit"),
)


# L03


def _passed(claim: Claim, reach: float) -> dict[str, int]:
    """By counted credit, how much of it had left within `reach`; the oldest money leaves first."""
    queue: deque[list[int]] = deque()
    gone = [0] * len(claim.evidence)
    for place, one in enumerate(claim.evidence):
        if one.role != "out":
            queue.append([place, one.amount])
            continue
        need = one.amount
        while need and queue:
            first = queue[0]
            taken = min(need, first[1])
            if one.time - claim.evidence[first[0]].time <= reach:
                gone[first[0]] += taken
            need -= taken
            first[1] -= taken
            if not first[1]:
                queue.popleft()
    return {one.transaction_id: left for one, left in zip(claim.evidence, gone, strict=True) if one.role == "in"}


def _marks(claim: Claim, values: Values) -> tuple[dict[str, int], dict[str, int]]:
    return _passed(claim, values["quick_minutes"] * 60_000_000), _passed(claim, values["slow_hours"] * HOUR)


def _count_l03(claim: Claim, values: Values) -> dict[str, float]:
    quick, slow = _marks(claim, values)
    counted = having(claim, "in")
    came, left, value = value_of(having(claim, "in", "other in")), value_of(having(claim, "out")), value_of(counted)
    retained = ratio(max(0, came - left), came)
    quick_share, slow_share = ratio(sum(quick.values()), value), ratio(sum(slow.values()), value)
    days = {
        one.time // DAY
        for one in counted
        if at_least(quick[one.transaction_id], one.amount, values["quick_share"])
        or at_least(slow[one.transaction_id], one.amount, values["slow_share"])
    }
    return {
        "days": len(days),
        "passed": quick_share if quick_share >= values["quick_share"] else slow_share,
        "retained_share": retained,
        "excess_share": ratio(max(0, left - came), came),
        "cut": float(values["cut_low"] <= retained <= values["cut_high"]),
        "value": value,
        "quick_share": quick_share,
        "slow_share": slow_share,
        "credits": len(counted),
    }


def _limit_l03(claim: Claim, values: Values) -> dict[str, float]:
    quick = ratio(sum(_marks(claim, values)[0].values()), value_of(having(claim, "in"))) >= values["quick_share"]
    return {"passed": values["quick_share"] if quick else values["slow_share"], "cut": 1.0}


def _check_l03(claim: Claim, values: Values) -> Iterator[Check]:
    yield pushed_by_others(claim, having(claim, "in"))
    yield all_of(
        "least credit",
        having(claim, "in"),
        lambda one: one.amount >= values["credit"],
        f"a credit of at least {values['credit']:g} minor units",
    )


L03: Final = Rule(
    roles=(
        Role("in", "creditor"),
        Role("out", "debtor", counts=False),
        Role("other in", "creditor", needed=False, counts=False),
    ),
    parameters={
        "window_days": 7,
        "credit": 50_000,
        "quick_minutes": 60,
        "quick_share": 0.5,
        "slow_hours": 24,
        "slow_share": 0.9,
        "retained_share": 0.1,
        "excess_share": 0.25,
        "days": 2,
        "first_payee_share": 0.5,
        "history_days": 60,
        "cut_low": 0.02,
        "cut_high": 0.1,
    },
    measures=(
        Held("days", "gate", ">=", "days", 0.15, 3),
        Held("passed", "gate", ">="),
        Held("retained_share", "gate", "<=", "retained_share"),
        Held("excess_share", "gate", "<=", "excess_share"),
        Held("first_payee_share", "booster", ">=", "first_payee_share", 0.15),
        Held("cut", "booster", ">=", most=0.10),
        Held("history_days", "booster", ">=", "history_days", 0.10),
        Held("value", "fact"),
        Held("quick_share", "fact"),
        Held("slow_share", "fact"),
        Held("credits", "fact"),
    ),
    counted=_count_l03,
    conditions=_check_l03,
    window=lambda values: int(values["window_days"]) * DAY,
    spanning=("in", "out", "other in"),
    unseen=(STRANGERS, "that the account had no other transfers in the window"),
    limits=_limit_l03,
)


# L01


def _line_of(claim: Claim) -> tuple[str, int]:
    return claim.evidence[0].currency, int(claim.measures["line"].value)


def _near_line(claim: Claim, values: Values) -> list[Shown]:
    line = _line_of(claim)[1]
    return [one for one in claim.evidence if at_least(one.own_amount, line, values["near_share"])]


def _count_l01(claim: Claim, values: Values) -> dict[str, float]:
    amounts = Counter(one.own_amount for one in claim.evidence)
    total = sum(one.own_amount for one in claim.evidence)
    shown: dict[str, float] = {
        "repeats": ratio(sum(number for number in amounts.values() if number > 1), len(claim.evidence)),
        "sum_own": total,
        "excess": claim.measures["bins_over"].value,
        "line": _line_of(claim)[1],
    }
    shown |= {"credits": len(_near_line(claim, values))} if "credits" in claim.measures else {"sum": total}
    if "location" in claim.columns:
        places = {(one.time // DAY, one.location) for one in claim.evidence if one.location is not None}
        shown["places"] = max(Counter(day for day, _ in places).values(), default=0)
    return shown


def _limit_l01(claim: Claim, values: Values) -> dict[str, float]:
    line = _line_of(claim)[1]
    return {
        "sum": (line * round(values["sum_share"] * 1000) + 999) // 1000,
        "excess": ratio(claim.measures["bins_under"].value, values["excess"]),
    }


def _earn_l01(claim: Claim, values: Values) -> dict[str, float]:
    times = claim.measures["bins_under"].value / max(1.0, claim.measures["bins_over"].value)
    return {"excess": round(0.10 * min(1.0, max(0.0, (ratio(times, values["excess"]) - 1.0) / 2.0)), 6)}


def _check_l01(claim: Claim, values: Values) -> Iterator[Check]:
    currency, line = _line_of(claim)
    known = (currency, line) in LINES
    yield Check("line", known, f"{line} minor units of {currency} is {'a' if known else 'no'} line that is looked at")
    channels, since = LINES.get((currency, line), ((), None))
    yield all_of(
        "line applies",
        list(claim.evidence),
        lambda one: one.currency == currency and one.channel in channels and (since is None or one.time >= since),
        f"of {currency}, by {' or '.join(channels)}, and of a day on which the line applies",
    )
    yield all_of("below the line", list(claim.evidence), lambda one: one.own_amount < line, f"below {line}")
    near = {one.transaction_id for one in _near_line(claim, values)}
    yield all_of(
        "near the line",
        list(claim.evidence),
        lambda one: (one.role == "just under") == (one.transaction_id in near),
        "called by its nearness to the line",
    )
    both = ("credits" in claim.measures) == ("sum" in claim.measures)
    yield Check("count or sum", not both, "exactly one of the measures credits and sum decides")
    since_then = claim.evidence[-1].time - values["lookback_days"] * DAY
    own = sum(one.time > since_then for one in _near_line(claim, values))
    said = claim.measures["bins_under"].value
    least = max(own, values["credits"])
    yield Check("lookback", said >= least, f"claimed {said:g} credits just under the line; at least {least:g} wanted")


L01: Final = Rule(
    roles=(Role("just under", "creditor", needed=False), Role("below", "creditor", needed=False)),
    parameters={
        "window_days": 5,
        "lookback_days": 180,
        "credits": 3,
        "near_share": 0.8,
        "sum_share": 1.2,
        "excess": 3,
        "places": 2,
        "repeats": 0.5,
    },
    measures=(
        Held("credits", "gate", ">=", "credits", 0.20, 3, needed=False),
        Held("sum", "gate", ">=", needed=False),
        Held("excess", "gate", "<="),
        Held("places", "booster", ">=", "places", 0.10),
        Held("repeats", "booster", ">=", "repeats", 0.10),
        Held("bins_under", "fact"),
        Held("bins_over", "fact"),
        Held("bins_days", "fact"),
        Held("line", "fact"),
        Held("sum_own", "fact"),
    ),
    counted=_count_l01,
    conditions=_check_l01,
    window=lambda values: int(values["window_days"]) * DAY,
    spanning=("just under", "below"),
    unseen=("that the account had no other such credits in the window or the lookback",),
    limits=_limit_l01,
    earned=_earn_l01,
    key=lambda claim: "{} {}".format(*_line_of(claim)),
)

TYPOLOGY_RULES: Final[Mapping[str, Rule]] = MappingProxyType({"S01": S01, "L01": L01, "L03": L03, "L04": L04})
