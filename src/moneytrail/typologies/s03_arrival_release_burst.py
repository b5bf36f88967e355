"""S03: an account's credits of the size of a seat's price come just after small boats arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.arrival_lift import (
    AS_HIGH,
    FEW,
    HIGH,
    HIGH_DAYS,
    LOW,
    LOW_DAYS,
    MANY,
    SHIFTS,
    LiftRule,
    arrival_lifts,
    mark_days,
)
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.arrival_days import ArrivalDays
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.whole_days import days_before, days_with
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, money, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Chosen, Firing, Windows

REACH = 3
"""Days that the arrivals before a day go over, itself included."""

PARAMETERS = (
    Parameter(
        "window_days", 180, "days", 3, 360, "whole days looked at, and length of a period",
        "half a year holds quiet and busy months", "design",
    ),
    Parameter(
        "credits", 20, "count", 1, 100_000, "least credits of the size of a seat's price",
        "fewer show no rhythm", "design",
    ),
    Parameter(
        "seat_low", 40_000, "minor units", 0, 10**12, "smallest credit that counts",
        "the lower end of the seat prices reported from 2018 to 2025", "design",
    ),
    Parameter(
        "seat_high", 600_000, "minor units", 1, 10**12, "largest credit that counts",
        "the upper end of ordinary seat prices reported from 2018 to 2025", "design",
    ),
    Parameter(
        "lift", 1.8, "times", 1.0, 100.0, "least credits a day after many arrivals, over those after few",
        "about half of the 3.2 times as many arrivals that fair weather brings, since families pay late", "design",
    ),
    Parameter(
        "chance", 0.01, "share", 0.001, 1.0, "share of shifted series with as large a lift: below this",
        "shifting keeps runs of crossing days whole; plain shuffling would find too much", "design",
    ),
    Parameter(
        "shifts", 200, "count", 1, 100_000, "fewest shifts that must be possible",
        "so many tell one in a hundred", "design",
    ),
    Parameter(
        "nearest", 5, "days", 1, 60, "smallest shift", "nearer, the series still resembles itself", "design",
    ),
    Parameter(
        "farthest", 350, "days", 1, 3_650, "largest shift", "just under a year, so that season meets season", "design",
    ),
    Parameter(
        "takings_days", 45, "days", 0, 360, "most days with card takings or a regular payer's credit",
        "shops are paid by card or by a card acquirer nearly every day; collectors are not", "design",
    ),
    Parameter(
        "seaside_days", 10, "days", 0, 360, "the same, where a trade at the seaside is declared",
        "honest hotels, ferries and boat trips follow the weather too; the word alone hides nobody", "design",
    ),
    Parameter(
        "lag_days", 2, "days", 0, 14, "latest best-fitting lag that adds points",
        "release follows arrival within a day or two where reported", "design",
    ),
    Parameter(
        "seasons", 2, "count", 1, 8, "calendar quarters with the lift of their own: as many add points",
        "one quarter may be a coincidence", "design",
    ),
    Parameter(
        "lull_days", 5, "days", 2, 60, "days in a row without arrivals that make a lull",
        "longer than late payers take", "design",
    ),
    Parameter(
        "lull_share", 0.5, "share", 0.0, 1.0, "credits a lull's day, over all days', at most: adds points",
        "nothing is released while nobody arrives", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    series = ArrivalDays.of(ground)
    credits = _credits(ground, values)
    day = series.day(credits.time)
    seen = days_before(credits, int(values["window_days"]))
    takings = days_with(credits, _takings(ground, credits), int(values["window_days"]))
    limit = np.where(ground.trade("coastal", "marine"), int(values["seaside_days"]), int(values["takings_days"]))
    rule = _rule(values)
    # All credits of a day are told by the same days before it: the first stands for all.
    asked = (
        (seen.end == np.arange(day.size))
        & _is_known(ground, series, day, rule, int(values["shifts"]))
        & (seen.count >= values["credits"])
        & (takings <= limit[credits.account])
    )
    lifts = _lifts(series, seen, day, np.flatnonzero(asked), rule)
    tried = lifts[:, SHIFTS]
    fires = (tried > 0) & ((lifts[:, AS_HIGH] + 1) * 1000 < rule.chance * (tried + 1))
    times = (
        lifts[:, MANY] * lifts[:, LOW_DAYS] * 1000 // np.maximum(np.maximum(lifts[:, FEW], 1) * lifts[:, HIGH_DAYS], 1)
    )
    for firing in seen.strongest(fires, times, seen.count):
        held = (int(takings[firing.place]), int(limit[firing.account]))
        yield _found(ground, series, firing, (int(credits.ledger[firing.place]), lifts[firing.place], held), values)


def _rule(values: Values) -> LiftRule:
    lift, chance = thousandths(values["lift"]), thousandths(values["chance"])
    return LiftRule(int(values["window_days"]), REACH, lift, int(values["nearest"]), int(values["farthest"]), chance)


def _credits(ground: Ground, values: Values) -> Chosen:
    """The strangers' credits of a seat's size, of accounts that have enough of them."""
    amount = ground.graph.amount
    sized = (amount >= int(values["seat_low"])) & (amount <= int(values["seat_high"]))
    credits = chosen(ground.graph, "in", ground.stranger & sized)
    number = np.diff(credits.indptr)
    return credits.where(np.repeat(number >= values["credits"], number))


def _takings(ground: Ground, credits: Chosen) -> Chosen:
    """What the accounts of `credits` were paid by card, or by a payer of regular dealings."""
    graph = ground.graph
    ours = np.append(np.diff(credits.indptr) > 0, False)
    earned = ground.by_channel("card") | (graph.relations.affiliated & ~graph.pulled)
    return chosen(graph, "in", earned & ours[graph.creditor])


def _is_known(
    ground: Ground, series: ArrivalDays, day: NDArray[np.int64], rule: LiftRule, shifts: int
) -> NDArray[np.bool_]:
    """Whether the days before each credit lie whole in transfers and arrivals, with room for enough shifts."""
    begun = ground.graph.known_from // DAY - series.first
    possible = np.minimum(rule.farthest, day - rule.nearest) - rule.nearest + 1
    first = day - rule.days
    known: NDArray[np.bool_] = (
        (first >= REACH - 1) & (first >= begun) & (day <= series.arrivals.size) & (possible >= shifts)
    )
    return known


def _lifts(
    series: ArrivalDays, seen: Windows, day: NDArray[np.int64], asked: NDArray[np.intp], rule: LiftRule
) -> NDArray[np.int64]:
    """What the kernel finds for the windows `asked`, zeros for the others."""
    found = np.zeros((day.size, 6), np.int64)
    if asked.size:
        asked = asked[np.argsort(day[asked], kind="stable")]
        ends, border = np.unique(day[asked], return_index=True)
        found[asked] = arrival_lifts(
            (series.arrivals, series.month),
            (ends, np.append(border, asked.size).astype(np.int64)),
            (seen.begin[asked], seen.end[asked]),
            day,
            rule,
        )
    return found


def _found(
    ground: Ground,
    series: ArrivalDays,
    firing: Firing,
    told: tuple[int, NDArray[np.int64], tuple[int, int]],
    values: Values,
) -> Found:
    now, lift, takings = told
    measures = (
        *_gates(ground, firing, lift, takings, values),
        *_boosters(ground, series, firing, now, values),
    )
    return Found(
        subject=firing.account,
        ledger=np.append(firing.ledger, np.int32(now)),
        roles=["credit"] * firing.ledger.size + ["next"],
        detectable=firing.fired,
        measures=measures,
        explanation=_explain(ground, firing, lift, {m.name: m for m in measures}) + _lagging(measures),
    )


def _gates(
    ground: Ground, firing: Firing, lift: NDArray[np.int64], takings: tuple[int, int], values: Values
) -> tuple[Measure, ...]:
    graph, ledger = ground.graph, firing.ledger
    times = int(lift[MANY] * lift[LOW_DAYS]) / int(max(lift[FEW], 1) * lift[HIGH_DAYS])
    chance = int(lift[AS_HIGH] + 1) / int(lift[SHIFTS] + 1)
    return (
        gate("window_days", "whole days of transfers and arrivals", values["window_days"], "days",
             values["window_days"]),
        gate("credits", "credits of a seat's size from unaffiliated payers", ledger.size, "count", values["credits"],
             points=margin(ledger.size, values["credits"], 3, 0.05)),
        gate("lift", "credits a day after many arrivals, over those after few", times, "times", values["lift"],
             points=margin(times, values["lift"], 3, 0.10)),
        gate("chance", "share of shifted series with as large a lift", chance, "share", values["chance"], upper=True),
        gate("shifts", "shifts of the series of arrivals", int(lift[SHIFTS]), "count", values["shifts"]),
        gate("takings_days", "days with card takings or a regular payer's credit", takings[0], "days", takings[1],
             upper=True),
        fact("payers", "different payers", np.unique(graph.debtor[ledger]).size, "count"),
        fact("value", "sum of these credits", int(graph.amount[ledger].sum()), "minor units"),
    )  # fmt: skip


def _boosters(ground: Ground, series: ArrivalDays, firing: Firing, now: int, values: Values) -> tuple[Measure, ...]:
    end = int(series.day(ground.graph.time[[now]])[0])
    day = series.day(ground.graph.time[firing.ledger])
    length = int(values["window_days"])
    found = [
        booster("lag_days", "best-fitting lag behind the arrivals", series.best_lag(day), "days", values["lag_days"],
                upper=True, points=0.10),
        booster("seasons", "calendar quarters with this lift of their own", _seasons(series, day, end, values), "count",
                values["seasons"], points=0.10),
    ]  # fmt: skip
    lull = series.lull_share(day, end - length, end, int(values["lull_days"]))
    if lull is not None:
        found.append(
            booster("lull_share", "credits a day in spells without arrivals, over all days'", lull, "share",
                    values["lull_share"], upper=True, points=0.05)
        )  # fmt: skip
    return tuple(found)


def _seasons(series: ArrivalDays, day: NDArray[np.int64], end: int, values: Values) -> int:
    """In how many calendar quarters of the window the lift holds by itself."""
    length = int(values["window_days"])
    marks, room = np.empty(length, np.int8), np.empty((2, length), np.int64)
    mark_days(series.arrivals, series.month, end, _rule(values), 0, marks, room)
    count = np.bincount(day - (end - length), minlength=length)
    quarter = series.month[end - length : end] // 3
    held = 0
    for one in np.unique(quarter):
        high, low = (quarter == one) & (marks == HIGH), (quarter == one) & (marks == LOW)
        many, few = int(count[high].sum()), max(int(count[low].sum()), 1)
        held += many * int(low.sum()) * 1000 >= thousandths(values["lift"]) * few * int(high.sum()) > 0
    return held


def _explain(ground: Ground, firing: Firing, lift: NDArray[np.int64], m: dict[str, Measure]) -> str:
    graph, ledger = ground.graph, firing.ledger
    many, few = lift[MANY] / lift[HIGH_DAYS], lift[FEW] / lift[LOW_DAYS]
    fewer = f"{few:.2f}" if lift[FEW] else "none (counted as one)"
    as_large = f"{lift[AS_HIGH]:,}" if lift[AS_HIGH] else "none"
    takings = m["takings_days"]
    on = counted(takings.value, "day") if takings.value else "none"
    return (
        f"{sentence_id(graph.names[firing.account])} was paid {money(m['value'].value, graph.reference_currency)} in "
        f"{counted(m['credits'].value, 'credit')} of the size of a seat's price by "
        f"{counted(m['payers'].value, 'payer')} with no known tie to it, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. On the days of each month with most "
        f"small-boat arrivals (of the day and the two before it) {many:.2f} of these came a day, on those with fewest "
        f"{fewer}: {m['lift'].value:.1f} times as many. To test for chance, the table of arrivals was shifted against "
        f"the credits in {counted(m['shifts'].value, 'way')}; {as_large} of these gave so large a difference. On {on} "
        f"of the {m['window_days'].value:,.0f} days looked at it had card takings or a regular payer's credit; "
        f"{counted(takings.threshold or 0, 'day')} at most are allowed, since a trade has them nearly every day."
    )


def _lagging(measures: tuple[Measure, ...]) -> str:
    """A sentence on the lag, where it is short."""
    lag = next(m for m in measures if m.name == "lag_days")
    if not lag.met:
        return ""
    behind = "on the day itself" if lag.value == 0 else f"{counted(lag.value, 'day')} later"
    return f" The credits fit the arrivals best {behind}."


TYPOLOGY = Typology(
    id="S03",
    name="Arrival-release burst",
    stage="collection",
    summary="An account's credits of the size of a seat's price come just after small boats arrive.",
    definition=(
        "At each credit from `seat_low` to `seat_high` (both inclusive) that an unaffiliated payer pushed (not a "
        "direct debit, card or internal booking; no salary), such credits on the `window_days` whole days (UTC) before "
        "its day are looked at. A day's arrivals count as known from the next day on, so the credit itself and its day "
        "are left out: it is the moment at which the test can be made. The gate holds when these days and the two "
        "before lie whole in the table of arrivals, and the days in the transfers; there are at least `credits` "
        "credits; and their lift is at least `lift`, and seldom by chance. For it a day's arrivals are summed with "
        "those of the two days before. Within each calendar month, as far as it lies in the window, the largest third "
        "of its days (rounded down) is high and the smallest third low, days that tie with either border included; a "
        "month whose borders are equal or with fewer than three days says nothing. The lift is credits a high day over "
        "credits a low day; no credit on low days counts as one. For chance the table, from its first day to the day "
        "before the credit, is turned as a ring by each whole number of days from `nearest` to `farthest`, and never "
        "to within `nearest` days of a whole turn: at least `shifts` of them. With k of n shifts giving a lift at "
        "least as large, (k + 1) / (n + 1) must be below `chance`. A trade that follows the weather is told by its "
        "takings: on at most `takings_days` of the days may the account have had a card credit or one pushed by an "
        "affiliated payer, such as a card acquirer; on at most `seaside_days` where the declared occupation is of the "
        "coast. One match is kept for each account and period of one window length, counted from 1 January 1970 UTC: "
        "the firing with the largest lift (in whole thousandths, rounded down), then with most credits, then the "
        "earliest. A short best-fitting lag, the lift in several calendar quarters and few credits in spells without "
        "arrivals add points and never decide. Not covered: clusters of linked accounts, of which each is looked at "
        "alone; credits in cash; seaside traders without card takings or regular payers; and refunds in spells "
        "without arrivals."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("credit", "a credit of a seat's size from an unaffiliated payer", "payer"),
        Role("next", "the credit on a later day with which the arrivals before were known", "payer", counts=False),
    ),
    subject_part="account paid into",
    sources=(
        Source("Home Office", "Small boat arrivals and the impact of crossing conditions", 2025),
        Source(
            "National Crime Agency", "East London money launderer who took payments for small boats crossings", 2024
        ),
        Source(
            "BBC", "Smuggler selling fast-track Channel crossing speaks to undercover reporter", 2024, second_hand=True
        ),
        Source("Sky News", "Small boat arrivals in fair weather and otherwise", 2025, second_hand=True),
    ),
    innocent_explanations=(
        "a hotel, cafe, ferry or other seaside trade that follows the weather",
        "fishing and angling trips",
        "a business whose season is that of crossings",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 181,
    needs=("arrivals",),
    amltrix=("T0059",),
)
