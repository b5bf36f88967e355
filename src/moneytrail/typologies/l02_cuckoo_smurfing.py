"""L02: local cash below a line is paid to somebody who expects money from abroad, which does not come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from moneytrail.graph import DAY
from moneytrail.kernels.expected import Paid, usual
from moneytrail.kernels.windows import strongest
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CURRENCIES
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.windows import chosen
from moneytrail.wording import at_most, between, counted, day, money, plain_id, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.tables import Line
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Chosen, Windows

PARAMETERS = (
    Parameter(
        "window_days", 10, "days", 1, 60, "length of the sliding window and of a period",
        "the cash comes within days, before the holder asks where the money is", "design",
    ),
    Parameter(
        "credits", 3, "count", 2, 1000, "cash credits",
        "a sum that one payment would have crossed a line with is cut into several", "design",
    ),
    Parameter(
        "tolerance", 0.02, "share", 0.0, 0.5, "how far their sum may lie from the sum expected",
        "exchange rates and fees move a sum by so much", "design",
    ),
    Parameter(
        "history", 2, "count", 1, 100, "earlier credits from the same sender abroad",
        "two show that one is expected", "design",
    ),
    Parameter(
        "lookback_days", 180, "days", 7, 365, "how far back before the window such credits are looked for",
        "half a year holds a term's or a quarter's payments", "design",
    ),
    Parameter(
        "places", 2, "count", 2, 100, "regions that the cash was paid in at: as many add points",
        "several branches or machines, says the guide", "design",
    ),
)  # fmt: skip


class _Seen(NamedTuple):
    """The windows of cash credits, and what was expected in each of those that hold the cheap gates."""

    cash: Windows
    line: NDArray[np.int64]
    wired: Chosen
    expected: NDArray[np.int64]


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    wired = _wired(ground)
    recipients = np.zeros(graph.accounts + 1, np.bool_)
    recipients[wired.account] = True
    paid = ground.by_channel("cash") & ~graph.relations.affiliated & recipients[graph.creditor]
    cash = chosen(graph, "in", paid).within(float(values["window_days"]))
    seen = _Seen(cash, _lines(ground, cash, int(values["credits"])), wired, np.full((cash.count.size, 3), -1))
    places = np.flatnonzero(seen.line >= 0)
    seen.expected[places] = _expected(seen, places, values)
    fires = _fires(seen, places, values)
    strength = (cash.value, cash.count)
    ends = cash.ends
    for _, best, opening in strongest(ends.indptr, ends.time, fires, strength, cash.length).tolist():
        yield _found(ground, seen, (best, int(ends.ledger[opening])), values)


def _wired(ground: Ground) -> Chosen:
    """Credits from banks abroad, other than cash and the bank's own bookings; with what the holder received."""
    graph = ground.graph
    wired = chosen(graph, "in", ground.abroad("debtor") & ~ground.by_channel("cash", "internal"))
    return replace(wired, amount=_received(graph, wired.ledger, wired.amount))


def _received(graph: TransactionGraph, ledger: NDArray[np.int32], amount: NDArray[np.int64]) -> NDArray[np.int64]:
    """What was received, where the bank says so in the reference currency; elsewhere the `amount` after conversion."""
    rows = pl.Series(graph.order[ledger])
    credited = graph.frame.select("credited_amount", "credited_currency")[rows]
    same = credited["credited_currency"].cast(pl.String) == graph.reference_currency
    known = same.fill_null(False).to_numpy()
    sums = credited["credited_amount"].fill_null(0).to_numpy()
    received: NDArray[np.int64] = np.where(known, sums, amount)
    return received


def _lines(ground: Ground, cash: Windows, credits: int) -> NDArray[np.int64]:
    """For each window the first line of the table that each credit stays below and their sum reaches; -1: none."""
    graph, ledger = ground.graph, cash.held.ledger
    found = np.full(ledger.size, -1, np.int64)
    many = cash.count >= credits
    total = cash.sum(graph.own_amount[ledger])
    for number, line in enumerate(ground.tables.lines):
        if "cash" in line.channels:
            below = _below(ground, line, ledger)
            found[many & (found < 0) & (cash.sum(~below) == 0) & (total >= line.amount)] = number
    return found


def _below(ground: Ground, line: Line, ledger: NDArray[np.int32]) -> NDArray[np.bool_]:
    graph = ground.graph
    below = (graph.currency[ledger] == CURRENCIES.index(line.currency)) & (graph.own_amount[ledger] < line.amount)
    if line.since:
        below &= graph.time[ledger] >= (line.since - date(1970, 1, 1)).days * DAY
    made: NDArray[np.bool_] = below
    return made


def _spans(seen: _Seen, places: NDArray[np.int64], days: tuple[float, float]) -> tuple[NDArray[np.int64], ...]:
    """What was wired in ``(t - days[0], t - days[1]]`` before the end of each window, as spans of `wired`."""
    wired, ends = seen.wired, seen.cash.ends
    account, now = ends.account[places], ends.time[places]
    low, high = wired.indptr[account], wired.indptr[account + 1]
    start, stop = (_after(wired, (low, high), now - round(back * DAY)) for back in days)
    return start, stop


def _after(
    wired: Chosen, bounds: tuple[NDArray[np.int64], NDArray[np.int64]], moment: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Where in each account's part what is later than `moment` begins: a binary search in all parts at once."""
    low, high = (bound.copy() for bound in bounds)
    time = np.append(wired.time, 0)
    while (low < high).any():
        middle = (low + high) // 2
        later = (time[middle] > moment) | (low >= high)
        high = np.where(later, np.where(low < high, middle, high), high)
        low = np.where(later, low, middle + 1)
    return low


def _expected(seen: _Seen, places: NDArray[np.int64], values: Values) -> NDArray[np.int64]:
    window = float(values["window_days"])
    begin, end = _spans(seen, places, (window + float(values["lookback_days"]), window))
    paid = Paid(seen.wired.peer, seen.wired.amount)
    found: NDArray[np.int64] = usual(paid, begin, end, seen.cash.value[places], int(values["history"]))
    return found


def _fires(seen: _Seen, places: NDArray[np.int64], values: Values) -> NDArray[np.bool_]:
    first, _, median = seen.expected[places].T
    apart = np.abs(seen.cash.value[places] - median)
    near = apart <= median // 1000 * thousandths(values["tolerance"]) + (
        median % 1000 * thousandths(values["tolerance"]) // 1000
    )
    holds = (first >= 0) & (median > 0) & near
    kept = places[holds]
    recent = seen.cash.beside(seen.wired)
    sender = seen.wired.peer[seen.expected[kept, 0]]
    spans = zip(recent.begin[kept], recent.end[kept], sender, strict=True)
    came = [bool((seen.wired.peer[begin:end] == payer).any()) for begin, end, payer in spans]
    fires = np.zeros(seen.line.size, np.bool_)
    fires[kept[~np.array(came, np.bool_)]] = True
    return fires


def _found(ground: Ground, seen: _Seen, firing: tuple[int, int], values: Values) -> Found:
    place, fired = firing
    cash = seen.cash.ledger(place)
    place_of = np.array([place])
    window = float(values["window_days"])
    begin, end = (int(b[0]) for b in _spans(seen, place_of, (window + float(values["lookback_days"]), window)))
    sender = seen.wired.peer[seen.expected[place, 0]]
    wires = seen.wired.ledger[begin:end][seen.wired.peer[begin:end] == sender]
    line = ground.tables.lines[int(seen.line[place])]
    measures = _measure(ground, (cash, wires), (line, int(seen.expected[place, 2])), values)
    ledger = np.sort(np.concatenate([wires, cash]))
    return Found(
        subject=int(seen.cash.ends.account[place]),
        ledger=ledger,
        roles=["cash" if is_cash else "expected" for is_cash in np.isin(ledger, cash).tolist()],
        detectable=fired,
        measures=measures,
        explanation=_explain(ground, (cash, wires), line, {m.name: m for m in measures}),
    )


def _measure(
    ground: Ground,
    moved: tuple[NDArray[np.int32], NDArray[np.int32]],
    against: tuple[Line, int],
    values: Values,
) -> tuple[Measure, ...]:
    graph, (cash, wires), (line, expected) = ground.graph, moved, against
    own, total = graph.own_amount[cash], int(graph.amount[cash].sum())
    regions = ground.region[cash]
    measures = [
        gate("credits", "cash credits", cash.size, "count", values["credits"],
             points=margin(cash.size, values["credits"], 3, 0.10)),
        gate("below", f"largest of them, in {line.currency}", int(own.max()), "minor units", line.amount - 1,
             upper=True),
        gate("sum", f"their sum, in {line.currency}", int(own.sum()), "minor units", line.amount),
        gate("apart", "how far the sum lies from the sum expected", abs(total - expected) / expected, "share",
             values["tolerance"], upper=True),
        gate("history", "earlier credits from the same sender abroad", wires.size, "count", values["history"],
             points=margin(wires.size, values["history"], 3, 0.10)),
        gate("arrived", "credits from that sender in the window", 0, "count", 0, upper=True),
        fact("expected", "middle one of the earlier credits", expected, "minor units"),
        fact("value", "sum of the cash credits", total, "minor units"),
    ]  # fmt: skip
    if ground.has("transfers.location"):
        places = np.unique(regions[regions >= 0]).size
        measures.append(booster("places", "regions paid in at", places, "count", values["places"], points=0.15))
    if ground.has("accounts.occupation"):
        low = bool(ground.trade("low_income", "importer")[graph.creditor[cash[0]]])
        measures.append(
            booster("occupation", "of the kind of holder that guides name (1 yes, 0 no)", float(low), "count", 1,
                    points=0.05)
        )  # fmt: skip
    return tuple(measures)


def _explain(
    ground: Ground, moved: tuple[NDArray[np.int32], NDArray[np.int32]], line: Line, m: dict[str, Measure]
) -> str:
    graph, (cash, wires) = ground.graph, moved
    account, sender, currency = int(graph.creditor[cash[0]]), int(graph.debtor[wires[0]]), graph.reference_currency
    who = f"{plain_id(graph.names[sender])}, at a bank abroad," if sender >= 0 else "a sender abroad who is not named"
    said = (
        f"{sentence_id(graph.names[account])} was paid {money(m['value'].value, currency)} in "
        f"{counted(cash.size, 'cash credit')}, {between(int(graph.time[cash[0]]), int(graph.time[cash[-1]]))}, each "
        f"below the line of {money(line.amount, line.currency)} ({line.what!r}). "
        f"Before the cash {who} had sent it {counted(wires.size, 'credit')}, the last on "
        f"{day(int(graph.time[wires[-1]]))}; the cash {_apart(m['apart'].value)} the middle one of these, "
        f"{money(m['expected'].value, currency)}. While the cash was paid in, nothing came from that sender."
    )
    if "places" in m and m["places"].met:
        said += f" It was paid in at places in {counted(m['places'].value, 'region')}."
    return said + " The holder may have been promised this money and know nothing of where it came from."


def _apart(share: float) -> str:
    return f"comes within {at_most(share)} of" if share else "is exactly"


TYPOLOGY = Typology(
    id="L02",
    name="Cuckoo smurfing",
    stage="placement",
    summary="Local cash below a line is paid to somebody who expects money from abroad, which does not come.",
    definition=(
        "At each cash credit of an account (not from an affiliated account), its cash credits in the window that ends "
        "there (left end excluded, right end included) are looked at. The gate holds when there are at least `credits` "
        "of them; when for some line of the table that applies to cash each of them is below the line, in the line's "
        "own currency and from the day on that it applies, and they sum to the line or more; when some sender at a "
        "bank abroad had paid the account at least `history` times in the `lookback_days` before the window, and the "
        "sum of the cash lies within `tolerance`, inclusive, of the lower median of these credits as they were "
        "received (of several senders the one whose median is nearest); and when nothing of that sender came in the "
        "window. Senders without an account number count as one. One match is kept for each account and period of one "
        "window length, counted from 1 January 1970 UTC: the firing with the largest sum, then with most credits, "
        "then the earliest. Several places and the holder's occupation add points and never decide. Not covered: "
        "money expected for the first time, cash mixed with other cash of the same days, and whether the money from "
        "abroad comes later. Who stood at the counter is not in the data, so the holder's own cash counts as well."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("cash", "cash paid in", "depositor"),
        Role("expected", "an earlier credit from the sender abroad", "sender abroad", counts=False),
    ),
    subject_part="account holder, part in it unknown",
    sources=(
        Source("AUSTRAC", "Cuckoo smurfing guide", 2021, second_hand=True),
        Source("AUSTRAC", "'Cuckoo smurfing' used in million dollar money laundering scheme", None),
        Source("Banking Day", "Austrac issues cuckoo smurf alert", None, second_hand=True),
    ),
    innocent_explanations=(
        "a student whose parents brought cash in place of a transfer",
        "a cash business that also sells abroad",
        "a relative who paid the sum in by hand while on a visit",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + max(180, int(values["lookback_days"])),
    needs=("transfers.debtor_country",),
    amltrix=("T0016.002",),
)
