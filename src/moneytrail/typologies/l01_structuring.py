"""L01: cash or wire amounts kept just under a line that would trigger a report, a check or a cap."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.structuring import StructuringRule, structured
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS, CURRENCIES
from moneytrail.shares import share_of, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.wording import between, counted, money, part, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.tables import Line
    from moneytrail.typologies.ground import Ground


PARAMETERS = (
    Parameter(
        "window_days", 5, "days", 1, 60, "length of the sliding window and of a period",
        "one load of cash is paid in within a working week", "design",
    ),
    Parameter(
        "lookback_days", 180, "days", 1, 365, "how far back the two bins are counted",
        "half a year shows an honest business's own spread of takings", "design",
    ),
    Parameter(
        "credits", 3, "count", 2, 1000, "credits just under the line",
        "two may be chance", "design",
    ),
    Parameter(
        "near_share", 0.8, "share", 0.5, 0.999, "from which share of the line on an amount is just under it",
        "the range that reported cases fall in", "design",
    ),
    Parameter(
        "sum_share", 1.2, "share", 1.0, 100.0,
        "share of the line that the window's credits reach together, each of them below it: the other way to hold",
        "together they would have crossed the line clearly", "design",
    ),
    Parameter(
        "excess", 3, "count", 1, 100, "how many times as many lie just under the line as just above it",
        "takings that are merely near the line fall on both sides of it", "design",
    ),
    Parameter(
        "places", 2, "count", 2, 100, "places paid in at on one day: as many add points",
        "several branches in a day", "sourced",
    ),
    Parameter(
        "repeats", 0.5, "share", 0.0, 1.0, "share of the credits whose exact amount recurs: adds points",
        "counted out in advance", "design",
    ),
)  # fmt: skip


def _applies(line: Line, graph: TransactionGraph) -> NDArray[np.bool_]:
    """In ledger order: credits, not from oneself, to which the line applies by currency, channel and day."""
    channels = [CHANNELS.index(name) for name in line.channels]
    applies: NDArray[np.bool_] = np.isin(graph.channel, channels)
    applies &= (graph.creditor >= 0) & (graph.creditor != graph.debtor)
    applies &= graph.currency == CURRENCIES.index(line.currency)
    if line.since:
        applies &= graph.time >= (line.since - date(1970, 1, 1)).days * DAY
    return applies


def _applicable(ground: Ground, _values: Values) -> str:
    graph, lines = ground.graph, ground.tables.lines
    if not graph.transfers or any(_applies(line, graph).any() for line in lines):
        return ""
    currencies = sorted({line.currency for line in lines})
    return f"needs cash or wire credits in {', '.join(currencies)} to which a line applies; the data has none"


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    rule = StructuringRule(
        window=int(values["window_days"]) * DAY,
        lookback=int(values["lookback_days"]) * DAY,
        credits=int(values["credits"]),
        near_share=thousandths(values["near_share"]),
        sum_share=thousandths(values["sum_share"]),
        excess=int(values["excess"]),
    )
    for line in ground.tables.lines:
        credits = np.flatnonzero(_applies(line, graph))
        if credits.size < rule.credits:
            continue
        ledger = credits[np.argsort(graph.creditor[credits], kind="stable")]
        indptr = np.searchsorted(graph.creditor[ledger], np.arange(graph.accounts + 1)).astype(np.int64)
        time, amount = graph.time[ledger], graph.own_amount[ledger]
        found = structured(indptr, time, amount, line.amount, rule, cost_chunks(indptr, CHUNKS))
        for first, last, fired, account in found.tolist():
            window = ledger[first : last + 1]
            proof = window[graph.own_amount[window] < line.amount]
            history = slice(int(indptr[account]), last + 1)
            recent = amount[history][time[history] > time[last] - rule.lookback]
            measures = _measure(graph, proof, (line, recent, bool(proof.size == window.size)), values)
            near = graph.own_amount[proof] >= share_of(line.amount, rule.near_share)
            yield Found(
                subject=account,
                key=f"{line.currency} {line.amount}",
                ledger=proof,
                roles=["just under" if is_near else "below" for is_near in near.tolist()],
                detectable=int(ledger[fired]),
                measures=measures,
                explanation=_explain(graph, account, proof, (line, {m.name: m for m in measures}), values),
            )


def _measure(
    graph: TransactionGraph,
    proof: NDArray[np.integer[Any]],
    against: tuple[Line, NDArray[np.int64], bool],
    values: Values,
) -> tuple[Measure, ...]:
    line, recent, all_below = against
    near_low = share_of(line.amount, thousandths(values["near_share"]))
    above_high = share_of(line.amount, 2000 - thousandths(values["near_share"]))
    amounts = graph.own_amount[proof]
    near = int((amounts >= near_low).sum())
    below = int(((recent >= near_low) & (recent < line.amount)).sum())
    above = int(((recent >= line.amount) & (recent < above_high)).sum())
    by_count = near >= values["credits"]
    days = min(float(values["lookback_days"]), (graph.time[proof[-1]] - graph.known_from) / DAY)
    total = int(amounts.sum()) if all_below else 0
    return (
        gate("credits", "credits just under the line", near, "count", values["credits"],
             points=margin(near, values["credits"], 3, 0.20)) if by_count else
        gate("sum", f"sum of credits, each below the line, in {line.currency}", total, "minor units",
             share_of(line.amount, thousandths(values["sum_share"]))),
        gate("excess", f"credits just above the line (allowed: those just under it, divided by {values['excess']})",
             above, "count", below / values["excess"], upper=True,
             points=margin(below / max(1, above), values["excess"], 3, 0.10)),
        booster("places", "places paid in at on one day", _places(graph, proof), "count", values["places"],
                points=0.10),
        booster("repeats", "credits whose exact amount recurs", _repeats(amounts), "share", values["repeats"],
                points=0.10),
        fact("bins_under", "credits just under the line in the lookback", below, "count"),
        fact("bins_over", "credits just above the line in the lookback", above, "count"),
        fact("bins_days", "days of data in the lookback", days, "days"),
        fact("line", f"the line, in {line.currency}: {line.what}; source: {line.source}", line.amount, "minor units"),
        fact("sum_own", f"sum of the credits, in {line.currency}", int(amounts.sum()), "minor units"),
    )  # fmt: skip


def _places(graph: TransactionGraph, proof: NDArray[np.integer[Any]]) -> int:
    """The most distinct locations on one day (UTC)."""
    locations = graph.frame["location"]
    if locations.null_count() == locations.len():
        return 0
    by_day: dict[int, set[str]] = {}
    here = locations.gather(pl.Series(graph.order[proof])).to_list()
    for day, location in zip((graph.time[proof] // DAY).tolist(), here, strict=True):
        if location is not None:
            by_day.setdefault(day, set()).add(location)
    return max((len(places) for places in by_day.values()), default=0)


def _repeats(amounts: NDArray[np.int64]) -> float:
    _, counts = np.unique(amounts, return_counts=True)
    return float(counts[counts > 1].sum() / amounts.size)


def _explain(
    graph: TransactionGraph,
    account: int,
    proof: NDArray[np.integer[Any]],
    against: tuple[Line, dict[str, Measure]],
    values: Values,
) -> str:
    line, m = against
    when = between(int(graph.time[proof[0]]), int(graph.time[proof[-1]]))
    total = money(m["sum_own"].value, line.currency)
    limit = money(line.amount, line.currency)
    near = money(share_of(line.amount, thousandths(values["near_share"])), line.currency)
    who = sentence_id(graph.names[account])
    used = [name for name in line.channels if (graph.channel[proof] == CHANNELS.index(name)).any()]
    many = counted(proof.size, f"{' and '.join(used)} credit")
    said = f"{who} was paid {total} in {many}, {when}, each below the line of {limit} ({line.what!r})."
    if "credits" in m:
        number = m["credits"].value
        said += f" {counted(number, 'of them lies', 'of them lie')} just under that line, at {near} or more."
    days, over = int(m["bins_days"].value), m["bins_over"].value
    looked = counted(days, "day") if days else "less than a day"
    said += (
        f" In the {looked} of data looked at, {m['bins_under'].value:,.0f} such credits lie just under the line and "
        f"{f'{over:,.0f}' if over else 'none'} just above it."
    )
    if m["places"].met:
        said += f" On one day money was paid in at {counted(m['places'].value, 'place')}."
    if m["repeats"].met:
        said += f" {part(m['repeats'].value, 'these credits')} have exactly the same amount as another."
    return said


TYPOLOGY = Typology(
    id="L01",
    name="Structuring",
    stage="placement",
    summary="Cash or wire amounts are kept just under a line that would trigger a report, a check or a cap.",
    definition=(
        "Looked at are the credits to which a line applies by currency, channel and day (see the table), one line "
        "at a time. At each such credit below the line, those in the window that ends there (left end excluded, "
        "right end included) "
        "count. The gate holds when at least `credits` of them lie in [`near_share` x line, line), or when none "
        "reaches the line and together they come to at least `sum_share` x line; and when over `lookback_days` the "
        "account has "
        "at least `credits` such credits just under the line, and at least `excess` times as many as in [line, "
        "(2 - `near_share`) x line). One match is kept for each account, line and period of one window length, counted "
        "from 1 January 1970 UTC: the firing with most credits just under the line, then with the largest sum, then "
        "the earliest. Several places on a day and exact repeats add points and never decide. Not covered: one load "
        "spread over accounts that nothing links, and cash that stays far under every line."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("just under", "a credit just under the line", "depositor"),
        Role("below", "a credit of the same window further below the line", "depositor"),
    ),
    subject_part="account paid into",
    sources=(
        Source("AUSTRAC", "Australian-Indonesian investigation shuts down people smuggling operation", None),
        Source("AUSTRAC", "Cuckoo smurfing guide", 2021, second_hand=True),
        Source("FinCEN", "FIN-2014-A008, advisory on human smuggling and trafficking", 2014, second_hand=True),
        Source("FATF", "ML/TF Risks Arising from Migrant Smuggling", 2022, second_hand=True),
    ),
    innocent_explanations=(
        "a shop whose daily takings happen to be near the line",
        "wages or rent that are round sums near the line",
        "a shop assistant told by the branch to keep deposits small",
    ),
    finder=_find,
    span_days=lambda values: int(values["window_days"]) + max(int(values["window_days"]), int(values["lookback_days"])),
    applicable=_applicable,
    amltrix=("T0016", "T0016.005"),
)
